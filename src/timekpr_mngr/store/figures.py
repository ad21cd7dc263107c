"""Figures of what is kept, without what it says: for metrics, and for the report of a bug."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import URL, Connection, Table, func, inspect, select, text

from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.store.change_query import ASKS
from timekpr_mngr.store.database import Database, reading
from timekpr_mngr.store.one_instant import at_one_instant
from timekpr_mngr.store.schema import REVISION, changes, findings, metadata, sent_log, servers

OPEN_STATES = [state.value for state in ChangeState if state.is_open]


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many changes are open, by state; when the oldest of them was asked for; how many others ask a person."""

    open: Mapping[str, int]
    oldest_at: datetime | None
    asking: int
    findings: Mapping[str, int]  # those that stand, by severity


@dataclass(frozen=True, slots=True)
class CallFigures:
    """A call to timekprd without what was said. `user` numbers the users of a server; None: about the server itself."""

    server_id: int
    user: int | None
    at: datetime
    member: str
    code: int | None
    duration_ms: float


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """`whole` is `ok`, or what SQLite says first of what is broken, and None where nothing checks that."""

    kind: str
    revision: str | None
    revision_wanted: str
    size_bytes: int | None
    whole: str | None
    rows: Mapping[str, int]  # by table
    changes: Mapping[str, int]  # by state
    findings: Mapping[str, int]  # those that stand, by code
    server_ids: Mapping[str, int]  # of those not removed, by name
    calls: tuple[CallFigures, ...]  # the newest, the oldest of them first


class Figures:
    """Of an open database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def is_of_this_version(self, connection: Connection) -> bool:
        """Whether it answers, and with tables of this version."""
        return _revision(connection) == REVISION

    @reading
    def queue(self, connection: Connection) -> QueueFigures:
        """What waits. Cheap however much was ever done: it reads indexes of what is open alone."""
        oldest = select(changes.c.created_at).where(changes.c.state.in_(OPEN_STATES))
        return QueueFigures(
            open=dict.fromkeys(OPEN_STATES, 0) | _counted(connection, changes, "state", IS_OPEN),
            oldest_at=connection.scalar(oldest.order_by(changes.c.id).limit(1)),
            asking=connection.scalar(select(func.count()).select_from(changes).where(ASKS)) or 0,
            findings=_counted(connection, findings, "severity", STANDS),
        )

    @reading
    def all(self, connection: Connection, calls: int) -> DatabaseFigures:
        """Everything, with the newest `calls`. Reads all of the database: seconds for a large one."""
        return _all(connection, calls)


def figures_at(url: URL, calls: int) -> DatabaseFigures:
    """The same of a database that nobody opened, of whichever version it is; nothing in it is changed.

    Blocks. Raises CannotStart where there is none, and what SQLAlchemy raises where it cannot be read.
    """
    with at_one_instant(url) as connection:
        return _all(connection, calls)


IS_OPEN = changes.c.state.in_(OPEN_STATES)
STANDS = findings.c.cleared_at.is_(None)


def _all(connection: Connection, calls: int) -> DatabaseFigures:
    is_sqlite = connection.dialect.name == "sqlite"
    there = set(inspect(connection).get_table_names())
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    return DatabaseFigures(
        kind=f"{connection.dialect.name} {version}",
        revision=_revision(connection) if "alembic_version" in there else None,
        revision_wanted=REVISION,
        size_bytes=_sqlite_size(connection) if is_sqlite else None,
        whole=str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()) if is_sqlite else None,
        rows={
            table.name: _count(connection, table) for table in metadata.sorted_tables if table.name in there
        },
        changes=_counted(connection, changes, "state") if "changes" in there else {},
        findings=_counted(connection, findings, "code", STANDS) if "findings" in there else {},
        server_ids=_server_ids(connection) if "servers" in there else {},
        calls=_calls(connection, calls) if "sent_log" in there else (),
    )


def _revision(connection: Connection) -> str | None:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _sqlite_size(connection: Connection) -> int:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
    return int(pages * (connection.exec_driver_sql("PRAGMA page_size").scalar() or 0))


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _counted(connection: Connection, table: Table, column: str, *where: object) -> dict[str, int]:
    query = select(table.c[column], func.count()).where(*where).group_by(table.c[column])  # type: ignore[arg-type]
    return {row[0]: row[1] for row in connection.execute(query)}


def _server_ids(connection: Connection) -> dict[str, int]:
    query = select(servers.c.name, servers.c.id).where(servers.c.removed_at.is_(None))
    return {row[0]: row[1] for row in connection.execute(query)}


def _calls(connection: Connection, most: int) -> tuple[CallFigures, ...]:
    columns = (
        sent_log.c.server_id,
        sent_log.c.user,
        sent_log.c.at,
        sent_log.c.member,
        sent_log.c.code,
        sent_log.c.duration_ms,
    )
    rows = connection.execute(select(*columns).order_by(sent_log.c.id.desc()).limit(most)).all()
    numbers: dict[tuple[int, str], int] = {}
    found = []
    for row in reversed(rows):
        user = None if row.user is None else numbers.setdefault((row.server_id, row.user), len(numbers) + 1)
        found.append(CallFigures(row.server_id, user, row.at, row.member, row.code, row.duration_ms))
    return tuple(found)
