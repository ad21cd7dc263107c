"""From a data folder to a database that is whole, of this version, and readable: before anything else runs.

All of it is plain blocking code under a lock, so that two processes that start at once do it one after the other.
Whatever is wrong raises CannotStart in words, and nothing that was there is overwritten.
"""

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import copies
from timekpr_mngr.store.database import BUSY_TIMEOUT, SQLITE_PRAGMAS, begin_immediate, driver_url
from timekpr_mngr.store.failure import reason
from timekpr_mngr.store.migrate import OURS, Migrations, migrate, name_of
from timekpr_mngr.store.schema import meta
from timekpr_mngr.store.secrets import CHECK, FILE_NAME, Secrets, open_secrets
from timekpr_mngr.texts import _

DATABASE_NAME = "timekpr-mngr.db"
LOCK_NAME = ".timekpr-mngr.lock"
LOCK_TIMEOUT = 120.0  # seconds; another process may be migrating

SECRETS_CHECK = "secrets_check"
_logger = logging.getLogger(__name__)


def prepare(folder: Path, url: URL, migrations: Migrations = OURS) -> Secrets:
    """Makes folder, database and key where they are missing, migrates, and gives what decrypts.

    `folder` holds the key, and the copies, whichever the database is. Raises CannotStart.
    """
    try:
        _make_folder(folder)
        with _locked(folder / LOCK_NAME):
            return _prepare(folder, url, migrations)
    except ModuleNotFoundError as error:
        raise CannotStart(
            _("The database {database} needs the Python package {package}: install it.").format(
                database=name_of(url), package=error.name
            )
        ) from None
    except OSError as error:
        raise CannotStart(
            _(
                "The data folder {folder} cannot be used: {why}. Nothing that was there was changed. Name "
                "another folder, or see to it that this account can write there."
            ).format(folder=folder, why=error.strerror or error)
        ) from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise CannotStart(
            _("The database {database} cannot be used. {reason} Nothing was overwritten.").format(
                database=name_of(url), reason=reason(error)
            )
        ) from error


def sync_engine(url: URL) -> Engine:
    """An engine for what comes before the store; SQLite's foreign keys are off, as rebuilding a table needs it."""
    if url.get_backend_name() != "sqlite":
        return create_engine(driver_url(url), poolclass=NullPool, hide_parameters=True)
    engine = create_engine(
        driver_url(url), poolclass=NullPool, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT}
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", begin_immediate)
    return engine


def _prepare(folder: Path, url: URL, migrations: Migrations) -> Secrets:
    if url.get_backend_name() == "sqlite":
        make_file(Path(url.database or ""))
    engine = sync_engine(url)
    try:
        if url.get_backend_name() == "sqlite":
            _check_whole(engine)
        migrate(engine, folder / copies.FOLDER_NAME, migrations)
        return _open_secrets(engine, folder / FILE_NAME)
    finally:
        engine.dispose()


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CannotStart(
            _("{folder} is a file, and the data folder must be a folder. Nothing was changed.").format(
                folder=folder
            )
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """An empty file that nobody else may read: SQLite gives its companions the same mode."""
    if path.is_dir():
        raise CannotStart(
            _("{path} is a folder, and should be the database. Nothing was changed.").format(path=path)
        )
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        status = os.fstat(descriptor)
        if status.st_mode & 0o077 and status.st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_TIMEOUT
    try:
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise CannotStart(
                    _(
                        "Another timekpr-mngr has been preparing the database for {seconds:.0f} s ({path}). "
                        "Nothing was changed; look at what it does, and start again."
                    ).format(seconds=LOCK_TIMEOUT, path=path)
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (*SQLITE_PRAGMAS, "PRAGMA foreign_keys=OFF"):
        connection.execute(pragma)


def _check_whole(engine: Engine) -> None:
    """Refuses a damaged SQLite file, and turns on its write-ahead log."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        found = driver.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise CannotStart(
                _(
                    "The database {database} is damaged ({found}). Nothing was overwritten. Put back a copy of "
                    "it, or move it away to begin anew."
                ).format(database=engine.url.database, found=found)
            )
        mode = driver.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        _logger.warning("the disk of %s cannot hold a write-ahead log: slower", engine.url.database)


def _open_secrets(engine: Engine, path: Path) -> Secrets:
    with engine.begin() as connection:
        check = connection.execute(select(meta.c.value).where(meta.c.name == SECRETS_CHECK)).scalar()
        secrets = open_secrets(path, check)
        if check is None:
            row = {"name": SECRETS_CHECK, "value": secrets.encrypt(CHECK)}
            connection.execute(meta.insert().values(row))
    return secrets
