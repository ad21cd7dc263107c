"""What was read from a server is there again after a start."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.store.samples import NOW, server
from timekpr_mngr.domain.hours import Span
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import Activity, Day, Lockout, PlayTime, UserConfig, WeekLayout
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.store import Store

EMMA = UserSnapshot(
    name="emma",
    full_name="Emma Ünger",
    config=UserConfig(
        days=(Day(7200, (Span(420, 720), Span(780, 1230, True))), Day(0, ()), *(Day(),) * 5),
        lockout=Lockout("a word from the future", 6, 22),
        playtime=PlayTime(
            enabled=True, limits=(1, 2, 3, 4, 5, 6, 7), activities=(Activity("minetest", "½ [x]"),)
        ),
    ),
    week=WeekLayout((1, 3), (10, 20, 30)),
    control=Control(-900, 1, 2, 3, datetime(2025, 3, 29, 19, 30, 15)),  # noqa: DTZ001 -- the server's local time
    live=Live(NOW, left_day_seconds=0, playtime_left_seconds=None),
    sessions=(Session("c2", "emma", "x11", locked=True),),
    config_text="[emma]\r\nA = \t1\n\x00",
    previous_text="",
)
FULL = Snapshot(
    read_at=NOW,
    server_time=datetime(2025, 3, 30, 3, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    time_zone="Europe/Berlin",
    config=ServerConfig(excluded_users=("gdm",)),
    config_text="# timekpr\n",
    users={"emma": EMMA, "tom": UserSnapshot("tom", problem="cannot be read")},
    timekpr_version="0.5.4-1",
)
EMPTY = Snapshot(read_at=NOW, server_time=None, time_zone=None, config=None)


def tamper(data_dir: Path, statement: str) -> None:
    """Does to the database what another version might have done."""
    with closing(sqlite3.connect(data_dir / "timekpr-mngr.db", isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("snapshot", [FULL, EMPTY], ids=["full", "empty"])
async def test_a_snapshot_comes_back_exactly(store: Store, data_dir: Path, snapshot: Snapshot) -> None:
    await store.snapshots.save("kids-pc", snapshot)
    reopened = await Store.open(data_dir)
    loaded = await reopened.snapshots.load("kids-pc")
    await reopened.close()
    assert loaded == snapshot


async def test_types_survive_and_not_only_values(store: Store) -> None:
    await store.snapshots.save("kids-pc", FULL)
    loaded = await store.snapshots.load("kids-pc")
    assert loaded is not None
    emma = loaded.users["emma"]
    assert emma.config is not None
    assert emma.control is not None
    assert loaded.read_at.utcoffset() == timedelta()
    assert loaded.server_time is not None
    assert loaded.server_time.utcoffset() is not None
    assert emma.control.last_checked.tzinfo is None
    assert isinstance(emma.config.days, tuple)
    assert isinstance(emma.config.days[0].hours[0], Span)
    assert isinstance(emma.sessions, tuple)


async def test_text_that_was_no_utf_8_comes_back_exactly(store: Store) -> None:
    text = b"DESCRIPTION = caf\xe9".decode(errors="surrogateescape")
    snapshot = replace(FULL, users={"emma": replace(EMMA, config_text=text, full_name=text)})
    await store.snapshots.save("kids-pc", snapshot)
    assert await store.snapshots.load("kids-pc") == snapshot


async def test_the_last_snapshot_is_kept_of_each_server(store: Store) -> None:
    await store.servers.add(server("attic"), "key")
    await store.servers.add(server("never-read"), "key")
    await store.snapshots.save("kids-pc", EMPTY)
    await store.snapshots.save("attic", EMPTY)
    await store.snapshots.save("kids-pc", FULL)
    assert await store.snapshots.all() == {"kids-pc": FULL, "attic": EMPTY}
    assert await store.snapshots.load("never-read") is None


async def test_a_removed_servers_snapshot_is_gone(store: Store) -> None:
    await store.snapshots.save("kids-pc", FULL)
    await store.servers.remove("kids-pc")
    assert (await store.snapshots.load("kids-pc"), await store.snapshots.all()) == (None, {})
    with pytest.raises(UnknownServer):
        await store.snapshots.save("kids-pc", FULL)


async def test_a_snapshot_that_cannot_be_read_counts_as_never_read(
    store: Store, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for body in ("not json", '{"users": []}', '{"read_at": "soon", "server_time": null}'):
        await store.snapshots.save("kids-pc", FULL)
        tamper(data_dir, f"UPDATE snapshots SET body = '{body}'")
        assert (await store.snapshots.load("kids-pc"), await store.snapshots.all()) == (None, {})
    assert "kids-pc" in caplog.text
    await store.snapshots.save("kids-pc", FULL)
    assert await store.snapshots.load("kids-pc") == FULL


async def test_an_older_form_without_newer_parts_is_read_with_their_defaults(
    store: Store, data_dir: Path
) -> None:
    await store.snapshots.save("kids-pc", FULL)
    tamper(
        data_dir, "UPDATE snapshots SET body = json_remove(body, '$.timekpr_version', '$.users.emma.live')"
    )
    tamper(data_dir, "UPDATE snapshots SET body = json_set(body, '$.since_taken_out', 1)")
    loaded = await store.snapshots.load("kids-pc")
    expected = replace(EMMA, live=None)
    assert loaded == replace(FULL, timekpr_version=None, users={**FULL.users, "emma": expected})


async def test_a_midnight_in_utc_and_a_second_without_fraction_come_back(store: Store) -> None:
    snapshot = replace(EMPTY, read_at=datetime(2025, 1, 1, tzinfo=UTC))
    await store.snapshots.save("kids-pc", snapshot)
    assert await store.snapshots.load("kids-pc") == snapshot
