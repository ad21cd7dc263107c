"""REST v1: people, and limits that are copied between users."""

from typing import Any

import pytest_asyncio

from tests.services.house import ADMIN
from tests.web.served import Served, until
from tests.web.test_api import INSTANT, json_of, settled
from timekpr_mngr.simulator.line import host_key_of
from timekpr_mngr.simulator.machine import Machine

HOUR = 3600
LAPTOP = "laptop.home"
ALICE, BOB = {"server": "kids-pc", "user": "alice"}, {"server": "kids-pc", "user": "bob"}
LAPTOP_ALICE = {"server": "laptop", "user": "alice"}
USER = "/servers/kids-pc/users/alice"


@pytest_asyncio.fixture
async def two(api: Served) -> Served:
    """With a laptop beside kids-pc, on which there is an alice, too."""
    api.connector.add(Machine(LAPTOP, ["alice"], time_zone="Europe/Berlin"))
    await api.services.fleet.add(
        ADMIN, name="laptop", host=LAPTOP, ssh_user="timekpr-mngr", host_key=host_key_of(LAPTOP)
    )
    await until(lambda: is_online(api))
    return api


async def is_online(api: Served) -> bool:
    return (await api.services.fleet.server(ADMIN, "laptop")).state.value == "online"


async def people(api: Served) -> dict[str, Any]:
    """By id."""
    items = json_of(await api.client.get("/people"), 200)["items"]
    return {item["id"]: item for item in items}


async def test_people_are_listed_with_where_they_stand(api: Served) -> None:
    found = await people(api)
    assert list(found) == ["kids-pc/alice", "kids-pc/bob"]
    alice = found["kids-pc/alice"]
    assert (alice["name"], alice["users"]) == ("Alice Berg", [ALICE])
    now = alice["now"]
    [user] = now.pop("users")
    assert now == {
        "used_seconds": 0,
        "used_is_whole": True,
        "playing_on": [],
        "playtime_left_seconds": None,
    }
    assert INSTANT.fullmatch(user.pop("as_of"))
    assert INSTANT.fullmatch(user.pop("server_since"))
    assert user.pop("time_left")["reason"] == "unlimited"
    assert user == {
        **ALICE,
        "full_name": "Alice Berg",
        "used_seconds": 0,
        "logged_in": False,
        "counted": False,
        "locked": False,
        "server_state": "online",
    }


async def test_an_offer_is_accepted_and_the_person_named_and_split(two: Served) -> None:
    offers = json_of(await two.client.get("/people/offers"), 200)
    [offer] = offers["items"]
    assert offer == {
        "login": "alice", "name": "Alice Berg", "users": [ALICE, LAPTOP_ALICE], "person": None,
    }  # fmt: skip
    joined = json_of(await two.client.post("/people", json={"users": offer["users"]}), 201)
    assert (joined["id"], joined["users"]) == ("p1", [ALICE, LAPTOP_ALICE])
    renamed = json_of(await two.client.patch("/people/p1", json={"name": "Alice"}), 200)
    assert renamed["name"] == "Alice"
    for address in ("/people/p1", "/people/kids-pc/alice", "/people/laptop%2Falice"):
        assert json_of(await two.client.get(address), 200)["name"] == "Alice"

    assert (await two.client.post("/people/p1/split", json={"user": LAPTOP_ALICE})).status_code == 204
    assert sorted(await people(two)) == ["kids-pc/bob", "laptop/alice", "p1"]
    assert json_of(await two.client.get("/people/offers"), 200)["items"] == []
    assert (await two.client.post("/people/p1/split", json={})).status_code == 204
    assert sorted(await people(two)) == ["kids-pc/alice", "kids-pc/bob", "laptop/alice"]


async def test_a_user_alone_is_named_and_a_login_kept_apart(two: Served) -> None:
    named = json_of(await two.client.patch("/people/kids-pc/bob", json={"name": "Bobby"}), 200)
    assert (named["id"], named["name"], named["users"]) == ("p1", "Bobby", [BOB])
    assert (await two.client.post("/people/keep-apart", json={"login": "alice"})).status_code == 204
    assert json_of(await two.client.get("/people/offers"), 200)["items"] == []


async def test_limits_are_copied_after_a_look_at_what_would_change(two: Served) -> None:
    limits = {"week_limit_seconds": 9 * HOUR, "lockout": {"type": "lock"}}
    for change in json_of(await two.client.patch(f"{USER}/config", json=limits), 202)["changes"]:
        assert (await settled(two, change))["state"] == "applied"
    body = {"to": [BOB, LAPTOP_ALICE], "fields": ["week_limit_seconds", "days"]}

    preview = json_of(await two.client.post(f"{USER}/copy", json={**body, "preview": True}), 200)
    assert [(item["server"], item["user"], item["problem"]) for item in preview["items"]] == [
        ("kids-pc", "bob", None),
        ("laptop", "alice", None),
    ]
    assert preview["items"][1]["differences"] == [
        {
            "field": "week_limit_seconds",
            "what": "Limit for a week",
            "before": 604_800,
            "after": 9 * HOUR,
            "before_words": "no limit",
            "after_words": "9 h",
        }
    ]
    accepted = json_of(await two.client.post(f"{USER}/copy", json=body), 202)
    assert [(change["server"], change["user"]) for change in accepted["changes"]] == [
        ("kids-pc", "bob"),
        ("laptop", "alice"),
    ]
    assert {change["request_id"] for change in accepted["changes"]} == {accepted["request_id"]}
    for change in accepted["changes"]:
        assert (await settled(two, change))["state"] == "applied"
    assert json_of(await two.client.post(f"{USER}/copy", json=body), 202)["changes"] == []


def edit(user: dict[str, str], **config: Any) -> dict[str, Any]:
    return {**user, "config": config}


async def test_the_limits_of_many_are_changed_in_one_request(two: Served) -> None:
    edits = [
        edit(BOB, week_limit_seconds=9 * HOUR, days=[{"day": 6, "limit_seconds": HOUR}]),
        edit(ALICE, week_limit_seconds=604_800),
        edit(LAPTOP_ALICE, lockout={"type": "lock"}),
    ]
    accepted = json_of(await two.client.post("/edits", json={"edits": edits}), 202)
    queued = [(change["server"], change["user"], change["field"]) for change in accepted["changes"]]
    assert queued == [
        ("kids-pc", "bob", "week_limit_seconds"),
        ("kids-pc", "bob", "days.6.limit_seconds"),
        ("laptop", "alice", "lockout"),
    ]
    assert {change["request_id"] for change in accepted["changes"]} == {accepted["request_id"]}
    for change in accepted["changes"]:
        assert (await settled(two, change))["state"] == "applied"
    audit = json_of(await two.client.get("/audit"), 200)["items"]
    assert [(line["subject"], line["what"].partition(":")[0]) for line in reversed(audit[:3])] == [
        ("kids-pc/bob", "week_limit_seconds"),
        ("kids-pc/bob", "days.6.limit_seconds"),
        ("laptop/alice", "lockout"),
    ]
    again = json_of(await two.client.post("/edits", json={"edits": edits}), 202)
    assert again["changes"] == []


async def test_where_one_of_many_cannot_have_it_nothing_is_changed_for_anybody(two: Served) -> None:
    limits = {"week_limit_seconds": 9 * HOUR}
    right = [edit(BOB, **limits), edit(LAPTOP_ALICE, **limits)]
    for wrong, status, code, field in (
        (edit({**BOB, "user": "mallory"}, **limits), 404, "unknown_user", None),
        (edit({**BOB, "server": "attic"}, **limits), 404, "unknown_server", None),
        (edit(ALICE, week_limit_seconds=-1), 422, "invalid", "edits[2].config.week_limit_seconds"),
        (edit(ALICE, days=[{"day": 8}]), 422, "invalid", "edits[2].config.days[0].day"),
        ({**ALICE, "config": []}, 422, "invalid", "edits[2].config"),
        (ALICE, 422, "invalid", "edits[2].config"),
        ({**edit(ALICE), "reason": "x"}, 422, "invalid", "edits[2].reason"),
        ("alice", 422, "invalid", "edits[2].config"),
        (right[0], 422, "invalid", "edits[2]"),
    ):
        answer = await two.client.post("/edits", json={"edits": [*right, wrong]})
        problem = json_of(answer, status)["error"]
        assert (problem["code"], problem["field"]) == (code, field), wrong
    too_many = {"edits": [edit(BOB)] * 1001}
    assert json_of(await two.client.post("/edits", json=too_many), 422)["error"]["field"] == "edits"
    assert json_of(await two.client.get("/changes"), 200)["items"] == []
