"""What was acknowledged is on disk: killed, full, cancelled or written by two at once."""

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.store.samples import PRIVATE_KEY, grant, output, python, queued, server
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.store import Store
from timekpr_mngr.store.database import Database, sqlite_url

QUEUE_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tests.store.samples import grant, queued
from timekpr_mngr.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]))
    while True:
        [change] = await queued(store, grant())
        print(change.id, flush=True)

asyncio.run(main())
"""

STEP_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from tests.store.samples import NOW, grant, queued
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]))
    while True:
        [change] = await queued(store, grant())
        await store.changes.step(change.id, ChangeState.SENDING, expected={ChangeState.QUEUED}, now=NOW)
        await store.changes.write_note(change.id, {"sent": change.id})
        print(change.id, flush=True)

asyncio.run(main())
"""

WRITE_MANY = """
import asyncio, sys
from pathlib import Path
from tests.store.samples import NOW, grant, queued
from timekpr_mngr.domain.account import Role
from timekpr_mngr.store import Store

async def main():
    store, name = await Store.open(Path(sys.argv[1])), sys.argv[2]
    for number in range(50):
        await queued(store, grant(), request_id=f"{name}-{number}")
        await store.accounts.add(f"{name}-{number}", Role.VIEWER, None, NOW)
    await store.close()

asyncio.run(main())
"""

FILL_THE_DISK = """
import asyncio, json, os, sys
from pathlib import Path
from tests.store.samples import PRIVATE_KEY, Draft, queued, server
from timekpr_mngr.store import Store, StoreFailure

folder = Path(sys.argv[1]) / "data"

async def main():
    store = await Store.open(folder)
    await store.servers.add(server(), PRIVATE_KEY)
    ids, said = [], None
    while said is None:
        try:
            [change] = await queued(store, Draft("grant.time", None, {"seconds": 60}, reason="x" * 3000))
            ids.append(change.id)
        except StoreFailure as failure:
            said = str(failure)
    still = [change.id for change in await store.changes.list(limit=10**6)][::-1] == ids
    (folder.parent / "ballast").unlink()
    [again] = await queued(store, Draft("grant.time", None, {"seconds": 60}))
    await store.close()
    store = await Store.open(folder)
    kept = [change.id for change in await store.changes.list(limit=10**6)][::-1] == [*ids, again.id]
    await store.close()
    print(json.dumps({"acknowledged": len(ids), "said": said, "readable_when_full": still, "kept": kept}))

(folder.parent / "ballast").write_bytes(b"x" * 200_000)
asyncio.run(main())
"""

START_ON_A_FULL_DISK = """
import asyncio, os, sys
from pathlib import Path
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.store import Store

async def main():
    folder = Path(sys.argv[1]) / "data"
    try:
        await Store.open(folder)
    except CannotStart as problem:
        print(problem)
    (folder.parent / "ballast").unlink()
    await (await Store.open(folder)).close()
    print("started")

with open(Path(sys.argv[1]) / "ballast", "wb") as ballast:
    ballast.write(b"x" * int(sys.argv[2]))
asyncio.run(main())
"""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN MOUNT A TINY DISK TO FILL IT")


@pytest.mark.parametrize("acknowledged", [1, 3, 20, 57])
async def test_a_change_outlives_a_kill_right_after_it_was_acknowledged(
    store: Store, data_dir: Path, acknowledged: int
) -> None:
    process = python(QUEUE_UNTIL_KILLED, data_dir)
    assert process.stdout is not None
    last = [int(process.stdout.readline()) for _ in range(acknowledged)][-1]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (await store.changes.get(last)).state is ChangeState.QUEUED
    ids = [change.id for change in await store.changes.open("kids-pc")]
    assert ids == list(range(1, len(ids) + 1))


async def test_a_step_and_its_note_outlive_a_kill(store: Store, data_dir: Path) -> None:
    process = python(STEP_UNTIL_KILLED, data_dir)
    assert process.stdout is not None
    last = [int(process.stdout.readline()) for _ in range(9)][-1]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    change = await store.changes.get(last)
    assert (change.state, change.note) == (ChangeState.SENDING, {"sent": last})


async def test_a_write_waits_for_the_disk_and_not_only_for_the_system(store: Store, data_dir: Path) -> None:
    asked = ("journal_mode", "synchronous", "foreign_keys")
    database = Database(sqlite_url(str(data_dir / "timekpr-mngr.db")))
    settings = {name: await database.write(partial(_pragma, name)) for name in asked}
    await database.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_two_processes_write_at_once_and_nothing_is_lost(store: Store, data_dir: Path) -> None:
    writers = [python(WRITE_MANY, data_dir, name) for name in ("cli", "service")]
    for number in range(50):
        await queued(store, grant(), request_id=f"here-{number}")
    for writer in writers:
        output(writer)
    changes = await store.changes.list(limit=1000)
    expected = {f"{name}-{number}" for name in ("cli", "service", "here") for number in range(50)}
    assert len(changes) == 150
    assert {change.request_id for change in changes} == expected
    assert await store.accounts.count() == 100


async def test_reading_goes_on_while_another_process_writes(store: Store, data_dir: Path) -> None:
    writer = python(WRITE_MANY, data_dir, "cli")
    while writer.poll() is None:
        await store.changes.open("kids-pc")
        await asyncio.sleep(0.01)
    output(writer)
    assert len(await store.changes.open("kids-pc")) == 50


async def test_callers_who_go_away_leave_whole_transactions(store: Store) -> None:
    for delay in range(60):
        task = asyncio.create_task(queued(store, grant(1), grant(2), request_id=f"r-{delay}"))
        await asyncio.sleep(delay * 0.0001)
        task.cancel()
    await queued(store, grant(1), grant(2), request_id="r-last")
    for delay in range(60):
        assert len(await store.changes.by_request(f"r-{delay}")) in (0, 2)
    assert len(await store.changes.by_request("r-last")) == 2


async def test_closing_waits_for_what_is_being_written(data_dir: Path) -> None:
    store = await Store.open(data_dir)
    await store.servers.add(server(), PRIVATE_KEY)
    writes = [asyncio.create_task(queued(store, grant())) for _ in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*writes)) == 20
    reopened = await Store.open(data_dir)
    assert await reopened.changes.pending() == {"kids-pc": 20}
    await reopened.close()


async def test_a_write_that_waits_for_another_process_keeps_nobody_else_waiting(
    store: Store, data_dir: Path
) -> None:
    with closing(sqlite3.connect(data_dir / "timekpr-mngr.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(queued(store, grant()))
        for _ in range(10):
            assert await store.changes.open("kids-pc") == []
        assert not writing.done()
        other.execute("COMMIT")
    assert await writing == await store.changes.open("kids-pc")


@pytest.mark.rig
@root_only
def test_a_full_disk_keeps_what_was_acknowledged_and_says_so(tmp_path: Path) -> None:
    told = json.loads(output(python(FILL_THE_DISK, tmp_path, before=_on_a_disk_of("1m", tmp_path))))
    assert told["acknowledged"] > 10
    assert "disk that holds the database is full" in told["said"]
    assert "Nothing of this request was saved" in told["said"]
    assert told["readable_when_full"]
    assert told["kept"]


@pytest.mark.rig
@root_only
@pytest.mark.parametrize("free", [0, 4096, 8192, 65536])
def test_a_start_on_a_full_disk_says_so_and_goes_on_when_there_is_room(tmp_path: Path, free: int) -> None:
    ballast = str(1024 * 1024 - free)
    process = python(START_ON_A_FULL_DISK, tmp_path, ballast, before=_on_a_disk_of("1m", tmp_path))
    problem, started = output(process).splitlines()
    assert "full" in problem or "No space left" in problem
    assert started == "started"


def _on_a_disk_of(size: str, folder: Path) -> tuple[str, ...]:
    """In a mount namespace of its own, so that the disk goes with the program."""
    mount = f"mount -t tmpfs -o size={size} tmpfs '{folder}' && exec \"$@\""
    return ("unshare", "-m", "sh", "-c", mount, "sh")


def _pragma(name: str, connection: Connection) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()
