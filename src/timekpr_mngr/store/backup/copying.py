"""One database takes on all that another one holds, in one transaction, from SQLite or PostgreSQL to either."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, delete, insert, select, text

from timekpr_mngr.store import schema
from timekpr_mngr.store.database import BUSY_TIMEOUT
from timekpr_mngr.store.migrate import upgrade
from timekpr_mngr.store.opening import sync_engine

ROWS_AT_ONCE = 500
PAGES_AT_ONCE = 256  # of 4 KiB


def copy(source: URL, target: URL) -> None:
    """Afterwards `target` holds what `source` does and nothing else; until then, what it did hold.

    Both are of this version, or both are SQLite files. Raises SQLAlchemyError or sqlite3.Error.
    """
    if source.get_backend_name() == target.get_backend_name() == "sqlite":
        _copy_pages(Path(str(source.database)), Path(str(target.database)))
    else:
        _copy_rows(source, target)


def make_one_file(path: Path) -> None:
    """An SQLite file that needs no companions beside it."""
    with closing(_connected(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _copy_pages(source: Path, target: Path) -> None:
    """SQLite's own way, under the target's write lock; one that was killed is undone when it is opened next."""
    with closing(_connected(source)) as reading, closing(_connected(target)) as writing:
        reading.backup(writing, pages=PAGES_AT_ONCE)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _copy_rows(source: URL, target: URL) -> None:
    origin, goal = sync_engine(source), sync_engine(target)
    try:
        with origin.begin() as reading, goal.begin() as writing:
            if goal.dialect.name == "sqlite":
                upgrade(writing, schema.REVISION)
            for one in reversed(schema.metadata.sorted_tables):
                writing.execute(delete(one))
            for one in schema.metadata.sorted_tables:
                rows = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(select(one)).mappings()
                for some in rows.partitions():
                    writing.execute(insert(one), [dict(row) for row in some])
            if goal.dialect.name == "postgresql":
                _number_on(writing)
    finally:
        origin.dispose()
        goal.dispose()


def _number_on(connection: Connection) -> None:
    """PostgreSQL counts on from the highest number that is taken."""
    for one in schema.metadata.sorted_tables:
        if "id" not in one.c:
            continue
        counter = f"pg_get_serial_sequence('{one.name}', 'id')"
        highest = f"(SELECT coalesce(max(id), 0) + 1 FROM {one.name})"  # noqa: S608 -- names of our own tables
        connection.execute(text(f"SELECT setval({counter}, {highest}, false)"))
