"""Making a backup: all of it as it was at one instant, while others write, and nothing that should not be in it."""

import fcntl
import io
import json
import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.backup.family import MADE_AT, MUM, PASSPHRASE, backups
from tests.store.samples import NOW, PRIVATE_KEY, grant, queued
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import CannotStart, Exists, Forbidden, Invalid, NotNow
from timekpr_mngr.store import Store
from timekpr_mngr.store.alone import BACKUP_LOCK
from timekpr_mngr.store.backup import lines
from timekpr_mngr.store.backup.sealed import opened
from timekpr_mngr.store.opening import DATABASE_NAME


def inside(file: Path) -> bytes:
    """What `age -d FILE | zcat` shows."""
    return zlib.decompress(b"".join(opened(io.BytesIO(file.read_bytes()), PASSPHRASE)), wbits=31)


def rows(file: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table in a backup."""
    found: list[dict[str, Any]] = []
    columns: list[str] = []
    for line in map(json.loads, inside(file).splitlines()):
        if isinstance(line, dict):
            columns = line["columns"] if line.get("table") == table else []
        elif columns:
            found.append(dict(zip(columns, line, strict=True)))
    return found


def test_a_backup_says_when_it_was_made_and_lies_where_nobody_else_may_read_it(
    home: Path, shelf: Path
) -> None:
    made = backups(home).make(MUM, shelf, PASSPHRASE)

    assert made.file == shelf / "timekpr-mngr-20251122T201500Z.age"
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert made.contents.made_at == MADE_AT
    assert [path.name for path in shelf.iterdir()] == [made.file.name]


def test_private_keys_are_only_in_it_where_that_was_asked_for(home: Path, shelf: Path) -> None:
    without = backups(home).make(MUM, shelf, PASSPHRASE).file
    with_keys = backups(home).make(MUM, shelf, PASSPHRASE, with_keys=True).file

    assert [row["private_key"] for row in rows(without, "servers")] == [None, None]
    assert b"PRIVATE KEY" not in inside(without)
    assert [row["private_key"] for row in rows(with_keys, "servers")] == [PRIVATE_KEY, PRIVATE_KEY]
    assert with_keys.name == "timekpr-mngr-20251122T201500Z-with-keys.age"


@pytest.mark.parametrize("with_keys", [False, True])
def test_the_key_file_and_who_is_signed_in_are_in_no_backup(home: Path, shelf: Path, with_keys: bool) -> None:
    file = backups(home).make(MUM, shelf, PASSPHRASE, with_keys=with_keys).file

    assert rows(file, "accounts")[0]["password_hash"] == "hash of a password"
    assert b"hash of a session" not in inside(file)
    assert (home / "secret.key").read_bytes().strip() not in inside(file)


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    home: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(home)
    write = lines.Writing.write
    added: list[Any] = []

    def write_and_let_others_write(self: lines.Writing, value: Any) -> None:
        with closing(sqlite3.connect(home / DATABASE_NAME)) as other, other:
            other.execute("INSERT INTO kept_apart VALUES (?)", (f"login-{len(added)}",))
        added.append(value)
        write(self, value)

    monkeypatch.setattr(lines.Writing, "write", write_and_let_others_write)
    made = backups(home).make(MUM, shelf, PASSPHRASE)
    await store.close()

    assert len(added) > 20
    assert rows(made.file, "kept_apart") == []
    assert made.contents.rows["kept_apart"] == 0


async def test_a_running_service_goes_on_writing_meanwhile(home: Path, shelf: Path) -> None:
    store = await Store.open(home)
    made = backups(home).make(MUM, shelf, PASSPHRASE)
    await queued(store, grant())
    await store.close()

    assert len(rows(made.file, "changes")) == 2


async def test_no_computer_stops_the_backup_of_all_by_what_it_says_of_itself(home: Path, shelf: Path) -> None:
    store = await Store.open(home)
    await store.snapshots.save("laptop", Snapshot(NOW, None, None, None))
    await store.close()
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database, database:
        database.execute("UPDATE snapshots SET body = ?", ("x" * (3 << 20),))

    made = backups(home).make(MUM, shelf, PASSPHRASE)

    assert made.contents.rows["snapshots"] == 0
    assert backups(home).look(made.file, PASSPHRASE).servers == ("kids-pc", "laptop")


def test_only_one_is_made_at_a_time(home: Path, shelf: Path) -> None:
    with (home / BACKUP_LOCK).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CannotStart, match="Another backup is just being made"):
            backups(home).make(MUM, shelf, PASSPHRASE)

    assert list(shelf.iterdir()) == []
    assert backups(home).make(MUM, shelf, PASSPHRASE).file.exists()


def test_what_a_killed_one_left_is_swept_and_what_another_one_is_writing_stays(
    home: Path, shelf: Path
) -> None:
    left, others = shelf / ".timekpr-mngr-left.part", shelf / ".timekpr-mngr-others.part"
    left.write_bytes(b"half of it")
    with others.open("wb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        backups(home).make(MUM, shelf, PASSPHRASE)

    assert not left.exists()
    assert others.exists()


def test_no_file_is_written_over(home: Path, shelf: Path) -> None:
    file = shelf / "mine.age"
    file.write_text("a letter")

    with pytest.raises(Exists, match="is there already"):
        backups(home).make(MUM, file, PASSPHRASE)

    assert file.read_text() == "a letter"


def test_a_folder_that_is_not_mounted_is_said(home: Path, shelf: Path) -> None:
    for to in (shelf / "stick", shelf / "stick" / "x.age"):
        with pytest.raises(NotNow, match=r"There is no folder .*stick: make it, or mount"):
            backups(home).make(MUM, to, PASSPHRASE)

    assert list(shelf.iterdir()) == []


def test_a_disk_that_cannot_be_written_is_said_and_leaves_nothing(home: Path) -> None:
    with pytest.raises(NotNow, match="cannot be written to /proc"):
        backups(home).make(MUM, Path("/proc/backup.age"), PASSPHRASE)


def test_a_folder_without_data_is_said_and_not_made_up(elsewhere: Path, shelf: Path) -> None:
    with pytest.raises(CannotStart, match="no data of timekpr-mngr"):
        backups(elsewhere).make(MUM, shelf, PASSPHRASE)

    assert not elsewhere.exists()
    assert list(shelf.iterdir()) == []


def test_a_database_of_another_program_is_said(elsewhere: Path, shelf: Path) -> None:
    elsewhere.mkdir()
    with closing(sqlite3.connect(elsewhere / DATABASE_NAME)) as database:
        database.execute("CREATE TABLE recipes (name)")

    with pytest.raises(CannotStart, match="another program"):
        backups(elsewhere).make(MUM, shelf, PASSPHRASE)


def test_a_damaged_database_is_said_and_gives_no_backup(home: Path, shelf: Path) -> None:
    path = home / DATABASE_NAME
    with path.open("r+b") as database:
        database.seek(4096)
        database.write(os.urandom(path.stat().st_size - 4096))

    with pytest.raises(Exception, match=r"No backup was made|damaged"):
        backups(home).make(MUM, shelf, PASSPHRASE)

    assert list(shelf.iterdir()) == []


@pytest.mark.parametrize(
    ("passphrase", "says"),
    [("", "12 characters"), ("eleven char", "12 characters"), ("\ud800" * 12, "stored")],
)
def test_a_passphrase_that_would_not_hold_is_refused(
    home: Path, shelf: Path, passphrase: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        backups(home).make(MUM, shelf, passphrase)

    assert list(shelf.iterdir()) == []


def test_who_may_only_look_takes_no_backup_away(home: Path, shelf: Path) -> None:
    viewer = Actor(Account("guest", Role.VIEWER, NOW), Source.PAGE)

    with pytest.raises(Forbidden):
        backups(home).make(viewer, shelf, PASSPHRASE)
