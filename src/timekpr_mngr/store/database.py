"""Connections to the database: one thread that writes (`writer`), a few that read.

A whole transaction is one trip to a thread, with the plain sqlite3 driver. Measured here against aiosqlite, which
makes a trip for every cursor, statement and fetch: reading a queue 0.5 ms of processor instead of 1.7 ms, a small
write 0.6 ms instead of 2.7 ms. The loop is never blocked, and a caller that is cancelled cannot cut a transaction
in two.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, bindparam, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.store.failure import StoreFailure, in_words, is_failure
from timekpr_mngr.store.trouble import Trouble
from timekpr_mngr.store.writer import Writer

BUSY_TIMEOUT = 10.0  # seconds to wait for another process that writes
READERS = 2
SQLITE_PRAGMAS = ("PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA cache_size=-4000")

T = TypeVar("T")
P = ParamSpec("P")


class Database:
    """An open database. Its tables are there already (`opening`)."""

    def __init__(self, url: URL, meters: Meters = SILENT) -> None:
        self._meters = meters
        self._troubles = {kind: Trouble(kind) for kind in ("read", "write")}
        url = driver_url(url)
        self._writer = _engine(url, size=1)
        self._reader = _engine(url, size=READERS, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)
        if url.get_backend_name() == "sqlite":
            event.listen(self._writer, "connect", _set_up_writer)
            event.listen(self._writer, "begin", begin_immediate)
            event.listen(self._reader, "connect", _set_up_reader)
        self._writing = Writer(self._writer)
        self._reading = ThreadPoolExecutor(READERS, "store-read")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives; each of its statements sees what was committed before it. Raises StoreFailure."""
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(self._reading, lambda: _in_connection(self._reader, work))
        return await self._timed("read", reading)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, in a transaction: on disk when this returns, and nothing of it after an exception.

        SQLite has one writer at a time, so writes queue for one thread, and begin with BEGIN IMMEDIATE, so that a
        transaction that read first cannot fail when it writes. Raises StoreFailure.
        """
        return await self._timed("write", self._writing.do(work))

    async def close(self) -> None:
        """Waits for what is under way and ends all connections. May be called twice."""
        await asyncio.to_thread(self._close)

    async def _timed(self, kind: str, work: Awaitable[T]) -> T:
        began, trouble = time.perf_counter(), self._troubles[kind]
        try:
            result = await _told_in_words(work)
        except StoreFailure as problem:
            self._meters.stored(kind, "failed", time.perf_counter() - began)
            trouble.failed(problem)
            raise
        self._meters.stored(kind, "ok", time.perf_counter() - began)
        trouble.worked()
        return result

    def _close(self) -> None:
        self._writing.close()
        self._reading.shutdown()
        for engine in (self._reader, self._writer):
            engine.dispose()


class Repository(Protocol):
    """What works on a database."""

    _database: Database


R = TypeVar("R", bound=Repository)


def reading(
    work: Callable[Concatenate[R, Connection, P], T],
) -> Callable[Concatenate[R, P], Coroutine[Any, Any, T]]:
    """Makes a repository's method that reads with a connection a coroutine that a caller gives none (`read`)."""

    @wraps(work)
    async def method(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.read(lambda connection: work(self, connection, *args, **kwargs))

    return method


def writing(
    work: Callable[Concatenate[R, Connection, P], T],
) -> Callable[Concatenate[R, P], Coroutine[Any, Any, T]]:
    """The same for one that writes: the method is the transaction (`write`)."""

    @wraps(work)
    async def method(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.write(lambda connection: work(self, connection, *args, **kwargs))

    return method


def upsert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    """Inserts rows of the same columns in their order, each in the place of one with the same primary key."""
    if rows:
        connection.execute(_upserting(table, connection.dialect.name, tuple(rows[0])), rows)


@lru_cache(maxsize=256)
def _upserting(table: Table, dialect: str, names: tuple[str, ...]) -> Any:
    """The statement for these columns: to make one takes longer than to run it."""
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values({name: bindparam(name) for name in names})
    rest = {name: statement.excluded[name] for name in names if name not in keys}
    if not rest:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def sqlite_url(path: str) -> URL:
    """The address of an SQLite file."""
    return URL.create("sqlite", database=path)


def driver_url(url: URL | str) -> URL:
    """The same database through the driver that we use."""
    url = make_url(url)
    return url.set(
        drivername={"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[url.get_backend_name()]
    )


def begin_immediate(connection: Connection) -> None:
    """Takes SQLite's write lock at the start of a transaction, and not in its middle."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


async def _told_in_words(work: Awaitable[T]) -> T:
    try:
        return await work
    except SQLAlchemyError as error:
        if not is_failure(error):
            raise
        raise in_words(error) from error


def _in_connection(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _engine(url: URL, size: int, **options: Any) -> Engine:
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": BUSY_TIMEOUT}
    options["hide_parameters"] = True  # they hold hashes and encrypted keys, and an error ends up in the log
    return create_engine(url, poolclass=QueuePool, pool_size=size, max_overflow=0, **options)


def _set_up_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 begins nothing by itself: `begin_immediate` does
    _run(connection, *SQLITE_PRAGMAS)


def _set_up_reader(connection: Any, _record: object) -> None:
    _run(connection, *SQLITE_PRAGMAS, "PRAGMA query_only=ON")


def _run(connection: Any, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement)
