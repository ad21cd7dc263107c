"""Is a server enforcing? Each thing that stands against it, and what looks like it and is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from timekpr_mngr.domain.bus_facts import BusFacts, DaemonRun, KeptRun, restarts
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.domain.enforcing import Seen, findings, lifted, patience, says_another, silence
from timekpr_mngr.domain.finding import Finding, FindingCode, Severity
from timekpr_mngr.domain.flaw import Flaw, FlawKind
from timekpr_mngr.domain.lifting import lifts
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import Day, PlayTime, UserConfig

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
RUN = DaemonRun("bus", ":1.7", NOW - timedelta(days=2))
FACTS = BusFacts(RUN, "active", True)
LIMITED = UserConfig(days=(Day(3600),) * 7)
X11 = Session("c1", "emma", "x11", uid=1001)


def control(*, seconds_ago: int) -> Control:
    local = (NOW - timedelta(seconds=seconds_ago)).astimezone(VIENNA).replace(tzinfo=None)
    return Control(0, 0, 0, 0, local, 0, 0)


def emma(**values: Any) -> UserSnapshot:
    """A child with limits who is logged in at the desktop, and whose time is counted."""
    usual: dict[str, Any] = {
        "name": "emma",
        "config": LIMITED,
        "control": control(seconds_ago=20),
        "live": Live(NOW),
        "sessions": (X11,),
    }
    return UserSnapshot(**(usual | values))


def snapshot(*users: UserSnapshot, **values: Any) -> Snapshot:
    usual: dict[str, Any] = {
        "read_at": NOW,
        "server_time": NOW.astimezone(VIENNA),
        "time_zone": "Europe/Vienna",
        "config": ServerConfig(),
        "config_text": "[GENERAL]",
        "users": {user.name: user for user in users or (emma(),)},
    }
    return Snapshot(**(usual | values))


def codes(seen: Seen) -> list[tuple[str, str | None]]:
    return [(finding.code.value, finding.user) for finding in findings(seen)]


def of_user(user: UserSnapshot, **config: Any) -> list[tuple[str, str | None]]:
    return codes(Seen(snapshot(user, config=ServerConfig(**config)), FACTS))


def test_nothing_is_found_where_all_is_well() -> None:
    assert codes(Seen(snapshot(), FACTS)) == []


def test_what_the_bus_does_not_tell_is_not_claimed() -> None:
    assert codes(Seen(snapshot(), BusFacts(RUN))) == []


def test_a_daemon_that_is_gone_is_found_once_it_stays_away() -> None:
    seen = Seen(snapshot(emma(live=None)), BusFacts(None, "failed", True))
    assert codes(seen) == [("no-daemon", None)]
    assert patience(FindingCode.NO_DAEMON, seen.snapshot) > timedelta(seconds=10)


def test_a_daemon_that_does_not_begin_with_the_computer_is_found() -> None:
    assert codes(Seen(snapshot(), replace(FACTS, starts_by_itself=False))) == [("not-at-start", None)]


def test_three_restarts_within_a_week_are_found_and_starts_of_the_computer_are_none() -> None:
    runs = [
        KeptRun(DaemonRun(bus, owner, NOW - timedelta(days=age)), NOW)
        for bus, owner, age in (("a", ":1.3", 9), ("b", ":1.3", 6), ("b", ":1.9", 5), ("b", ":2.1", 4))
    ]
    assert restarts(runs) == [NOW - timedelta(days=5), NOW - timedelta(days=4)]
    assert codes(Seen(snapshot(), FACTS, restarts=restarts(runs))) == []
    again = [*restarts(runs), NOW - timedelta(hours=1)]
    (finding,) = findings(Seen(snapshot(), FACTS, restarts=again))
    assert (finding.code, finding.facts["count"]) == (FindingCode.RESTARTED, 3)


def test_a_restart_long_ago_is_forgotten() -> None:
    assert codes(Seen(snapshot(), FACTS, restarts=[NOW - timedelta(days=8)] * 5)) == []


def test_a_worker_of_which_neither_a_poll_nor_a_save_was_seen_counts_nobody() -> None:
    stale = snapshot(emma(control=control(seconds_ago=120)))
    assert codes(Seen(stale, FACTS)) == [("counts-nobody", None)]
    assert codes(Seen(stale, FACTS, NOW - timedelta(seconds=90))) == [("counts-nobody", None)]
    assert codes(Seen(stale, FACTS, NOW - timedelta(seconds=3))) == []
    assert patience(FindingCode.COUNTS_NOBODY, stale) == silence(ServerConfig()) == timedelta(seconds=49)


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(emma(control=control(seconds_ago=40)), id="saved a moment ago"),
        pytest.param(emma(control=control(seconds_ago=120), sessions=(), live=None), id="nobody is there"),
        pytest.param(emma(control=None), id="no file to tell it"),
    ],
)
def test_silence_is_only_claimed_where_it_would_be_heard(user: UserSnapshot) -> None:
    assert codes(Seen(snapshot(user), FACTS)) == []


@pytest.mark.parametrize(
    ("config", "why"),
    [({"poll_seconds": -1}, "poll"), ({"poll_seconds": 45}, "poll"), ({"session_types": ("tty",)}, "types")],
)
def test_settings_with_which_nothing_is_enforced_are_found(config: dict[str, Any], why: str) -> None:
    (finding,) = findings(Seen(snapshot(emma(sessions=()), config=ServerConfig(**config)), FACTS))
    assert (finding.code, finding.facts["why"]) == (FindingCode.NOTHING_ENFORCED, why)


def test_a_key_at_which_the_daemon_breaks_off_stops_everything() -> None:
    flaws = (Flaw(FlawKind.STOPS_ALL, ("TIMEKPR_USERS_EXCL",)),)
    assert codes(Seen(snapshot(flaws=flaws), FACTS)) == [("nothing-enforced", None)]


def test_a_desktop_that_is_not_counted_is_found() -> None:
    (finding,) = findings(Seen(snapshot(config=ServerConfig(session_types=("x11",))), FACTS))
    assert (finding.code, finding.facts["types"]) == (FindingCode.SESSION_TYPE_NOT_COUNTED, ["wayland"])


@pytest.mark.parametrize(
    ("seconds", "severity"), [(59, None), (-90, Severity.WARNING), (7200, Severity.ERROR)]
)
def test_a_clock_that_is_wrong_is_found(seconds: int, severity: Severity | None) -> None:
    there = (NOW + timedelta(seconds=seconds)).astimezone(VIENNA)
    user = emma(control=replace(control(seconds_ago=0), last_checked=there.replace(tzinfo=None)))
    found = findings(Seen(snapshot(user, server_time=there), FACTS))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_a_clock_that_is_a_little_more_wrong_is_no_news() -> None:
    def off(seconds: int) -> Finding:
        return Finding(FindingCode.CLOCK, Severity.WARNING, facts={"ahead_seconds": seconds})

    assert not says_another(off(120), off(180))
    assert says_another(off(120), off(600))


def test_a_time_zone_that_is_not_told_or_another_than_ours_is_found() -> None:
    assert codes(Seen(snapshot(server_time=None, time_zone=None), FACTS)) == [("time-zone-unknown", None)]
    assert codes(Seen(snapshot(), FACTS, our_offset=timedelta(hours=1))) == []
    assert codes(Seen(snapshot(), FACTS, our_offset=timedelta(hours=2))) == [("time-zone-other", None)]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FlawKind.STOPS_ALL, "stops-everybody"),
        (FlawKind.SECTION, "other-name-in-file"),
        (FlawKind.UNREADABLE, "settings-unreadable"),
        (FlawKind.BROKEN, "settings-unreadable"),
        (FlawKind.LOCKOUT, "lockout-unknown"),
        (FlawKind.EMPTY, "settings-empty"),
    ],
)
def test_what_is_wrong_with_a_file_of_a_user_is_found(kind: FlawKind, code: str) -> None:
    assert of_user(emma(flaws=(Flaw(kind, ("LIMITS_PER_WEEKDAYS",)),))) == [(code, "emma")]


def test_a_user_with_limits_who_is_excluded_is_found() -> None:
    assert of_user(emma(live=None), excluded_users=("gdm", "emma")) == [("excluded", "emma")]


def test_a_user_whom_timekpr_has_not_in_memory_is_found_once_that_lasts() -> None:
    assert of_user(emma(live=None)) == [("not-counted", "emma")]
    assert patience(FindingCode.NOT_COUNTED, snapshot()) > timedelta(seconds=3)


def test_a_session_of_a_type_that_does_not_count_is_found_unless_another_counts() -> None:
    tty = Session("c2", "emma", "tty")
    assert of_user(emma(sessions=(tty,))) == [("session-not-counted", "emma")]
    assert of_user(emma(sessions=(tty, X11))) == []
    assert of_user(emma(sessions=(replace(tty, state="closing"),), live=None)) == []


def test_somebody_whom_timekpr_does_not_know_is_found() -> None:
    stranger = Session("c3", "guest", "wayland", uid=70_000)
    assert codes(Seen(snapshot(strangers=(stranger,)), FACTS)) == [("unknown-user", "guest")]


def test_a_child_who_is_an_administrator_is_found() -> None:
    facts = replace(FACTS, administrators=frozenset({"emma", "root"}))
    assert codes(Seen(snapshot(), facts)) == [("administrator", "emma")]


def test_of_somebody_without_limits_nothing_is_asked() -> None:
    parent = emma(config=UserConfig(), live=None, sessions=(Session("c2", "emma", "tty"),))
    facts = replace(FACTS, administrators=frozenset({"emma"}))
    assert codes(Seen(snapshot(parent, config=ServerConfig(excluded_users=("emma",))), facts)) == []
    assert of_user(replace(parent, config=UserConfig(playtime=PlayTime(enabled=True)))) != []


LIFTS: list[tuple[str, Json, Json, bool]] = [
    ("days.6.limit_seconds", 3600, 7200, True),
    ("days.6.limit_seconds", 7200, 3600, False),
    ("week_limit_seconds", 3600, 7200, True),
    ("playtime.days.1.limit_seconds", 0, 60, True),
    ("days.1.hours", [{"from": "15:00", "to": "20:00"}], [{"from": "15:00", "to": "20:30"}], True),
    ("days.1.hours", [{"from": "15:00", "to": "20:00"}], [{"from": "16:00", "to": "20:00"}], False),
    (
        "days.1.hours",
        [{"from": "15:00", "to": "20:00"}],
        [{"from": "15:00", "to": "20:00", "unaccounted": True}],
        True,
    ),
    ("days.1.hours", [], "anything", False),
    ("lockout", {"type": "lock"}, {"type": "none"}, True),
    ("lockout", {"type": "lock"}, {"type": "terminate"}, False),
    ("track_inactive", True, False, True),
    ("playtime.enabled", True, False, True),
    ("playtime.override", False, True, True),
    ("playtime.activities", [{"mask": "a", "description": ""}], [], True),
    ("playtime.activities", [], [{"mask": "a", "description": ""}], False),
    ("grant.time", None, {"seconds": 900}, True),
    ("grant.time", None, {"seconds": -900}, False),
    ("excluded_users", ["gdm"], ["gdm", "emma"], True),
    ("session_types", ["x11", "wayland"], ["x11"], True),
    ("excluded_session_types", [], ["x11"], True),
    ("poll_seconds", 3, -1, True),
    ("poll_seconds", 3, 5, False),
    ("hide_tray_icon", False, True, False),
]


@pytest.mark.parametrize(("field", "before", "after", "does"), LIFTS)
def test_what_gives_more_time_is_told_from_what_does_not(
    field: str, before: Json, after: Json, does: bool
) -> None:
    assert lifts(field, before, after) is does


def test_what_a_hostile_server_makes_up_is_kept_short() -> None:
    flaw = Flaw(FlawKind.LOCKOUT, ("x" * 60_000,))
    crowd = [emma(name=f"user{number}", flaws=(flaw,), sessions=(), live=None) for number in range(5_000)]
    stranger = Session("c3", "guest", "y" * 60_000, uid=70_000)
    found = findings(Seen(snapshot(*crowd, strangers=(stranger,)), FACTS))
    assert len(found) == 200
    assert all(len(repr(finding.facts)) < 1_000 for finding in found)


def test_what_somebody_lifted_is_one_finding_for_each_user() -> None:
    def drift(field: str, before: Json, after: Json, user: str = "emma", **more: Any) -> Drift:
        usual: dict[str, Any] = {
            "id": 1,
            "server": "pc",
            "state": DriftState.OPEN,
            "day": None,
            "overwritten": False,
        }
        return Drift(
            **(usual | {"field": field, "user": user, "known": before, "before": before, "after": after}),
            seen_at=NOW,
            **more,
        )

    found = lifted(
        [
            drift("week_limit_seconds", 3600, 7200),
            drift("month_limit_seconds", 3600, 7200),
            drift("month_limit_seconds", 7200, 3600, user="noah"),
        ]
    )
    assert [(one.code, one.user, one.facts["count"]) for one in found] == [
        (FindingCode.LIMITS_LIFTED, "emma", 2)
    ]
