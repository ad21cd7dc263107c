"""REST v1: what asks and how it is answered, drift, histories, versions, and what was sent."""

from typing import Any

import pytest

from tests.services.house import HOST
from tests.web.served import Served, until
from tests.web.test_api import INSTANT, json_of, settled
from timekpr_mngr.timekpr import interface

HOUR = 3_600
USER = "/servers/kids-pc/users/alice"
OURS, THEIRS = 2 * HOUR, HOUR


async def applied(api: Served, body: object) -> dict[str, Any]:
    """A change of alice's settings that is on the computer."""
    [change] = json_of(await api.client.patch(f"{USER}/config", json=body), 202)["changes"]
    change = await settled(api, change)
    assert change["state"] == "applied"
    return change


async def conflicting(api: Served) -> dict[str, Any]:
    """A week's limit that was set on the computer itself while ours waited."""
    api.connector.line(HOST).switch_off()
    accepted = await api.client.patch(f"{USER}/config", json={"week_limit_seconds": OURS})
    [change] = json_of(accepted, 202)["changes"]
    api.machine.call(interface.set_time_limit_for_week("alice", THEIRS))
    api.connector.line(HOST).switch_on()
    change = await settled(api, change)
    assert change["state"] == "conflict"
    return change


async def drifted(api: Served) -> dict[str, Any]:
    """A week's limit that somebody set on the computer itself, once it was seen."""
    api.machine.call(interface.set_time_limit_for_week("alice", THEIRS))
    found: list[dict[str, Any]] = []

    async def is_seen() -> bool:
        await api.client.post("/servers/kids-pc/sync")
        found[:] = json_of(await api.client.get("/drift?state=open&server=kids-pc&user=alice"), 200)["items"]
        return bool(found)

    await until(is_seen)
    [drift] = found
    return drift


async def test_a_conflict_shows_both_sides_and_is_answered_once(api: Served) -> None:
    change = await conflicting(api)
    assert (change["asks"], change["theirs"], change["after"]) == (True, THEIRS, OURS)
    assert (change["answer"], change["answered_by"], change["answered_at"]) == (None, None, None)
    listed = json_of(await api.client.get("/changes?state=asks"), 200)
    assert [one["id"] for one in listed["items"]] == [change["id"]]

    accepted = json_of(await api.client.post(f"/changes/{change['id']}/answer", json={"answer": "ours"}), 202)
    again = json_of(await api.client.post(f"/changes/{change['id']}/answer", json={"answer": "ours"}), 202)
    other = json_of(await api.client.post(f"/changes/{change['id']}/answer", json={"answer": "theirs"}), 409)

    [new] = accepted["changes"]
    assert (new["before"], new["after"]) == (THEIRS, OURS)
    assert (new["follows"], new["follows_as"]) == (change["id"], "answer")
    assert [one["id"] for one in again["changes"]] == [new["id"]]
    assert other["error"]["code"] == "not_now"
    answered = json_of(await api.client.get(f"/changes/{change['id']}"), 200)
    assert (answered["asks"], answered["answer"], answered["answered_by"]) == (False, "ours", "anna")
    assert INSTANT.fullmatch(answered["answered_at"])
    assert (await settled(api, new))["state"] == "applied"


async def test_something_else_is_set_and_its_value_is_checked(api: Served) -> None:
    change = await conflicting(api)
    address = f"/changes/{change['id']}/answer"

    refused = json_of(await api.client.post(address, json={"answer": "edit", "value": -1}), 422)
    missing = json_of(await api.client.post(address, json={"answer": "edit"}), 422)
    accepted = json_of(await api.client.post(address, json={"answer": "edit", "value": 5400}), 202)

    assert (refused["error"]["field"], missing["error"]["field"]) == ("value", "value")
    assert (await settled(api, accepted["changes"][0]))["after"] == 5400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "answer"),
        ({"answer": "maybe"}, "answer"),
        ({"answer": ["ours"]}, "answer"),
        ({"answer": "arrived"}, "answer"),
        ({"answer": "ours", "value": 1}, "value"),
        ({"answer": "ours", "reason": "x"}, "reason"),
        (["ours"], ""),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_with_its_place(
    api: Served, body: object, field: str
) -> None:
    change = await conflicting(api)

    refused = json_of(await api.client.post(f"/changes/{change['id']}/answer", json=body), 422)

    assert (refused["error"]["code"], refused["error"]["field"]) == ("invalid", field)


async def test_a_grant_shows_its_readings_and_is_taken_back_once(api: Served) -> None:
    [change] = json_of(await api.client.post(f"{USER}/grants", json={"seconds": 900}), 202)["changes"]
    assert change["readings"] == {"before": None, "found": None}
    change = await settled(api, change)
    assert change["readings"]["before"]["balance_seconds"] == 0
    assert change["readings"]["found"]["balance_seconds"] == -900

    accepted = json_of(await api.client.post(f"/changes/{change['id']}/undo"), 202)
    again = json_of(await api.client.post(f"/changes/{change['id']}/undo"), 202)

    [back] = accepted["changes"]
    assert back["after"] == {"seconds": -900, "unused_only": True}
    assert (back["follows"], back["follows_as"]) == (change["id"], "undo")
    assert [one["id"] for one in again["changes"]] == [back["id"]]
    assert (await settled(api, back))["state"] == "applied"


async def test_what_still_waits_is_not_undone(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    [change] = json_of(await api.client.post(f"{USER}/grants", json={"seconds": 900}), 202)["changes"]

    refused = json_of(await api.client.post(f"/changes/{change['id']}/undo"), 409)

    assert refused["error"]["code"] == "not_now"


async def test_drift_is_listed_and_adopted(api: Served) -> None:
    drift = await drifted(api)
    assert INSTANT.fullmatch(drift["seen_at"])
    assert {name: drift[name] for name in ("server", "user", "field", "state", "after", "overwritten")} == {
        "server": "kids-pc",
        "user": "alice",
        "field": "week_limit_seconds",
        "state": "open",
        "after": THEIRS,
        "overwritten": False,
    }
    assert json_of(await api.client.get(f"/drift/{drift['id']}"), 200) == drift

    kept = json_of(await api.client.post(f"/drift/{drift['id']}/adopt"), 202)
    refused = json_of(await api.client.post(f"/drift/{drift['id']}/revert"), 409)

    assert (kept["drift"]["state"], kept["drift"]["answered_by"], kept["changes"]) == ("adopted", "anna", [])
    assert refused["error"]["code"] == "not_now"


async def test_drift_is_reverted(api: Served) -> None:
    drift = await drifted(api)

    answer = json_of(await api.client.post(f"/drift/{drift['id']}/revert"), 202)

    [change] = answer["changes"]
    assert (answer["drift"]["state"], answer["drift"]["change_id"]) == ("reverted", change["id"])
    assert (change["before"], change["after"]) == (THEIRS, drift["known"])
    assert (await settled(api, change))["state"] == "applied"


async def test_a_history_has_what_was_done_here_and_there(api: Served) -> None:
    change = await applied(api, {"days": [{"day": 6, "limit_seconds": 3 * HOUR}]})
    await drifted(api)

    body = json_of(await api.client.get(f"{USER}/history"), 200)
    first = json_of(await api.client.get(f"{USER}/history?limit=1"), 200)
    rest = json_of(await api.client.get(f"{USER}/history", params={"cursor": first["next"]}), 200)

    searched = json_of(await api.client.get(f"{USER}/history?search=somebody+WEEK"), 200)

    assert first["items"] + rest["items"] == body["items"]
    assert searched == {"items": body["items"][:1], "next": None}
    assert json_of(await api.client.get("/servers/kids-pc/history?search=x"), 200)["items"] == []
    there, here = body["items"]
    assert (there["who"], there["source"], there["change"]) == (None, "server", None)
    assert there["drift"]["field"] == "week_limit_seconds"
    assert (here["who"], here["source"], here["drift"]) == ("anna", "api", None)
    assert here["change"]["id"] == change["id"]
    assert (here["what"], here["before"], here["after"]) == ("Saturday: limit", "no limit", "3 h")
    assert here["sentence"] == "Saturday: limit: no limit → 3 h"
    assert (here["can_undo"], here["why_not"]) == (True, None)
    assert json_of(await api.client.get("/servers/kids-pc/history"), 200) == {"items": [], "next": None}


async def test_versions_are_listed_compared_and_brought_back(api: Served) -> None:
    await applied(api, {"days": [{"day": 6, "limit_seconds": 3 * HOUR}]})

    body = json_of(await api.client.get(f"{USER}/versions"), 200)
    newest, first = body["items"]
    assert (newest["who"], newest["changed"]) == (["anna"], ["Saturday: limit: no limit → 3 h"])
    assert (first["who"], first["changed"], first["is_first"]) == (None, [], True)
    searched = json_of(await api.client.get(f"{USER}/versions?search=saturday+anna"), 200)
    assert searched == {"items": [newest], "next": None}

    expected = {
        "field": "days.6.limit_seconds",
        "what": "Saturday: limit",
        "before": 24 * HOUR,
        "after": 3 * HOUR,
        "before_words": "no limit",
        "after_words": "3 h",
    }
    compared = json_of(await api.client.get(f"{USER}/versions/{first['id']}"), 200)
    assert compared == {"items": [expected], "next": None}
    both = json_of(await api.client.get(f"{USER}/versions/{first['id']}?against={newest['id']}"), 200)
    assert both["items"] == [expected]

    accepted = json_of(await api.client.post(f"{USER}/versions/{first['id']}/bring-back"), 202)
    [change] = accepted["changes"]
    assert (change["field"], change["after"]) == ("days.6.limit_seconds", 24 * HOUR)
    assert change["reason"].startswith("Brought back as it was on")
    assert (await settled(api, change))["state"] == "applied"


async def test_a_servers_own_versions_are_listed_compared_and_brought_back(api: Served) -> None:
    accepted = json_of(await api.client.patch("/servers/kids-pc/config", json={"poll_seconds": 5}), 202)
    await settled(api, accepted["changes"][0])

    newest, first = json_of(await api.client.get("/servers/kids-pc/versions"), 200)["items"]
    assert newest["changed"] == ["Looks every: 3 s → 5 s"]
    searched = json_of(await api.client.get("/servers/kids-pc/versions?search=looks"), 200)
    assert searched["items"] == [newest]
    [entry] = json_of(await api.client.get("/servers/kids-pc/history"), 200)["items"]
    assert entry["sentence"] == "Looks every: 3 s → 5 s"
    [difference] = json_of(await api.client.get(f"/servers/kids-pc/versions/{first['id']}"), 200)["items"]
    assert (difference["field"], difference["before"], difference["after"]) == ("poll_seconds", 3, 5)

    back = json_of(await api.client.post(f"/servers/kids-pc/versions/{first['id']}/bring-back"), 202)
    assert [(change["user"], change["after"]) for change in back["changes"]] == [(None, 3)]
    assert (await settled(api, back["changes"][0]))["state"] == "applied"


async def test_what_was_sent_is_listed_and_searched(api: Served) -> None:
    await applied(api, {"week_limit_seconds": OURS})

    body = json_of(await api.client.get("/sent?server=kids-pc&user=alice&search=limitforweek"), 200)

    assert body["next"] is None
    [call] = body["items"]
    assert INSTANT.fullmatch(call["at"])
    assert (call["member"], call["arguments"], call["code"]) == ("setTimeLimitForWeek", ["alice", OURS], 0)
    assert call["duration_ms"] >= 0
    assert json_of(await api.client.get("/sent?search=nothing"), 200)["items"] == []
