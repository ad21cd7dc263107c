"""What the services answer of one day of a user: what applies, and why.

What is not known is None. Instants are aware, UTC, by the server's own clock. Minutes are minutes of the server's day.
"""

from dataclasses import dataclass
from datetime import date, datetime

from timekpr_mngr.domain.day_plan import Part


@dataclass(frozen=True, slots=True)
class WindowView:
    """A time that can be used without a break. `end` is None where that is not before the end of the day after.

    `rule` is what ends it: `hours`, `day-limit`, `week-limit`, `month-limit`, or `unlimited`.
    """

    start: datetime
    end: datetime | None
    rule: str


@dataclass(frozen=True, slots=True)
class DayWords:
    """The same in the parent's words; None where there is nothing to say.

    `limit`: "2 h a day"; `hours`: "15:00–20:30"; `given`: "30 min given"; `used`: "1 h used"; `end`: "until 19:05, then
    the day's limit is reached", or why there is none; `next`: "next: tomorrow 15:00–17:00".
    """

    limit: str | None = None
    hours: str | None = None
    given: str | None = None
    used: str | None = None
    end: str | None = None
    next: str | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """Whatever there is to say, in order."""
        parts = (self.limit, self.hours, self.given, self.used, self.end, self.next)
        return tuple(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class DayPlanView:
    """One day of a user, as `domain.day_plan.DayPlan` has it, with instants for local times.

    `when` is past, today or future. Of a day that is over the rules are those that were last seen on it, and there are
    none (no `parts`) where nothing was read yet; `used_is_whole` is False where more may have been used, and of a day
    that is not over it is None.
    `now_minute` is where today stands. `from_minute` and `until_minute` are `window` on this day, 1440 where it goes on
    over midnight. With `with_waiting` all of it is as if what waits had arrived.
    """

    server: str
    user: str
    day: date
    when: str | None
    time_zone: str | None
    parts: tuple[Part, ...]
    limit_seconds: int | None
    week_limit_seconds: int | None
    month_limit_seconds: int | None
    playtime_limit_seconds: int | None
    used_seconds: int | None
    used_is_whole: bool | None
    given_seconds: int | None
    left_seconds: int | None
    playtime_left_seconds: int | None
    window: WindowView | None
    why_none: str | None
    next_window: WindowView | None
    now_minute: int | None
    from_minute: int | None
    until_minute: int | None
    with_waiting: bool
    words: DayWords
