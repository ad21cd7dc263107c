"""What a grant would really give, what swallows it, and what would let it through for the day."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain import strategies
from timekpr_mngr.domain import hours
from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.field import USER_FIELDS, user_values, with_user_values
from timekpr_mngr.domain.grant import Grant
from timekpr_mngr.domain.hours import Hours, Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.swallow import Obstacle, Outlook, outlook
from timekpr_mngr.domain.time_left import time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import Day, PlayTime, UserConfig

HALF_AN_HOUR = 1800
HOUR = 3600
SERVER = ServerConfig(playtime_enabled=True)
WEDNESDAY = 3


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-18T{clock}")


def day(limit: int, *spans: str) -> UserConfig:
    """Wednesday with these hours, written `15:00-20:30`, with a ! in front where they are not counted."""
    return with_hours(limit, tuple(span(text) for text in spans))


def span(text: str) -> Span:
    start, end = text.removeprefix("!").split("-")
    return Span(hours.minute_of(start, ""), hours.minute_of(end, ""), text.startswith("!"))


def with_hours(limit: int, spans: Hours, **values: int) -> UserConfig:
    days = tuple(Day(limit, spans) if weekday == WEDNESDAY else Day() for weekday in range(1, 8))
    return replace(UserConfig(days=days), **values)  # type: ignore[arg-type]


def used(seconds: int, *, balance: int | None = None, week: int | None = None) -> Usage:
    in_week = seconds if week is None else week
    return Usage(seconds, in_week, in_week, seconds if balance is None else balance, 0, 0, at("12:00"))


def of(
    config: UserConfig,
    clock: str,
    usage: Usage | None = None,
    seconds: int = HALF_AN_HOUR,
    kind: GrantKind = GrantKind.TIME,
) -> Outlook:
    grant = Grant(kind, "+" if seconds > 0 else "-", abs(seconds))
    return outlook(config, SERVER, usage or used(0), at(clock), grant)


def opened(seen: Outlook) -> list[str]:
    """Wednesday's hours with what is needed."""
    assert set(seen.needs) == {"days.3.hours"}
    return [str(one) for one in hours.from_json(seen.needs["days.3.hours"])]


def test_what_fits_needs_nothing() -> None:
    seen = of(day(2 * HOUR, "15:00-20:30"), "17:00", used(2 * HOUR))
    assert seen == Outlook(HALF_AN_HOUR, HALF_AN_HOUR)


def test_hours_that_end_first_swallow_it_and_are_to_end_later() -> None:
    seen = of(day(24 * HOUR, "15:00-20:30"), "20:10")
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (0, HALF_AN_HOUR)
    assert seen.obstacles == (Obstacle.HOURS,)
    assert opened(seen) == ["15:00–21:00"]
    assert seen.opened == (span("20:30-21:00"),)


def test_only_what_does_not_fit_is_opened() -> None:
    seen = of(day(HOUR, "15:00-20:30"), "20:10", used(HOUR - 300))
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (900, HALF_AN_HOUR)
    assert opened(seen) == ["15:00–20:45"]


def test_what_is_over_already_is_opened_from_now_on() -> None:
    seen = of(day(24 * HOUR, "15:00-20:00"), "21:10")
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (0, HALF_AN_HOUR)
    assert seen.obstacles == (Obstacle.CLOSED_NOW,)
    assert opened(seen) == ["15:00–20:00", "21:10–21:40"]


def test_the_minute_that_has_begun_is_made_up_for() -> None:
    """timekpr's hours are whole minutes."""
    seen = of(day(24 * HOUR, "15:00-20:00"), "21:10:20")
    assert opened(seen) == ["15:00–20:00", "21:10–21:41"]
    assert seen.opened_gains_seconds == HALF_AN_HOUR + 40


def test_within_one_clock_hour_the_past_makes_room_for_what_opens() -> None:
    """timekpr keeps one interval for each hour of the clock, and what is over counts no more."""
    assert opened(of(day(24 * HOUR, "15:00-20:30"), "20:45")) == ["15:00–21:15"]
    assert opened(of(day(24 * HOUR, "15:00-20:00", "!20:00-20:30"), "20:45")) == [
        "15:00–20:00",
        "20:45–21:15",
    ]


def test_what_timekpr_cannot_express_is_said_and_nothing_is_needed() -> None:
    seen = of(day(24 * HOUR, "15:00-20:00", "20:30-22:00"), "19:50", seconds=900)
    assert seen == Outlook(0, 0, (Obstacle.HOURS,), is_expressible=False)
    free_ahead = of(day(24 * HOUR, "15:00-20:00", "!20:00-20:30"), "19:50")
    assert not free_ahead.is_expressible


def test_in_a_break_it_is_opened_from_now_on_though_it_could_be_used_later() -> None:
    seen = of(day(HOUR, "15:00-18:00", "19:00-20:30"), "18:15", used(HOUR))
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (HALF_AN_HOUR, HALF_AN_HOUR)
    assert seen.obstacles == (Obstacle.CLOSED_NOW,)
    assert opened(seen) == ["15:00–18:00", "18:15–18:45", "19:00–20:30"]


def test_a_gap_is_filled_before_the_evening_grows_longer() -> None:
    seen = of(day(24 * HOUR, "15:00-18:00", "18:15-20:30"), "17:30")
    assert opened(seen) == ["15:00–20:45"]
    assert seen.opened == (span("18:00-18:15"), span("20:30-20:45"))
    assert seen.opened_gains_seconds == HALF_AN_HOUR


def test_a_closed_day_is_opened_for_as_long_as_is_given() -> None:
    seen = of(with_hours(0, ()), "17:00")
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (0, HALF_AN_HOUR)
    assert seen.obstacles == (Obstacle.CLOSED_DAY,)
    assert opened(seen) == ["17:00–17:30"]


def test_nothing_is_opened_after_midnight() -> None:
    seen = of(day(24 * HOUR, "15:00-23:30"), "23:20", seconds=2 * HOUR)
    assert seen.obstacles == (Obstacle.MIDNIGHT, Obstacle.HOURS)
    assert opened(seen) == ["15:00–24:00"]
    assert seen.opened_gains_seconds == HALF_AN_HOUR
    assert set(seen.needs) == {"days.3.hours"}


def test_who_has_time_until_midnight_gains_nothing_and_needs_nothing() -> None:
    seen = of(UserConfig(), "17:00")
    assert seen == Outlook(0, 0, (Obstacle.MIDNIGHT,))


def test_a_week_that_is_used_up_is_raised_by_what_is_given() -> None:
    config = with_hours(2 * HOUR, (span("15:00-20:30"),), week_limit_seconds=10 * HOUR)
    seen = of(config, "17:00", used(HOUR, week=10 * HOUR - 600))
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (0, HALF_AN_HOUR)
    assert seen.obstacles == (Obstacle.WEEK_LIMIT,)
    assert seen.needs == {"week_limit_seconds": 10 * HOUR + HALF_AN_HOUR}


def test_a_week_that_is_overdrawn_is_raised_from_what_was_used() -> None:
    config = with_hours(2 * HOUR, (span("15:00-20:30"),), week_limit_seconds=10 * HOUR)
    seen = of(config, "17:00", used(HOUR, week=11 * HOUR))
    assert seen.needs == {"week_limit_seconds": 11 * HOUR + HALF_AN_HOUR}
    assert seen.opened_gains_seconds == HALF_AN_HOUR


def test_several_obstacles_are_all_named_and_all_taken_away() -> None:
    config = with_hours(
        2 * HOUR, (span("15:00-20:30"),), week_limit_seconds=10 * HOUR, month_limit_seconds=10 * HOUR
    )
    seen = of(config, "20:30", used(HOUR, week=10 * HOUR))
    assert seen.obstacles == (Obstacle.CLOSED_NOW, Obstacle.WEEK_LIMIT, Obstacle.MONTH_LIMIT)
    assert set(seen.needs) == {"days.3.hours", "week_limit_seconds", "month_limit_seconds"}
    assert (seen.gains_seconds, seen.opened_gains_seconds) == (0, HALF_AN_HOUR)


def test_an_overdraft_does_not_swallow_what_is_given_after_it() -> None:
    seen = of(day(HOUR, "15:00-20:30"), "17:00", used(2 * HOUR))
    assert seen == Outlook(HALF_AN_HOUR, HALF_AN_HOUR)


def test_to_take_needs_nothing() -> None:
    seen = of(day(HOUR, "15:00-20:30"), "20:20", used(0), seconds=-HALF_AN_HOUR)
    assert seen == Outlook(0, 0)
    assert of(day(HOUR, "15:00-20:30"), "17:00", seconds=-HALF_AN_HOUR).gains_seconds == -HALF_AN_HOUR


@pytest.mark.parametrize(
    ("playtime", "obstacle"),
    [
        (PlayTime(enabled=False), Obstacle.PLAYTIME_OFF),
        (PlayTime(enabled=True, override=True), Obstacle.PLAYTIME_OVERRIDE),
    ],
)
def test_playtime_that_limits_nothing_takes_no_grant_and_is_not_switched_on_for_it(
    playtime: PlayTime, obstacle: Obstacle
) -> None:
    config = replace(day(2 * HOUR, "15:00-20:30"), playtime=playtime)
    assert of(config, "17:00", kind=GrantKind.PLAYTIME) == Outlook(0, 0, (obstacle,))


def test_playtime_is_used_within_the_time_that_is_left_in_all() -> None:
    config = replace(day(HOUR, "15:00-20:30"), playtime=PlayTime(enabled=True, limits=(0,) * 7))
    seen = of(config, "17:00", used(HOUR - 600), kind=GrantKind.PLAYTIME)
    assert (seen.gains_seconds, seen.obstacles, seen.needs) == (600, (Obstacle.TIME,), {})
    assert of(config, "17:00", kind=GrantKind.PLAYTIME) == Outlook(HALF_AN_HOUR, HALF_AN_HOUR)


@settings(max_examples=300, deadline=None)
@given(
    config=strategies.configs,
    second=st.integers(0, 86_399),
    seconds=st.integers(1, 4 * HOUR),
    spent=st.integers(0, 30 * HOUR),
    balance=st.integers(-4 * HOUR, 30 * HOUR),
)
def test_with_what_is_needed_it_gives_all_that_the_day_has_room_for_and_touches_today_alone(
    config: UserConfig, second: int, seconds: int, spent: int, balance: int
) -> None:
    now = at("00:00").replace(hour=second // HOUR, minute=second // 60 % 60, second=second % 60)
    usage = used(min(spent, second), balance=balance, week=spent)
    had = time_left(config, SERVER, usage, now).day_seconds

    seen = outlook(config, SERVER, usage, now, Grant(GrantKind.TIME, "+", seconds))

    room = min(seconds, 86_400 - second - had)
    assert 0 <= seen.gains_seconds <= seconds
    assert set(seen.needs) <= {"days.3.hours", "week_limit_seconds", "month_limit_seconds"}
    for name, value in seen.needs.items():
        USER_FIELDS[name].load(value, name)  # the daemon's rules hold
        assert value != user_values(config)[name]
    if not seen.is_expressible:
        assert seen.needs == {}
        assert seen.opened_gains_seconds == seen.gains_seconds
    else:
        assert room <= seen.opened_gains_seconds < room + 60
    if seen.gains_seconds < room:
        assert seen.obstacles
    if seen.needs:
        changed = with_user_values(config, seen.needs).day(WEDNESDAY).hours
        minute = second // 60
        was_open = {m for one in config.day(WEDNESDAY).hours for m in range(one.start, one.end)}
        is_open = {m for one in changed for m in range(one.start, one.end)}
        assert {m for m in was_open if m >= minute} <= is_open
        assert len({m for m in is_open - was_open if m >= minute}) <= -(-seconds // 60) + 1
