"""Migrations: every older database becomes this version's, after a copy; and the tables are what `schema` says."""

import logging
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from tests.store.samples import PRIVATE_KEY, grant, queued, server
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import Store, schema
from timekpr_mngr.store.database import sqlite_url
from timekpr_mngr.store.migrate import OURS, Migrations, revisions, upgrade
from timekpr_mngr.store.opening import DATABASE_NAME, prepare, sync_engine

NEXT = '''
"""A migration of the future."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9001", "{head}", None, None

def upgrade():
    with op.batch_alter_table("servers") as batch:
        batch.add_column(sa.Column("note", sa.Text(), server_default="none"))
    {more}
'''


@pytest.fixture
def folder(data_dir: Path) -> Path:
    """An empty data folder."""
    data_dir.mkdir()
    return data_dir


def next_version(folder: Path, more: str = "pass") -> Migrations:
    """Our migrations and one more, which rebuilds the table of servers and then does `more`."""
    copied = folder / "migrations"
    shutil.copytree(OURS.folder, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / "9001_next.py").write_text(NEXT.format(head=OURS.head, more=more))
    return Migrations(copied, "9001")


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What is in a database."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


async def with_something_in_it(data_dir: Path) -> None:
    """A closed store."""
    store = await Store.open(data_dir)
    await store.servers.add(server(), PRIVATE_KEY)
    await queued(store, grant())
    await store.close()


def test_the_revision_that_the_program_looks_for_is_the_newest_and_the_line_is_unbroken() -> None:
    assert revisions()[0] == schema.REVISION
    assert len(set(revisions())) == len(list((OURS.folder / "versions").glob("0*.py")))


@pytest.mark.parametrize("revision", revisions())
async def test_a_database_of_any_revision_is_brought_to_this_one(folder: Path, revision: str) -> None:
    engine = sync_engine(sqlite_url(str(folder / DATABASE_NAME)))
    with engine.begin() as connection:
        upgrade(connection, revision)
    engine.dispose()
    await with_something_in_it(folder)
    assert rows(folder / DATABASE_NAME, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]


def test_the_migrations_make_just_the_tables_of_the_schema(folder: Path) -> None:
    engine = sync_engine(sqlite_url(str(folder / DATABASE_NAME)))
    with engine.begin() as connection:
        upgrade(connection, "head")
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, schema.metadata) == []
        made = _sql_of_everything(connection.exec_driver_sql("SELECT sql FROM sqlite_master").scalars().all())
    engine.dispose()
    other = sync_engine(sqlite_url(str(folder / "other.db")))
    with other.begin() as connection:
        schema.metadata.create_all(connection)
        wanted = _sql_of_everything(
            connection.exec_driver_sql("SELECT sql FROM sqlite_master").scalars().all()
        )
    other.dispose()
    assert made - {line for line in made if "alembic_version" in line} == wanted


async def test_changes_of_the_first_tables_wait_on_and_ask_on(folder: Path) -> None:
    engine = sync_engine(sqlite_url(str(folder / DATABASE_NAME)))
    with engine.begin() as connection:
        upgrade(connection, "0001")
        server_row = (
            "INSERT INTO servers VALUES (1, 'kids-pc', 'h', 22, 'u', 'k', NULL, NULL, NULL, NULL, 0, NULL)"
        )
        connection.exec_driver_sql(server_row)
        for state in ("queued", "conflict"):
            connection.exec_driver_sql(
                "INSERT INTO changes (request_id, server_id, field, state, account, source, created_at) "
                f"VALUES ('r', 1, 'poll_seconds', '{state}', 'anna', 'page', 0)"
            )
    engine.dispose()
    store = await Store.open(folder)
    assert await store.changes.pending() == {"kids-pc": 1}
    assert await store.changes.asking() == {"kids-pc": 1}
    await store.close()


async def test_a_database_with_something_in_it_is_copied_before_it_is_migrated(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    assert rows(data_dir / DATABASE_NAME, "SELECT name, note FROM servers") == [("kids-pc", "none")]
    assert rows(data_dir / DATABASE_NAME, "SELECT field FROM changes") == [("grant.time",)]
    [copy] = (data_dir / "copies").iterdir()
    assert copy.name.startswith(f"timekpr-mngr-{OURS.head}-20")
    assert (copy.stat().st_mode & 0o777, copy.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert rows(copy, "SELECT version_num FROM alembic_version") == [(OURS.head,)]
    assert rows(copy, "SELECT field FROM changes") == [("grant.time",)]


async def test_a_copy_can_be_put_back(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    [copy] = (data_dir / "copies").iterdir()
    with pytest.raises(CannotStart, match="newer timekpr-mngr"):
        await Store.open(data_dir)
    shutil.copy(copy, data_dir / DATABASE_NAME)
    store = await Store.open(data_dir)
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY
    assert await store.changes.pending() == {"kids-pc": 1}
    await store.close()


async def test_the_copy_holds_what_only_the_write_ahead_log_had(data_dir: Path) -> None:
    store = await Store.open(data_dir)
    await store.servers.add(
        server(), PRIVATE_KEY
    )  # and the store stays open: nothing moved into the main file yet
    prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    await store.close()
    [copy] = (data_dir / "copies").iterdir()
    assert rows(copy, "SELECT name FROM servers") == [("kids-pc",)]


async def test_a_new_database_and_one_of_this_version_are_not_copied(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    await (await Store.open(data_dir)).close()
    assert not (data_dir / "copies").exists()


async def test_the_five_newest_copies_are_kept_and_nothing_of_one_that_was_killed(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    copies = data_dir / "copies"
    copies.mkdir()
    older = [copies / f"timekpr-mngr-00{7 - n}-2024010{n}T000000.000000Z.db" for n in range(1, 7)]
    left = [copies / f"timekpr-mngr-0001-20240101T000000.000000Z.part{of}" for of in ("", "-journal")]
    for path in [*older, *left, copies / "a-letter.txt"]:
        path.touch()
    prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    kept = {path.name for path in copies.iterdir()}
    assert {path.name for path in older[2:]} | {"a-letter.txt"} < kept
    assert len(kept) == 6


async def test_a_migration_that_fails_leaves_the_database_as_it_was(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    tables = rows(data_dir / DATABASE_NAME, "SELECT sql FROM sqlite_master")
    with pytest.raises(CannotStart, match="Nothing was overwritten"):
        prepare(
            data_dir,
            sqlite_url(str(data_dir / DATABASE_NAME)),
            next_version(data_dir, 'op.execute("SELECT 1 FROM nowhere")'),
        )
    assert rows(data_dir / DATABASE_NAME, "SELECT sql FROM sqlite_master") == tables
    await (await Store.open(data_dir)).close()


async def test_a_migration_that_would_break_a_reference_is_undone(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    with pytest.raises(CannotStart, match="a row of changes that refers to nothing"):
        prepare(
            data_dir,
            sqlite_url(str(data_dir / DATABASE_NAME)),
            next_version(data_dir, 'op.execute("DELETE FROM servers")'),
        )
    assert rows(data_dir / DATABASE_NAME, "SELECT name FROM servers") == [("kids-pc",)]


async def test_without_a_copy_nothing_is_migrated(data_dir: Path) -> None:
    await with_something_in_it(data_dir)
    (data_dir / "copies").write_text("a file where the folder should be")
    with pytest.raises(CannotStart, match="cannot be used"):
        prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    assert rows(data_dir / DATABASE_NAME, "SELECT version_num FROM alembic_version") == [(OURS.head,)]


async def test_a_migration_leaves_the_programs_logging_alone(data_dir: Path) -> None:
    root, ours = logging.getLogger(), logging.getLogger("timekpr_mngr.store")
    before = (root.level, list(root.handlers), ours.disabled, ours.level)
    await with_something_in_it(data_dir)
    prepare(data_dir, sqlite_url(str(data_dir / DATABASE_NAME)), next_version(data_dir))
    assert (root.level, list(root.handlers), ours.disabled, ours.level) == before


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_postgresql_can_make_every_table(table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements = [str(CreateTable(table).compile(dialect=dialect))]
    statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    assert "AUTOINCREMENT" not in " ".join(statements)
    for index in table.indexes:
        if index.dialect_options["sqlite"]["where"] is not None:
            assert index.dialect_options["postgresql"]["where"] is not None


def _sql_of_everything(statements: object) -> set[str]:
    """A column that was added later stands behind the constraints: the order says nothing."""
    assert isinstance(statements, list | tuple)
    whole = [" ".join(sql.split()).removesuffix(")").strip() for sql in statements if sql]
    return {" ".join(sorted(part.strip() for part in re.split(r"[(,] (?![^(]*\))", sql))) for sql in whole}
