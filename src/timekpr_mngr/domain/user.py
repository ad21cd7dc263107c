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
    """A list of allowed days and the list of limits beside it, just as the server keeps them."""

    days: tuple[int, ...] = WEEKDAYS
    limits: tuple[int, ...] = (DAY_SECONDS,) * 7

    @property
    def is_plain(self) -> bool:
        """Seven days in order with a limit each: position and weekday mean the same."""
        return self.days == WEEKDAYS and len(self.limits) >= len(WEEKDAYS)

    def limit(self, weekday: int) -> int | None:
        """The limit that timekpr counts with on this day (by position); None where the day is not allowed."""
        if weekday not in self.days:
            return None
        position = self.days.index(weekday)
        return self.limits[position] if position < len(self.limits) else 0
