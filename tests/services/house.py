"""The house below the screens, whole: a real database, the engine, the services, and a computer in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.first_start import started_once
from timekpr_mngr import services
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services import Services
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.line import Line, host_key_of
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events

HOST = "kids-pc.home"
SETTLES_WITHIN_SECONDS = 60.0
WEDNESDAY = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
ADMIN = Actor(Account("anna", Role.ADMIN, WEDNESDAY), Source.PAGE)
VIEWER = Actor(Account("ben", Role.VIEWER, WEDNESDAY), Source.API)


class Clock:
    """Our own clock: the real one, and ahead of it by what passed. What a computer shows does not follow."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stopped_at or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        """From now on time only passes where a test says so: for what a busy machine could take too long over."""
        self._stopped_at = datetime.now(UTC)

    def pass_(self, **units: float) -> None:
        """Lets time pass."""
        self.ahead += timedelta(**units)


@dataclass
class House:
    """What a test needs of it."""

    store: Store
    engine: Engine
    services: Services
    connector: SimulatedConnector
    clock: Clock
    machine: Machine

    @property
    def line(self) -> Line:
        """The way to the computer."""
        return self.connector.line(HOST)

    async def add_server(self, name: str = "kids-pc", host: str = HOST, *, read: bool = True) -> None:
        """Adds a computer whose key is trusted, and waits until it was read."""
        await self.services.fleet.add(
            ADMIN, name=name, host=host, ssh_user="timekpr-mngr", host_key=host_key_of(host)
        )
        if read:
            await self.read(name)

    async def read(self, name: str = "kids-pc") -> None:
        """Reads a computer afresh."""
        async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
            while not await self.engine.sync(name, 0.5):
                pass
        await until(lambda: self.engine.status(name).state is ServerState.ONLINE)

    async def until_away(self, name: str = "kids-pc") -> None:
        """Waits until it was noticed that a computer is off."""
        await until(lambda: self.engine.status(name).failure is not None)

    async def settled(self, *changes: Change) -> list[Change]:
        """The changes when they have ended."""
        return await self.engine.settled([change.id for change in changes], SETTLES_WITHIN_SECONDS)

    async def audit(self) -> list[str]:
        """Who did what to what, oldest first."""
        entries = reversed(await self.store.audit.list())
        return [f"{entry.account} ({entry.source.value}) {entry.what}: {entry.subject}" for entry in entries]


async def until(condition: Callable[[], bool]) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
        while not condition():  # noqa: ASYNC110 -- no event tells of it
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def house(data_dir: Path, *, server: bool = True, clock: Clock | None = None) -> AsyncIterator[House]:
    """A house with the server `kids-pc`, its users alice and bob, read once."""
    clock = clock or Clock()
    machine = Machine(HOST, {"alice": "Alice Berg", "bob": ""}, time_zone="Europe/Berlin")
    machine.set_clock(WEDNESDAY)
    connector = SimulatedConnector([machine])
    store = await Store.open(started_once(data_dir))
    events = Events()
    engine = Engine(store, connector, events, clock)
    await engine.start()
    try:
        made = House(
            store, engine, services.build(store, engine, events, connector, clock), connector, clock, machine
        )
        if server:
            await made.add_server()
        yield made
    finally:
        await engine.stop()
        await store.close()
