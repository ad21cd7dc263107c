"""What the services answer of the time that was used over the days.

The days are the servers' own. What is not known is None, and never 0. Instants are aware, UTC. Seconds are seconds.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.person import UserName


class Knowledge(StrEnum):
    """How much is known of a day: all of it; some of it; what there is of today so far; or nothing."""

    WHOLE = "whole"
    PARTIAL = "partial"
    SO_FAR = "so-far"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class DayPart:
    """One user's day. In a gap everything else is None, or False.

    Of a day that is PARTIAL nobody knows what was used after `read_at`, but for what timekpr told later: it was
    `used_seconds` at least. `limit_seconds` is None where the limit was not read on that day; `given_seconds` is time
    given less time taken; `limit_reached` says that the limit of the day, the week or the month was.
    """

    server: str
    user: str
    knowledge: Knowledge
    used_seconds: int | None = None
    playtime_seconds: int | None = None
    limit_seconds: int | None = None
    given_seconds: int | None = None
    limit_reached: bool = False
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DayUsage:
    """A day over all computers, with a part for each user on whose server it has begun.

    The sums are of what is known, and None where nothing is; `knowledge` says how much of the day that is.
    """

    day: date
    knowledge: Knowledge
    used_seconds: int | None
    playtime_seconds: int | None
    limit_reached: bool
    parts: tuple[DayPart, ...]


@dataclass(frozen=True, slots=True)
class WeekUsage:
    """A week from `monday` on, as far as it lies in the report. `known_days` are those of which anything is known."""

    monday: date
    used_seconds: int | None
    playtime_seconds: int | None
    known_days: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class WeekOverWeek:
    """This week up to today, beside the week before up to the same weekday (1 for Monday).

    `is_sure` says that nothing but the rest of today is missing in either.
    """

    until_weekday: int
    this_week_seconds: int | None
    last_week_seconds: int | None
    is_sure: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """When time was used, from `first` on: a row for each weekday from Monday, with 24 hours of seconds.

    It has only what was used while somebody looked. `days` are how many of each weekday are in it, today included.
    """

    first: date
    days: tuple[int, ...]
    used_seconds: tuple[tuple[int, ...], ...]
    playtime_seconds: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class GrantSums:
    """How often time of one kind was given and taken, and how much. `by_others` of them were made on the computers.

    Of `unknown` it is not known what they did: there, time was set.
    """

    kind: GrantKind
    given: int
    given_seconds: int
    taken: int
    taken_seconds: int
    unknown: int
    by_others: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The time that some users used together, from `first` to `last`, oldest day first.

    `known_days` are those of which anything is known, `whole_days` those of which nothing is missing, and on
    `limit_reached_days` a limit was reached on one computer at least.
    """

    users: tuple[UserName, ...]
    first: date
    last: date
    used_seconds: int | None
    playtime_seconds: int | None
    known_days: int
    whole_days: int
    limit_reached_days: int
    days: tuple[DayUsage, ...]
    weeks: tuple[WeekUsage, ...]
    week_over_week: WeekOverWeek
    heat_map: HeatMap
    grants: tuple[GrantSums, ...]
