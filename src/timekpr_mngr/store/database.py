"""Connections to the database: one that writes, a few that read."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import URL, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from timekpr_mngr.store.failure import in_words, is_failure

BUSY_TIMEOUT = 10.0  # seconds to wait for another process that writes
WRITE_QUEUE_TIMEOUT = 30.0  # seconds to wait for our own other writes
READERS = 2
SQLITE_PRAGMAS = ("PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA cache_size=-4000")


class Database:
    """An open database. Its tables are there already (`migrate`).

    SQLite has one writer at a time, so writes here share one connection and queue for it; they begin with BEGIN
    IMMEDIATE, so that a transaction that read first cannot fail when it writes. When `write` has ended without an
    error its data is on the disk. Both raise StoreFailure where the database is in trouble.
    """

    def __init__(self, url: URL) -> None:
        self._writer = _engine(async_url(url), pool_size=1, pool_timeout=WRITE_QUEUE_TIMEOUT)
        self._reader = _engine(
            async_url(url),
            pool_size=READERS,
            pool_timeout=WRITE_QUEUE_TIMEOUT,
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
        )
        if url.get_backend_name() == "sqlite":
            event.listen(self._writer.sync_engine, "connect", _set_up_writer)
            event.listen(self._writer.sync_engine, "begin", begin_immediate)
            event.listen(self._reader.sync_engine, "connect", _set_up_reader)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with; each statement sees what was committed before it."""
        with _failures_in_words():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it is on disk at the end, or, after any exception, nothing of it is kept."""
        with _failures_in_words():
            async with self._writer.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Ends all connections."""
        await self._reader.dispose()
        await self._writer.dispose()


async def upsert(connection: AsyncConnection, table: Table, values: dict[str, Any]) -> None:
    """Inserts a row, or replaces the one with the same primary key."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(values)
    rest = {name: statement.excluded[name] for name in values if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def sqlite_url(path: str) -> URL:
    """The address of an SQLite file."""
    return URL.create("sqlite", database=path)


def async_url(url: URL | str) -> URL:
    """The same database through the driver that we use from asyncio."""
    url = make_url(url)
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}[url.get_backend_name()]
    return url.set(drivername=driver)


def sync_url(url: URL | str) -> URL:
    """The same database through the driver that migrations use."""
    url = make_url(url)
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[url.get_backend_name()]
    return url.set(drivername=driver)


def begin_immediate(connection: Connection) -> None:
    """Takes SQLite's write lock at the start of a transaction, and not in its middle."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _engine(url: URL, **options: Any) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": BUSY_TIMEOUT}
    return create_async_engine(url, poolclass=AsyncAdaptedQueuePool, max_overflow=0, **options)


def _set_up_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 begins nothing by itself: `begin_immediate` does
    _run(connection, *SQLITE_PRAGMAS)


def _set_up_reader(connection: Any, _record: object) -> None:
    _run(connection, *SQLITE_PRAGMAS, "PRAGMA query_only=ON")


def _run(connection: Any, *statements: str) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if not is_failure(error):
            raise
        raise in_words(error) from error
