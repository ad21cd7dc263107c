"""Killed before any step of making or putting back a backup, it starts again with everything: all old or all new."""

import asyncio
import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.backup import life
from tests.backup.family import MUM, PASSPHRASE, backups
from tests.backup.life import Life, live
from tests.backup.old import make_database
from tests.store.samples import PRIVATE_KEY, server
from timekpr_mngr.services.backup import instant_in
from timekpr_mngr.store import Store
from timekpr_mngr.store.backup.placing import ASIDE
from timekpr_mngr.store.opening import DATABASE_NAME

OLD, NEW = ["kids-pc", "laptop", "new-pc"], ["kids-pc", "laptop"]
WRITES = ".part"
"""In the label of the step at which what is there begins to be kept aside; before it, the database is only read."""
PRELOADED = ["tests.backup.life", "alembic.command", "asyncssh", "sqlalchemy.dialects.sqlite"]


def nursery() -> ForkServerContext:
    """Where processes are born with everything imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def lived(one: Life) -> list[str] | None:
    """The labels of its steps; None where it was killed."""
    ours, theirs = multiprocessing.Pipe()
    process = nursery().Process(target=live, args=(one, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        labels: list[str] = ours.recv()
        return labels
    except EOFError:
        return None
    finally:
        process.join()
        ours.close()


async def names(folder: Path) -> list[str]:
    """The servers that a start finds, each with its key."""
    store = await Store.open(folder)
    try:
        found = [one.name for one in await store.servers.list()]
        for name in found:
            assert await store.servers.private_key(name) == PRIVATE_KEY
        return found
    finally:
        await store.close()


@pytest.fixture
async def at_home(home: Path, shelf: Path) -> Path:
    """A data folder that has moved on since its backup was made."""
    backups(home).make(MUM, shelf, PASSPHRASE, with_keys=True)
    store = await Store.open(home)
    await store.servers.add(server("new-pc"), PRIVATE_KEY)
    await store.close()
    return home


def each_step(
    work: Callable[[Path, Path], object], home: Path, shelf: Path, tmp_path: Path, beginning: str = ""
) -> dict[str, tuple[Path, Path]]:
    """The folders as a kill left them, by the step before which it came; the first has `beginning` in its label."""
    labels = lived(Life(work, *_copied(home, shelf, tmp_path / "whole")))
    assert labels is not None
    begins = next(number for number, label in enumerate(labels, 1) if beginning in label)
    left = {}
    for number in (number for number in telling(labels) if number >= begins):
        folders = _copied(home, shelf, tmp_path / f"step-{number}")
        assert lived(Life(work, *folders, number)) is None, labels
        left[f"{number} {labels[number - 1]}"] = folders
    return left


def telling(labels: list[str]) -> list[int]:
    """The numbers of the steps, from 1 on; of several alike the first and the last."""
    numbers = range(1, len(labels) + 1)
    neighbours = zip(numbers, [None, *labels[:-1]], labels, [*labels[1:], None], strict=True)
    return [number for number, before, label, after in neighbours if not before == label == after]


async def test_killed_while_a_backup_is_made_there_is_none_or_a_whole_one(
    home: Path, shelf: Path, tmp_path: Path
) -> None:
    left = each_step(life.make, home, shelf, tmp_path)

    assert len(left) > 5
    for step, (data, there) in left.items():
        for file in filter(lambda path: instant_in(path.name), there.iterdir()):
            assert backups(data).look(file, PASSPHRASE).servers == tuple(NEW), step
    data, there = next(iter(left.values()))
    assert await names(data) == NEW


@pytest.mark.timeout(600)
@pytest.mark.parametrize("work", [life.put_back, life.undo], ids=["put back", "undone"])
async def test_killed_while_one_is_put_back_or_undone_it_starts_with_all_of_the_old_or_all_of_the_new(
    work: Callable[[Path, Path], object], at_home: Path, shelf: Path, tmp_path: Path
) -> None:
    before, after = OLD, NEW
    if work is life.undo:
        life.put_back(at_home, shelf)
        before, after = NEW, OLD

    left = each_step(work, at_home, shelf, tmp_path, WRITES)

    found = {step: await names(data) for step, (data, _) in left.items()}
    turn = list(found.values()).count(before)
    assert list(found.values()) == [before] * turn + [after] * (len(found) - turn)
    assert sum(step.endswith("pages") for step in found) >= 4
    for step in (list(left)[turn // 2], list(left)[turn - 1], list(left)[-1]):
        data, there = left[step]
        life.put_back(data, there)
        assert await names(data) == NEW, step
        assert not list(data.glob("restoring-*")), step
        assert not list((data / ASIDE).glob("*.part*")), step


def test_killed_while_the_key_is_rotated_it_starts_with_every_private_key(
    home: Path, shelf: Path, tmp_path: Path
) -> None:
    [old] = (home / "secret.key").read_text().split()

    left = each_step(life.rotate, home, shelf, tmp_path)

    assert len(left) > 5
    for step, (data, there) in left.items():
        assert asyncio.run(names(data)) == NEW, step
        life.rotate(data, there)
        assert asyncio.run(names(data)) == NEW, step
        [key] = (data / "secret.key").read_text().split()
        assert key != old, step


@pytest.mark.parametrize("revision", ["0001", "0004"])
def test_killed_while_it_is_migrated_it_starts_with_everything(
    tmp_path: Path, shelf: Path, revision: str
) -> None:
    home = tmp_path / "data"
    make_database(revision, home)
    unharmed = Path(shutil.copytree(home, tmp_path / "unharmed"))
    life.migrate(unharmed, shelf)

    left = each_step(life.migrate, home, shelf, tmp_path)

    assert len(left) > 5
    for step, (data, there) in left.items():
        life.migrate(data, there)
        assert everything(data) == everything(unharmed), step


def everything(home: Path) -> dict[str, int]:
    """How many rows there are, by table."""
    with closing(sqlite3.connect(home / DATABASE_NAME)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('meta', 'sqlite_sequence')"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables
        }


def _copied(home: Path, shelf: Path, to: Path) -> tuple[Path, Path]:
    return Path(shutil.copytree(home, to / "data")), Path(shutil.copytree(shelf, to / "shelf"))
