"""Making or putting back a backup in a process of its own, which ends itself at a step as a power cut would.

Steps are labelled from outside: whatever is done to a file of the data folder or the shelf, every page that SQLite
copies, and every line that is written.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.backup.family import MUM, PASSPHRASE, backups, hurry
from timekpr_mngr.services import secret_key
from timekpr_mngr.services.backup import Backups
from timekpr_mngr.store import Store
from timekpr_mngr.store.backup import copying, sealed

FILE_EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "sqlite3.connect"}
LIFETIME_SECONDS = 100  # then the system ends it, whatever became of who started it


@dataclass(frozen=True, slots=True)
class Life:
    """What it does, and before which step, from 1 on, it is killed; never where that is None."""

    work: Callable[[Path, Path], object]
    home: Path
    shelf: Path
    killed_at: int | None = None


def make(home: Path, shelf: Path) -> None:
    """Makes a backup with the keys."""
    backups(home).make(MUM, shelf, PASSPHRASE, with_keys=True)


def put_back(home: Path, shelf: Path) -> None:
    """Puts back the backup on the shelf."""
    [file] = shelf.glob("*.age")
    with backups(home).restoring(MUM, file, PASSPHRASE) as pending:
        pending.put_back()


def undo(home: Path, shelf: Path) -> None:
    """Undoes that."""
    Backups(home).undo(MUM)


def rotate(home: Path, _shelf: Path) -> None:
    """Puts a new key in the place of the old one."""
    secret_key.rotate(home, None, MUM, forget_older=True)


def migrate(home: Path, _shelf: Path) -> None:
    """Starts, which brings an older database up to date."""

    async def start() -> None:
        await (await Store.open(home)).close()

    asyncio.run(start())


def live(life: Life, link: Connection) -> None:
    """What the process does. It sends the labels of its steps over `link`, if it comes to that."""
    signal.alarm(LIFETIME_SECONDS)
    hurry()
    labels: list[str] = []

    def at(label: str) -> None:
        labels.append(label)
        if len(labels) == life.killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    _label(at, (str(life.home), str(life.shelf)))
    life.work(life.home, life.shelf)
    link.send(labels)


def _label(at: Callable[[str], None], folders: tuple[str, ...]) -> None:
    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FILE_EVENTS and str(arguments[0]).startswith(folders):
            at(f"{event} {Path(str(arguments[0])).name}")

    class Labelled(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_options: Any) -> None:
            super().backup(target, pages=PAGES_A_STEP, progress=lambda *_: at("pages"))

    copying._connected = partial(_connected, Labelled)
    write = sealed.Sealing.write

    def labelled_write(self: sealed.Sealing, data: bytes) -> None:
        if data:
            at("write")
        write(self, data)

    sealed.Sealing.write = labelled_write  # type: ignore[method-assign]
    sys.addaudithook(heard)


PAGES_A_STEP = 20


def _connected(factory: type[sqlite3.Connection], path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, factory=factory)
