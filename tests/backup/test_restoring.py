"""Putting a backup back: all of it, what was there kept aside, and nothing given twice."""

import fcntl
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.backup.family import MADE_AT, MUM, PASSPHRASE, backups
from tests.backup.old import DATA, make_backup, rows_of
from tests.store.samples import NOW, PRIVATE_KEY, queued, server, week_limit
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import CannotStart, Forbidden, Invalid, NotNow
from timekpr_mngr.store import Store
from timekpr_mngr.store.alone import SERVICE_LOCK
from timekpr_mngr.store.backup import Placed, Unusable, placing
from timekpr_mngr.store.backup.placing import ASIDE
from timekpr_mngr.store.migrate import revisions
from timekpr_mngr.store.opening import DATABASE_NAME

STORED = sorted(file.stem for file in DATA.glob("[0-9]*.age"))


def put_back(folder: Path, file: Path) -> Placed:
    """Restores without asking."""
    with backups(folder).restoring(MUM, file, PASSPHRASE) as pending:
        return pending.put_back()


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, but those that each database has of its own."""
    found = rows_of(folder / DATABASE_NAME)
    return {name: rows for name, rows in found.items() if name not in ("meta", "audit")}


async def names(folder: Path) -> list[str]:
    """The servers of a data folder that a service could open."""
    store = await Store.open(folder)
    try:
        return [one.name for one in await store.servers.list()]
    finally:
        await store.close()


async def test_everything_is_there_again_in_another_place(home: Path, elsewhere: Path, shelf: Path) -> None:
    file = backups(home).make(MUM, shelf, PASSPHRASE, with_keys=True).file
    put_back(elsewhere, file)
    store = await Store.open(elsewhere)

    assert await store.servers.list() == [server("kids-pc"), server("laptop")]
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY
    assert await store.accounts.password_hash("mum") == "hash of a password"
    assert len(await store.changes.list()) == 2
    assert [entry.what for entry in await store.audit.list()] == ["put back the backup of 2025-11-22 20:15Z"]
    await store.close()


def test_it_shows_what_is_inside_and_touches_nothing(backed_up: Path, elsewhere: Path) -> None:
    found = backups(elsewhere).look(backed_up, PASSPHRASE)

    assert (found.contents.made_at, found.contents.has_keys) == (MADE_AT, False)
    assert (found.servers, found.accounts) == (("kids-pc", "laptop"), ("mum",))
    assert (found.changes, found.waiting) == (2, 2)
    assert not elsewhere.exists()


@pytest.mark.parametrize("revision", STORED)
async def test_a_stored_backup_of_an_old_version_is_put_back(revision: str, elsewhere: Path) -> None:
    put_back(elsewhere, DATA / f"{revision}.age")

    assert await names(elsewhere) == ["name-1", "name-2"]


def test_there_is_a_stored_backup_of_each_version_that_went_out() -> None:
    assert {"0001", "0002", "0003"} <= set(STORED) <= set(revisions())


@pytest.mark.parametrize("revision", revisions())
def test_of_every_version_all_rows_are_put_back_as_if_it_had_been_migrated_in_its_place(
    revision: str, elsewhere: Path, tmp_path: Path
) -> None:
    file = make_backup(revision, tmp_path / "old", tmp_path / "old.age")
    put_back(elsewhere, file)

    migrated, restored = _migrated(tmp_path / "old"), tables(elsewhere)
    for left_out in ("sign_ins", "setup_link", "throttle"):
        assert len(migrated.pop(left_out)) == 2
        assert restored.pop(left_out) == []
    keys = migrated.pop("servers"), restored.pop("servers")
    assert [len(rows) for rows in keys] == [2, 2]
    assert restored == migrated


def test_a_backup_of_a_newer_version_is_refused(backed_up: Path, home: Path, shelf: Path) -> None:
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = backups(home, MADE_AT + timedelta(days=1)).make(MUM, shelf, PASSPHRASE).file
    before = rows_of(home / DATABASE_NAME)

    with pytest.raises(Unusable, match="newer timekpr-mngr"):
        put_back(home, newer)

    assert rows_of(home / DATABASE_NAME) == before


async def test_without_its_key_a_computer_gets_a_new_one_and_it_is_said_which(
    backed_up: Path, elsewhere: Path
) -> None:
    placed = put_back(elsewhere, backed_up)
    store = await Store.open(elsewhere)
    kids_pc = await store.servers.get("kids-pc")

    assert placed.new_keys == ("kids-pc", "laptop")
    assert kids_pc.public_key != server().public_key
    assert kids_pc.public_key.startswith("ssh-ed25519 ")
    assert "PRIVATE KEY" in await store.servers.private_key("kids-pc")
    await store.close()


async def test_a_key_that_is_known_here_stays_in_use(backed_up: Path, home: Path) -> None:
    placed = put_back(home, backed_up)
    store = await Store.open(home)

    assert placed.new_keys == ()
    assert await store.servers.get("kids-pc") == server()
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY
    await store.close()


async def test_time_that_waited_to_be_given_asks_first_and_settings_wait_on(
    backed_up: Path, elsewhere: Path
) -> None:
    put_back(elsewhere, backed_up)
    store = await Store.open(elsewhere)
    setting, given = sorted(await store.changes.list(), key=lambda change: change.id)
    await store.close()

    assert (setting.field, setting.state) == ("week_limit_seconds", ChangeState.QUEUED)
    assert (given.field, given.state, given.asks) == ("grant.time", ChangeState.UNCERTAIN, True)
    assert "not known" in (given.message or "")


async def test_nobody_is_signed_in_afterwards(backed_up: Path, home: Path) -> None:
    put_back(home, backed_up)

    assert rows_of(home / DATABASE_NAME)["sign_ins"] == []


async def test_what_was_there_can_be_had_again_and_that_can_be_undone_too(
    backed_up: Path, home: Path
) -> None:
    store = await Store.open(home)
    await store.servers.add(server("new-pc"), PRIVATE_KEY)
    await store.close()
    before = tables(home)
    placed = put_back(home, backed_up)
    assert placed.aside.parent == home / ASIDE
    assert placed.aside.stat().st_mode & 0o777 == 0o600
    after = tables(home)

    backups(home).undo(MUM)
    assert tables(home) == before
    assert await names(home) == ["kids-pc", "laptop", "new-pc"]

    backups(home).undo(MUM)
    assert tables(home) == after
    assert await names(home) == ["kids-pc", "laptop"]


async def test_undone_after_changes_were_made_meanwhile_nothing_is_given_twice(
    backed_up: Path, home: Path
) -> None:
    put_back(home, backed_up)
    store = await Store.open(home)
    at = (backups(home).can_undo() or NOW) + timedelta(seconds=1)
    await queued(store, week_limit(60), now=at)
    await store.close()

    backups(home).undo(MUM)

    store = await Store.open(home)
    states = {change.field: change.state for change in await store.changes.list()}
    await store.close()
    assert states == {"week_limit_seconds": ChangeState.QUEUED, "grant.time": ChangeState.UNCERTAIN}


def test_only_the_newest_of_what_was_there_is_kept(
    backed_up: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "KEPT", 1)
    put_back(home, backed_up)
    newest = put_back(home, backed_up).aside

    assert list((home / ASIDE).iterdir()) == [newest]


def test_with_nothing_put_back_there_is_nothing_to_undo(home: Path) -> None:
    assert backups(home).can_undo() is None
    with pytest.raises(NotNow, match="Nothing was put back here"):
        backups(home).undo(MUM)


def test_what_is_kept_under_another_key_file_is_not_put_back(
    backed_up: Path, home: Path, elsewhere: Path
) -> None:
    put_back(home, backed_up)
    put_back(elsewhere, backed_up)
    shutil.rmtree(home / ASIDE)
    shutil.copytree(elsewhere / ASIDE, home / ASIDE)
    before = rows_of(home / DATABASE_NAME)

    with pytest.raises(Unusable, match="another key file"):
        backups(home).undo(MUM)

    assert rows_of(home / DATABASE_NAME) == before


@pytest.mark.parametrize("undo", [False, True])
def test_while_a_service_runs_on_the_data_nothing_is_touched(backed_up: Path, home: Path, undo: bool) -> None:
    put_back(home, backed_up)
    before = rows_of(home / DATABASE_NAME)
    with (home / SERVICE_LOCK).open("w") as service:
        fcntl.flock(service, fcntl.LOCK_EX)
        with pytest.raises(
            CannotStart, match=r"timekpr-mngr is running on the data in .*data.*Nothing was changed"
        ):
            backups(home).undo(MUM) if undo else put_back(home, backed_up)

    assert rows_of(home / DATABASE_NAME) == before


def test_until_it_is_answered_nothing_is_touched_and_nothing_is_left_behind(
    backed_up: Path, home: Path
) -> None:
    before = rows_of(home / DATABASE_NAME)
    with backups(home).restoring(MUM, backed_up, PASSPHRASE):
        assert rows_of(home / DATABASE_NAME) == before

    assert rows_of(home / DATABASE_NAME) == before
    assert sorted(path.name for path in home.iterdir() if not path.name.startswith(".")) == [
        "secret.key",
        "timekpr-mngr.db",
    ]


def test_a_database_that_cannot_be_opened_is_left_as_it_is(backed_up: Path, home: Path) -> None:
    (home / DATABASE_NAME).write_bytes(b"Dear diary, " * 500)

    with pytest.raises(CannotStart, match="Nothing was overwritten"):
        put_back(home, backed_up)

    assert (home / DATABASE_NAME).read_bytes() == b"Dear diary, " * 500


async def test_once_it_was_moved_away_the_backup_takes_its_place(backed_up: Path, home: Path) -> None:
    (home / DATABASE_NAME).rename(home / "damaged.db")
    put_back(home, backed_up)

    assert await names(home) == ["kids-pc", "laptop"]


def test_another_passphrase_touches_nothing(backed_up: Path, elsewhere: Path) -> None:
    with pytest.raises(Invalid), backups(elsewhere).restoring(MUM, backed_up, "another passphrase"):
        pass

    assert not (elsewhere / DATABASE_NAME).exists()


def test_who_may_only_look_puts_nothing_back(backed_up: Path, home: Path) -> None:
    viewer = Actor(Account("guest", Role.VIEWER, NOW), Source.PAGE)

    with pytest.raises(Forbidden), backups(home).restoring(viewer, backed_up, PASSPHRASE):
        pass
    with pytest.raises(Forbidden):
        backups(home).undo(viewer)


def _migrated(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    from timekpr_mngr.store.database import sqlite_url
    from timekpr_mngr.store.opening import prepare

    prepare(folder, sqlite_url(str(folder / DATABASE_NAME)))
    return tables(folder)
