"""A database as it is at one instant, read while others may write: nothing is migrated, and nothing made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, event

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store.database import BUSY_TIMEOUT, driver_url
from timekpr_mngr.store.migrate import name_of
from timekpr_mngr.texts import _


def no_data(url: URL) -> CannotStart:
    """There is nothing of ours to be read."""
    return CannotStart(
        _("There is no data of timekpr-mngr in {database}. Name the right folder with --data-dir.").format(
            database=name_of(url)
        )
    )


@contextmanager
def at_one_instant(url: URL) -> Iterator[Connection]:
    """A connection that sees nothing of what is written from now on, and writes nothing. Raises CannotStart where there
    is no database.
    """
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
