"""The real daemon takes the calls, and what it is known for is still so."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_type_hints
from xml.etree import ElementTree

import pytest

from tests.rig import TimekprHost
from tests.rig.host import wait_until
from tests.timekpr.daemon import Daemon
from timekpr_mngr.domain.field import user_values
from timekpr_mngr.domain.hours import HourInterval, from_intervals
from timekpr_mngr.domain.time_left import balance_after
from timekpr_mngr.domain.usage import rolled_over
from timekpr_mngr.domain.user import DAY_SECONDS, Activity, Lockout
from timekpr_mngr.timekpr import interface, write

TUESDAY = "2026-11-17 10:17:00"
WEEKS = {  # days, limits
    "ends": ("1;7", "3600;7200"),
    "backward": ("3;1", "1000;2000"),
    "evens": ("2;4;6", "1000;4000;6000"),
    "none": ("", ""),
    "twice": ("1;1;2", "100;200;300"),
    "reversed": ("7;6;5;4;3;2;1", "7;6;5;4;3;2;1"),
    "schooldays": ("1;2;3;4;5", "60;60;60;60;60"),
    "short": ("1;2;3;4;5;6;7", "60;60"),
    "long": ("1;2;3;4;5;6;7", "1;2;3;4;5;6;7;8;9"),
    "many": ("2;2;2;2;2;2;2;2;1;3", "1;2;3;4;5;6;7;8;9;10"),
}
FITTING: dict[str, Any] = {
    "user": "full", "level": "R", "day": 1, "days": [1], "hours": (), "on": True, "lockout": Lockout("lock", 0, 23),
    "operation": "+", "activities": [], "types": ["x11"], "users": ["gdm"],
}  # fmt: skip
"""What fits an argument of a call by its name; a number, or a list of them, fits all others."""
NOT_OURS = {
    ("com.timekpr.server.admin", "logCachedProcesses", "s"),
    ("com.timekpr.server.user.sessionattributes", "processUserSessionAttributes", "ssss"),
}
"""See the top of timekpr/interface.py."""
OTHERS = ("full", "asked", "quirk", "free", "broken", "balance", "turned")


@pytest.fixture(scope="module")
def daemon(shared_host: Callable[..., TimekprHost]) -> Iterator[Daemon]:
    """A host whose clock can be moved, and whose daemon looks every second."""
    settings = {"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 1, "TIMEKPR_TERMINATION_TIME": 3000}
    host = shared_host("write", users=(*WEEKS, *OTHERS), fake_clock=True, timekpr=settings)
    host.clock(TUESDAY)
    daemon = Daemon(host)
    daemon.must([interface.get_user_list()])
    yield daemon
    daemon.close()


def test_every_method_and_signal_of_the_daemon_is_known_as_it_is(daemon: Daemon) -> None:
    ours = {(call.interface, call.member, call.signature) for call in map(fitted, call_makers())}
    assert told(daemon, interface.OBJECT_PATH, "method") - NOT_OURS == ours

    daemon.host.login("full")
    try:
        path = interface.user_path("full")
        known = {(of, member, signature) for (of, member), signature in interface.SIGNALS.items()}
        assert wait_until(lambda: known <= told(daemon, path, "signal"), 30), told(daemon, path, "signal")
    finally:
        daemon.host.logout("full")


def call_makers() -> list[Callable[..., interface.Call]]:
    """Every function that makes a call."""
    functions = filter(inspect.isfunction, vars(interface).values())
    return [made for made in functions if get_type_hints(made).get("return") is interface.Call]


def fitted(make: Callable[..., interface.Call]) -> interface.Call:
    """Some call of this kind."""
    hints = {name: kind for name, kind in get_type_hints(make).items() if name != "return"}
    return make(*(1 if kind is int else FITTING.get(name, [1]) for name, kind in hints.items()))


def told(daemon: Daemon, path: str, kind: str) -> set[tuple[str, str, str]]:
    """The methods or signals that an object of the daemon says of itself: interface, member, signature."""
    said = daemon.host.run("busctl", "introspect", "--xml-interface", interface.BUS_NAME, path).stdout
    return {
        (
            of.attrib["name"],
            member.attrib["name"],
            "".join(one.attrib["type"] for one in member.iter("arg") if one.get("direction", "in") == "in"),
        )
        for of in (ElementTree.fromstring(said) if said else ())
        if of.get("name", "").startswith("com.timekpr.")
        for member in of.iter(kind)
    }


@pytest.mark.parametrize("user", WEEKS)
def test_it_puts_a_week_in_order_step_by_step(daemon: Daemon, user: str) -> None:
    days, limits = WEEKS[user]
    for prefix in ("", "PLAYTIME_"):
        daemon.write_config(
            user, (f"{prefix}ALLOWED_WEEKDAYS", days), (f"{prefix}LIMITS_PER_WEEKDAYS", limits)
        )
    before = daemon.snapshot(user)
    calls = [*write.week_calls(user, before), *write.playtime_week_calls(user, before)]
    assert calls
    for call in calls:
        daemon.must([call])
        assert daemon.snapshot(user).config == before.config, call
    after = daemon.snapshot(user)
    assert after.week.is_plain
    assert after.playtime_week.is_plain
    assert after.problem is None
    for seconds in (60, -60):  # a grant no longer depends on the day on which it is given
        operation = "+" if seconds > 0 else "-"
        daemon.must(
            [interface.set_time_left(user, operation, 60), interface.set_playtime_left(user, operation, 60)]
        )


def test_it_takes_every_field(daemon: Daemon) -> None:
    config = daemon.snapshot("full").config
    assert config is not None
    target = replace(
        config,
        lockout=Lockout("suspendwake", 7, 20),
        hide_tray_icon=True,
        track_inactive=True,
        week_limit_seconds=3,
        month_limit_seconds=4,
        playtime=replace(
            config.playtime,
            enabled=True,
            activities=(Activity("doom|quake", "Old; games: = #1 (so 'old')"), Activity("x.*y")),
        ),
    )
    daemon.must(write.user_calls("full", daemon.snapshot("full"), user_values(target)))
    assert daemon.snapshot("full").config == target


def test_closing_part_of_an_hour_is_done_though_the_daemon_says_no(daemon: Daemon) -> None:
    """It stumbles while it tells the desktop. What is read back decides, and the time left is right."""
    daemon.host.login("quirk")
    daemon.hear(["quirk"], 1.3)
    half = from_intervals({10: HourInterval(), 11: HourInterval(0, 30)})
    late = from_intervals({9: HourInterval(), 13: HourInterval()})
    daemon.must([interface.set_allowed_hours("quirk", 2, half)])
    assert daemon.call([interface.set_allowed_hours("quirk", 2, late)])[0].code == -1
    config = daemon.snapshot("quirk").config
    assert config is not None
    assert config.day(2).hours == late
    heard = daemon.hear(["quirk"], 1.3)
    live = interface.live_of(heard.information["quirk"], heard.at["quirk"])
    assert live is not None
    assert live.left_day_seconds == 3600


def test_an_hour_that_was_not_counted_stays_so_unless_it_is_counted_before_it_is_closed(
    daemon: Daemon,
) -> None:
    daemon.host.login("free")
    daemon.hear(["free"], 1.3)
    now = daemon.snapshot("free")
    assert now.config is not None
    uncounted = from_intervals({10: HourInterval(unaccounted=True), 11: HourInterval()})
    closed = from_intervals({11: HourInterval()})

    def priority() -> str:
        heard = daemon.hear(["free"], 1.3)
        ticks = [
            body for path, member, body in heard.signals if member == "timeLeft" and path.endswith("free")
        ]
        return str(ticks[-1][0])

    daemon.must([interface.set_allowed_hours("free", 2, hours) for hours in (uncounted, closed)])
    assert priority() == "unaccounted", "the daemon has been mended: write._counted_first can go"
    daemon.must([interface.set_allowed_hours("free", 2, uncounted)])
    heard = daemon.hear(["free"], 1.3)
    found = replace(
        daemon.snapshot("free"), live=interface.live_of(heard.information["free"], heard.at["free"])
    )
    wanted = {"days.2.hours": [{"from": "11:00", "to": "12:00", "unaccounted": False}]}
    daemon.must(write.user_calls("free", found, wanted))  # type: ignore[arg-type]
    assert priority() == "critical"


def test_limits_that_stop_all_enforcement_are_mended_by_setting_them(daemon: Daemon) -> None:
    daemon.write_config("broken", ("LIMITS_PER_WEEKDAYS", "abc;1"))
    found = daemon.snapshot("broken")
    assert found.problem is not None
    assert found.config is not None
    assert found.config.day(1).limit_seconds == DAY_SECONDS
    daemon.must(write.user_calls("broken", found, {"days.1.limit_seconds": 60}))
    mended = daemon.snapshot("broken")
    assert mended.problem is None
    assert mended.week.limits == (60, *[DAY_SECONDS] * 6)


def test_a_grant_moves_the_balance_as_computed(daemon: Daemon) -> None:
    limit, whole = 600, DAY_SECONDS
    daemon.must([interface.set_time_limits_for_days("balance", [limit] * 7)])
    for balance in (limit - whole, -900, 0, 600, 4200, whole):
        for operation in ("+", "-", "="):
            for seconds in (0, 900, whole, -900):
                daemon.must(
                    [
                        interface.set_time_left("balance", "=", limit - balance),
                        interface.set_time_left("balance", operation, seconds),
                    ]
                )
                control = daemon.snapshot("balance").control
                assert control is not None
                assert control.balance_seconds == balance_after(balance, limit, operation, seconds)


@pytest.mark.parametrize(
    ("last_checked", "now"),
    [
        ("2026-11-17 09:00:00", "2026-11-17 10:00:00"),  # the same day
        ("2026-11-17 09:00:00", "2026-11-18 10:00:00"),  # the next day
        ("2026-11-22 23:59:59", "2026-11-23 00:00:00"),  # a new week
        ("2026-11-30 09:00:00", "2026-12-01 10:00:00"),  # a new month within a week
        ("2026-12-28 09:00:00", "2027-01-03 10:00:00"),  # a new year within an ISO week
        ("2025-11-18 09:00:00", "2026-11-17 10:00:00"),  # the same week's number, a year later
        ("2026-11-25 09:00:00", "2026-11-17 10:00:00"),  # the clock was put back
    ],
)
def test_a_stale_file_counts_as_the_daemon_rolls_it_over(daemon: Daemon, last_checked: str, now: str) -> None:
    daemon.host.clock(now)
    daemon.host.path("/var/lib/timekpr/work/turned.time").write_text(
        "[turned]\nTIME_SPENT_BALANCE = 11\nTIME_SPENT_DAY = 22\nTIME_SPENT_WEEK = 33\nTIME_SPENT_MONTH = 44\n"
        f"LAST_CHECKED = {last_checked}\n\n[turned.PLAYTIME]\nPLAYTIME_SPENT_BALANCE = 55\nPLAYTIME_SPENT_DAY = 66\n"
    )
    stale = daemon.snapshot("turned").control
    assert stale is not None
    expected = rolled_over(stale, daemon.host.now().replace(tzinfo=None))
    daemon.must([interface.get_user_information("turned", "S")])
    rolled = daemon.snapshot("turned").control
    assert rolled is not None
    assert rolled.balance_seconds == expected.balance_seconds
    assert rolled.spent_day_seconds == expected.spent_day_seconds
    assert rolled.spent_week_seconds == expected.spent_week_seconds
    assert rolled.spent_month_seconds == expected.spent_month_seconds
    daemon.host.clock(TUESDAY)
