"""time_left says what the real daemon says."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.rig import TimekprHost
from tests.timekpr import generated
from tests.timekpr.daemon import Daemon, Heard
from timekpr_mngr.domain.field import user_values
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import TimeLeft, time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.timekpr import interface, write

USERS = tuple(f"kid{number:02d}" for number in range(10))
MOMENTS = (
    "2026-11-17 10:17:23",  # a Tuesday
    "2026-11-22 22:40:05",  # a Sunday: the next day begins a week
    "2026-11-27 00:00:08",
    "2026-11-30 15:59:40",  # the next day begins a month
    "2026-12-31 23:57:00",
)
CONTROL = """[{user}]
TIME_SPENT_BALANCE = {balance}
TIME_SPENT_DAY = {day}
TIME_SPENT_WEEK = {week}
TIME_SPENT_MONTH = {month}
LAST_CHECKED = {at}

[{user}.PLAYTIME]
PLAYTIME_SPENT_BALANCE = {playtime}
PLAYTIME_SPENT_DAY = 0
"""


@pytest.fixture(scope="module")
def daemon(shared_host: Callable[..., TimekprHost]) -> Iterator[Daemon]:
    """A host whose clock can be moved, and whose daemon looks every second and ends no session."""
    settings = {"TIMEKPR_POLLTIME": 1, "TIMEKPR_TERMINATION_TIME": 3000, "TIMEKPR_PLAYTIME_ENABLED": True}
    host = shared_host("left", users=USERS, fake_clock=True, timekpr=settings)
    daemon = Daemon(host)
    daemon.must([interface.get_user_list()])
    yield daemon
    daemon.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_is_left_is_what_the_daemon_says(daemon: Daemon, moment: str) -> None:
    chance = random.Random(moment)
    daemon.host.clock(moment)
    configs = {user: generated.config(chance) for user in USERS}
    usages = {user: write_usage(daemon, user, chance, moment) for user in USERS}
    wanted = {user: user_values(config) for user, config in configs.items()}
    daemon.must(
        call for user in USERS for call in write.user_calls(user, daemon.snapshot(user), wanted[user])
    )
    assert {user: daemon.snapshot(user).config for user in USERS} == configs
    for user in USERS:
        daemon.host.login(user)
    try:
        heard = daemon.hear(USERS, seconds=2.6)
        for user, config in configs.items():
            check(heard, user, config, usages[user])
    finally:
        for user in USERS:
            daemon.host.logout(user)
        daemon.hear([], seconds=1.4)


def write_usage(daemon: Daemon, user: str, chance: random.Random, moment: str) -> Usage:
    """Puts some use of today into the logged-out user's file."""
    used = chance.choice([0, 100, 3000, 10_000])
    given = chance.choice([0, 0, 900, 7200])
    usage = Usage(
        spent_day_seconds=used,
        spent_week_seconds=used + chance.choice([0, 5000, 30_000]),
        spent_month_seconds=used + chance.choice([0, 5000, 50_000]),
        balance_seconds=used - given,
        playtime_spent_day_seconds=0,
        playtime_balance_seconds=chance.choice([0, 100, -600, 5000]),
        as_of=datetime.fromisoformat(moment),
    )
    text = CONTROL.format(
        user=user,
        balance=usage.balance_seconds,
        day=usage.spent_day_seconds,
        week=usage.spent_week_seconds,
        month=usage.spent_month_seconds,
        at=moment,
        playtime=usage.playtime_balance_seconds,
    )
    daemon.host.path(f"/var/lib/timekpr/work/{user}.time").write_text(text)
    return usage


def check(heard: Heard, user: str, config: UserConfig, before: Usage) -> None:
    said = interface.live_of(heard.information[user], heard.at[user])
    assert said is not None, f"{user} is not in the daemon's memory"
    assert said.balance_seconds is not None
    counted = said.balance_seconds - before.balance_seconds
    usage = replace(
        before,
        balance_seconds=said.balance_seconds,
        spent_day_seconds=before.spent_day_seconds + counted,
        spent_week_seconds=before.spent_week_seconds + counted,
        spent_month_seconds=before.spent_month_seconds + counted,
    )
    assert said.spent_day_seconds == usage.spent_day_seconds
    candidates = [computed(config, usage, heard.at[user] - timedelta(seconds=age)) for age in range(3)]
    expected = {(left.day_seconds, left.continuous_seconds) for left in candidates}
    assert (said.left_day_seconds, said.left_continuous_seconds) in expected
    assert said.playtime_left_seconds == (candidates[0].playtime_seconds or 0)
    check_signals(heard, user, config, usage, expected)


def check_signals(
    heard: Heard, user: str, config: UserConfig, usage: Usage, expected: set[tuple[int, int]]
) -> None:
    path = interface.user_path(user)
    ticks = [
        interface.tick_of(body, heard.at[user])
        for place, member, body in heard.signals
        if place == path and member == "timeLeft"
    ]
    assert ticks
    assert ticks[-1].spent_week_seconds is not None
    assert usage.spent_week_seconds - ticks[-1].spent_week_seconds in range(3)
    left = ticks[-1].left_day_seconds
    assert left is not None
    assert any(0 <= left - day <= 2 for day, _ in expected)
    limits = [
        interface.limits_of(body)
        for place, member, body in heard.signals
        if place == path and member == "timeLimits"
    ]
    assert limits
    in_force = limits[-1]
    assert in_force.week_limit_seconds == config.week_limit_seconds
    assert in_force.month_limit_seconds == config.month_limit_seconds
    for number, day in enumerate(config.days, 1):
        assert in_force.days[number].limit_seconds == day.limit_seconds
        assert in_force.days[number].hours == day.hours
        assert in_force.playtime_limits[number] == config.playtime.limits[number - 1]
    assert in_force.playtime_override == config.playtime.override


def computed(config: UserConfig, usage: Usage, now: datetime) -> TimeLeft:
    return time_left(config, ServerConfig(playtime_enabled=True), usage, now)
