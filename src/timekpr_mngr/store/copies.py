"""Copies of the SQLite database, made before a migration changes it."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from timekpr_mngr.store.folder import flush_folder

FOLDER_NAME = "copies"
KEPT = 5
PART = ".part"


def make(database: Path, folder: Path, revision: str) -> Path:
    """A whole copy, on disk when this returns; the newest `KEPT` stay, and what a killed one left goes.

    Its name holds the revision that it is of and the time: `timekpr-mngr-0001-20251122T201500.123456Z.db`. The caller
    sees to it that only one is made at a time. Raises OSError or sqlite3.Error.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    copy = folder / f"{database.stem}-{revision}-{now}.db"
    part = copy.with_suffix(PART)
    for left in folder.glob(f"{database.stem}-*{PART}*"):  # SQLite's companion of it, too
        left.unlink()
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        _copy(database, part)
        part.replace(copy)
        flush_folder(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _prune(folder, database.stem)
    return copy


def _copy(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with no companions
    with open(to, "rb+") as file:
        os.fsync(file.fileno())


def _prune(folder: Path, stem: str) -> None:
    """By time, the last part of the name."""
    copies = sorted(folder.glob(f"{stem}-*.db"), key=lambda path: path.stem.rpartition("-")[2])
    for old in copies[:-KEPT]:
        old.unlink()
