"""A start: what it makes, whom it lets read it, and what it says of a folder or database that it cannot use."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import PRIVATE_KEY, output, python, server
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import Store

DATABASE, KEY = "timekpr-mngr.db", "secret.key"

UNPRIVILEGED = 65534
"""The number of nobody, who is not root: root may write everywhere."""

OPEN_AND_TELL = """
import asyncio, os, sys
from pathlib import Path
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]))
    print(len(await store.servers.list()), "servers")
    await store.close()

if len(sys.argv) > 2:
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    asyncio.run(main())
except CannotStart as problem:
    print(problem)
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the folder but the lock, which is always empty."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".timekpr-mngr.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def mode(path: Path) -> int:
    """Who may do what."""
    return stat.S_IMODE(path.stat().st_mode)


async def filled(data_dir: Path) -> None:
    """A closed store with a server in it."""
    store = await Store.open(data_dir)
    await store.servers.add(server(), PRIVATE_KEY)
    await store.close()


async def refused(data_dir: Path) -> str:
    """What the start says, which leaves everything as it was."""
    before = contents(data_dir) if data_dir.is_dir() else None
    with pytest.raises(CannotStart) as raised:
        await Store.open(data_dir)
    if before is not None:
        assert contents(data_dir) == before
    return str(raised.value)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_nobody_else_may_read_what_is_stored(data_dir: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = await Store.open(data_dir)
        await store.servers.add(server(), PRIVATE_KEY)
        modes = {path.name: mode(path) for path in data_dir.iterdir()}
        await store.close()
    finally:
        os.umask(before)
    assert mode(data_dir) == 0o700
    assert {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEY} <= set(modes)
    assert set(modes.values()) == {0o600}


async def test_files_that_others_could_read_are_closed_to_them(data_dir: Path) -> None:
    await filled(data_dir)
    for name in (DATABASE, KEY):
        (data_dir / name).chmod(0o644)
    await (await Store.open(data_dir)).close()
    assert {mode(data_dir / name) for name in (DATABASE, KEY)} == {0o600}


async def test_everything_is_there_after_a_restart(data_dir: Path) -> None:
    await filled(data_dir)
    store = await Store.open(data_dir)
    assert await store.servers.list() == [server()]
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY
    await store.close()
    await store.close()


async def test_folders_above_are_made_too(tmp_path: Path) -> None:
    await (await Store.open(tmp_path / "var" / "lib" / "x% y")).close()
    assert (tmp_path / "var" / "lib" / "x% y" / DATABASE).exists()


async def test_a_data_folder_that_is_a_file_is_left_alone(data_dir: Path) -> None:
    data_dir.write_text("a letter")
    assert "is a file, and the data folder must be a folder" in await refused(data_dir)
    assert data_dir.read_text() == "a letter"


async def test_a_database_that_is_a_folder_is_left_alone(data_dir: Path) -> None:
    (data_dir / DATABASE).mkdir(parents=True)
    assert "is a folder, and should be the database" in await refused(data_dir)


async def test_a_file_that_is_no_database_is_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / DATABASE).write_bytes(b"Dear diary, " * 500)
    assert "is not an SQLite database. Nothing was overwritten" in await refused(data_dir)


async def test_a_database_of_another_program_is_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("PRAGMA journal_mode=WAL")
    with pytest.raises(CannotStart, match="belongs to another program"):
        await Store.open(data_dir)
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("alembic_version",)]


@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
async def test_a_damaged_database_is_left_alone(data_dir: Path, where: float) -> None:
    await filled(data_dir)
    path = data_dir / DATABASE
    data = bytearray(path.read_bytes())
    start = int(len(data) * where) // 4096 * 4096
    data[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    assert "damaged" in await refused(data_dir)


async def test_a_database_that_was_cut_off_is_left_alone(data_dir: Path) -> None:
    await filled(data_dir)
    path = data_dir / DATABASE
    os.truncate(path, path.stat().st_size // 2)
    assert "damaged" in await refused(data_dir)


async def test_a_newer_database_is_left_alone(data_dir: Path) -> None:
    await filled(data_dir)
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    message = await refused(data_dir)
    assert "made by a newer timekpr-mngr" in message
    assert "9999" in message


async def test_a_lost_key_file_is_asked_for_and_not_made_anew(data_dir: Path) -> None:
    await filled(data_dir)
    (data_dir / KEY).unlink()
    assert "secret.key is missing" in await refused(data_dir)
    assert not (data_dir / KEY).exists()


@pytest.mark.parametrize("key", [b"", b"\xff\xfe", b"short\n"], ids=["empty", "no text", "short"])
async def test_a_broken_key_file_is_left_alone(data_dir: Path, key: bytes) -> None:
    await filled(data_dir)
    (data_dir / KEY).write_bytes(key)
    assert "secret.key is broken" in await refused(data_dir)


async def test_another_databases_key_file_is_left_alone(data_dir: Path, tmp_path: Path) -> None:
    await filled(data_dir)
    await filled(tmp_path / "other")
    shutil.copy(tmp_path / "other" / KEY, data_dir / KEY)
    assert "is not the key that this database was encrypted with" in await refused(data_dir)


async def test_a_start_that_was_killed_before_anything_was_in_it_goes_on(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / DATABASE).touch()
    await filled(data_dir)


@pytest.mark.parametrize("url", ["mysql://somewhere/db", "no address", "sqlite://"])
async def test_an_address_of_no_database_that_we_know_is_refused(data_dir: Path, url: str) -> None:
    with pytest.raises(CannotStart, match=r"The database"):
        await Store.open(data_dir, url)


async def test_a_password_in_the_address_is_not_shown(data_dir: Path) -> None:
    with pytest.raises(CannotStart) as raised:
        await Store.open(data_dir, "postgresql://anna:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(raised.value)


async def test_sqlite_may_lie_elsewhere(data_dir: Path, tmp_path: Path) -> None:
    store = await Store.open(data_dir, f"sqlite:///{tmp_path}/elsewhere.db")
    await store.close()
    assert mode(tmp_path / "elsewhere.db") == 0o600
    assert (data_dir / KEY).exists()


@pytest.mark.rig
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write here")
async def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    said = output(python(OPEN_AND_TELL, tmp_path / "data", str(UNPRIVILEGED)))
    assert "Permission denied" in said
    await filled(tmp_path / "data")
    said = output(python(OPEN_AND_TELL, tmp_path / "data", str(UNPRIVILEGED)))
    assert "cannot be used: Permission denied" in said


@pytest.mark.rig
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a read-only disk")
async def test_a_read_only_disk_is_said_so(data_dir: Path) -> None:
    await filled(data_dir)
    before = contents(data_dir)
    mount = f"mount --bind '{data_dir}' '{data_dir}' && mount -o remount,bind,ro '{data_dir}' && exec \"$@\""
    said = output(python(OPEN_AND_TELL, data_dir, before=("unshare", "-m", "sh", "-c", mount, "sh")))
    assert "Read-only file system" in said
    assert contents(data_dir) == before


async def test_many_processes_may_start_at_once(data_dir: Path) -> None:
    starting = [python(OPEN_AND_TELL, data_dir) for _ in range(4)]
    assert [output(process) for process in starting] == ["0 servers\n"] * 4
    await filled(data_dir)


def test_a_program_that_forgets_to_close_ends_all_the_same(data_dir: Path) -> None:
    program = OPEN_AND_TELL.replace("await store.close()", "pass")
    assert output(python(program, data_dir), seconds=20) == "0 servers\n"


def test_the_rest_of_the_program_logs_as_before(data_dir: Path) -> None:
    program = (
        "import logging; logging.basicConfig(level=logging.WARNING); root = logging.getLogger()\n"
        "ours = logging.getLogger('timekpr_mngr.sync'); before = (root.level, list(root.handlers), ours.disabled)\n"
        + OPEN_AND_TELL
        + "\nassert (root.level, list(root.handlers), ours.disabled) == before\n"
    )
    process = python(program, data_dir)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "0 servers\n", "")


def test_a_start_without_migrations_does_not_import_alembic(data_dir: Path) -> None:
    output(python(OPEN_AND_TELL, data_dir))
    program = "import sys\n" + OPEN_AND_TELL + "\nassert 'alembic' not in sys.modules\n"
    assert output(python(program, data_dir)) == "0 servers\n"
