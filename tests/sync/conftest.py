"""An engine over simulated computers: `world` lets a test ask for changes and watch what becomes of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.first_start import started_once
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.server import Server, ServerState
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Event, Events

NOON = "2026-11-18T12:00:00"  # a Wednesday
PATIENCE_SECONDS = 60.0


class World:
    """One simulated computer `kids-pc` with alice and bob, a store, and an engine that may be killed and begun anew."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.machine = machine
        self.connector = SimulatedConnector([machine])
        self.folder = folder
        self.events = Events()
        self.seen: list[Event] = []
        self.events.subscribe(self.seen.append)
        self.store: Store
        self.engine: Engine

    @property
    def line(self) -> Line:
        return self.connector.line(self.machine.name)

    async def begin(self, server: Server | None = None) -> None:
        """Opens the store and starts the engine; the first time the server is added."""
        self.store = await Store.open(self.folder if server is None else started_once(self.folder))
        if server is not None:
            await self.store.servers.add(server, "a private key")
        self.engine = Engine(self.store, self.connector, self.events)
        await self.engine.start()

    async def end(self) -> None:
        """Stops the engine wherever it is, as a kill would as far as the store can tell."""
        await self.engine.stop()
        await self.store.close()

    async def ask(self, *drafts: Draft, user: str | None = "alice") -> list[Change]:
        """Queues drafts as a service would, and wakes the engine."""
        changes = await self.queue(*drafts, user=user)
        self.engine.wake(self.machine.name)
        return changes

    async def queue(self, *drafts: Draft, user: str | None = "alice") -> list[Change]:
        return await self.store.changes.add(
            self.machine.name,
            user,
            drafts,
            request_id="r",
            account="mum",
            source=Source.PAGE,
            now=datetime.now(UTC),
        )

    async def settled(self, changes: list[Change]) -> list[Change]:
        return await self.engine.settled([change.id for change in changes], PATIENCE_SECONDS)

    async def done(self, *drafts: Draft, user: str | None = "alice") -> list[Change]:
        """Asks, waits until all have ended, and gives them as they stand."""
        return await self.settled(await self.ask(*drafts, user=user))

    async def until(self, test: Callable[[], object]) -> None:
        """Waits for an event after which `test` holds."""
        moved = asyncio.Event()
        unsubscribe = self.events.subscribe(lambda _: moved.set())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not test():
                    await moved.wait()
                    moved.clear()
        finally:
            unsubscribe()

    async def online(self) -> None:
        await self.until(lambda: self.engine.status(self.machine.name).state is ServerState.ONLINE)

    async def offline(self) -> None:
        await self.until(lambda: self.engine.status(self.machine.name).state is ServerState.OFFLINE)

    @property
    def snapshot(self) -> Snapshot:
        snapshot = self.engine.snapshot(self.machine.name)
        assert snapshot is not None
        return snapshot

    def balance(self, user: str = "alice") -> int:
        """The time balance in the computer's own file."""
        return self.value("TIME_SPENT_BALANCE", user)

    def value(self, key: str, user: str = "alice") -> int:
        text = self.machine.control(user)
        return int(next(line.split("=")[1] for line in text.splitlines() if line.startswith(f"{key} =")))

    def today(self) -> date:
        return self.machine.now().date()

    def grant(self, seconds: int, kind: str = "time", day: date | None = None) -> Draft:
        return Draft(f"grant.{kind}", None, {"seconds": seconds}, day=day or self.today())

    def taking_back(self, seconds: int, kind: str = "time") -> Draft:
        return Draft(f"grant.{kind}", None, {"seconds": -seconds, "unused_only": True}, day=self.today())

    def set_left(self, seconds: int) -> Draft:
        return Draft("grant.time", None, {"left_seconds": seconds}, day=self.today())


def setting(field: str, before: Json, after: Json) -> Draft:
    return Draft(field, before, after)


def states(changes: list[Change]) -> list[ChangeState]:
    return [change.state for change in changes]


def server_named(name: str, line: Line) -> Server:
    return Server(
        name=name,
        host=name,
        port=22,
        ssh_user="timekpr-mngr",
        public_key="ssh-ed25519 AAAA",
        host_key=line.host_key,
        fingerprint=None,
        expected_fingerprint=None,
        created_at=datetime.now(UTC),
    )


@pytest.fixture
def machine() -> Machine:
    """Its clock only goes on where a test says so: what is counted does not hang on how busy this computer is."""
    started = datetime.now(UTC)
    machine = Machine("kids-pc", ("alice", "bob"), time_zone="Europe/Berlin", now=lambda: started)
    machine.set_clock(NOON)
    return machine


@pytest.fixture
async def world(tmp_path: Path, machine: Machine) -> AsyncIterator[World]:
    world = World(tmp_path, machine)
    await world.begin(server_named(machine.name, world.line))
    yield world
    await world.end()


@pytest.fixture
def untrusted(machine: Machine) -> Server:
    return replace(
        server_named(machine.name, SimulatedConnector([machine]).line(machine.name)), host_key=None
    )
