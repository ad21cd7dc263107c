"""REST v1: everything that is refused, and how."""

from typing import Any

import pytest

from tests.services.house import ADMIN, HOST
from tests.web.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

USER = "/servers/kids-pc/users/alice"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer tkm_wrong",
        "Basic YW5uYTpwYXNz",
        "tkm_x",
        "Bearer tkm_\xff",
    ],
)
async def test_without_a_valid_token_nothing_is_said(shared_api: Served, authorization: str) -> None:
    headers = [(b"Authorization", authorization.encode("latin-1"))] if authorization else []
    del shared_api.client.headers["Authorization"]

    answer = await shared_api.client.get("/servers", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "unauthenticated"


async def test_a_revoked_token_is_of_no_use_at_once(shared_api: Served) -> None:
    accounts = shared_api.services.accounts
    for token in await accounts.tokens(ADMIN):
        await accounts.revoke_token(ADMIN, token.id)

    assert (await shared_api.client.get("/servers")).status_code == 401


async def test_a_browsers_session_does_not_open_the_api(shared_api: Served) -> None:
    session = await shared_api.services.accounts.open_session("anna", address="", agent="")
    del shared_api.client.headers["Authorization"]
    shared_api.client.cookies.set("timekpr_mngr_8765", session)

    answer = await shared_api.client.post(f"{USER}/grants", json={"seconds": 900})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/servers", {"name": "x", "host": HOST, "ssh_user": "y"}),
        ("PATCH", "/servers/kids-pc", {"port": 23}),
        ("DELETE", "/servers/kids-pc", None),
        ("POST", "/servers/kids-pc/trust", {"fingerprint": "SHA256:x"}),
        ("PATCH", "/servers/kids-pc/config", {"poll_seconds": 5}),
        ("PATCH", USER, {"hidden": True}),
        ("PATCH", f"{USER}/config", {"track_inactive": True}),
        ("POST", f"{USER}/grants", {"seconds": 60}),
        ("POST", "/servers/kids-pc/versions/1/bring-back", None),
        ("POST", f"{USER}/versions/1/bring-back", None),
    ],
)
async def test_a_viewer_is_forbidden_to_change_anything(
    shared_api: Served, method: str, path: str, body: object
) -> None:
    """What was asked for and what drifted, test_roles tries: there such a thing is."""
    shared_api.client.headers["Authorization"] = f"Bearer {await shared_api.token('ben')}"

    answer = (
        await shared_api.client.request(method, path, json=body)
        if body
        else await shared_api.client.request(method, path)
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert (await shared_api.client.get("/changes")).json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/servers/nowhere", "unknown_server"),
        ("GET", "/servers/nowhere/users", "unknown_server"),
        ("GET", "/servers/nowhere/users/alice", "unknown_server"),
        ("POST", "/servers/nowhere/sync", "unknown_server"),
        ("GET", "/servers/nowhere/health", "unknown_server"),
        ("GET", "/servers/nowhere/runs", "unknown_server"),
        ("GET", "/servers/kids-pc/users/nobody", "unknown_user"),
        ("GET", "/servers/kids-pc/users/..%2f..%2fetc", "unknown_path"),
        ("GET", "/servers/%00", "unknown_server"),
        ("GET", "/changes/999", "unknown_change"),
        ("GET", "/changes/x", "unknown_change"),
        ("GET", "/changes/-1", "unknown_change"),
        ("GET", "/changes/99999999999999999999999", "unknown_change"),
        ("DELETE", "/changes/999", "unknown_change"),
        ("POST", "/changes/999/undo", "unknown_change"),
        ("POST", "/changes/x/undo", "unknown_change"),
        ("GET", "/drift/999", "unknown_drift"),
        ("GET", "/drift/x", "unknown_drift"),
        ("POST", "/drift/999/adopt", "unknown_drift"),
        ("POST", "/drift/-1/revert", "unknown_drift"),
        ("GET", "/servers/nowhere/history", "unknown_server"),
        ("GET", "/servers/kids-pc/users/nobody/history", "unknown_user"),
        ("GET", "/servers/nowhere/versions", "unknown_server"),
        ("GET", "/servers/kids-pc/versions/999", "unknown_version"),
        ("GET", "/servers/kids-pc/users/alice/versions/x", "unknown_version"),
        ("GET", "/servers/kids-pc/users/alice/versions/999?against=x", "unknown_version"),
        ("POST", "/servers/kids-pc/versions/999/bring-back", "unknown_version"),
        ("POST", "/servers/kids-pc/users/alice/versions/999/bring-back", "unknown_version"),
        ("GET", "/nothing", "unknown_path"),
        ("GET", "/servers/", "unknown_path"),
    ],
)
async def test_what_is_not_there_is_not_found(shared_api: Served, method: str, path: str, code: str) -> None:
    answer = await shared_api.client.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/servers", "/api/v1", "/api/x?y=z"])
async def test_every_other_address_of_the_api_answers_in_json(shared_api: Served, path: str) -> None:
    answer = await shared_api.another_client().get(path)

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "code": "unknown_path",
        "message": answer.json()["error"]["message"],
        "field": None,
    }


async def test_a_method_that_is_not_for_an_address_is_refused_in_json(shared_api: Served) -> None:
    answer = await shared_api.client.put("/servers")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        pytest.param("GET", "/findings?state=shut", None, "state", id="state of findings"),
        pytest.param("POST", "/servers", {}, "name", id="no name"),
        pytest.param("POST", "/servers", [], "", id="no object"),
        pytest.param("POST", "/servers", {"name": "x", "host": HOST}, "ssh_user", id="no account"),
        pytest.param("POST", "/servers", {"name": "X!", "host": HOST, "ssh_user": "y"}, "name", id="name"),
        pytest.param("POST", "/servers", {"name": "x", "host": "", "ssh_user": "y"}, "host", id="host"),
        pytest.param(
            "POST", "/servers", {"name": "x", "host": HOST, "ssh_user": "y", "port": "22"}, "port", id="port"
        ),
        pytest.param(
            "POST", "/servers", {"name": "x", "host": HOST, "ssh_user": "y", "z": 1}, "z", id="unknown key"
        ),
        pytest.param("PATCH", "/servers/kids-pc", {"port": 70_000}, "port", id="edited port"),
        pytest.param("POST", "/servers/kids-pc/trust", {"fingerprint": 7}, "fingerprint", id="fingerprint"),
        pytest.param("POST", "/servers/kids-pc/trust", {}, "fingerprint", id="no fingerprint"),
        pytest.param("PATCH", "/servers/kids-pc/config", {"poll_seconds": 0}, "poll_seconds", id="poll time"),
        pytest.param(
            "PATCH", "/servers/kids-pc/config", {"log_directory": "/"}, "log_directory", id="folder"
        ),
        pytest.param(
            "PATCH",
            "/servers/kids-pc/config",
            {"excluded_users": ["gdm", "a;b"]},
            "excluded_users[1]",
            id="list",
        ),
        pytest.param("PATCH", USER, {"hidden": "yes"}, "hidden", id="hidden"),
        pytest.param("PATCH", USER, {}, "hidden", id="no hidden"),
        pytest.param("PATCH", f"{USER}/config", 7, "", id="a number"),
        pytest.param("PATCH", f"{USER}/config", None, "", id="null"),
        pytest.param(
            "PATCH",
            f"{USER}/config",
            {
                "days": [{"day": day} for day in range(1, 6)]
                + [{"day": 6, "hours": [{"from": "09:00", "to": "24:30"}]}]
            },
            "days[5].hours[0].to",
            id="the path of the issue",
        ),
        pytest.param(
            "PATCH", f"{USER}/config", {"month_limit_seconds": 1e3}, "month_limit_seconds", id="a float"
        ),
        pytest.param("POST", f"{USER}/grants", {}, "seconds", id="no seconds"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 0}, "seconds", id="zero"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 86_401}, "seconds", id="more than a day"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 10**30}, "seconds", id="huge"),
        pytest.param("POST", f"{USER}/grants", {"seconds": "900"}, "seconds", id="a text"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 60, "set_left_seconds": 60}, "seconds", id="both"),
        pytest.param(
            "POST", f"{USER}/grants", {"set_left_seconds": -1}, "set_left_seconds", id="less than none"
        ),
        pytest.param("POST", f"{USER}/grants", {"seconds": 60, "kind": "sweets"}, "kind", id="kind"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 60, "kind": []}, "kind", id="kind is a list"),
        pytest.param("POST", f"{USER}/grants", {"seconds": 60, "reason": "x" * 201}, "reason", id="reason"),
        pytest.param(
            "POST", f"{USER}/grants", {"seconds": 60, "minutes": 1}, "minutes", id="unknown in a grant"
        ),
    ],
)
async def test_a_value_that_cannot_be_used_is_refused_with_its_place(
    shared_api: Served, method: str, path: str, body: Any, field: str
) -> None:
    answer = await shared_api.client.request(method, path, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "invalid", field)
    assert error["message"]
    assert (await shared_api.client.get("/changes")).json()["items"] == []


@pytest.mark.parametrize(
    ("content", "media"),
    [
        pytest.param(b"", "application/json", id="nothing"),
        pytest.param(b'{"seconds": 60', "application/json", id="cut off"),
        pytest.param(b'{"seconds": NaN}', "application/json", id="NaN"),
        pytest.param(b'{"seconds": 60, "seconds": 900}', "application/json", id="twice"),
        pytest.param(b'{"seconds": 60, "reason": "\\ud800"}', "application/json", id="half a character"),
        pytest.param(b"\xff\xfe", "application/json", id="no UTF-8"),
        pytest.param(b"[" * 100_000, "application/json", id="very deep"),
        pytest.param(b"9" * 5000, "application/json", id="a very long number"),
        pytest.param(b'{"seconds": 60}', "text/plain", id="as text"),
        pytest.param(b"seconds=60", "application/x-www-form-urlencoded", id="as a form"),
        pytest.param(b'{"seconds": 60}', "", id="as nothing"),
    ],
)
async def test_a_body_that_is_no_json_is_refused(shared_api: Served, content: bytes, media: str) -> None:
    headers = {"Content-Type": media} if media else {}

    answer = await shared_api.client.post(f"{USER}/grants", content=content, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


async def test_a_body_that_is_too_large_is_refused(shared_api: Served) -> None:
    answer = await shared_api.client.post(
        f"{USER}/grants", content=b" " * 300_000, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("/changes?state=lost", "state"),
        ("/changes?cursor=x", "cursor"),
        ("/changes?limit=x", "limit"),
        ("/changes?limit=0", "limit"),
        ("/changes?limit=9999", "limit"),
        ("/drift?state=lost", "state"),
        ("/drift?cursor=x", "cursor"),
        ("/drift?limit=0", "limit"),
        ("/sent?cursor=x", "cursor"),
        ("/sent?limit=9999", "limit"),
        ("/sent?search=%00", "search"),
        ("/servers/kids-pc/history?cursor=7", "cursor"),
        ("/servers/kids-pc/users/alice/history?limit=0", "limit"),
        ("/servers/kids-pc/versions?cursor=x", "cursor"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(shared_api: Served, query: str, field: str) -> None:
    answer = await shared_api.client.get(query)

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_a_name_that_is_taken_is_a_conflict(shared_api: Served) -> None:
    answer = await shared_api.client.post("/servers", json={"name": "kids-pc", "host": HOST, "ssh_user": "x"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "exists")


async def test_a_strange_idempotency_key_is_refused(shared_api: Served) -> None:
    answer = await shared_api.client.post(
        f"{USER}/grants", json={"seconds": 60}, headers={"Idempotency-Key": "x" * 201}
    )

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "Idempotency-Key")
