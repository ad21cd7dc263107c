"""What applies on a day, and why: the plan says what the daemon's arithmetic says, at every instant of it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain import strategies
from timekpr_mngr.domain.day_plan import DayPlan, Kind, Part, When, Window, day_plan, parts_of
from timekpr_mngr.domain.hours import DAY_MINUTES, WHOLE_DAY, Hours, Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import Reason, time_left
from timekpr_mngr.domain.usage import Control, Usage, rolled_over
from timekpr_mngr.domain.user import DAY_SECONDS, Day, PlayTime, UserConfig

NOON = datetime.fromisoformat("2026-11-17 12:00:00")  # a Tuesday
TODAY = NOON.date()
NOTHING = Usage(0, 0, 0, 0, 0, 0, NOON)
HOUR, MINUTE = 3600, 60
AFTERNOON = (Span(15 * 60, 20 * 60 + 30),)
SERVER = ServerConfig(playtime_enabled=True)

spent = st.one_of(st.just(0), st.integers(0, 20 * HOUR))
usages = st.builds(
    lambda day, week, month, given, playtime: Usage(
        day, day + week, day + week + month, day - given, 0, playtime, NOON
    ),
    day=spent,
    week=spent,
    month=spent,
    given=st.one_of(st.just(0), st.integers(-4 * HOUR, 4 * HOUR)),
    playtime=st.integers(-HOUR, 3 * HOUR),
)
instants = st.datetimes(NOON, NOON.replace(year=2027)).map(lambda at: at.replace(microsecond=0))
servers = st.sampled_from([ServerConfig(), SERVER])
# caps that are reached within days, and none at all
configs = st.builds(
    lambda config, week, month: replace(config, week_limit_seconds=week, month_limit_seconds=month),
    config=strategies.configs,
    week=st.sampled_from([0, 5 * HOUR, 20 * HOUR, 7 * DAY_SECONDS]),
    month=st.sampled_from([0, 30 * HOUR, 100 * HOUR, 31 * DAY_SECONDS]),
)


def every_day(limit: int = DAY_SECONDS, hours: Hours = WHOLE_DAY) -> UserConfig:
    return UserConfig(days=(Day(limit, hours),) * 7)


def plan(
    config: UserConfig, usage: Usage | None = NOTHING, day: date = TODAY, now: datetime | None = NOON
) -> DayPlan:
    return day_plan(config, SERVER, usage, day, now)


def window(start: str, end: str | None, rule: Reason) -> Window:
    return Window(datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None, rule)


def later(usage: Usage, now: datetime, instant: datetime) -> Usage:
    """What counts at `instant` if nothing was used since `now`."""
    control = Control(
        usage.balance_seconds,
        usage.spent_day_seconds,
        usage.spent_week_seconds,
        usage.spent_month_seconds,
        now,
        usage.playtime_balance_seconds,
        usage.playtime_spent_day_seconds,
    )
    return rolled_over(control, instant)


@pytest.mark.parametrize(
    ("hours", "parts"),
    [
        ((), [(0, 1440, "closed")]),
        (WHOLE_DAY, [(0, 1440, "allowed")]),
        (AFTERNOON, [(0, 900, "closed"), (900, 1230, "allowed"), (1230, 1440, "closed")]),
        (
            (Span(420, 450, True), Span(450, 480), Span(1000, 1440, True)),
            [
                (0, 420, "closed"),
                (420, 450, "free"),
                (450, 480, "allowed"),
                (480, 1000, "closed"),
                (1000, 1440, "free"),
            ],
        ),
    ],
)
def test_a_day_is_told_in_parts(hours: Hours, parts: list[tuple[int, int, str]]) -> None:
    assert parts_of(hours) == tuple(Part(start, end, Kind(kind)) for start, end, kind in parts)


@pytest.mark.parametrize(
    ("config", "usage", "now_on", "after"),
    [
        # nothing ends it
        (UserConfig(), NOTHING, window("2026-11-17 12:00", None, Reason.UNLIMITED), None),
        # the day's limit; tomorrow it is there again
        (
            every_day(2 * HOUR),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 14:00", Reason.DAY_LIMIT),
            window("2026-11-18 00:00", "2026-11-18 02:00", Reason.DAY_LIMIT),
        ),
        # the hours end and begin again on the same day, with what is left of the limit
        (
            every_day(2 * HOUR, (Span(660, 780), Span(900, 1200))),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 13:00", Reason.HOURS),
            window("2026-11-17 15:00", "2026-11-17 16:00", Reason.DAY_LIMIT),
        ),
        # the limit is used up and free hours follow
        (
            every_day(HOUR, (Span(660, 900), Span(960, 1080, True))),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 13:00", Reason.DAY_LIMIT),
            window("2026-11-17 16:00", "2026-11-17 18:00", Reason.HOURS),
        ),
        # free time hides what ends it: the hours, or the limit after them
        (
            every_day(HOUR, (Span(660, 780, True),)),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 13:00", Reason.HOURS),
            window("2026-11-18 11:00", "2026-11-18 13:00", Reason.HOURS),
        ),
        (
            every_day(HOUR, (Span(660, 780, True), Span(780, 1000))),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 14:00", Reason.DAY_LIMIT),
            window("2026-11-18 11:00", "2026-11-18 14:00", Reason.DAY_LIMIT),
        ),
        # what was used of free time takes nothing from later
        (
            every_day(2 * HOUR, (Span(660, 780, True), Span(900, 1200))),
            NOTHING,
            window("2026-11-17 12:00", "2026-11-17 13:00", Reason.HOURS),
            window("2026-11-17 15:00", "2026-11-17 17:00", Reason.DAY_LIMIT),
        ),
        # the week's limit: what is left of it goes over the days, and on Monday it begins anew
        (
            replace(every_day(2 * HOUR, AFTERNOON), week_limit_seconds=6 * HOUR),
            replace(NOTHING, spent_week_seconds=5 * HOUR),
            None,
            window("2026-11-17 15:00", "2026-11-17 16:00", Reason.WEEK_LIMIT),
        ),
        (
            replace(every_day(2 * HOUR, (Span(600, 900),)), week_limit_seconds=6 * HOUR),
            replace(NOTHING, spent_week_seconds=5 * HOUR),
            window("2026-11-17 12:00", "2026-11-17 13:00", Reason.WEEK_LIMIT),
            window("2026-11-23 10:00", "2026-11-23 12:00", Reason.DAY_LIMIT),
        ),
        # the month's limit is reached
        (
            replace(every_day(2 * HOUR, AFTERNOON), month_limit_seconds=6 * HOUR),
            replace(NOTHING, spent_month_seconds=6 * HOUR),
            None,
            window("2026-12-01 15:00", "2026-12-01 17:00", Reason.DAY_LIMIT),
        ),
        # time that was given moves the end
        (
            every_day(HOUR),
            replace(NOTHING, spent_day_seconds=HOUR, balance_seconds=HOUR // 2),
            window("2026-11-17 12:00", "2026-11-17 12:30", Reason.DAY_LIMIT),
            window("2026-11-18 00:00", "2026-11-18 01:00", Reason.DAY_LIMIT),
        ),
        # nothing ever opens
        (every_day(HOUR, ()), NOTHING, None, None),
        (replace(UserConfig(), month_limit_seconds=0), NOTHING, None, None),
    ],
)
def test_what_can_be_used_today_until_when_by_which_rule_and_what_comes_after(
    config: UserConfig, usage: Usage, now_on: Window | None, after: Window | None
) -> None:
    found = plan(config, usage)
    assert (found.window, found.next_window) == (now_on, after)


def test_what_was_used_after_midnight_is_of_the_day_after() -> None:
    config = every_day(2 * HOUR, (Span(0, 60), Span(900, 1230), Span(1380, 1440)))
    now = NOON.replace(hour=23, minute=30)
    found = plan(config, replace(NOTHING, spent_day_seconds=HOUR, balance_seconds=HOUR), now=now)
    assert found.window == window("2026-11-17 23:30", "2026-11-18 01:00", Reason.HOURS)
    assert found.next_window == window("2026-11-18 15:00", "2026-11-18 16:00", Reason.DAY_LIMIT)


@pytest.mark.parametrize(
    ("config", "usage", "why"),
    [
        (every_day(HOUR, ()), NOTHING, Reason.CLOSED_DAY),
        (every_day(HOUR, AFTERNOON), NOTHING, Reason.CLOSED_NOW),
        (every_day(HOUR, (Span(0, 600),)), NOTHING, Reason.CLOSED_NOW),
        (every_day(HOUR), replace(NOTHING, balance_seconds=HOUR), Reason.DAY_LIMIT),
        # it opens later, but there is nothing left for then
        (every_day(HOUR, AFTERNOON), replace(NOTHING, balance_seconds=HOUR), Reason.DAY_LIMIT),
        (replace(every_day(), week_limit_seconds=0), NOTHING, Reason.WEEK_LIMIT),
    ],
)
def test_why_nothing_can_be_used_now(config: UserConfig, usage: Usage, why: Reason) -> None:
    found = plan(config, usage)
    assert (found.window, found.why_none) == (None, why)


def test_today_says_what_was_used_given_and_is_left() -> None:
    found = plan(
        every_day(2 * HOUR, (Span(600, 1200),)),
        replace(NOTHING, spent_day_seconds=HOUR, balance_seconds=HOUR - 900),
    )
    assert (found.when, found.used_seconds, found.given_seconds) == (When.TODAY, HOUR, 900)
    assert (found.limit_seconds, found.left_seconds) == (2 * HOUR, HOUR + 900)


def test_a_day_to_come_begins_with_nothing_used_but_of_its_week() -> None:
    config = replace(every_day(3 * HOUR, AFTERNOON), week_limit_seconds=6 * HOUR)
    used = replace(NOTHING, spent_day_seconds=HOUR, spent_week_seconds=4 * HOUR, balance_seconds=HOUR)
    tomorrow = plan(config, used, TODAY + timedelta(days=1))
    assert (tomorrow.when, tomorrow.used_seconds, tomorrow.left_seconds) == (When.FUTURE, None, 2 * HOUR)
    assert tomorrow.window == window("2026-11-18 15:00", "2026-11-18 17:00", Reason.WEEK_LIMIT)
    monday = plan(config, used, date(2026, 11, 23))
    assert monday.window == window("2026-11-23 15:00", "2026-11-23 18:00", Reason.DAY_LIMIT)


def test_a_day_to_come_that_nothing_can_be_used_on_says_why_and_what_comes_next() -> None:
    closed = UserConfig(
        days=(Day(HOUR, AFTERNOON),) * 2 + (Day(0, AFTERNOON), Day(HOUR, ())) + (Day(HOUR),) * 3
    )
    wednesday, thursday = (plan(closed, day=TODAY + timedelta(days=days)) for days in (1, 2))
    friday = window("2026-11-20 00:00", "2026-11-20 01:00", Reason.DAY_LIMIT)
    assert (wednesday.window, wednesday.why_none, wednesday.next_window) == (None, Reason.DAY_LIMIT, friday)
    assert (thursday.window, thursday.why_none, thursday.next_window) == (None, Reason.CLOSED_DAY, friday)


def test_of_a_day_that_is_over_only_the_rules_are_told() -> None:
    found = plan(every_day(HOUR, AFTERNOON), day=TODAY - timedelta(days=1))
    assert (found.when, found.limit_seconds, found.parts) == (When.PAST, HOUR, parts_of(AFTERNOON))
    assert (found.used_seconds, found.left_seconds, found.window, found.next_window) == (None,) * 4


@pytest.mark.parametrize(("usage", "now", "when"), [(None, NOON, When.TODAY), (NOTHING, None, None)])
def test_without_what_was_used_or_the_clock_only_the_rules_are_told(
    usage: Usage | None, now: datetime | None, when: When | None
) -> None:
    found = plan(every_day(HOUR, AFTERNOON), usage, now=now)
    assert (found.when, found.parts) == (when, parts_of(AFTERNOON))
    assert (found.used_seconds, found.left_seconds, found.window, found.why_none) == (None,) * 4


@pytest.mark.parametrize(
    ("server_on", "playtime", "limit", "left"),
    [
        (True, PlayTime(enabled=True, limits=(HOUR,) * 7), HOUR, HOUR - 600),
        (False, PlayTime(enabled=True, limits=(HOUR,) * 7), None, None),
        (True, PlayTime(enabled=False, limits=(HOUR,) * 7), None, None),
        (True, PlayTime(enabled=True, override=True, limits=(HOUR,) * 7), None, None),
    ],
)
def test_playtime_is_told_where_its_limit_acts(
    server_on: bool, playtime: PlayTime, limit: int | None, left: int | None
) -> None:
    config = replace(UserConfig(), playtime=playtime)
    used = replace(NOTHING, playtime_balance_seconds=600)
    found = day_plan(config, ServerConfig(playtime_enabled=server_on), used, TODAY, NOON)
    assert (found.playtime_limit_seconds, found.playtime_left_seconds) == (limit, left)
    assert (
        day_plan(
            config, ServerConfig(playtime_enabled=server_on), used, TODAY + timedelta(days=1), NOON
        ).playtime_left_seconds
        == limit
    )


@given(strategies.configs, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_the_parts_cover_the_day_without_holes_or_overlaps_and_are_what_the_hours_say(
    config: UserConfig, day: date
) -> None:
    parts = day_plan(config, SERVER, None, day, None).parts
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert parts[-1].end == DAY_MINUTES
    assert all(part.start < part.end for part in parts)
    kinds = [part.kind for part in parts for _ in range(part.start, part.end)]
    expected = [Kind.CLOSED] * DAY_MINUTES
    for span in config.day(day.isoweekday()).hours:
        kind = Kind.FREE if span.unaccounted else Kind.ALLOWED
        expected[span.start : span.end] = [kind] * (span.end - span.start)
    assert kinds == expected


@given(configs, servers, usages, instants)
@settings(max_examples=300, deadline=None)
def test_today_is_what_the_daemons_arithmetic_says(
    config: UserConfig, server: ServerConfig, usage: Usage, now: datetime
) -> None:
    left = time_left(config, server, usage, now)
    found = day_plan(config, server, usage, now.date(), now)
    assert found.left_seconds == left.day_seconds
    if found.window is None:
        assert left.until == now
        assert found.why_none is not None
    else:
        assert (found.window.start, found.window.end) == (now, left.until)
        assert found.why_none is None
        assert found.window.rule is left.reason or left.reason is Reason.UNACCOUNTED
        assert (found.window.rule is Reason.UNLIMITED) == (found.window.end is None)


@given(configs, servers, usages, instants, st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_a_day_to_come_is_what_the_daemons_arithmetic_will_say_if_nothing_is_used_until_then(
    config: UserConfig, server: ServerConfig, usage: Usage, now: datetime, days: int
) -> None:
    midnight = datetime.combine(now.date() + timedelta(days=days), time())
    usage_then = later(usage, now, midnight)
    found = day_plan(config, server, usage, midnight.date(), now)
    assert found.left_seconds == time_left(config, server, usage_then, midnight).day_seconds
    if found.window is None:
        assert found.why_none is not None
        starts = [midnight + timedelta(minutes=minute) for minute in range(0, DAY_MINUTES, 7)]
        assert all(time_left(config, server, usage_then, start).until == start for start in starts)
    else:
        assert found.window.start.date() == midnight.date()
        assert found.window.end == time_left(config, server, usage_then, found.window.start).until


@given(configs, usages, instants, st.data())
@settings(max_examples=200, deadline=None)
def test_between_now_and_the_next_window_there_is_nothing_to_use(
    config: UserConfig, usage: Usage, now: datetime, data: st.DataObject
) -> None:
    """The time until the window's end is used in steps, as the daemon counts it; then at no instant is there any."""
    found = day_plan(config, SERVER, usage, now.date(), now)
    if found.window is not None and found.window.end is None:
        assert found.next_window is None
        return
    end = now if found.window is None or found.window.end is None else found.window.end
    usage = played(config, replace(usage, as_of=now), now, end)
    assert time_left(config, SERVER, usage, end).until == end
    horizon = end + timedelta(days=8) if found.next_window is None else found.next_window.start
    for _ in range(10):
        at = data.draw(st.datetimes(end, horizon)).replace(microsecond=0)
        if end <= at < horizon:
            assert time_left(config, SERVER, later(usage, end, at), at).until == at
    if found.next_window is not None:
        start = found.next_window.start
        assert start >= end
        assert time_left(config, SERVER, later(usage, end, start), start).until == found.next_window.end


def played(config: UserConfig, usage: Usage, now: datetime, end: datetime) -> Usage:
    """Usage after playing from `now` to `end`, a minute at a time."""
    while now < end:
        step = min(end, now.replace(second=0) + timedelta(minutes=1))
        minute = now.hour * 60 + now.minute
        spans = config.day(now.isoweekday()).hours
        is_counted = any(span.start <= minute < span.end and not span.unaccounted for span in spans)
        seconds = int((step - now).total_seconds()) if is_counted else 0
        usage = replace(
            usage,
            spent_day_seconds=usage.spent_day_seconds + seconds,
            spent_week_seconds=usage.spent_week_seconds + seconds,
            spent_month_seconds=usage.spent_month_seconds + seconds,
            balance_seconds=usage.balance_seconds + seconds,
        )
        usage, now = later(usage, now, step), step
    return usage
