"""All rows of a database as they were at one instant, table by table: the same from SQLite and from PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    TableClause,
    column,
    func,
    inspect,
    select,
    table,
    true,
)

from timekpr_mngr.store.backup.contents import Contents, first_line
from timekpr_mngr.store.backup.lines import Writing
from timekpr_mngr.store.backup.unusable import in_words
from timekpr_mngr.store.migrate import revision_of
from timekpr_mngr.store.one_instant import at_one_instant, no_data
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
    with in_words(_("No backup was made.")), at_one_instant(url) as connection:
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
