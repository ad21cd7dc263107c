"""The life of a server: its key, its link, its losses."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from timekpr_mngr.domain.server import Server, ServerState
from timekpr_mngr.errors import FailureCode
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.sync import server_actor
from timekpr_mngr.timekpr import interface

from .conftest import World, server_named


async def test_a_server_comes_online_and_is_read(world: World) -> None:
    await world.online()
    assert set(world.snapshot.users) == {"alice", "bob"}
    assert await world.store.snapshots.load("kids-pc") is not None


async def test_an_unknown_key_is_learnt_and_waits_for_a_person(
    tmp_path: Path, machine: Machine, untrusted: Server
) -> None:
    world = World(tmp_path, machine)
    await world.begin(untrusted)
    try:
        await world.until(lambda: world.engine.status("kids-pc").state is ServerState.HOST_KEY_UNKNOWN)
        server = await world.store.servers.get("kids-pc")
        assert server.fingerprint == fingerprint(world.line.host_key)
        assert server.host_key is None
        await world.store.servers.replace("kids-pc", replace(server, expected_fingerprint=server.fingerprint))
        await world.engine.edited("kids-pc")
        await world.online()
        assert (await world.store.servers.get("kids-pc")).host_key is not None
    finally:
        await world.end()


async def test_another_key_than_the_expected_one_is_not_trusted(
    tmp_path: Path, machine: Machine, untrusted: Server
) -> None:
    world = World(tmp_path, machine)
    await world.begin(replace(untrusted, expected_fingerprint="SHA256:something-else"))
    try:
        await world.until(lambda: world.engine.status("kids-pc").failure is not None)
        status = world.engine.status("kids-pc")
        assert status.state is ServerState.HOST_KEY_UNKNOWN
        assert status.failure is not None
        assert status.failure.code is FailureCode.HOST_KEY
    finally:
        await world.end()


async def test_since_stays_while_a_server_stays_off(world: World) -> None:
    await world.online()
    world.line.switch_off()
    await world.offline()
    since = world.engine.status("kids-pc").since
    assert not await world.engine.sync("kids-pc", 0.2)
    assert world.engine.status("kids-pc").since == since


async def test_a_sync_tells_when_the_server_was_read(world: World) -> None:
    await world.online()
    assert await world.engine.sync("kids-pc", 60)


async def test_a_stopped_daemon_is_told_apart_and_its_return_is_noticed(world: World) -> None:
    await world.online()
    world.machine.stop_daemon()
    await world.offline()
    failure = world.engine.status("kids-pc").failure
    assert failure is not None
    assert failure.code is FailureCode.NO_DAEMON
    world.machine.start_daemon()
    await world.online()


async def test_a_stranger_s_edit_is_seen_when_timekpr_tells_of_it(world: World) -> None:
    await world.online()
    world.machine.login("alice")
    world.machine.advance(6)
    await world.until(lambda: world.snapshot.users["alice"].live is not None)
    world.machine.call(interface.set_time_limit_for_week("alice", 40_000))

    def seen() -> bool:
        config = world.snapshot.users["alice"].config
        return config is not None and config.week_limit_seconds == 40_000

    await world.until(seen)


async def test_what_was_last_known_survives_a_restart_with_the_server_off(world: World) -> None:
    await world.online()
    world.line.switch_off()
    await world.end()
    await world.begin()
    await world.offline()
    assert set(world.snapshot.users) == {"alice", "bob"}


async def test_a_server_ends_though_its_connection_swallowed_the_first_word(
    tmp_path: Path, machine: Machine
) -> None:
    """Python 3.11's wait_for returns what is done already, and forgets that it was cancelled."""
    world = World(tmp_path, machine)
    arrived = asyncio.Event()

    class Deaf(SimulatedConnector):
        async def open(self, server: Server, private_key: str) -> SimulatedSession:
            arrived.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return await super().open(server, private_key)

    world.connector = Deaf([machine])
    await world.begin(server_named(machine.name, world.line))
    await arrived.wait()

    async with asyncio.timeout(60):
        await world.end()


async def test_a_lost_link_is_opened_again_at_once_and_who_was_never_reached_is_tried_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    waited = asyncio.Event()

    def counted(failures: int, something_waits: bool, away: int) -> float:
        tries.append(failures)
        waited.set()
        return 60.0

    monkeypatch.setattr(server_actor, "retry_seconds", counted)
    await world.online()
    world.line.switch_off()
    await waited.wait()
    assert tries == [2]  # the first try after it was lost needed no waiting
    await world.end()
    waited.clear()
    await world.begin()
    await waited.wait()
    assert tries == [2, 1]


async def test_while_somebody_waits_for_a_look_a_server_is_tried_again_and_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, tried_in_a_hurry = asyncio.Event(), asyncio.Event()

    def told(_failures: int, something_waits: bool, _away: int) -> float:
        (tried_in_a_hurry if something_waits else tried).set()
        return 0.01 if something_waits else 600.0

    monkeypatch.setattr(server_actor, "retry_seconds", told)
    await world.online()
    world.line.switch_off()
    await tried.wait()
    async with asyncio.timeout(60):
        looked = asyncio.create_task(world.engine.sync("kids-pc", 60))
        await tried_in_a_hurry.wait()
        world.line.switch_on()
        assert await looked
