"""Reports: how much time was used, by day, week and hour; as honest as what could be read."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.domain.usage_days import UsageDay
from timekpr_mngr.errors import Invalid, UnknownServer
from timekpr_mngr.services import clock
from timekpr_mngr.services.limits import known_user
from timekpr_mngr.services.people import People
from timekpr_mngr.services.permission import Permission, must_see
from timekpr_mngr.services.report_views import (
    DayPart,
    DayUsage,
    GrantSums,
    HeatMap,
    Knowledge,
    UsageReport,
    WeekOverWeek,
    WeekUsage,
)
from timekpr_mngr.store import GrantDone, Quarter, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.server_clock import zone_of
from timekpr_mngr.texts import _

DAYS_MAX = 366
SAMPLED_DAYS = 35
ONE_DAY = timedelta(days=1)
HOURS = 24


class Reports:
    """The usage of users and people. Who may see somebody may see all of theirs."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        people: People,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._people = people
        self._now = now

    async def user(self, actor: Actor, server: str, user: str, days: int = 30) -> UsageReport:
        """The last `days` days (1 to 366) of one user, today included.

        Raises Invalid, UnknownServer, NeverRead, UnknownUser.
        """
        must_see(await self._permission.rights(actor), server, user)
        await self._store.servers.get(server)
        report = await self.users(actor, [UserName(server, user)], days)
        if report.known_days == 0:
            known_user(self._engine, server, user)  # who is gone from the server may still have used it
        return report

    async def person(self, actor: Actor, person: str, days: int = 30) -> UsageReport:
        """The same of a person over all of their computers. Raises Invalid, UnknownPerson."""
        found = await self._people.get(actor, person)
        return await self.users(actor, found.users, days)

    async def users(self, actor: Actor, users: Sequence[UserName], days: int = 30) -> UsageReport:
        """The same of any users together. Raises Invalid, UnknownServer, UnknownUser."""
        rights = await self._permission.rights(actor)
        for user in users:
            must_see(rights, *user)
        if not 1 <= days <= DAYS_MAX:
            raise Invalid("days", _("A report has 1 to {most} days.").format(most=DAYS_MAX))
        now = self._now()
        todays = {whose: self._today(whose.server, now) for whose in users}
        last = max(todays.values(), default=now.date())
        first = last - ONE_DAY * (days - 1)
        sampled = max(first, last - ONE_DAY * (SAMPLED_DAYS - 1))
        monday = last - ONE_DAY * last.weekday()
        await self._engine.keep_usage()
        records = await self._store.usage.days(users, min(first, monday - ONE_DAY * 7), last)
        quarters = await self._store.usage.quarters(users, datetime.combine(sampled, time(), UTC) - ONE_DAY)
        grants = await self._store.usage.grants(users, first, last)
        zones = {whose: self._zone(whose.server) for whose in users}

        def report() -> UsageReport:
            by_day = {whose: {record.day: record for record in records[whose]} for whose in users}
            told = _days(first, last, by_day, todays)
            this_week = _days(monday, last, by_day, todays)
            last_week = _days(monday - ONE_DAY * 7, last - ONE_DAY * 7, by_day, todays)
            done = [one for of_user in grants.values() for one in of_user]
            return UsageReport(
                users=tuple(users),
                first=first,
                last=last,
                used_seconds=_sum(day.used_seconds for day in told),
                playtime_seconds=_sum(day.playtime_seconds for day in told),
                known_days=_known(told),
                whole_days=sum(day.knowledge is Knowledge.WHOLE for day in told),
                limit_reached_days=sum(day.limit_reached for day in told),
                days=told,
                weeks=tuple(_weeks(told)),
                week_over_week=_week_over_week(this_week, last_week),
                heat_map=_heat_map(quarters, sampled, last, zones),
                grants=tuple(_grants(kind, done) for kind in GrantKind),
            )

        return await asyncio.to_thread(report)  # a year of many users would hold everybody else up

    def _today(self, server: str, now: datetime) -> date:
        """The server's own date; ours where its clock was never read, and then nothing else was either."""
        snapshot = self._snapshot(server)
        local = clock.local_now(snapshot, now) if snapshot is not None else None
        return local.date() if local is not None else now.date()

    def _zone(self, server: str) -> tzinfo:
        snapshot = self._snapshot(server)
        return (zone_of(snapshot) if snapshot is not None else None) or UTC

    def _snapshot(self, server: str) -> Snapshot | None:
        try:
            return self._engine.snapshot(server)
        except UnknownServer:  # just being added, renamed or removed
            return None


def _days(
    first: date,
    last: date,
    records: Mapping[UserName, Mapping[date, UsageDay]],
    todays: Mapping[UserName, date],
) -> tuple[DayUsage, ...]:
    return tuple(_day(day, records, todays) for day in _span(first, last))


def _day(
    day: date, records: Mapping[UserName, Mapping[date, UsageDay]], todays: Mapping[UserName, date]
) -> DayUsage:
    parts = tuple(
        _part(whose, records[whose].get(day), is_today=day == today)
        for whose, today in todays.items()
        if day <= today
    )
    return DayUsage(
        day=day,
        knowledge=_together([part.knowledge for part in parts]),
        used_seconds=_sum(part.used_seconds for part in parts),
        playtime_seconds=_sum(part.playtime_seconds for part in parts),
        limit_reached=any(part.limit_reached for part in parts),
        parts=parts,
    )


def _part(whose: UserName, record: UsageDay | None, *, is_today: bool) -> DayPart:
    if record is None:
        return DayPart(whose.server, whose.user, Knowledge.GAP)
    ended = Knowledge.WHOLE if record.is_whole else Knowledge.PARTIAL
    return DayPart(
        server=whose.server,
        user=whose.user,
        knowledge=Knowledge.SO_FAR if is_today else ended,
        used_seconds=record.used_seconds,
        playtime_seconds=record.playtime_seconds,
        limit_seconds=record.limit_seconds,
        given_seconds=record.given_seconds,
        limit_reached=record.ran_out,
        read_at=record.read_at,
    )


def _together(parts: Sequence[Knowledge]) -> Knowledge:
    """How much is known of a day of which parts are."""
    if all(part is Knowledge.GAP for part in parts):
        return Knowledge.GAP
    if any(part in (Knowledge.GAP, Knowledge.PARTIAL) for part in parts):
        return Knowledge.PARTIAL
    return Knowledge.SO_FAR if Knowledge.SO_FAR in parts else Knowledge.WHOLE


def _weeks(days: Sequence[DayUsage]) -> Iterator[WeekUsage]:
    by_monday: dict[date, list[DayUsage]] = {}
    for day in days:
        by_monday.setdefault(day.day - ONE_DAY * day.day.weekday(), []).append(day)
    for monday, week in by_monday.items():
        yield WeekUsage(
            monday=monday,
            used_seconds=_sum(day.used_seconds for day in week),
            playtime_seconds=_sum(day.playtime_seconds for day in week),
            known_days=_known(week),
            is_whole=len(week) == 7 and all(day.knowledge is Knowledge.WHOLE for day in week),
        )


def _week_over_week(this_week: Sequence[DayUsage], last_week: Sequence[DayUsage]) -> WeekOverWeek:
    unsure = (Knowledge.GAP, Knowledge.PARTIAL)
    return WeekOverWeek(
        until_weekday=len(this_week),
        this_week_seconds=_sum(day.used_seconds for day in this_week),
        last_week_seconds=_sum(day.used_seconds for day in last_week),
        is_sure=not any(day.knowledge in unsure for day in (*this_week, *last_week)),
    )


def _heat_map(
    quarters: Mapping[UserName, Sequence[Quarter]], first: date, last: date, zones: Mapping[UserName, tzinfo]
) -> HeatMap:
    used = [[0] * HOURS for _ in range(7)]
    playtime = [[0] * HOURS for _ in range(7)]
    for whose, found in quarters.items():
        for quarter in found:
            local = quarter.at.astimezone(zones[whose])
            if first <= local.date() <= last:
                used[local.weekday()][local.hour] += quarter.used_seconds
                playtime[local.weekday()][local.hour] += quarter.playtime_seconds
    weekdays = [day.weekday() for day in _span(first, last)]
    return HeatMap(
        first=first,
        days=tuple(weekdays.count(weekday) for weekday in range(7)),
        used_seconds=tuple(map(tuple, used)),
        playtime_seconds=tuple(map(tuple, playtime)),
    )


def _grants(kind: GrantKind, done: Sequence[GrantDone]) -> GrantSums:
    mine = [one for one in done if one.kind is kind]
    moved = [one.seconds for one in mine if one.seconds is not None]
    return GrantSums(
        kind=kind,
        given=sum(seconds > 0 for seconds in moved),
        given_seconds=sum(seconds for seconds in moved if seconds > 0),
        taken=sum(seconds < 0 for seconds in moved),
        taken_seconds=-sum(seconds for seconds in moved if seconds < 0),
        unknown=len(mine) - len(moved),
        by_others=sum(one.account is None for one in mine),
    )


def _span(first: date, last: date) -> Iterator[date]:
    return (first + ONE_DAY * number for number in range((last - first).days + 1))


def _known(days: Iterable[DayUsage]) -> int:
    return sum(day.used_seconds is not None for day in days)


def _sum(values: Iterable[int | None]) -> int | None:
    """Of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
