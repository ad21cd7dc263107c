"""A database of an older version becomes one of this version, or stays exactly as it was."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, inspect, text

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import copies, schema
from timekpr_mngr.texts import _

ADVISORY_LOCK = 7_146_837_001  # any number that only we use; PostgreSQL

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of Alembic's, and the revision to which it leads."""

    folder: Path
    head: str


OURS = Migrations(Path(__file__).parent / "migrations", schema.REVISION)


def migrate(engine: Engine, copies_folder: Path, migrations: Migrations = OURS) -> None:
    """Brings the database to the head in one transaction, after a copy where it is SQLite and not empty.

    Raises CannotStart for a database that is newer or another program's.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        revision = revision_of(connection, engine.url)
        if revision == migrations.head:
            return
        _refuse_newer(revision, engine.url, migrations)
        if revision is not None and engine.dialect.name == "sqlite":
            copy = copies.make(Path(engine.url.database or ""), copies_folder, revision)
            _logger.info("the database was copied to %s before it is migrated", copy)
        upgrade(connection, migrations.head, migrations)
        _check_references(connection)
    _logger.info("the database is now at revision %s (was %s)", migrations.head, revision or "empty")


def upgrade(connection: Connection, revision: str, migrations: Migrations = OURS) -> None:
    """Runs the migrations up to `revision` in the transaction that `connection` is in."""
    from alembic import command

    config = alembic_config(migrations)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def revisions(migrations: Migrations = OURS) -> list[str]:
    """Every revision, the newest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config(migrations))
    return [script.revision for script in scripts.walk_revisions()]


def alembic_config(migrations: Migrations = OURS) -> Any:
    """Alembic's view of the folder, without any ini file, so that it leaves logging alone."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def name_of(url: URL) -> str:
    """What a person knows the database by: the file, or the address without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string()


def revision_of(connection: Connection, url: URL) -> str | None:
    """The revision of the tables that are there, or None for an empty database. Raises CannotStart for others'."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables and "servers" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables:
        raise CannotStart(
            _(
                "The database {database} belongs to another program. Nothing was changed; name another one."
            ).format(database=name_of(url))
        )
    return None


def _refuse_newer(revision: str | None, url: URL, migrations: Migrations) -> None:
    if revision is None or revision in revisions(migrations):
        return
    raise CannotStart(
        _(
            "The database {database} was made by a newer timekpr-mngr (its revision is {revision}; this "
            "one knows {head}). Nothing was changed. Install the newer version again, or put back a copy "
            "from the folder {folder}."
        ).format(database=name_of(url), revision=revision, head=migrations.head, folder=copies.FOLDER_NAME)
    )


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone():
        raise CannotStart(
            _(
                "The migration would leave a row of {table} that refers to nothing. All of it was undone; the "
                "database is as it was."
            ).format(table=broken[0])
        )
