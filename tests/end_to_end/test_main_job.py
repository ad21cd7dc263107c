"""The main job, from a fresh data folder to a limit that the real daemon goes by."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.rig import TimekprHost

from .service import Service

SOON = timedelta(seconds=5)  # it is tried every two, and then takes a third of one
ALICE = "/servers/kids-pc/users/alice"
SATURDAY = [
    {"from": "09:00", "to": "12:00", "unaccounted": False},
    {"from": "14:00", "to": "20:30", "unaccounted": True},
]


def test_limits_and_a_grant_reach_the_real_daemon_over_the_restricted_key(
    service: Service, kids_pc: TimekprHost, added: dict[str, Any]
) -> None:
    assert added["authorized_keys"].startswith('restrict,command="case $SSH_ORIGINAL_COMMAND in bus)')
    assert added["users"] == ["alice", "bob"]  # the account that we sign in with is out of view
    balance = int(kids_pc.userinfo("alice")["TIME_SPENT_BALANCE"])

    limits = service.ask(
        "PATCH",
        f"{ALICE}/config",
        {"week_limit_seconds": 36_000, "days": [{"day": 6, "hours": SATURDAY}]},
    )
    assert len({change["request_id"] for change in limits["changes"]} | {limits["request_id"]}) == 1
    grant = service.ask("POST", f"{ALICE}/grants", {"seconds": 900, "kind": "time", "reason": "dishes"})
    settled = service.settled([*limits["changes"], *grant["changes"]])
    assert [change["state"] for change in settled] == ["applied"] * 3
    assert settled[-1]["gained_seconds"] is not None

    told = kids_pc.userinfo("alice")
    assert told["LIMIT_PER_WEEK"] == "36000"
    assert told["ALLOWED_HOURS_6"] == "9;10;11;!14;!15;!16;!17;!18;!19;!20[0-30]"
    assert int(told["TIME_SPENT_BALANCE"]) == balance - 900


def test_what_is_asked_while_sshd_is_off_arrives_once_when_it_is_back(
    service: Service, kids_pc: TimekprHost, added: dict[str, Any]
) -> None:
    balance = int(kids_pc.userinfo("alice")["TIME_SPENT_BALANCE"])
    kids_pc.stop("sshd")
    service.until_state("kids-pc", "offline")
    changes = [
        *service.ask("POST", f"{ALICE}/grants", {"seconds": 900, "kind": "time"})["changes"],
        *service.ask("POST", f"{ALICE}/grants", {"seconds": 900, "kind": "time"})["changes"],
        *service.ask("PATCH", f"{ALICE}/config", {"month_limit_seconds": 100_000})["changes"],
    ]
    waiting = [service.get(f"/changes/{change['id']}") for change in changes]
    assert [change["state"] for change in waiting] == ["queued"] * 3
    assert all("not reachable" in change["waits_for"] for change in waiting)
    assert service.get("/servers/kids-pc")["pending"] == 3

    kids_pc.start("sshd")
    back = datetime.now(UTC)
    settled = service.settled(changes)
    assert [change["state"] for change in settled] == ["applied"] * 3
    assert max(datetime.fromisoformat(change["settled_at"]) for change in settled) < back + SOON
    told = kids_pc.userinfo("alice")
    assert int(told["TIME_SPENT_BALANCE"]) == balance - 1_800
    assert told["LIMIT_PER_MONTH"] == "100000"


def test_a_kill_between_press_and_delivery_loses_and_doubles_nothing(
    service: Service, kids_pc: TimekprHost, added: dict[str, Any]
) -> None:
    balance = int(kids_pc.userinfo("alice")["TIME_SPENT_BALANCE"])
    changes = []
    for _ in range(4):  # each time somewhere else on its way
        changes += service.ask("POST", f"{ALICE}/grants", {"seconds": 300, "kind": "time"})["changes"]
        service.kill()
        service.start()
    settled = service.settled(changes)
    assert [change["state"] for change in settled] == ["applied"] * 4
    assert int(kids_pc.userinfo("alice")["TIME_SPENT_BALANCE"]) == balance - 1_200


def test_a_day_that_nobody_has_begun_takes_a_grant(
    service: Service, kids_pc: TimekprHost, added: dict[str, Any]
) -> None:
    yesterday = kids_pc.control("alice").splitlines()
    stale = [
        "LAST_CHECKED = 2026-01-05 18:00:00" if line.startswith("LAST_CHECKED") else line
        for line in yesterday
    ]
    kids_pc.path("/var/lib/timekpr/work/alice.time").write_text("\n".join(stale) + "\n")
    [change] = service.settled(
        service.ask("POST", f"{ALICE}/grants", {"seconds": 900, "kind": "time"})["changes"]
    )
    assert change["state"] == "applied"
    assert int(kids_pc.userinfo("alice")["TIME_SPENT_BALANCE"]) == -900
