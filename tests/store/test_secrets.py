"""Private keys: never in clear on the disk, readable again with the key file alone, under one key after another."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.samples import PRIVATE_KEY, server
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import Store, StoreFailure

KEY = "secret.key"


async def test_a_private_key_is_nowhere_on_the_disk_in_clear(store: Store, data_dir: Path) -> None:
    await store.servers.add(server("attic"), PRIVATE_KEY)
    await store.servers.replace("attic", server("attic"), PRIVATE_KEY * 2)
    await store.rotate_secrets()
    files = {path.name: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}
    assert b"SHA256:abc" in b"".join(files.values())  # what is no secret is found, so the search works
    for data in files.values():
        assert b"OPENSSH" not in data
        assert PRIVATE_KEY.splitlines()[1].encode() not in data


async def test_a_removed_servers_private_key_is_removed(store: Store, data_dir: Path) -> None:
    await store.servers.remove("kids-pc")
    with closing(sqlite3.connect(data_dir / "timekpr-mngr.db")) as connection:
        assert connection.execute("SELECT private_key FROM servers").fetchall() == [(None,)]


async def test_after_a_new_key_old_and_new_secrets_are_read(store: Store, data_dir: Path) -> None:
    [first] = (data_dir / KEY).read_text().split()
    await store.rotate_secrets()
    newest, *older = (data_dir / KEY).read_text().split()
    assert (newest != first, older) == (True, [first])
    await store.servers.add(server("attic"), "another")
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY
    assert (data_dir / KEY).stat().st_mode & 0o777 == 0o600

    (data_dir / KEY).write_text(newest + "\n")  # everything is under the newest key now
    reopened = await Store.open(data_dir)
    assert await reopened.servers.private_key("kids-pc") == PRIVATE_KEY
    assert await reopened.servers.private_key("attic") == "another"
    await reopened.close()


async def test_a_copy_from_before_the_new_key_is_still_read(
    store: Store, data_dir: Path, tmp_path: Path
) -> None:
    await store.close()
    shutil.copytree(data_dir, tmp_path / "copy")
    again = await Store.open(data_dir)
    await again.rotate_secrets()
    await again.close()
    shutil.copy(data_dir / KEY, tmp_path / "copy" / KEY)
    copy = await Store.open(tmp_path / "copy")
    assert await copy.servers.private_key("kids-pc") == PRIVATE_KEY
    await copy.close()


async def test_a_process_that_runs_meanwhile_reads_what_is_under_the_new_key(
    store: Store, data_dir: Path
) -> None:
    other = await Store.open(data_dir)
    await other.rotate_secrets()
    await other.close()
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY


async def test_a_secret_that_no_key_fits_is_an_error_in_words(store: Store, data_dir: Path) -> None:
    with closing(sqlite3.connect(data_dir / "timekpr-mngr.db", isolation_level=None)) as connection:
        connection.execute("UPDATE servers SET private_key = 'gAAAAAB' || private_key")
    with pytest.raises(StoreFailure, match=r"cannot be decrypted with .*secret\.key"):
        await store.servers.private_key("kids-pc")


async def test_a_key_file_is_never_written_over(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / KEY).write_text("something of somebody's\n")
    with pytest.raises(CannotStart, match="broken"):
        await Store.open(data_dir)
    assert (data_dir / KEY).read_text() == "something of somebody's\n"
