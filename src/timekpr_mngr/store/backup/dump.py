"""All rows of a database as they were at one instant, table by table: the same from SQLite and from PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    NullPool,
    TableClause,
    column,
    create_engine,
    event,
    func,
    inspect,
    select,
    table,
    true,
)

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store.backup.contents import Contents, first_line
from timekpr_mngr.store.backup.lines import Writing
from timekpr_mngr.store.backup.unusable import in_words
from timekpr_mngr.store.database import BUSY_TIMEOUT, driver_url
from timekpr_mngr.store.migrate import name_of, revision_of
from timekpr_mngr.store.schema import ENCRYPTED
from timekpr_mngr.store.secrets import Secrets
from timekpr_mngr.texts import _

LEFT_OUT = frozenset({"alembic_version", "meta", "sign_ins", "setup_link", "throttle"})
"""Tables of which no backup holds anything: what is the database's own, and who is signed in or kept out just now.

A session that has ended since must not come back to life.
"""

SNAPSHOT_MAX = (
    2 << 20
)  # characters; a larger one is read again: no computer may stop the backup of all of them
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Origin:
    """Which program makes the backup, and when (aware). The private keys are put in where `secrets` opens them."""

    version: str
    made_at: datetime
    secrets: Secrets | None = None


def dump(url: URL, file: BinaryIO, passphrase: str, origin: Origin) -> Contents:
    """Writes everything that is in the database into `file`, whole when this returns.

    Others read and write meanwhile. Raises CannotStart where there is no database of ours, StoreFailure, OSError.
    """
    with in_words(_("No backup was made.")), _at_one_instant(url) as connection:
        revision = revision_of(connection, url)
        if revision is None:
            raise no_data(url)
        tables = tables_of(connection)
        rows = {one.name: _count(connection, one) for one in tables}
        contents = Contents(origin.made_at, origin.version, revision, origin.secrets is not None, rows)
        lines = Writing(file, passphrase)
        lines.write(first_line(contents))
        for one in tables:
            lines.write({"table": one.name, "columns": list(one.c.keys())})
            for row in _rows(connection, one, origin.secrets):
                lines.write(row)
        lines.write({"end": sum(rows.values())})
        lines.finish()
    return contents


def tables_of(connection: Connection) -> list[TableClause]:
    """The tables that a backup holds, as they are in the database, of whichever revision that is."""
    inspector = inspect(connection)
    return [
        table(name, *(column(one["name"], one["type"]) for one in inspector.get_columns(name)))
        for name in sorted(inspector.get_table_names())
        if name not in LEFT_OUT
    ]


def is_encrypted(table_name: str, column_name: str) -> bool:
    """Whether a column holds what `Secrets` made."""
    return any((one.table.name, one.name) == (table_name, column_name) for one in ENCRYPTED)


def no_data(url: URL) -> CannotStart:
    """There is nothing to be backed up."""
    return CannotStart(
        _("There is no data of timekpr-mngr in {database}. Name the right folder with --data-dir.").format(
            database=name_of(url)
        )
    )


@contextmanager
def _at_one_instant(url: URL) -> Iterator[Connection]:
    """A connection that sees nothing of what is written from now on, and writes nothing."""
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not Path(url.database or "").is_file():
        raise no_data(url)
    arguments = {"timeout": BUSY_TIMEOUT} if is_sqlite else {}
    engine = create_engine(driver_url(url), poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if is_sqlite:
        event.listen(engine, "connect", _only_reads)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    else:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _only_reads(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _count(connection: Connection, one: TableClause) -> int:
    return connection.scalar(select(func.count()).select_from(one).where(_is_kept(one))) or 0


def _rows(connection: Connection, one: TableClause, secrets: Secrets | None) -> Iterator[list[Any]]:
    secret = [is_encrypted(one.name, column.name) for column in one.c]
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(one).where(_is_kept(one)))
    for row in rows:
        yield [
            _value(value, secrets) if is_secret else _plain(value)
            for value, is_secret in zip(row, secret, strict=True)
        ]


def _is_kept(one: TableClause) -> ColumnElement[bool]:
    return func.length(one.c.body) <= SNAPSHOT_MAX if one.name == "snapshots" else true()


def _value(token: str | None, secrets: Secrets | None) -> str | None:
    return None if token is None or secrets is None else secrets.decrypt(token)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
