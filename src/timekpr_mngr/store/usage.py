"""How much was used: samples of five minutes for 35 days, and a record of each day for good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite

from timekpr_mngr.domain.change import Answer, ChangeState, GrantKind
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.usage_days import UsageDay, UsageSample
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.instant import Instant
from timekpr_mngr.store.schema import changes, drift, servers, usage_days, usage_samples
from timekpr_mngr.store.servers import is_live

SAMPLES_KEPT = timedelta(days=35)
QUARTER_MICROSECONDS = 900_000_000  # in every time zone the hours begin with a quarter of an hour of UTC


@dataclass(frozen=True, slots=True)
class Quarter:
    """What was used in the quarter of an hour from `at` on: aware, by the server's own clock."""

    at: datetime
    used_seconds: int
    playtime_seconds: int


@dataclass(frozen=True, slots=True)
class GrantDone:
    """Time given, or below zero taken, on a server's day: by an account here, or (None) by somebody on the server.

    `seconds` is None where time was set and it is not known what that did.
    """

    day: date
    kind: GrantKind
    seconds: int | None
    account: str | None


class Usage:
    """Days and samples by user. What is of a server that is not there is not kept, and not told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def keep(
        self,
        connection: Connection,
        days: Mapping[tuple[UserName, date], UsageDay],
        samples: Mapping[tuple[UserName, datetime], UsageSample],
    ) -> None:
        """Keeps all of it in one transaction. A day that is there already is renewed: what is known to have been used
        on it never shrinks.
        """
        live = connection.execute(select(servers.c.name, servers.c.id).where(is_live()))
        ids = {row.name: row.id for row in live}
        day_rows = [
            _day_row(ids[whose.server], whose.user, day)
            for (whose, _), day in days.items()
            if whose.server in ids
        ]
        sample_rows = [
            _sample_row(ids[whose.server], whose.user, sample)
            for (whose, _), sample in samples.items()
            if whose.server in ids
        ]
        if day_rows:
            connection.execute(_keeping(connection, usage_days, _renewed), day_rows)
        if sample_rows:
            connection.execute(_keeping(connection, usage_samples, _replaced), sample_rows)

    @reading
    def latest_days(self, connection: Connection) -> dict[UserName, UsageDay]:
        """The last day of every user."""
        return {_whose(row): _day(row) for row in connection.execute(_latest(usage_days, usage_days.c.day))}

    @reading
    def latest_samples(self, connection: Connection) -> dict[UserName, UsageSample]:
        """The last sample of every user."""
        rows = connection.execute(_latest(usage_samples, usage_samples.c.at))
        return {_whose(row): UsageSample(row.at, row.used_seconds, row.playtime_seconds) for row in rows}

    @reading
    def days(
        self, connection: Connection, users: Collection[UserName], first: date, last: date
    ) -> dict[UserName, list[UsageDay]]:
        """What is known of the days from `first` to `last`, by user, oldest first."""
        span = {"first": first, "last": last}
        return {
            whose: [UsageDay(*row) for row in connection.execute(DAYS, _of(whose) | span)] for whose in users
        }

    @reading
    def quarters(
        self, connection: Connection, users: Collection[UserName], since: datetime
    ) -> dict[UserName, list[Quarter]]:
        """The quarters of an hour since then in which time was used, by user, as far as samples are kept."""
        return {
            whose: [_quarter(row) for row in connection.execute(QUARTERS, _of(whose) | {"since": since})]
            for whose in users
        }

    @reading
    def grants(
        self, connection: Connection, users: Collection[UserName], first: date, last: date
    ) -> dict[UserName, list[GrantDone]]:
        """What was given and taken on these days and arrived, by user, whoever did it; oldest day first."""
        found = {}
        for whose in users:
            values = _of(whose) | {"first": first, "last": last}
            ours = [_of_change(row) for row in connection.execute(GRANTS, values)]
            others = [_of_drift(row) for row in connection.execute(GRANTS_BY_OTHERS, values)]
            found[whose] = sorted([*ours, *others], key=lambda one: one.day)
        return found

    @writing
    def prune(self, connection: Connection, now: datetime) -> None:
        """Forgets samples that are older than 35 days."""
        connection.execute(delete(usage_samples).where(usage_samples.c.at < now - SAMPLES_KEPT))


def _keeping(connection: Connection, table: Table, values: Any) -> Any:
    """Inserts a row, or writes over the one that is there what `values` says."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_=values(statement.excluded))


def _replaced(new: Any) -> dict[str, Any]:
    return {"used_seconds": new.used_seconds, "playtime_seconds": new.playtime_seconds}


def _renewed(new: Any) -> dict[str, Any]:
    """After this program was away, or a server's clock was moved, a day may be told once more, from less."""
    old = usage_days.c
    is_later = new.read_at >= old.read_at

    def later(name: str) -> Any:
        return case((is_later, new[name]), else_=old[name])

    def most(name: str) -> Any:
        return case((new[name] > old[name], new[name]), else_=old[name])

    return {
        "used_seconds": most("used_seconds"),
        "playtime_seconds": most("playtime_seconds"),
        "given_seconds": later("given_seconds"),
        "limit_seconds": func.coalesce(later("limit_seconds"), old.limit_seconds),
        "ran_out": or_(old.ran_out, new.ran_out),
        "read_at": later("read_at"),
        "is_whole": later("is_whole"),
    }


def _latest(table: Table, at: ColumnElement[Any]) -> Select[Any]:
    """The last row of every user."""
    inner = (
        select(table.c.server_id, table.c.user, func.max(at).label("last"))
        .group_by(table.c.server_id, table.c.user)
        .subquery()
    )
    same = (inner.c.server_id == table.c.server_id) & (inner.c.user == table.c.user) & (inner.c.last == at)
    joined = table.join(inner, same).join(servers, servers.c.id == table.c.server_id)
    return select(table, servers.c.name.label("server")).select_from(joined).where(is_live())


def _of(whose: UserName) -> dict[str, Any]:
    return {"of_server": whose.server, "of_user": whose.user}


def _whose(row: Row[Any]) -> UserName:
    return UserName(row.server, row.user)


def _day_row(server_id: int, user: str, day: UsageDay) -> dict[str, Any]:
    return {
        "server_id": server_id,
        "user": user,
        "day": day.day,
        "used_seconds": day.used_seconds,
        "playtime_seconds": day.playtime_seconds,
        "given_seconds": day.given_seconds,
        "limit_seconds": day.limit_seconds,
        "ran_out": day.ran_out,
        "read_at": day.read_at,
        "is_whole": day.is_whole,
    }


def _sample_row(server_id: int, user: str, sample: UsageSample) -> dict[str, Any]:
    return {
        "server_id": server_id,
        "user": user,
        "at": sample.at,
        "used_seconds": sample.used_seconds,
        "playtime_seconds": sample.playtime_seconds,
    }


def _day(row: Row[Any]) -> UsageDay:
    return UsageDay(
        day=row.day,
        used_seconds=row.used_seconds,
        playtime_seconds=row.playtime_seconds,
        given_seconds=row.given_seconds,
        limit_seconds=row.limit_seconds,
        ran_out=row.ran_out,
        read_at=row.read_at,
        is_whole=row.is_whole,
    )


def _quarter(row: Row[Any]) -> Quarter:
    return Quarter(row.at, int(row.used), int(row.playtime))


def _of_change(row: Row[Any]) -> GrantDone:
    """Where time was set, or only what was not used was to be taken, what came of it says how much it was."""
    asked = row.after if isinstance(row.after, dict) else {}
    seconds = asked.get("seconds")
    if not isinstance(seconds, int) or asked.get("unused_only"):
        seconds = row.gained_seconds
    return GrantDone(row.day, _kind(row), seconds, row.account)


def _of_drift(row: Row[Any]) -> GrantDone:
    seconds = row.after.get("seconds") if isinstance(row.after, dict) else None
    return GrantDone(row.day, _kind(row), seconds if isinstance(seconds, int) else None, None)


def _kind(row: Row[Any]) -> GrantKind:
    return GrantKind(row.field.removeprefix("grant."))


def _on_days(table: Table) -> Any:
    server = select(servers.c.id).where(servers.c.name == bindparam("of_server"), is_live())
    return (
        (table.c.server_id == server.scalar_subquery())
        & (table.c.user == bindparam("of_user"))
        & table.c.day.between(bindparam("first"), bindparam("last"))
    )


def _of_samples() -> Any:
    server = select(servers.c.id).where(servers.c.name == bindparam("of_server"), is_live())
    return (
        (usage_samples.c.server_id == server.scalar_subquery())
        & (usage_samples.c.user == bindparam("of_user"))
        & (usage_samples.c.at >= bindparam("since"))
    )


_FIELDS = [f"grant.{kind.value}" for kind in GrantKind]
_ARRIVED = (changes.c.state == ChangeState.APPLIED.value) | (
    (changes.c.state == ChangeState.UNCERTAIN.value) & (changes.c.answer == Answer.ARRIVED.value)
)
_QUARTER: ColumnElement[Any] = type_coerce(usage_samples.c.at, BigInteger) // QUARTER_MICROSECONDS
_AT: ColumnElement[Any] = type_coerce(_QUARTER * QUARTER_MICROSECONDS, Instant)

_DAY = [
    usage_days.c[part.name] for part in fields(UsageDay)
]  # in this order: a year of many users is quicker so
DAYS: Select[Any] = select(*_DAY).where(_on_days(usage_days)).order_by(usage_days.c.day)
QUARTERS: Select[Any] = (
    select(
        _AT.label("at"),
        func.sum(usage_samples.c.used_seconds).label("used"),
        func.sum(usage_samples.c.playtime_seconds).label("playtime"),
    )
    .where(_of_samples())
    .group_by(_QUARTER)
    .order_by(_QUARTER)
)
GRANTS: Select[Any] = (
    select(changes.c.day, changes.c.field, changes.c.after, changes.c.gained_seconds, changes.c.account)
    .where(_on_days(changes), changes.c.field.in_(_FIELDS), _ARRIVED)
    .order_by(changes.c.id)
)
GRANTS_BY_OTHERS: Select[Any] = (
    select(drift.c.day, drift.c.field, drift.c.after)
    .where(_on_days(drift), drift.c.field.in_(_FIELDS))
    .order_by(drift.c.id)
)
"""Built once: a report asks them for every user."""
