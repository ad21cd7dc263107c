"""REST v1: what is refused of people and of copies, and how they are described."""

from typing import Any

import pytest

from tests.services.house import HOST
from tests.web.served import Served
from tests.web.test_api import json_of
from tests.web.test_api_people import ALICE, BOB, USER, people

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "field"),
    [
        ("GET", "/people/p9", None, 404, "unknown_person", None),
        ("GET", "/people/", None, 404, "unknown_person", None),
        ("GET", "/people/kids-pc/mallory", None, 404, "unknown_person", None),
        ("GET", "/people/..%2f..%2fetc%2fpasswd", None, 404, "unknown_person", None),
        ("PATCH", "/people/p9", {"name": "Emma"}, 404, "unknown_person", None),
        ("POST", "/people/p9/split", {}, 404, "unknown_person", None),
        ("POST", "/people/kids-pc/alice/split", {}, 409, "not_now", None),
        ("POST", "/people/kids-pc/alice/split", {"user": "alice"}, 422, "invalid", "user"),
        ("PATCH", "/people/kids-pc/alice", {"name": ""}, 422, "invalid", "name"),
        ("PATCH", "/people/kids-pc/alice", {"name": ["x"]}, 422, "invalid", "name"),
        ("PATCH", "/people/kids-pc/alice", {}, 422, "invalid", "name"),
        ("POST", "/people", {"users": [ALICE]}, 422, "invalid", "users"),
        ("POST", "/people", {"users": [ALICE, {"server": "kids-pc"}]}, 422, "invalid", "users[1].user"),
        ("POST", "/people", {"users": [ALICE, BOB], "age": 7}, 422, "invalid", "age"),
        ("POST", "/people", {"users": [ALICE, {**BOB, "user": "mallory"}]}, 404, "unknown_user", None),
        ("POST", "/people", {"users": [ALICE, {**BOB, "server": "\0"}]}, 404, "unknown_server", None),
        ("POST", "/people/keep-apart", {"login": ["alice"]}, 422, "invalid", "login"),
        ("POST", "/people/keep-apart", {"login": "mallory"}, 404, "unknown_user", None),
        ("POST", "/edits", {}, 422, "invalid", "edits"),
        ("POST", "/edits", {"edits": []}, 422, "invalid", "edits"),
        ("POST", "/edits", {"edits": {"0": ALICE}}, 422, "invalid", "edits"),
        ("POST", "/edits", {"edits": [{**ALICE, "user": 7, "config": {}}]}, 422, "invalid", "edits[0].user"),
        ("POST", "/edits", {"edits": [{**BOB, "server": "\0", "config": {}}]}, 404, "unknown_server", None),
        ("POST", f"{USER}/copy", {}, 422, "invalid", "to"),
        ("POST", f"{USER}/copy", {"to": []}, 422, "invalid", "to"),
        ("POST", f"{USER}/copy", {"to": [ALICE]}, 422, "invalid", "to"),
        ("POST", f"{USER}/copy", {"to": ["bob"]}, 422, "invalid", "to[0]"),
        ("POST", f"{USER}/copy", {"to": [BOB], "fields": ["x"]}, 422, "invalid", "fields[0]"),
        ("POST", f"{USER}/copy", {"to": [BOB], "preview": 1}, 422, "invalid", "preview"),
        ("POST", f"{USER}/copy", {"to": [{**BOB, "user": "mallory"}]}, 404, "unknown_user", None),
        ("POST", "/servers/kids-pc/users/mallory/copy", {"to": [BOB]}, 404, "unknown_user", None),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_and_nothing_changes(
    shared_api: Served, method: str, path: str, body: Any, status: int, code: str, field: str | None
) -> None:
    answer = await shared_api.client.request(method, path, json=body)
    error = json_of(answer, status)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert list(await people(shared_api)) == ["kids-pc/alice", "kids-pc/bob"]
    assert json_of(await shared_api.client.get("/changes"), 200)["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/people", {"users": [ALICE, BOB]}),
        ("PATCH", "/people/kids-pc/alice", {"name": "Alice"}),
        ("POST", "/people/kids-pc/alice/split", {}),
        ("POST", "/people/keep-apart", {"login": "alice"}),
        ("POST", f"{USER}/copy", {"to": [BOB]}),
    ],
)
async def test_a_viewer_only_looks(shared_api: Served, method: str, path: str, body: Any) -> None:
    shared_api.client.headers["Authorization"] = f"Bearer {await shared_api.token('ben')}"
    answer = await shared_api.client.request(method, path, json=body)
    assert json_of(answer, 403)["error"]["code"] == "forbidden"
    assert list(await people(shared_api)) == ["kids-pc/alice", "kids-pc/bob"]


async def test_people_and_copies_are_described(shared_api: Served) -> None:
    document = json_of(await shared_api.another_client().get("/api/v1/openapi.json"), 200)
    copy = document["paths"]["/servers/{server}/users/{user}/copy"]["post"]
    assert copy["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Copy")
    assert {"UserNamed", "Copy", "NewPerson", "CopyPreviewsOut", "PersonOut"} <= set(
        document["components"]["schemas"]
    )
    assert HOST not in str(document)
