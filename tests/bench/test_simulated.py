"""The simulated computers of the benchmark, held against the link: what it measures must be what a computer does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import asyncssh
import pytest

from bench.simulated.computers import FEATURES, HANDSHAKES, Computer, Order
from tests.ports import free_port
from timekpr_mngr.domain.server import Server
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import LinkEvent, Ticked
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.timekpr import interface as timekpr

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
TICK_SECONDS = 3
PATIENCE_SECONDS = 30.0


class Reached:
    """A simulated computer in this process, and what is needed to connect to it."""

    def __init__(self) -> None:
        host_key, host_line = ssh_keys.make_key("bench")
        self.private_key, key = ssh_keys.make_key("bench")
        self.machine = Machine("pc0001", ("alice", "bob"), time_zone="Europe/Berlin", now=lambda: NOW)
        order = Order(["pc0001"], ["127.0.0.1"], [], free_port(), host_key, key)
        self._options = asyncssh.SSHServerConnectionOptions(
            server_host_keys=[asyncssh.import_private_key(host_key)], **FEATURES
        )
        self.computer = Computer(self.machine, "127.0.0.1", order)
        self.server = Server(
            name="pc0001",
            host="127.0.0.1",
            port=order.port,
            ssh_user="timekpr-mngr",
            public_key=key,
            host_key=host_line,
            fingerprint=ssh_keys.fingerprint(host_line),
            expected_fingerprint=None,
            created_at=NOW,
        )

    async def switch_on(self) -> None:
        await self.computer.switch_on(self._options)


@pytest.fixture
async def reached() -> AsyncIterator[Reached]:
    one = Reached()
    await one.switch_on()
    yield one
    one.computer.switch_off()


async def test_the_link_reads_of_it_what_the_simulator_says_of_itself(reached: Reached) -> None:
    reached.machine.login("alice")
    reached.machine.advance(2 * TICK_SECONDS)
    session = await SshConnector().open(reached.server, reached.private_key)
    over_ssh = await session.read()
    await session.close()

    simulated = SimulatedConnector([reached.machine])
    there = replace(reached.server, host="pc0001", host_key=simulated.line("pc0001").host_key)
    in_memory = await (await simulated.open(there, reached.private_key)).read()

    assert over_ssh.users["alice"].counted
    assert _timeless(over_ssh) == _timeless(in_memory)


async def test_its_ticks_are_heard_and_its_setters_work(reached: Reached) -> None:
    reached.machine.login("alice")
    session = await SshConnector().open(reached.server, reached.private_key)
    heard: asyncio.Queue[LinkEvent] = asyncio.Queue()
    session.listen(heard.put_nowait)
    reached.machine.advance(2 * TICK_SECONDS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not isinstance(event := await heard.get(), Ticked):
            pass
    assert event.user == "alice"

    reply = await session.call(timekpr.set_time_limit_for_week("bob", 36_000))
    assert reply.ok
    bob = (await session.read()).users["bob"]
    assert bob.config is not None
    assert bob.config.week_limit_seconds == 36_000
    await session.close()


async def test_a_computer_that_is_off_is_gone_and_comes_back(reached: Reached) -> None:
    session = await SshConnector().open(reached.server, reached.private_key)
    reached.computer.switch_off()
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(ServerFailure):
            await session.read()
    with pytest.raises(ServerFailure):
        await SshConnector().open(reached.server, reached.private_key)

    await reached.switch_on()
    again = await SshConnector().open(reached.server, reached.private_key)
    assert set((await again.read()).users) == {"alice", "bob"}
    await again.close()


async def test_handshakes_under_way_are_counted(reached: Reached) -> None:
    HANDSHAKES.most = 0
    connector = SshConnector()
    sessions = await asyncio.gather(*(connector.open(reached.server, reached.private_key) for _ in range(3)))
    assert 1 <= HANDSHAKES.most <= 3
    for session in sessions:
        await session.close()


def _timeless(snapshot: Snapshot) -> Snapshot:
    """Without what tells when it was read, and without uids, which nobody has in memory."""
    users = {name: _timeless_user(user) for name, user in snapshot.users.items()}
    return replace(snapshot, read_at=NOW, server_time=NOW, users=users)


def _timeless_user(user: UserSnapshot) -> UserSnapshot:
    sessions = tuple(replace(session, uid=None) for session in user.sessions)
    return replace(user, sessions=sessions, live=user.live and replace(user.live, as_of=NOW))
