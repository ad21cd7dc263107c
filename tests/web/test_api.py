"""REST v1: every endpoint, as a program sees it."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx

from tests.services.house import HOST, SETTLES_WITHIN_SECONDS
from tests.web.served import Served, until
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.simulator.files import SERVER
from timekpr_mngr.simulator.line import host_key_of

HOUR = 3600
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NEW = {"name": "laptop", "host": HOST, "ssh_user": "timekpr-mngr"}


def json_of(answer: httpx.Response, status: int) -> Any:
    """The body of an answer that has this status."""
    assert answer.status_code == status, answer.text
    return answer.json()


async def settled(api: Served, change: dict[str, Any]) -> dict[str, Any]:
    """A change when it has ended."""
    async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
        while change["state"] in ("queued", "sending"):
            await asyncio.sleep(0.01)
            change = (await api.client.get(f"/changes/{change['id']}")).json()
    return change


async def until_server(api: Served, name: str, condition: Callable[[Any], bool]) -> None:
    """Waits until something is so of a server."""

    async def is_so() -> bool:
        return condition((await api.client.get(f"/servers/{name}")).json())

    await until(is_so)


async def test_servers_are_listed_with_where_they_stand(api: Served) -> None:
    body = json_of(await api.client.get("/servers"), 200)

    assert body["next"] is None
    [server] = body["items"]
    assert INSTANT.fullmatch(server.pop("since"))
    assert server == {
        "name": "kids-pc",
        "host": HOST,
        "second_host": None,
        "port": 22,
        "ssh_user": "timekpr-mngr",
        "state": "online",
        "error": None,
        "fingerprint": fingerprint(host_key_of(HOST)),
        "time_zone": "Europe/Berlin",
        "timekpr_version": server["timekpr_version"],
        "pending": 0,
        "users": ["alice", "bob"],
    }


async def test_a_server_is_added_trusted_read_edited_and_removed(api: Served) -> None:
    added = json_of(await api.client.post("/servers", json=NEW), 201)
    assert added["state"] == "host-key-unknown"
    assert added["authorized_keys"].startswith('restrict,command="')
    assert added["public_key"].startswith("ssh-ed25519 ")

    shown = fingerprint(host_key_of(HOST))
    await until_server(api, "laptop", lambda server: server["fingerprint"] == shown)
    json_of(await api.client.post("/servers/laptop/trust", json={"fingerprint": shown}), 200)
    await until_server(api, "laptop", lambda server: server["state"] == "online")

    edited = json_of(await api.client.patch("/servers/laptop", json={"name": "study", "port": 2222}), 200)
    assert (edited["name"], edited["port"], edited["users"]) == ("study", 2222, ["alice", "bob"])

    assert (await api.client.delete("/servers/study")).status_code == 204
    gone = json_of(await api.client.get("/servers/study"), 404)
    assert gone["error"]["code"] == "unknown_server"


async def test_a_server_with_waiting_changes_is_removed_with_force(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    await api.client.post("/servers/kids-pc/users/alice/grants", json={"seconds": 900})

    refused = json_of(await api.client.delete("/servers/kids-pc"), 409)
    assert refused["error"]["code"] == "changes_wait"
    assert (await api.client.delete("/servers/kids-pc?force=true")).status_code == 204


async def test_a_server_is_read_when_asked(api: Served) -> None:
    assert (await api.client.post("/servers/kids-pc/sync")).status_code == 202
    async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
        answer = await api.client.post("/servers/kids-pc/sync?wait=true")
    assert answer.json()["name"] == "kids-pc"
    assert answer.status_code in (200, 202)


async def test_health_says_of_every_step_whether_it_holds(api: Served) -> None:
    body = json_of(await api.client.get("/servers/kids-pc/health"), 200)

    assert body["items"][0]["ok"] is True
    assert set(body["items"][0]) == {"name", "ok", "sentence", "fix", "line"}


async def test_what_was_found_on_a_server_is_told_until_it_is_over(api: Served) -> None:
    api.machine.set_values(SERVER, TIMEKPR_POLLTIME=-1)
    found: list[dict[str, Any]] = []

    async def is_found() -> bool:
        await api.client.post("/servers/kids-pc/sync")
        found[:] = json_of(await api.client.get("/findings?state=open&severity=error"), 200)["items"]
        return any(one["code"] == "nothing-enforced" for one in found)

    await until(is_found)
    one = next(one for one in found if one["code"] == "nothing-enforced")
    assert set(one) == {
        "id", "server", "user", "code", "severity", "sentence", "fix", "raised_at", "cleared_at"
    }  # fmt: skip
    assert (one["server"], one["user"], one["cleared_at"]) == ("kids-pc", None, None)
    assert INSTANT.fullmatch(one["raised_at"])
    runs = json_of(await api.client.get("/servers/kids-pc/runs"), 200)
    assert (len(runs["items"]), runs["restarts"], runs["last_restart"]) == (1, 0, None)


async def test_a_servers_settings_are_shown_and_changed(api: Served) -> None:
    before = json_of(await api.client.get("/servers/kids-pc/config"), 200)
    assert (before["poll_seconds"], before["config_directory"]) == (3, "/var/lib/timekpr/config")
    assert set(before) >= {"session_types", "excluded_users", "playtime_enhanced", "work_directory"}

    accepted = json_of(await api.client.patch("/servers/kids-pc/config", json={"poll_seconds": 5}), 202)
    [change] = accepted["changes"]
    assert (change["user"], change["field"], change["before"], change["after"]) == (
        None,
        "poll_seconds",
        3,
        5,
    )
    assert (await settled(api, change))["state"] == "applied"
    assert (await api.client.get("/servers/kids-pc/config")).json()["poll_seconds"] == 5


async def test_users_are_listed_and_taken_out_of_view_and_back(api: Served) -> None:
    body = json_of(await api.client.get("/servers/kids-pc/users"), 200)
    assert body == {
        "items": [
            {"name": "alice", "full_name": "Alice Berg", "hidden": False},
            {"name": "bob", "full_name": "", "hidden": False},
        ],
        "next": None,
    }

    hidden = json_of(await api.client.patch("/servers/kids-pc/users/bob", json={"hidden": True}), 200)
    assert hidden == {"name": "bob", "full_name": "", "hidden": True}
    assert (await api.client.get("/servers/kids-pc")).json()["users"] == ["alice"]
    await api.client.patch("/servers/kids-pc/users/bob", json={"hidden": False})
    assert (await api.client.get("/servers/kids-pc")).json()["users"] == ["alice", "bob"]


async def test_a_user_is_shown_with_everything_known(api: Served) -> None:
    body = json_of(await api.client.get("/servers/kids-pc/users/alice"), 200)

    assert [day["day"] for day in body["config"]["days"]] == [1, 2, 3, 4, 5, 6, 7]
    assert body["config"]["days"][0] == {
        "day": 1,
        "limit_seconds": 86_400,
        "hours": [{"from": "00:00", "to": "24:00", "unaccounted": False}],
    }
    assert body["config"]["lockout"] == {"type": "terminate", "wake_from": 0, "wake_to": 23}
    assert set(body["config"]["playtime"]) == {
        "enabled",
        "override",
        "unaccounted_intervals",
        "days",
        "activities",
    }
    assert INSTANT.fullmatch(body["usage"].pop("as_of"))
    assert body["usage"] == {
        "spent_day_seconds": 0,
        "spent_week_seconds": 0,
        "spent_month_seconds": 0,
        "balance_seconds": 0,
        "playtime_spent_day_seconds": 0,
        "playtime_balance_seconds": 0,
    }
    assert set(body["time_left"]) == {
        "day_seconds",
        "continuous_seconds",
        "playtime_seconds",
        "until",
        "reason",
        "source",
    }
    assert body["time_left"]["source"] == "computed"
    assert (body["logged_in"], body["counted"]) == (False, False)
    assert INSTANT.fullmatch(body["read_at"])


async def test_what_is_shown_as_config_can_be_sent_back_and_changes_nothing(api: Served) -> None:
    config = (await api.client.get("/servers/kids-pc/users/alice")).json()["config"]

    accepted = json_of(await api.client.patch("/servers/kids-pc/users/alice/config", json=config), 202)

    assert accepted["changes"] == []
    assert accepted["request_id"]


async def test_limits_are_changed_and_read_back(api: Served) -> None:
    saturday = {"day": 6, "limit_seconds": 3 * HOUR, "hours": [{"from": "09:00", "to": "12:30"}]}

    accepted = json_of(
        await api.client.patch(
            "/servers/kids-pc/users/alice/config",
            json={"days": [saturday], "week_limit_seconds": 16 * HOUR},
        ),
        202,
    )

    fields = [change["field"] for change in accepted["changes"]]
    assert fields == ["days.6.limit_seconds", "days.6.hours", "week_limit_seconds"]
    assert {change["request_id"] for change in accepted["changes"]} == {accepted["request_id"]}
    for change in accepted["changes"]:
        assert (await settled(api, change))["state"] == "applied"
    config = (await api.client.get("/servers/kids-pc/users/alice")).json()["config"]
    assert config["days"][5]["hours"] == [{"from": "09:00", "to": "12:30", "unaccounted": False}]
    assert config["week_limit_seconds"] == 16 * HOUR


async def test_servers_are_found_page_by_page(api: Served) -> None:
    async def names(question: str) -> list[str]:
        body = json_of(await api.client.get(f"/servers?{question}"), 200)
        return [server["name"] for server in body["items"]]

    assert await names("limit=1&search=alice&state=online") == ["kids-pc"]
    assert (
        await names("search=bananas") == await names("state=offline") == await names("cursor=kids-pc") == []
    )
    refused = json_of(await api.client.get("/servers?state=asleep"), 422)
    assert refused["error"]["field"] == "state"


async def test_a_grant_is_queued_applied_and_listed(api: Served) -> None:
    accepted = json_of(
        await api.client.post(
            "/servers/kids-pc/users/alice/grants", json={"seconds": 900, "kind": "time", "reason": "homework"}
        ),
        202,
    )
    [change] = accepted["changes"]
    assert set(change) >= {
        "id", "request_id", "server", "user", "field", "state", "waits_for", "before", "after", "message",
        "gained_seconds", "account", "source", "created_at", "settled_at",
    }  # fmt: skip
    assert (change["account"], change["source"], change["reason"]) == ("anna", "api", "homework")

    done = await settled(api, change)

    assert done["state"] == "applied"
    assert INSTANT.fullmatch(done["settled_at"])
    for wanted in (
        "server=kids-pc&user=alice&state=applied",
        "person=kids-pc/alice",
        "account=anna&kind=grant",
        "search=homework",
    ):
        listed = json_of(await api.client.get(f"/changes?{wanted}"), 200)
        assert [item["id"] for item in listed["items"]] == [change["id"]], wanted
    for unwanted in ("person=kids-pc/bob", "account=ben", "kind=server", "search=bananas", "state=open"):
        assert json_of(await api.client.get(f"/changes?{unwanted}"), 200)["items"] == [], unwanted


async def test_the_command_line_is_told_apart(api: Served) -> None:
    answer = await api.client.post(
        "/servers/kids-pc/users/alice/grants", json={"seconds": 60}, headers={"X-Timekpr-Source": "cli"}
    )
    assert answer.json()["changes"][0]["source"] == "cli"


async def test_what_should_be_left_can_be_said(api: Served) -> None:
    accepted = await api.client.post("/servers/kids-pc/users/alice/grants", json={"set_left_seconds": 1200})
    await settled(api, json_of(accepted, 202)["changes"][0])

    user = (await api.client.get("/servers/kids-pc/users/alice")).json()
    assert user["time_left"]["day_seconds"] == 1200


async def test_the_same_key_is_the_same_change_and_for_another_request_a_mismatch(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    url, headers = "/servers/kids-pc/users/alice/grants", {"Idempotency-Key": "press-1"}

    first = json_of(await api.client.post(url, json={"seconds": 900}, headers=headers), 202)
    again = json_of(await api.client.post(url, json={"seconds": 900}, headers=headers), 202)
    other = json_of(await api.client.post(url, json={"seconds": 901}, headers=headers), 409)

    assert [change["id"] for change in again["changes"]] == [change["id"] for change in first["changes"]]
    assert other["error"]["code"] == "idempotency_mismatch"


async def test_what_waits_says_why_and_can_be_cancelled_once(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    accepted = await api.client.post("/servers/kids-pc/users/alice/grants", json={"seconds": 900})
    change_id = accepted.json()["changes"][0]["id"]
    await until_server(api, "kids-pc", lambda server: server["state"] == "offline")
    waiting = json_of(await api.client.get(f"/changes/{change_id}"), 200)
    assert (waiting["state"], waiting["waits_for"]) == ("queued", "kids-pc is not reachable")

    cancelled = json_of(await api.client.delete(f"/changes/{change_id}"), 200)
    again = json_of(await api.client.delete(f"/changes/{change_id}"), 409)

    assert cancelled["state"] == "cancelled"
    assert again["error"]["code"] == "not_cancellable"
    retried = json_of(await api.client.post(f"/changes/{change_id}/retry"), 202)
    assert retried["changes"][0]["after"] == {"seconds": 900}


async def test_changes_come_in_pages(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    for seconds in (60, 120, 180):
        await api.client.post("/servers/kids-pc/users/alice/grants", json={"seconds": seconds})

    first = json_of(await api.client.get("/changes?limit=2"), 200)
    second = json_of(await api.client.get("/changes", params={"limit": 2, "cursor": first["next"]}), 200)

    assert [item["after"]["seconds"] for item in first["items"] + second["items"]] == [180, 120, 60]
    assert second["next"] is None


async def test_a_server_that_was_never_read_knows_nothing_and_says_so(site: Served) -> None:
    await site.add_accounts()
    await site.add_server(online=False)
    site.client.headers["Authorization"] = f"Bearer {await site.token()}"
    base = "/api/v1/servers/kids-pc"

    server = json_of(await site.client.get(base), 200)
    assert (server["time_zone"], server["timekpr_version"], server["users"]) == (None, None, [])
    assert json_of(await site.client.get(f"{base}/users"), 200)["items"] == []
    for answer in (
        await site.client.get(f"{base}/config"),
        await site.client.patch(f"{base}/config", json={"poll_seconds": 5}),
        await site.client.get(f"{base}/users/alice"),
        await site.client.patch(f"{base}/users/alice/config", json={"track_inactive": True}),
        await site.client.post(f"{base}/users/alice/grants", json={"seconds": 60}),
    ):
        assert json_of(answer, 409)["error"]["code"] == "never_read"


async def test_why_a_server_is_offline_is_said_with_what_to_do(api: Served) -> None:
    api.connector.line(HOST).switch_off()
    await until_server(api, "kids-pc", lambda server: server["state"] == "offline")

    server = json_of(await api.client.get("/servers/kids-pc"), 200)
    assert server["error"]["code"] == "unreachable"
    assert server["error"]["fix"]


async def test_the_api_describes_itself(site: Served) -> None:
    document = json_of(await site.client.get("/api/v1/openapi.json"), 200)

    assert document["openapi"].startswith("3.")
    paths = document["paths"]
    assert {"/servers", "/servers/{server}/users/{user}/grants", "/changes/{change}"} <= set(paths)
    assert {"/changes/{change}/answer", "/drift/{drift}/adopt", "/sent"} <= set(paths)
    assert {"/servers/{server}/history", "/servers/{server}/users/{user}/versions/{version}"} <= set(paths)
    body = paths["/servers"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
    for reference in re.findall(r"#/components/schemas/(\w+)", str(document)):
        assert reference in document["components"]["schemas"]


async def test_it_is_alive_for_everybody(site: Served) -> None:
    answer = await site.client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
