"""What a grant would really give, what would swallow it, and which fields would let it through for the day.

The daemon's grants move the time balance and nothing else: they open no hours and lift no cap of the week or the month
(design: timekpr.md, 5). All of this is worked out by the daemon's own arithmetic (domain.time_left) at one instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from timekpr_mngr.domain import hours
from timekpr_mngr.domain.change import GrantKind, Json
from timekpr_mngr.domain.field import with_user_values
from timekpr_mngr.domain.grant import Grant
from timekpr_mngr.domain.hours import DAY_MINUTES, Hours, Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import balance_after, time_left
from timekpr_mngr.domain.usage import Usage
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, UserConfig
from timekpr_mngr.errors import Invalid


class Obstacle(StrEnum):
    """What keeps a grant from being used in full, and at once."""

    CLOSED_DAY = "closed-day"
    CLOSED_NOW = "closed-now"
    """It is outside the open hours; they may open again later today."""
    HOURS = "hours"
    """The open hours end before it is used up."""
    WEEK_LIMIT = "week-limit"
    MONTH_LIMIT = "month-limit"
    MIDNIGHT = "midnight"
    """The day itself ends before it is used up; nothing lets it through."""
    PLAYTIME_OFF = "playtime-off"
    PLAYTIME_OVERRIDE = "playtime-override"
    """PlayTime's limits do not count."""
    TIME = "time"
    """There is less time left in all than PlayTime."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Seconds that a grant would gain today (below zero: take) as things are, and with `needs` made.

    `needs` are values of fields (domain.field) for this day alone; {} where nothing is needed, or nothing helps.
    `opened` are the minutes of today that they open. `is_expressible` is False where timekpr cannot keep the hours that
    would be needed: it has one interval for each hour of the clock.
    """

    gains_seconds: int
    opened_gains_seconds: int
    obstacles: tuple[Obstacle, ...] = ()
    needs: Mapping[str, Json] = field(default_factory=dict)
    opened: Hours = ()
    is_expressible: bool = True


def outlook(config: UserConfig, server: ServerConfig, usage: Usage, now: datetime, grant: Grant) -> Outlook:
    """What `grant` would do at `now`, the server's local time, for a user of whom `usage` counts today."""
    if grant.kind is GrantKind.PLAYTIME:
        return _of_playtime(config, server, usage, now, grant)
    had, gives = _left(config, usage, now), given(config, usage, now, grant)
    gains = _left(config, gives, now) - had
    if grant.operation != "+":
        return Outlook(gains, gains)
    wanted = min(had + grant.seconds, DAY_SECONDS - _second(now))
    obstacles = [] if wanted == had + grant.seconds else [Obstacle.MIDNIGHT]
    needs: dict[str, Json] = {}
    opened = _opened(config, now, wanted, grant.seconds)
    if opened.obstacle is not None:
        obstacles.append(opened.obstacle)
        needs[f"days.{now.isoweekday()}.hours"] = hours.to_json(opened.hours)  # type: ignore[assignment]
    for cap in _caps(config, usage):
        if cap.left_seconds < wanted:
            obstacles.append(cap.obstacle)
            needs[cap.field] = min(cap.limit_seconds - cap.left_seconds + wanted, cap.most_seconds)
    if not opened.is_expressible:
        return Outlook(gains, gains, tuple(obstacles), is_expressible=False)
    with_needs = _left(with_user_values(config, needs), gives, now) - had
    return Outlook(gains, with_needs, tuple(obstacles), needs, opened.spans)


def given(config: UserConfig, usage: Usage, now: datetime, grant: Grant) -> Usage:
    """The usage as `grant` leaves it behind."""
    weekday = now.isoweekday()
    if grant.kind is GrantKind.PLAYTIME:
        limit, balance = config.playtime.limits[weekday - 1], usage.playtime_balance_seconds
    else:
        limit, balance = config.day(weekday).limit_seconds, usage.balance_seconds
    unused = max(limit - balance, 0)
    seconds = min(grant.seconds, unused) if grant.unused_only else grant.seconds
    after = balance_after(balance, limit, grant.operation, seconds)
    if grant.kind is GrantKind.PLAYTIME:
        return replace(usage, playtime_balance_seconds=after)
    return replace(usage, balance_seconds=after)


def _of_playtime(
    config: UserConfig, server: ServerConfig, usage: Usage, now: datetime, grant: Grant
) -> Outlook:
    """PlayTime is used up within the time that is left in all; a grant of it opens nothing."""
    if not (server.playtime_enabled and config.playtime.enabled):
        return Outlook(0, 0, (Obstacle.PLAYTIME_OFF,))
    if config.playtime.override:
        return Outlook(0, 0, (Obstacle.PLAYTIME_OVERRIDE,))
    limit, in_all = config.playtime.limits[now.isoweekday() - 1], _left(config, usage, now)
    had = max(limit - usage.playtime_balance_seconds, 0)
    has = max(limit - given(config, usage, now, grant).playtime_balance_seconds, 0)
    gains = min(has, in_all) - min(had, in_all)
    is_less = grant.operation == "+" and in_all < had + grant.seconds
    return Outlook(gains, gains, (Obstacle.TIME,) if is_less else ())


@dataclass(frozen=True, slots=True)
class _Opened:
    """A day's hours with more of it open: `spans` are what opens from now on. No obstacle: nothing is to be opened."""

    hours: Hours
    spans: Hours = ()
    obstacle: Obstacle | None = None
    is_expressible: bool = True


def _opened(config: UserConfig, now: datetime, wanted: int, grant_seconds: int) -> _Opened:
    """Today's hours with `wanted` seconds open from now on; where it is closed now, the next `grant_seconds` too."""
    day = config.day(now.isoweekday())
    minute = now.hour * 60 + now.minute
    open_at_first = _minutes_of(day.hours)
    open_by_then = list(open_at_first)
    closed_now = open_at_first[minute] is None
    if closed_now:
        end = min(_minutes_up(_second(now) + grant_seconds), DAY_MINUTES)
        _open(open_by_then, minute, end - minute, until=end)
    missing = wanted - _open_seconds(open_by_then, now)
    if missing > 0:
        _open(open_by_then, minute, _minutes_up(missing))
    if open_by_then == open_at_first:
        return _Opened(day.hours)
    obstacle = Obstacle.CLOSED_NOW if closed_now else Obstacle.HOURS
    if not day.hours:
        obstacle = Obstacle.CLOSED_DAY
    spans = _spans_of(
        [new if old is None else None for old, new in zip(open_at_first, open_by_then, strict=True)]
    )
    _forget_the_past(open_by_then, minute)
    new_hours = _spans_of(open_by_then)
    try:
        hours.to_intervals(new_hours)
    except Invalid:
        return _Opened(day.hours, (), obstacle, is_expressible=False)
    return _Opened(new_hours, spans, obstacle)


def _open(minutes: list[bool | None], start: int, how_many: int, until: int = DAY_MINUTES) -> None:
    """Opens the first closed minutes from `start` on."""
    for minute in range(start, until):
        if how_many <= 0:
            return
        if minutes[minute] is None:
            minutes[minute] = False
            how_many -= 1


def _forget_the_past(minutes: list[bool | None], now: int) -> None:
    """Makes the clock hour of `now` one interval by what is over of it, which counts no more.

    What was open in it comes to belong to what is open now; where the one was not counted and the other is, it goes.
    """
    kind = minutes[now]
    hour = now - now % 60
    first = next((minute for minute in range(hour, now) if minutes[minute] is not None), now)
    if kind is None or first == now:
        return
    same = all(minutes[minute] in (kind, None) for minute in range(first, now))
    for minute in range(first, now):
        minutes[minute] = kind if same else None


def _minutes_of(day: Hours) -> list[bool | None]:
    """For each minute of the day whether it is not counted; None where it is closed."""
    minutes: list[bool | None] = [None] * DAY_MINUTES
    for span in day:
        minutes[span.start : span.end] = [span.unaccounted] * (span.end - span.start)
    return minutes


def _spans_of(minutes: list[bool | None]) -> Hours:
    return hours.joined(
        Span(minute, minute + 1, unaccounted)
        for minute, unaccounted in enumerate(minutes)
        if unaccounted is not None
    )


def _open_seconds(minutes: list[bool | None], now: datetime) -> int:
    """Seconds that are open from `now` to midnight, counted or not."""
    minute = now.hour * 60 + now.minute
    is_open = [minutes[later] is not None for later in range(minute, DAY_MINUTES)]
    return 60 * sum(is_open) - (now.second if is_open[0] else 0)


@dataclass(frozen=True, slots=True)
class _Cap:
    """The limit of a week or a month, and what is left of it; below zero where more was used."""

    obstacle: Obstacle
    field: str
    limit_seconds: int
    left_seconds: int
    most_seconds: int


def _caps(config: UserConfig, usage: Usage) -> tuple[_Cap, _Cap]:
    week, month = config.week_limit_seconds, config.month_limit_seconds
    return (
        _Cap(Obstacle.WEEK_LIMIT, "week_limit_seconds", week, week - usage.spent_week_seconds, WEEK_SECONDS),
        _Cap(
            Obstacle.MONTH_LIMIT,
            "month_limit_seconds",
            month,
            month - usage.spent_month_seconds,
            MONTH_SECONDS,
        ),
    )


def _left(config: UserConfig, usage: Usage, now: datetime) -> int:
    return time_left(config, ServerConfig(), usage, now).day_seconds


def _second(now: datetime) -> int:
    return now.hour * 3600 + now.minute * 60 + now.second


def _minutes_up(seconds: int) -> int:
    return -(-seconds // 60)
