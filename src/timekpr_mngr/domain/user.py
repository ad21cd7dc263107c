"""One user's limits, as a person means them: seven days, always seven.

A day that timekpr does not allow is a day with limit 0 and no hours. How the server really keeps its list of days
is the `WeekLayout` beside it, because timekpr pairs limits with days by position (design: timekpr.md, 0.8 and 11).
"""

from dataclasses import dataclass
from enum import StrEnum

from timekpr_mngr.domain.hours import WHOLE_DAY, Hours

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
MONTH_SECONDS = 31 * DAY_SECONDS
WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)
"""ISO: 1 is Monday."""
REMEMBERING_MARK = 40_487
"""The last of a list of limits that remembers: a number that nobody would choose."""


class LockoutType(StrEnum):
    """What happens to the session when time is up. `kill` is known from timekpr-next 0.5.8 on."""

    LOCK = "lock"
    SUSPEND = "suspend"
    SUSPENDWAKE = "suspendwake"
    TERMINATE = "terminate"
    KILL = "kill"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week: the most time, and when."""

    limit_seconds: int = DAY_SECONDS
    hours: Hours = WHOLE_DAY


@dataclass(frozen=True, slots=True)
class Lockout:
    """What happens when time is up; the wake hours (0..23) count only for `suspendwake`.

    `type` is a plain string where the server holds a word that we do not know.
    """

    type: str = LockoutType.TERMINATE.value
    wake_from: int = 0
    wake_to: int = 23


@dataclass(frozen=True, slots=True)
class Activity:
    """A program that counts as PlayTime: a pattern for its name, and what to call it."""

    mask: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class PlayTime:
    """PlayTime of one user. `limits` are seconds for Monday to Sunday; 0 on a day without PlayTime."""

    enabled: bool = False
    override: bool = False
    unaccounted_intervals: bool = True
    limits: tuple[int, ...] = (0,) * 7
    activities: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class UserConfig:
    """Everything that limits one user. `days[0]` is Monday. Defaults are timekpr's own: no limit at all."""

    days: tuple[Day, ...] = (Day(),) * 7
    week_limit_seconds: int = WEEK_SECONDS
    month_limit_seconds: int = MONTH_SECONDS
    track_inactive: bool = False
    hide_tray_icon: bool = False
    lockout: Lockout = Lockout()
    playtime: PlayTime = PlayTime()

    def day(self, weekday: int) -> Day:
        """The day by its ISO number, 1 for Monday."""
        return self.days[weekday - 1]


@dataclass(frozen=True, slots=True)
class WeekLayout:
    """A list of allowed days and the list of limits beside it, just as the server keeps them.

    A word in the list of days that is no weekday is a 0 here: it takes up its position. timekpr keeps limits beyond the
    list of days and ignores them. While a week is put in order, which takes two or three calls, we keep there what the
    days' limits are to be (`remembering`), so that whoever finds the server in between can go on.
    """

    days: tuple[int, ...] = WEEKDAYS
    limits: tuple[int, ...] = (DAY_SECONDS,) * 7

    @property
    def is_plain(self) -> bool:
        """Seven days in order with a limit each: position and weekday mean the same."""
        return self.days == WEEKDAYS and len(self.limits) == len(WEEKDAYS)

    @property
    def remembered(self) -> tuple[int, ...] | None:
        """The limits for Monday to Sunday that were kept while the week is put in order; else None."""
        kept = len(WEEKDAYS) + 1
        if (
            len(self.limits) < max(len(self.days), len(WEEKDAYS)) + kept
            or self.limits[-1] != REMEMBERING_MARK
        ):
            return None
        return self.limits[-kept:-1]

    def limit(self, weekday: int) -> int | None:
        """The limit that timekpr counts with on this day (by position); None where the day is not allowed."""
        if weekday not in self.days:
            return None
        position = self.days.index(weekday)
        return self.limits[position] if position < len(self.limits) else 0

    def meant(self, weekday: int) -> int | None:
        """The limit that this day has, also while the week is put in order; None where the day is not allowed."""
        if weekday not in self.days or self.remembered is None:
            return self.limit(weekday)
        return self.remembered[weekday - 1]


def remembering(limits: tuple[int, ...], meant: tuple[int, ...]) -> tuple[int, ...]:
    """A list of limits that keeps behind its end what the limits for Monday to Sunday are to be."""
    return (*limits, *meant, REMEMBERING_MARK)
