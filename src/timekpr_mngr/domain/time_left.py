"""How much time is left at an instant, and why it ends: the daemon's arithmetic (design: timekpr.md, 5 and 11).

Instants are the server's local time, without a zone. Checked against the real daemon by tests/domain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from timekpr_mngr.domain.hours import to_intervals
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import DAY_SECONDS, Day, UserConfig

HOUR_SECONDS = 3600

_intervals = lru_cache(maxsize=1024)(to_intervals)
"""A day's hours are asked for again and again, and take longer to put into clock hours than all the rest."""


class Reason(StrEnum):
    """Which rule ends a session that is used without a break."""

    UNLIMITED = "unlimited"
    DAY_LIMIT = "day-limit"
    WEEK_LIMIT = "week-limit"
    MONTH_LIMIT = "month-limit"
    HOURS = "hours"
    """The open hours end."""
    CLOSED_NOW = "closed-now"
    """Outside the open hours of a day that has some."""
    CLOSED_DAY = "closed-day"
    """No hour of today is open."""
    UNACCOUNTED = "unaccounted"
    """This time is not counted, and no lockout acts while it lasts."""


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What is left at an instant.

    `day_seconds` and `continuous_seconds` are what the daemon says (ACTUAL_TIME_LEFT_DAY, …_CONTINUOUS), which
    takes time that is not counted for time used. `playtime_seconds` is None where PlayTime is not on. `until` is when
    the session really ends if used without a break, and None where that is not before the end of tomorrow.
    """

    day_seconds: int
    continuous_seconds: int
    playtime_seconds: int | None
    until: datetime | None
    reason: Reason


def time_left(config: UserConfig, server: ServerConfig, usage: Usage, now: datetime) -> TimeLeft:
    """What the daemon would answer at `now` for a user of whom `usage` counts today."""
    day_seconds, continuous_seconds = _left(config, usage, now)
    until, reason = _end(config, usage, now)
    return TimeLeft(day_seconds, continuous_seconds, _playtime(config, server, usage, now), until, reason)


def balance_after(balance: int, limit: int, operation: str, seconds: int) -> int:
    """The balance that the daemon's setTimeLeft leaves behind; the same for PlayTime. `operation` is +, - or =."""
    start = limit if operation == "=" else min(balance, limit)
    moved = start + seconds if operation == "-" else start - seconds
    return max(-DAY_SECONDS, min(moved, DAY_SECONDS))


def _playtime(config: UserConfig, server: ServerConfig, usage: Usage, now: datetime) -> int | None:
    if not (server.playtime_enabled and config.playtime.enabled):
        return None
    if config.playtime.override:
        return 0  # no PlayTime limit acts; the daemon says 0
    return max(config.playtime.limits[now.isoweekday() - 1] - usage.playtime_balance_seconds, 0)


class _HourLeft(NamedTuple):
    """What is left of one clock hour: `room` by the clock, `open` as allowed, at once or after a while."""

    room: int
    open: int
    at_once: bool
    is_last: bool


def _left(config: UserConfig, usage: Usage, now: datetime) -> tuple[int, int]:
    """Seconds left today, and in a row up to the end of tomorrow.

    Tomorrow's part goes on from today's week and month, as if neither began anew at midnight.
    """
    caps = min(
        config.week_limit_seconds - usage.spent_week_seconds,
        config.month_limit_seconds - usage.spent_month_seconds,
    )
    today, tomorrow = config.day(now.isoweekday()), config.day(now.isoweekday() % 7 + 1)
    second = now.hour * HOUR_SECONDS + now.minute * 60 + now.second
    left_today, in_a_row, goes_on = _through(
        today, second, min(today.limit_seconds - usage.balance_seconds, caps)
    )
    if goes_on:
        _, more, _ = _through(tomorrow, 0, min(tomorrow.limit_seconds, caps - left_today))
        in_a_row += more
    return left_today, in_a_row


def _through(day: Day, second: int, budget: int) -> tuple[int, int, bool]:
    """Seconds of `budget` that can be used in a day from `second` on, in all and in a row; whether the row reaches
    midnight.
    """
    in_all = in_a_row = 0
    unbroken = budget > 0
    for hour in _hours_from(day, second):
        if budget <= 0:
            break
        used = min(hour.open, budget)
        unbroken = unbroken and hour.at_once
        in_all += used
        in_a_row += used if unbroken else 0
        budget -= used
        unbroken = unbroken and used == hour.room and (budget > 0 or hour.is_last)
    return in_all, in_a_row, unbroken


def _hours_from(day: Day, second: int) -> Iterator[_HourLeft]:
    """The clock hours from `second` of the day on.

    Of the hour that has begun nothing counts until its interval begins, though the interval be yet to come.
    """
    intervals = _intervals(day.hours)
    for hour in range(second // HOUR_SECONDS, 24):
        into = max(second - hour * HOUR_SECONDS, 0)
        interval = intervals.get(hour)
        room, is_last = HOUR_SECONDS - into, hour == 23
        begun = hour == second // HOUR_SECONDS
        if interval is None or (begun and into < interval.start * 60):
            yield _HourLeft(room, 0, False, is_last)
        else:
            open_seconds = (interval.end * 60) - max(into, interval.start * 60)
            yield _HourLeft(room, max(open_seconds, 0), interval.start * 60 <= into, is_last)


def _end(config: UserConfig, usage: Usage, now: datetime) -> tuple[datetime | None, Reason]:
    """When and why a session ends that is used without a break from `now` on."""
    today = config.day(now.isoweekday())
    if not today.hours:
        return now, Reason.CLOSED_DAY
    minute = now.hour * 60 + now.minute
    here = next((span for span in today.hours if span.start <= minute < span.end), None)
    if here is None:
        return now, Reason.CLOSED_NOW
    until, reason = _end_of_use(config, usage, now)
    return until, Reason.UNACCOUNTED if here.unaccounted else reason


def _end_of_use(config: UserConfig, usage: Usage, now: datetime) -> tuple[datetime | None, Reason]:
    week = config.week_limit_seconds - usage.spent_week_seconds
    month = config.month_limit_seconds - usage.spent_month_seconds
    at, balance = now, usage.balance_seconds
    for _ in ("today", "tomorrow"):
        day = config.day(at.isoweekday())
        left = {
            Reason.DAY_LIMIT: day.limit_seconds - balance,
            Reason.WEEK_LIMIT: week,
            Reason.MONTH_LIMIT: month,
        }
        until, reason = _end_within(day, left, at)
        if until is not None:
            return until, reason
        midnight = datetime.combine(at.date() + timedelta(days=1), time())
        new_month = midnight.month != at.month
        new_week = new_month or midnight.isoweekday() == 1  # 0.5.4 begins the week anew with the month, too
        week = config.week_limit_seconds if new_week else left[Reason.WEEK_LIMIT]
        month = config.month_limit_seconds if new_month else left[Reason.MONTH_LIMIT]
        at, balance = midnight, 0
    return None, Reason.UNLIMITED


def _end_within(day: Day, left: dict[Reason, int], start: datetime) -> tuple[datetime | None, Reason]:
    """The end within the day of `start`, None where the session goes on over midnight; takes the time off `left`."""
    midnight = datetime.combine(start.date(), time())
    at = start
    for span in day.hours:
        begins = midnight + timedelta(minutes=span.start)
        ends = midnight + timedelta(minutes=span.end)
        if ends <= at:
            continue
        if begins > at:
            return at, Reason.HOURS
        if not span.unaccounted:
            reason = min(left, key=lambda limit: left[limit])
            length = int((ends - at).total_seconds())
            if left[reason] < length:
                return at + timedelta(seconds=max(left[reason], 0)), reason
            for limit in left:
                left[limit] -= length
        at = ends
    if at < midnight + timedelta(days=1):
        return at, Reason.HOURS
    return None, Reason.UNLIMITED
