"""What applies to a user on a date, and why: the day from midnight to midnight, and when it can be used.

The arithmetic is the daemon's (domain.time_left), asked at one instant after the other. Instants are the server's local
time, without a zone. What is said of later is as if nothing was used until then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from timekpr_mngr.domain.hours import DAY_MINUTES, Hours, Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.time_left import Reason, TimeLeft, time_left
from timekpr_mngr.domain.usage import Control, Usage, rolled_over
from timekpr_mngr.domain.user import UserConfig

LOOK_AHEAD_DAYS = 38  # a used-up month is over after at most 31, and then every weekday comes once
ONE_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What a part of a day is to the user."""

    ALLOWED = "allowed"
    FREE = "free"
    """Unaccounted: it may be used and is not counted."""
    CLOSED = "closed"


class When(StrEnum):
    """Where a date lies, by the server's own day."""

    PAST = "past"
    TODAY = "today"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Part:
    """From `start` up to, not including, `end`: minutes since midnight, 0 <= start < end <= 1440."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Window:
    """A time that can be used without a break. `end` is None where that is not before the end of the day after.

    `rule` is what ends it: HOURS, one of the limits, or UNLIMITED.
    """

    start: datetime
    end: datetime | None
    rule: Reason


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day of a user. `parts` cover it without holes. `when` is None where the server's clock is not known.

    Limits are seconds; those of the week and the month are of the one that the day lies in. `playtime_limit_seconds` is
    None where PlayTime is off. What is not known, or not of that day any more, is None: `given_seconds` is time given
    less time taken, `left_seconds` is what the daemon would say (TimeLeft.day_seconds): of today what is left now, of a
    day to come all there is.

    `window` is what can be used from now on, on a day to come the first there is; None where there is none, and then
    `why_none` says why. `next_window` comes after it, used to its end, on whatever day; None where none is in sight, or
    `window` has no end.
    """

    day: date
    when: When | None
    parts: tuple[Part, ...]
    limit_seconds: int
    week_limit_seconds: int
    month_limit_seconds: int
    playtime_limit_seconds: int | None
    used_seconds: int | None = None
    given_seconds: int | None = None
    left_seconds: int | None = None
    playtime_left_seconds: int | None = None
    window: Window | None = None
    why_none: Reason | None = None
    next_window: Window | None = None


def day_plan(
    config: UserConfig, server: ServerConfig, usage: Usage | None, day: date, now: datetime | None
) -> DayPlan:
    """What applies on `day`, where `usage` is what counts at `now`. Without one of them only the rules are known."""
    plan = _rules(config, server, day, now)
    if usage is None or now is None or plan.when is When.PAST:
        return plan
    now = now.replace(microsecond=0)
    at = _At(config, server, replace(usage, as_of=now), now)
    if plan.when is When.TODAY:
        plan = replace(
            plan,
            used_seconds=usage.spent_day_seconds,
            given_seconds=usage.spent_day_seconds - usage.balance_seconds,
        )
        window = at.window()
    else:
        at = at.waited(_midnight(day))
        window = next(at.windows(1), None)
    left = at.left()
    return replace(
        plan,
        left_seconds=left.day_seconds,
        playtime_left_seconds=left.playtime_seconds if plan.playtime_limit_seconds is not None else None,
        window=window,
        why_none=at.why_none() if window is None else None,
        next_window=at.next_window(window),
    )


def parts_of(hours: Hours) -> tuple[Part, ...]:
    """The whole day, with what is closed between the open hours."""
    parts: list[Part] = []
    at = 0
    for span in (*hours, Span(DAY_MINUTES, DAY_MINUTES)):
        if span.start > at:
            parts.append(Part(at, span.start, Kind.CLOSED))
        if span.end > span.start:
            parts.append(Part(span.start, span.end, Kind.FREE if span.unaccounted else Kind.ALLOWED))
        at = span.end
    return tuple(parts)


def _rules(config: UserConfig, server: ServerConfig, day: date, now: datetime | None) -> DayPlan:
    here = config.day(day.isoweekday())
    playtime = config.playtime
    has_playtime = server.playtime_enabled and playtime.enabled and not playtime.override
    return DayPlan(
        day=day,
        when=_when(day, now),
        parts=parts_of(here.hours),
        limit_seconds=here.limit_seconds,
        week_limit_seconds=config.week_limit_seconds,
        month_limit_seconds=config.month_limit_seconds,
        playtime_limit_seconds=playtime.limits[day.isoweekday() - 1] if has_playtime else None,
    )


def _when(day: date, now: datetime | None) -> When | None:
    if now is None:
        return None
    if day == now.date():
        return When.TODAY
    return When.PAST if day < now.date() else When.FUTURE


@dataclass(frozen=True, slots=True)
class _At:
    """A user at an instant, with what counts then."""

    config: UserConfig
    server: ServerConfig
    usage: Usage
    now: datetime

    def left(self) -> TimeLeft:
        return time_left(self.config, self.server, self.usage, self.now)

    def window(self) -> Window | None:
        """What can be used from now on; None where nothing can be."""
        left = self.left()
        if left.until is not None and left.until <= self.now:
            return None
        return Window(self.now, left.until, self._rule())

    def windows(self, days: int) -> Iterator[Window]:
        """From now on what can be used from where hours begin, on so many days, as if all before it was left unused."""
        for ahead in range(days):
            day = self.now.date() + ahead * ONE_DAY
            is_spent = False  # a limit that is reached stays so until midnight
            for span in self.config.day(day.isoweekday()).hours:
                start = _midnight(day) + timedelta(minutes=span.start)
                if start < self.now or (is_spent and not span.unaccounted):
                    continue
                window = self.waited(start).window()
                if window is not None:
                    yield window
                is_spent = is_spent or window is None

    def why_none(self) -> Reason:
        """Why nothing can be used now; outside the hours, if nothing can be in those to come either, why not then."""
        reason = self.left().reason
        if reason is not Reason.CLOSED_NOW or next(self.windows(1), None) is not None:
            return reason
        midnight = _midnight(self.now.date())
        starts = (
            midnight + timedelta(minutes=span.start) for span in self.config.day(self.now.isoweekday()).hours
        )
        later = next((start for start in starts if start > self.now), None)
        return reason if later is None else self.waited(later).left().reason

    def next_window(self, window: Window | None) -> Window | None:
        """What can be used after `window` was; without one what comes next."""
        at = self
        if window is not None:
            if window.end is None:
                return None
            at = self.waited(window.start).used_until(window.end)
        return next(at.windows(LOOK_AHEAD_DAYS), None)

    def waited(self, instant: datetime) -> "_At":
        """The same later, when nothing was used meanwhile."""
        return replace(self, now=instant, usage=_rolled(self.usage, instant))

    def used_until(self, end: datetime) -> "_At":
        """The same later, when all the time until then was used."""
        at = self
        while at.now < end:
            stop = min(end, _midnight(at.now.date() + ONE_DAY))
            used = replace(at, usage=_used(at.usage, at._counted_until(stop)))
            at = used.waited(stop)
        return at

    def _rule(self) -> Reason:
        """What ends a session that is used from now on. Time that is not counted is passed over: it hides that."""
        at, left = self, self.left()
        while left.reason is Reason.UNACCOUNTED and left.until is not None:
            at = at.used_until(at._end_of_span())
            left = at.left()
        if left.reason in (Reason.CLOSED_NOW, Reason.CLOSED_DAY):
            return Reason.HOURS
        return Reason.UNLIMITED if left.until is None else left.reason

    def _end_of_span(self) -> datetime:
        minute = self.now.hour * 60 + self.now.minute
        spans = self.config.day(self.now.isoweekday()).hours
        end = next(span.end for span in spans if span.start <= minute < span.end)
        return _midnight(self.now.date()) + timedelta(minutes=end)

    def _counted_until(self, stop: datetime) -> int:
        """Seconds that are counted from now until `stop`, of the same day."""
        midnight = _midnight(self.now.date())
        seconds = 0
        for span in self.config.day(self.now.isoweekday()).hours:
            begins = max(midnight + timedelta(minutes=span.start), self.now)
            ends = min(midnight + timedelta(minutes=span.end), stop)
            if not span.unaccounted and ends > begins:
                seconds += int((ends - begins).total_seconds())
        return seconds


def _used(usage: Usage, seconds: int) -> Usage:
    """When so much more of the day was counted."""
    return replace(
        usage,
        spent_day_seconds=usage.spent_day_seconds + seconds,
        spent_week_seconds=usage.spent_week_seconds + seconds,
        spent_month_seconds=usage.spent_month_seconds + seconds,
        balance_seconds=usage.balance_seconds + seconds,
    )


def _rolled(usage: Usage, instant: datetime) -> Usage:
    """As it counts at a later instant."""
    control = Control(
        balance_seconds=usage.balance_seconds,
        spent_day_seconds=usage.spent_day_seconds,
        spent_week_seconds=usage.spent_week_seconds,
        spent_month_seconds=usage.spent_month_seconds,
        last_checked=usage.as_of,
        playtime_balance_seconds=usage.playtime_balance_seconds,
        playtime_spent_day_seconds=usage.playtime_spent_day_seconds,
    )
    return replace(rolled_over(control, instant), as_of=instant)


def _midnight(day: date) -> datetime:
    """The beginning of a day."""
    return datetime.combine(day, time())
