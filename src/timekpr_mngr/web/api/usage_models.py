"""The shapes of the time that was used over the days."""

from datetime import date, datetime
from typing import Literal, Self

from timekpr_mngr.services.report_views import (
    DayPart,
    DayUsage,
    GrantSums,
    HeatMap,
    UsageReport,
    WeekOverWeek,
    WeekUsage,
)
from timekpr_mngr.web.api.models import Answer
from timekpr_mngr.web.api.person_models import UserNameOut

Known = Literal["whole", "partial", "so-far", "gap"]


class DayPartOut(Answer):
    """One user's day. In a gap nothing could be read and every number is null; a partial day was read to `read_at`."""

    server: str
    user: str
    knowledge: Known
    used_seconds: int | None
    playtime_seconds: int | None
    limit_seconds: int | None
    given_seconds: int | None
    limit_reached: bool
    read_at: datetime | None

    @classmethod
    def of(cls, part: DayPart) -> "DayPartOut":
        """From the services. A year has many of these, which are our own: they are not validated."""
        values = {name: getattr(part, name) for name in cls.model_fields}
        return cls.model_construct(**values | {"knowledge": part.knowledge.value})


class DayUsageOut(Answer):
    """A day over all computers; its sums are of what is known, and null where nothing is."""

    day: date
    knowledge: Known
    used_seconds: int | None
    playtime_seconds: int | None
    limit_reached: bool
    parts: list[DayPartOut]

    @classmethod
    def of(cls, day: DayUsage) -> Self:
        """From the services."""
        values = {name: getattr(day, name) for name in cls.model_fields}
        return cls.model_validate(
            values | {"knowledge": day.knowledge.value, "parts": list(map(DayPartOut.of, day.parts))}
        )


class WeekUsageOut(Answer):
    """A week from its Monday on, as far as it lies in the report."""

    monday: date
    used_seconds: int | None
    playtime_seconds: int | None
    known_days: int
    is_whole: bool

    @classmethod
    def of(cls, week: WeekUsage) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(week, name) for name in cls.model_fields})


class WeekOverWeekOut(Answer):
    """This week up to today, beside the week before up to the same weekday; sure where nothing of either is missing."""

    until_weekday: int
    this_week_seconds: int | None
    last_week_seconds: int | None
    is_sure: bool

    @classmethod
    def of(cls, weeks: WeekOverWeek) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(weeks, name) for name in cls.model_fields})


class HeatMapOut(Answer):
    """When time was used while somebody looked: seven rows from Monday, with 24 hours of seconds each.

    `days` are how many of each weekday there were from `first` on.
    """

    first: date
    days: list[int]
    used_seconds: list[list[int]]
    playtime_seconds: list[list[int]]

    @classmethod
    def of(cls, map_: HeatMap) -> Self:
        """From the services."""
        return cls(
            first=map_.first,
            days=list(map_.days),
            used_seconds=list(map(list, map_.used_seconds)),
            playtime_seconds=list(map(list, map_.playtime_seconds)),
        )


class GrantSumsOut(Answer):
    """How often time was given and taken, and how much; `by_others` of them on the computers themselves."""

    kind: Literal["time", "playtime"]
    given: int
    given_seconds: int
    taken: int
    taken_seconds: int
    unknown: int
    by_others: int

    @classmethod
    def of(cls, sums: GrantSums) -> Self:
        """From the services."""
        values = {name: getattr(sums, name) for name in cls.model_fields}
        return cls.model_validate(values | {"kind": sums.kind.value})


class UsageReportOut(Answer):
    """What some users used together. The days are the servers' own, the oldest first."""

    users: list[UserNameOut]
    first: date
    last: date
    used_seconds: int | None
    playtime_seconds: int | None
    known_days: int
    whole_days: int
    limit_reached_days: int
    days: list[DayUsageOut]
    weeks: list[WeekUsageOut]
    week_over_week: WeekOverWeekOut
    heat_map: HeatMapOut
    grants: list[GrantSumsOut]

    @classmethod
    def of(cls, report: UsageReport) -> Self:
        """From the services."""
        values = {name: getattr(report, name) for name in cls.model_fields}
        return cls.model_validate(
            values
            | {
                "users": [UserNameOut(server=one.server, user=one.user) for one in report.users],
                "days": list(map(DayUsageOut.of, report.days)),
                "weeks": list(map(WeekUsageOut.of, report.weeks)),
                "week_over_week": WeekOverWeekOut.of(report.week_over_week),
                "heat_map": HeatMapOut.of(report.heat_map),
                "grants": list(map(GrantSumsOut.of, report.grants)),
            }
        )
