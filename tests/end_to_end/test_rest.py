"""REST v1, word by word as it was promised, from the served program beside a real computer."""

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rig import TimekprHost

from .conftest import add_server
from .service import Service, until

PC = "/servers/kids-pc"
ALICE = f"{PC}/users/alice"
HOUR = 3600
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NAMED = re.compile(r"\b(?:kids-pc|alice|bob|mum|manager)\b")
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")

SERVER = {
    "name", "host", "port", "ssh_user", "state", "since", "error", "fingerprint", "time_zone", "timekpr_version",
    "pending", "users", "second_host",
}  # fmt: skip
SERVER_CONFIG = {
    "poll_seconds", "save_seconds", "log_level", "termination_seconds", "final_warning_seconds",
    "final_notification_seconds", "track_inactive", "session_types", "excluded_session_types", "excluded_users",
    "playtime_enabled", "playtime_enhanced",
}  # fmt: skip
CHANGE = {
    "id", "request_id", "server", "user", "field", "state", "waits_for", "before", "after", "message",
    "gained_seconds", "account", "source", "created_at", "settled_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def service(shared_service: Service, shared_pc: TimekprHost) -> Service:
    """The service, with `kids-pc` added and online."""
    add_server(shared_service, shared_pc)
    return shared_service


@pytest.fixture
def unreachable(service: Service, shared_pc: TimekprHost) -> Iterator[None]:
    """`kids-pc` is off for this test."""
    shared_pc.stop("sshd")
    service.until_state("kids-pc", "offline")
    yield
    for change in service.get("/changes?state=queued")["items"]:
        service.request("DELETE", f"/changes/{change['id']}")
    shared_pc.start("sshd")
    service.request("POST", f"{PC}/sync?wait=true")
    service.until_state("kids-pc", "online")


def error(answer: httpx.Response, status: int) -> Any:
    """The error of an answer, whose shape is always the same."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "field"}
    assert body["error"]["message"].strip()
    assert "Traceback" not in answer.text
    return body["error"]


def applied(service: Service, accepted: Any) -> list[dict[str, Any]]:
    settled = service.settled(accepted["changes"])
    assert [change["state"] for change in settled] == ["applied"] * len(settled), settled
    return settled


def test_a_server_has_every_key_and_nothing_that_is_not_known(
    service: Service, shared_pc: TimekprHost
) -> None:
    listed = service.get("/servers")
    assert set(listed) == {"items", "next"}
    assert listed["next"] is None
    [server] = listed["items"]
    assert set(server) >= SERVER
    assert INSTANT.fullmatch(server["since"])
    assert FINGERPRINT.fullmatch(server["fingerprint"])
    assert {key: server[key] for key in SERVER - {"since", "fingerprint", "timekpr_version"}} == {
        "name": "kids-pc",
        "host": shared_pc.address,
        "second_host": None,
        "port": shared_pc.port,
        "ssh_user": "manager",
        "state": "online",
        "error": None,
        "time_zone": shared_pc.zone.key,
        "pending": 0,
        "users": ["alice", "bob"],
    }
    assert server["timekpr_version"] is None or server["timekpr_version"].startswith("0.5")
    one = service.get(PC)
    assert {key: one[key] for key in SERVER} == server


def test_a_new_server_brings_its_key_and_waits_for_trust(service: Service, shared_pc: TimekprHost) -> None:
    body = {"name": "second", "host": shared_pc.address, "port": shared_pc.port, "ssh_user": "manager"}
    made = service.ask("POST", "/servers", body, status=201)
    assert set(made) >= SERVER | {"public_key", "authorized_keys"}
    assert made["state"] == "host-key-unknown"
    assert (made["time_zone"], made["timekpr_version"], made["users"]) == (None, None, [])
    assert made["public_key"].startswith("ssh-ed25519 ")
    assert made["authorized_keys"].startswith('restrict,command="case $SSH_ORIGINAL_COMMAND in bus) exec')
    assert made["authorized_keys"].endswith(made["public_key"])

    def shown() -> Any:
        return service.get("/servers/second")["fingerprint"]

    fingerprint = until(shown, "the fingerprint is learnt before any key is tried")
    assert fingerprint == service.get(PC)["fingerprint"]
    assert service.get("/servers/second")["state"] == "host-key-unknown"

    problem = error(service.request("POST", "/servers/second/trust", {"fingerprint": "SHA256:no"}), 422)
    assert (problem["code"], problem["field"]) == ("invalid", "fingerprint")
    other = {"fingerprint": "SHA256:" + "A" * 43}
    assert error(service.request("POST", "/servers/second/trust", other), 422)["field"] == "fingerprint"

    # trusted, but nobody has put the line into authorized_keys
    service.ask("POST", "/servers/second/trust", {"fingerprint": fingerprint}, status=200)
    offline = service.until_state("second", "offline")
    assert set(offline["error"]) == {"code", "message", "fix"}
    assert offline["error"]["code"] == "auth"
    assert offline["error"]["fix"]

    shared_pc.authorize("manager", made["public_key"])
    answer = service.request("POST", "/servers/second/sync?wait=true")
    assert answer.json()["state"] == "online", answer.text
    assert answer.json()["users"] == ["alice", "bob"]

    # edited: another name keeps everything, and a wrong port is told
    assert service.ask("PATCH", "/servers/second", {"name": "study"}, status=200)["name"] == "study"
    assert error(service.request("GET", "/servers/second"), 404)["code"] == "unknown_server"
    assert service.ask("PATCH", "/servers/study", {"port": 9}, status=200)["port"] == 9
    assert service.until_state("study", "offline")["error"]["code"] == "unreachable"
    assert error(service.request("PATCH", "/servers/study", {"name": "kids-pc"}), 409)["code"] == "exists"
    assert service.request("DELETE", "/servers/study").is_success
    assert error(service.request("DELETE", "/servers/study"), 404)["code"] == "unknown_server"


@pytest.mark.parametrize("as_fingerprint", [True, False])
def test_a_server_whose_host_key_is_given_needs_no_trust_and_its_own_key_may_have_a_passphrase(
    service: Service, shared_pc: TimekprHost, tmp_path: Path, as_fingerprint: bool
) -> None:
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-C", "mine", "-f", key], check=True
    )
    shared_pc.authorize("manager", key, restricted=False)
    host_key = service.get(PC)["fingerprint"] if as_fingerprint else shared_pc.host_key
    body = {
        "name": "wider",
        "host": shared_pc.address,
        "port": shared_pc.port,
        "ssh_user": "manager",
        "private_key": key.read_text(),
        "host_key": host_key,
    }
    locked = error(service.request("POST", "/servers", body), 422)
    assert (locked["code"], locked["field"]) == ("invalid", "passphrase")
    wrong = error(service.request("POST", "/servers", {**body, "passphrase": "open barley"}), 422)
    assert wrong["field"] == "passphrase"
    made = service.ask("POST", "/servers", {**body, "passphrase": "open sesame"}, status=201)
    assert made["public_key"].split()[:2] == key.with_suffix(".pub").read_text().split()[:2]
    service.until_state("wider", "online")
    service.request("DELETE", "/servers/wider")


def test_another_host_key_than_the_given_one_stops_everything(
    service: Service, shared_pc: TimekprHost
) -> None:
    body = {
        "name": "forged",
        "host": shared_pc.address,
        "port": shared_pc.port,
        "ssh_user": "manager",
        "host_key": "SHA256:" + "A" * 43,
    }
    service.ask("POST", "/servers", body, status=201)
    seen = until(lambda: service.get("/servers/forged")["error"], "it is told")
    assert seen["code"] == "host-key"
    assert service.get("/servers/forged")["state"] != "online"
    service.request("DELETE", "/servers/forged")


def test_the_servers_settings_are_shown_and_set(service: Service, shared_pc: TimekprHost) -> None:
    config = service.get(f"{PC}/config")
    assert set(config) >= SERVER_CONFIG
    assert config["poll_seconds"] == 1
    assert [value for value in config.values() if str(value).startswith("/")], "the directories are there"

    accepted = service.ask("PATCH", f"{PC}/config", {"final_warning_seconds": 25, "poll_seconds": 1})
    assert [change["field"] for change in accepted["changes"]] == ["final_warning_seconds"]
    [change] = applied(service, accepted)
    assert (change["user"], change["before"], change["after"]) == (None, 10, 25)
    assert service.get(f"{PC}/config")["final_warning_seconds"] == 25
    assert re.search(r"TIMEKPR_FINAL_WARNING_TIME *= *25", shared_pc.server_conf())

    wrong = error(service.request("PATCH", f"{PC}/config", {"poll_seconds": 0}), 422)
    assert (wrong["code"], wrong["field"]) == ("invalid", "poll_seconds")


def test_a_user_is_shown_with_config_usage_and_time_left(service: Service) -> None:
    users = service.get(f"{PC}/users")
    assert users["next"] is None
    assert {"name": "alice", "full_name": "Alice Example", "hidden": False} in users["items"]
    assert {entry["name"]: entry["hidden"] for entry in users["items"]}["alice"] is False

    alice = service.get(ALICE)
    assert set(alice) >= {"config", "usage", "time_left", "logged_in", "counted", "read_at"}
    assert set(alice["usage"]) == {
        "spent_day_seconds", "spent_week_seconds", "spent_month_seconds", "balance_seconds",
        "playtime_spent_day_seconds", "playtime_balance_seconds", "as_of",
    }  # fmt: skip
    left = alice["time_left"]
    assert set(left) == {
        "day_seconds",
        "continuous_seconds",
        "playtime_seconds",
        "until",
        "reason",
        "source",
    }
    assert left["source"] in ("live", "computed")
    assert (alice["logged_in"], alice["counted"]) == (False, False)
    assert INSTANT.fullmatch(alice["read_at"])
    assert INSTANT.fullmatch(alice["usage"]["as_of"])
    config = alice["config"]
    assert set(config) == {
        "days", "week_limit_seconds", "month_limit_seconds", "track_inactive", "hide_tray_icon", "lockout", "playtime",
    }  # fmt: skip
    assert config["days"] == [
        {
            "day": day,
            "limit_seconds": 7200,
            "hours": [{"from": "00:00", "to": "24:00", "unaccounted": False}],
        }
        for day in range(1, 8)
    ]
    assert set(config["lockout"]) == {"type", "wake_from", "wake_to"}
    assert set(config["playtime"]) == {"enabled", "override", "unaccounted_intervals", "days", "activities"}
    assert [set(day) for day in config["playtime"]["days"]] == [{"day", "limit_seconds"}] * 7

    assert service.ask("PATCH", f"{ALICE}/config", config)["changes"] == []  # nothing differs


def test_who_is_logged_in_is_counted_live(service: Service, shared_pc: TimekprHost) -> None:
    shared_pc.login("bob")

    def live() -> Any:
        bob = service.get(f"{PC}/users/bob")
        return bob if bob["time_left"]["source"] == "live" and bob["usage"]["spent_day_seconds"] else None

    bob = until(live, "bob's time is live")
    assert (bob["logged_in"], bob["counted"]) == (True, True)
    shared_pc.logout("bob")
    until(lambda: service.get(f"{PC}/users/bob")["logged_in"] is False, "bob is logged out")


def test_a_user_is_taken_out_of_view_and_back(service: Service) -> None:
    hidden = service.ask("PATCH", f"{PC}/users/bob", {"hidden": True}, status=200)
    assert (hidden["name"], hidden["hidden"]) == ("bob", True)
    assert service.get(PC)["users"] == ["alice"]
    assert ("bob", True) in [(user["name"], user["hidden"]) for user in service.get(f"{PC}/users")["items"]]
    service.ask("PATCH", f"{PC}/users/bob", {"hidden": False}, status=200)
    assert service.get(PC)["users"] == ["alice", "bob"]
    assert error(service.request("PATCH", f"{PC}/users/nobody", {"hidden": True}), 404)["code"] == (
        "unknown_user"
    )


def test_every_part_of_a_users_config_is_set_and_read_back(service: Service, shared_pc: TimekprHost) -> None:
    bob = f"{PC}/users/bob"
    wanted = {
        "days": [
            {"day": 6, "limit_seconds": 3 * HOUR, "hours": [{"from": "09:00", "to": "24:00"}]},
            {"day": 7, "limit_seconds": 0, "hours": []},
        ],
        "week_limit_seconds": 15 * HOUR,
        "month_limit_seconds": 50 * HOUR,
        "track_inactive": True,
        "hide_tray_icon": True,
        "lockout": {"type": "suspendwake", "wake_from": 7, "wake_to": 20},
        "playtime": {
            "enabled": True,
            "override": True,
            "unaccounted_intervals": False,
            "days": [{"day": 1, "limit_seconds": 1800}],
            "activities": [{"mask": "minetest", "description": "Mine"}],
        },
    }
    accepted = service.ask("PATCH", f"{bob}/config", wanted)
    assert set(accepted) == {"request_id", "changes"}
    assert all(set(change) >= CHANGE for change in accepted["changes"])
    assert {change["request_id"] for change in accepted["changes"]} == {accepted["request_id"]}
    fields = [change["field"] for change in accepted["changes"]]
    assert len(set(fields)) == len(fields)
    applied(service, accepted)

    config = service.get(bob)["config"]
    assert config["days"][5] == {
        "day": 6,
        "limit_seconds": 3 * HOUR,
        "hours": [{"from": "09:00", "to": "24:00", "unaccounted": False}],
    }
    assert config["days"][6] == {"day": 7, "limit_seconds": 0, "hours": []}
    assert config["days"][0]["limit_seconds"] > 0  # the days that were not named stay
    assert config["lockout"] == wanted["lockout"]
    assert config["playtime"]["days"][0] == {"day": 1, "limit_seconds": 1800}
    assert config["playtime"]["activities"] == [{"mask": "minetest", "description": "Mine"}]
    for plain in ("week_limit_seconds", "month_limit_seconds", "track_inactive", "hide_tray_icon"):
        assert config[plain] == wanted[plain]
    assert shared_pc.userinfo("bob")["LIMIT_PER_WEEK"] == str(15 * HOUR)
    assert "WAKEUP_HOUR_INTERVAL = 7;20" in shared_pc.conf("bob")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": [{"day": 8}]}, "days[0].day"),
        ({"days": [{"day": 6, "limit_seconds": 86_401}]}, "days[0].limit_seconds"),
        ({"days": [{"day": 6, "limit_seconds": "3h"}]}, "days[0].limit_seconds"),
        ({"days": [{"day": 1}, {"day": 6, "hours": [{"from": "09:00", "to": "25:00"}]}]}, "days[1].hours[0].to"),
        ({"days": [{"day": 6, "hours": [{"from": "9 am", "to": "12:00"}]}]}, "days[0].hours[0].from"),
        ({"days": [{"day": 6, "hours": [{"from": "12:00", "to": "09:00"}]}]}, "days[0].hours[0].to"),
        (
            {"days": [{"day": 6, "hours": [{"from": "09:00", "to": "09:10"}, {"from": "09:30", "to": "10:00"}]}]},
            "days[0].hours[1].from",
        ),
        ({"week_limit_seconds": 604_801}, "week_limit_seconds"),
        ({"month_limit_seconds": -1}, "month_limit_seconds"),
        ({"track_inactive": "yes"}, "track_inactive"),
        ({"lockout": {"type": "explode"}}, "lockout.type"),
        ({"lockout": {"type": "suspendwake", "wake_from": 24}}, "lockout.wake_from"),
        ({"playtime": {"days": [{"day": 1, "limit_seconds": -1}]}}, "playtime.days[0].limit_seconds"),
        (
            {"playtime": {"activities": [{"mask": "a%b", "description": ""}]}},
            "playtime.activities[0].mask",
        ),
        (
            {"playtime": {"activities": [{"mask": "ok", "description": "a[b]"}]}},
            "playtime.activities[0].description",
        ),
        ({"bedtime": "20:00"}, "bedtime"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_its_place(service: Service, body: Any, field: str) -> None:
    problem = error(service.request("PATCH", f"{ALICE}/config", body), 422)
    assert (problem["code"], problem["field"]) == ("invalid", field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Kids PC"}, "name"),
        ({"name": "-kids"}, "name"),
        ({"name": "k" * 64}, "name"),
        ({"name": None}, "name"),
        ({"host": ""}, "host"),
        ({"host": "two words"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70_000}, "port"),
        ({"port": "22"}, "port"),
        ({"ssh_user": "a b"}, "ssh_user"),
        ({"private_key": "-----BEGIN NONSENSE-----"}, "private_key"),
        ({"host_key": "ssh-ed25519 AAAA"}, "host_key"),
        ({"host_key": "SHA256:short"}, "host_key"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_server_that_cannot_be_is_refused_with_its_place(
    service: Service, change: dict[str, Any], field: str
) -> None:
    body = {"name": "new-pc", "host": "127.0.0.1", "ssh_user": "manager", **change}
    problem = error(service.request("POST", "/servers", body), 422)
    assert (problem["code"], problem["field"]) == ("invalid", field)
    assert error(service.request("GET", "/servers/new-pc"), 404)["code"] == "unknown_server"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": 86_401}, "seconds"),
        ({"seconds": -86_401}, "seconds"),
        ({"seconds": 1.5}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"seconds": 60, "kind": "sweets"}, "kind"),
        ({"seconds": 60, "reason": "a\nb"}, "reason"),
        ({"set_left_seconds": -1}, "set_left_seconds"),
        ({"kind": "time"}, "seconds"),
    ],
)
def test_a_grant_that_cannot_be_is_refused_with_its_place(service: Service, body: Any, field: str) -> None:
    problem = error(service.request("POST", f"{ALICE}/grants", body), 422)
    assert (problem["code"], problem["field"]) == ("invalid", field)


def test_what_does_not_exist_is_named(service: Service) -> None:
    no_server: list[tuple[str, str, Any]] = [
        ("GET", "/servers/nowhere", None),
        ("POST", "/servers/nowhere/sync", None),
        ("GET", "/servers/nowhere/config", None),
        ("GET", "/servers/nowhere/users", None),
        ("POST", "/servers/nowhere/users/alice/grants", {"seconds": 60}),
        ("POST", "/servers/nowhere/trust", {"fingerprint": "SHA256:" + "A" * 43}),
    ]
    for method, path, body in no_server:
        assert error(service.request(method, path, body), 404)["code"] == "unknown_server", path
    no_user: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "/config", {"track_inactive": True}),
        ("POST", "/grants", {"seconds": 60}),
    ]
    for method, path, body in no_user:
        answer = service.request(method, f"{PC}/users/nobody{path}", body)
        assert error(answer, 404)["code"] == "unknown_user"
    assert error(service.request("GET", "/changes/999999"), 404)["code"] == "unknown_change"
    assert error(service.request("DELETE", "/changes/x"), 404)["code"] == "unknown_change"


def test_who_may_not_is_told_so(service: Service) -> None:
    for authorization in ("", "Bearer nonsense", "Basic bXVtOmNvcnJlY3QgaG9yc2U="):
        answer = service.request("GET", "/servers", headers={"Authorization": authorization})
        assert error(answer, 401)["code"] == "unauthenticated"
    service.cli("account", "create", "gran", "--role", "viewer", "--password-stdin", input="correct horse\n")
    token = service.cli("token", "create", "gran's", "--account", "gran").stdout.strip()
    gran = {"Authorization": f"Bearer {token}"}
    assert service.request("GET", ALICE, headers=gran).status_code == 200
    refused = service.request("POST", f"{ALICE}/grants", {"seconds": 60}, headers=gran)
    assert error(refused, 403)["code"] == "forbidden"


def test_a_grant_is_the_same_change_under_the_same_idempotency_key(
    service: Service, shared_pc: TimekprHost
) -> None:
    balance = service.get(ALICE)["usage"]["balance_seconds"]
    body, key = {"seconds": 900, "kind": "time", "reason": "dishes"}, {"Idempotency-Key": "press-1"}
    first = service.request("POST", f"{ALICE}/grants", body, headers=key)
    [change] = applied(service, first.json())
    again = service.request("POST", f"{ALICE}/grants", body, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["request_id"] == first.json()["request_id"]
    assert [same["id"] for same in again.json()["changes"]] == [change["id"]]
    mismatch = service.request("POST", f"{ALICE}/grants", {"seconds": 901}, headers=key)
    assert error(mismatch, 409)["code"] == "idempotency_mismatch"

    assert set(change) >= CHANGE
    assert (change["server"], change["user"], change["account"], change["source"]) == (
        "kids-pc",
        "alice",
        "mum",
        "api",
    )
    assert INSTANT.fullmatch(change["created_at"])
    assert INSTANT.fullmatch(change["settled_at"])
    assert change["gained_seconds"] == 900
    assert int(shared_pc.userinfo("alice")["TIME_SPENT_BALANCE"]) == balance - 900


def test_time_is_taken_set_and_given_for_playtime(service: Service) -> None:
    before = service.get(ALICE)["time_left"]["day_seconds"]
    applied(service, service.ask("POST", f"{ALICE}/grants", {"seconds": -600, "kind": "time"}))
    assert service.get(ALICE)["time_left"]["day_seconds"] == before - 600
    applied(service, service.ask("POST", f"{ALICE}/grants", {"set_left_seconds": 1200}))
    assert service.get(ALICE)["time_left"]["day_seconds"] == 1200
    applied(service, service.ask("PATCH", f"{ALICE}/config", {"playtime": {"enabled": True}}))
    before = service.get(ALICE)["usage"]["playtime_balance_seconds"]
    applied(service, service.ask("POST", f"{ALICE}/grants", {"seconds": 300, "kind": "playtime"}))
    assert service.get(ALICE)["usage"]["playtime_balance_seconds"] == before - 300


def test_changes_are_listed_newest_first_by_state_server_and_user_in_pages(service: Service) -> None:
    applied(service, service.ask("POST", f"{ALICE}/grants", {"seconds": 60}))
    applied(service, service.ask("PATCH", f"{PC}/users/bob/config", {"week_limit_seconds": 14 * HOUR}))
    listed = service.get("/changes")
    ids = [change["id"] for change in listed["items"]]
    assert ids == sorted(ids, reverse=True)
    assert {change["user"] for change in service.get("/changes?user=bob")["items"]} == {"bob"}
    assert service.get("/changes?server=nowhere") == {"items": [], "next": None}
    assert service.get("/changes?state=queued&server=kids-pc&user=alice")["items"] == []
    assert {change["state"] for change in service.get("/changes?state=applied")["items"]} == {"applied"}
    assert error(service.request("GET", "/changes?state=lost"), 422)["field"] == "state"
    assert error(service.request("GET", "/changes?limit=0"), 422)["field"] == "limit"
    assert error(service.request("GET", "/changes?limit=many"), 422)["field"] == "limit"
    assert error(service.request("GET", "/changes?cursor=x"), 422)["field"] == "cursor"

    page = service.get("/changes?limit=2")
    paged = [change["id"] for change in page["items"]]
    while page["next"] is not None:
        page = service.get(f"/changes?limit=2&cursor={page['next']}")
        paged += [change["id"] for change in page["items"]]
    assert paged[: len(ids)] == ids
    one = service.get(f"/changes/{ids[0]}")
    assert one == service.get("/changes?limit=1")["items"][0]


@pytest.mark.usefixtures("unreachable")
def test_while_it_is_off_everything_is_still_shown_and_what_waits_can_be_cancelled(service: Service) -> None:
    assert service.get(PC)["error"]["code"] == "unreachable"
    alice = service.get(ALICE)
    assert alice["config"]["days"]
    assert alice["read_at"]
    assert (alice["logged_in"], alice["counted"]) == (None, None)
    answer = service.request("POST", f"{PC}/sync")
    assert answer.status_code == 202

    [change] = service.ask("POST", f"{ALICE}/grants", {"seconds": 900, "kind": "time"})["changes"]
    assert (change["state"], change["settled_at"], change["gained_seconds"]) == ("queued", None, None)
    assert "not reachable" in service.get(f"/changes/{change['id']}")["waits_for"]
    assert service.get(PC)["pending"] == 1
    assert error(service.request("DELETE", PC), 409)["code"]
    assert service.get(PC)["name"] == "kids-pc"

    assert service.request("DELETE", f"/changes/{change['id']}").is_success
    cancelled = service.get(f"/changes/{change['id']}")
    assert cancelled["state"] == "cancelled"
    assert INSTANT.fullmatch(cancelled["settled_at"])
    again = service.request("DELETE", f"/changes/{change['id']}")
    assert error(again, 409)["code"] == "not_cancellable"
    assert service.get(PC)["pending"] == 0


def test_with_force_a_server_is_removed_while_changes_wait(service: Service, shared_pc: TimekprHost) -> None:
    host_key = shared_pc.host_key
    body = {"name": "brief", "host": shared_pc.address, "port": shared_pc.port, "ssh_user": "manager"}
    made = service.ask("POST", "/servers", {**body, "host_key": host_key}, status=201)
    shared_pc.authorize("manager", made["public_key"])
    service.until_state("brief", "online")
    service.ask("PATCH", "/servers/brief", {"port": 9}, status=200)
    service.until_state("brief", "offline")
    [change] = service.ask("POST", "/servers/brief/users/alice/grants", {"seconds": 60})["changes"]
    assert service.request("DELETE", "/servers/brief").status_code == 409
    assert service.request("DELETE", "/servers/brief?force=true").is_success
    assert service.request("GET", "/servers/brief").status_code == 404
    kept = service.request("GET", f"/changes/{change['id']}")
    assert kept.status_code == 404 or kept.json()["state"] == "cancelled"


def test_the_api_is_described_without_a_token(service: Service) -> None:
    answer = httpx.get(f"{service.url}/api/v1/openapi.json")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    assert {"/servers", "/changes"} <= set(paths)
    operations = {(method, path) for path, ways in paths.items() for method in ways}
    for method, count in {"get": 7, "post": 4, "patch": 4, "delete": 2}.items():
        assert len([one for one in operations if one[0] == method]) >= count, operations


def test_figures_know_what_was_said_over_the_bus_and_name_nobody(service: Service) -> None:
    answer = httpx.get(f"{service.url}/metrics", headers={"Authorization": f"Bearer {service.token}"})
    assert answer.status_code == 200
    for series in (
        r'servers\{state="online"\}',
        r'connects_total\{outcome="ok"\}',
        r'dbus_calls_total\{method="getUserList",outcome="ok"\}',
        r"dbus_call_seconds_count",
        r"read_seconds_count",
        r'store_seconds_count\{kind="write"\}',
    ):
        assert re.search(rf"^timekpr_mngr_{series} [1-9]", answer.text, re.MULTILINE), series
    assert not re.search(NAMED, answer.text)


def test_a_report_of_all_this_names_nobody(service: Service, shared_pc: TimekprHost) -> None:
    service.settled(
        service.ask("POST", f"{ALICE}/grants", {"seconds": 60, "reason": "mum said so"})["changes"]
    )
    answer = service.request("GET", "/diagnostics")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    for name, text in files.items():
        assert (name, re.findall(NAMED, text)) == (name, [])
        assert shared_pc.address not in text
    assert json.loads(files["sent.json"])[0]["server"] == "server-1"


def test_nothing_of_all_this_left_a_traceback_or_a_secret_in_the_log(service: Service) -> None:
    log = service.log.read_text()
    assert "Traceback" not in log
    for secret in (service.token, "tkm_", "correct horse", "PRIVATE KEY", "Bearer", "timekpr_mngr_form"):
        assert secret not in log
