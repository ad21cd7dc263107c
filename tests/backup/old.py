"""Databases of every revision with something in each table, and backups of them.

`python -m tests.backup.old` makes those in `data/` of revisions that have none yet.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Connection, Date, Float, Integer, inspect, text

from tests.backup.family import PASSPHRASE, hurry
from timekpr_mngr.store.backup import Origin, dump
from timekpr_mngr.store.database import sqlite_url
from timekpr_mngr.store.migrate import revisions, upgrade
from timekpr_mngr.store.opening import DATABASE_NAME, sync_engine

DATA = Path(__file__).parent / "data"
MADE_AT = datetime(2025, 11, 22, 20, 15, tzinfo=UTC)
INSTANT = 1_743_273_015_123_457  # microseconds
ROWS = 2

WORDS: dict[str, Any] = {
    "accounts.role": "admin",
    "account_people.role": "parent",
    "tokens.scope": "read",
    "audit.source": "cli",
    "changes.source": "page",
    "changes.state": "queued",
    "changes.field": "week_limit_seconds",
    "changes.answer": None,
    "changes.follows": None,
    "changes.follows_as": None,
    "drift.state": "open",
    "servers.removed_at": None,
    "servers.private_key": None,
    "second_factors.seed": None,
    "snapshots.body": "{}",
}
"""What a column holds that may not hold just anything."""


def make_database(revision: str, folder: Path) -> Path:
    """A database of that revision, with rows in every table."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / DATABASE_NAME
    engine = sync_engine(sqlite_url(str(path)))
    with engine.begin() as connection:
        upgrade(connection, revision)
        _fill(connection)
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    engine.dispose()
    return path


def make_backup(revision: str, folder: Path, file: Path) -> Path:
    """The same as a backup."""
    with file.open("wb") as opened:
        dump(sqlite_url(str(make_database(revision, folder))), opened, PASSPHRASE, Origin("0.0.9", MADE_AT))
    return file


def rows_of(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as SQLite has it."""
    with closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in sorted(names)
            if not name.startswith(("sqlite_", "alembic"))
        }


def _fill(connection: Connection) -> None:
    inspector = inspect(connection)
    for name in inspector.get_table_names():
        if name in ("alembic_version", "meta"):
            continue
        referring = {key["constrained_columns"][0]: key for key in inspector.get_foreign_keys(name)}
        for number in range(1, ROWS + 1):
            values = {
                column["name"]: _value(name, column, number, referring)
                for column in inspector.get_columns(name)
            }
            columns, marks = ", ".join(f'"{one}"' for one in values), ", ".join(f":{one}" for one in values)
            connection.execute(text(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})'), values)


def _value(table: str, column: Any, number: int, referring: dict[str, Any]) -> Any:
    name, kind = column["name"], column["type"]
    if f"{table}.{name}" in WORDS:
        return WORDS[f"{table}.{name}"]
    if name in referring:
        return f"name-{number}" if referring[name]["referred_table"] == "accounts" else number
    if isinstance(kind, Boolean):
        return number % 2
    if isinstance(kind, Integer):
        return INSTANT + number if isinstance(kind, BigInteger) else number
    if isinstance(kind, Float):
        return number + 0.25
    if isinstance(kind, Date):
        return f"2025-11-2{number}"
    return f'{{"a": [{number}, null, "\\ud800"]}}' if isinstance(kind, JSON) else f"name-{number}"


if __name__ == "__main__":
    import tempfile

    hurry()
    for one in revisions():
        if not (DATA / f"{one}.age").exists():
            with tempfile.TemporaryDirectory() as made:
                make_backup(one, Path(made), DATA / f"{one}.age")
