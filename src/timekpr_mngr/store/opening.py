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

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import copies, schema
from timekpr_mngr.store.database import BUSY_TIMEOUT, SQLITE_PRAGMAS, begin_immediate, driver_url
from timekpr_mngr.store.failure import reason
from timekpr_mngr.store.secrets import CHECK, FILE_NAME, Secrets, open_secrets

DATABASE_NAME = "timekpr-mngr.db"
LOCK_NAME = ".timekpr-mngr.lock"
LOCK_TIMEOUT = 120.0  # seconds; another process may be migrating
ADVISORY_LOCK = 7_146_837_001  # any number that only we use; PostgreSQL

_SECRETS_CHECK = "secrets_check"
_logger = logging.getLogger(__name__)


def prepare(folder: Path, url: URL) -> Secrets:
    """Makes folder, database and key where they are missing, migrates, and gives what decrypts.

    `folder` holds the key, and the database too where `url` is SQLite. Raises CannotStart.
    """
    try:
        _make_folder(folder)
        with _locked(folder / LOCK_NAME):
            if url.get_backend_name() == "sqlite":
                _make_file(Path(url.database or ""))
            return _prepare(folder, url)
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be used: {error.strerror or error}. Nothing was changed; name "
            "another folder, or give this account the right to write there."
        ) from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise CannotStart(
            f"The database {url.render_as_string()} cannot be used. {reason(error)} Nothing was overwritten."
        ) from error


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the migrations up to `revision` in the transaction that `connection` is in."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def alembic_config() -> Any:
    """Alembic's view of `migrations/`, without any ini file, so that it leaves logging alone."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def sync_engine(url: URL) -> Engine:
    """An engine for blocking code; SQLite's foreign keys are off, as migrations that rebuild a table need it."""
    if url.get_backend_name() != "sqlite":
        return create_engine(driver_url(url), poolclass=NullPool)
    engine = create_engine(driver_url(url), poolclass=NullPool, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", begin_immediate)
    return engine


def _prepare(folder: Path, url: URL) -> Secrets:
    engine = sync_engine(url)
    try:
        _check_whole(engine)
        _migrate(engine, folder)
        return _open_secrets(engine, folder / FILE_NAME)
    finally:
        engine.dispose()


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CannotStart(f"{folder} is a file, and the data folder must be a folder. Nothing was changed.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make_file(path: Path) -> None:
    """An empty file that nobody else may read: SQLite gives its companions the same mode."""
    if path.is_dir():
        raise CannotStart(f"{path} is a folder, and should be the database. Nothing was changed.")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_TIMEOUT
    try:
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Another timekpr-mngr has been preparing the database for {LOCK_TIMEOUT:.0f} s ({path}). "
                    "Nothing was changed; look at what it does, and start again."
                )
            time.sleep(0.05)
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
    """Refuses a damaged SQLite file, and turns on its write-ahead log. Says nothing of PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        driver: Any = connection.connection.driver_connection
        found = driver.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise CannotStart(
                f"The database {engine.url.database} is damaged ({found}). Nothing was overwritten. Put back a "
                "copy of it, or move it away to begin anew."
            )
        mode = driver.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        _logger.warning(
            "the disk of %s cannot hold a write-ahead log; it will be slower", engine.url.database
        )


def _migrate(engine: Engine, folder: Path) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        revision = _revision(connection, engine.url)
        if revision == schema.REVISION:
            return
        _refuse_newer(revision, engine.url)
        if revision is not None and engine.dialect.name == "sqlite":
            copies.make(Path(engine.url.database or ""), folder / copies.FOLDER_NAME, revision)
        upgrade(connection)
        _check_references(connection)
    _logger.info("the database is now at revision %s (was %s)", schema.REVISION, revision or "empty")


def _revision(connection: Connection, url: URL) -> str | None:
    """The revision of the tables that are there, or None for an empty database."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables:
        raise CannotStart(
            f"The database {url.render_as_string()} belongs to another program. Nothing was changed; name "
            "another one."
        )
    return None


def _refuse_newer(revision: str | None, url: URL) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise CannotStart(
            f"The database {url.render_as_string()} was made by a newer timekpr-mngr (revision {revision}; this "
            f"one knows {schema.REVISION}). Nothing was changed. Install the newer version again, or put back "
            f"a copy from the folder {copies.FOLDER_NAME}."
        )


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone():
        raise CannotStart(
            f"The migration left a row of {broken[0]} that refers to nothing. All of it was undone; the database "
            "is as it was."
        )


def _open_secrets(engine: Engine, path: Path) -> Secrets:
    meta = schema.meta
    with engine.begin() as connection:
        check = connection.execute(select(meta.c.value).where(meta.c.name == _SECRETS_CHECK)).scalar()
        secrets = open_secrets(path, check)
        if check is None:
            row = {"name": _SECRETS_CHECK, "value": secrets.encrypt(CHECK)}
            connection.execute(meta.insert().values(row))
    return secrets
