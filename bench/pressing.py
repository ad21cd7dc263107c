"""From a press to its confirmation, through the services over a real store and a real engine."""

import asyncio
import contextlib
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.computers import Computers
from bench.figure import Figure, Section, quantile
from bench.fleet import ACCOUNT
from timekpr_mngr import services
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.services import Services
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, Event, Events

MEDIAN_MOST_MS, P95_MOST_MS = 25.0, 80.0
PATIENCE_SECONDS = 60.0
GIVEN_SECONDS = 60
WEEK_SECONDS = 36_000

Place = tuple[str, str]
Press = Callable[[Place], Awaitable[Accepted]]


async def measured(computers: Computers, presses: int) -> list[Section]:
    """One press after the other, then one on every server at once; grants and limits apart."""
    async with desk(computers) as at:
        return [
            await _section("Grant", at, at.give, presses),
            await _section("Limit", at, at.set_week, presses),
        ]


class Desk:
    """Somebody who presses, and looks until it is there."""

    def __init__(
        self, ours: Services, store: Store, engine: Engine, events: Events, computers: Computers
    ) -> None:
        self.servers = [server.name for server in computers.servers]
        self.at_play = [(server, computers.users[server][0]) for server in self.servers]
        self.places = [*self.at_play, *((server, computers.users[server][1]) for server in self.servers)]
        self._services = ours
        self._store = store
        self._engine = engine
        self._moved = asyncio.Event()
        self._ended: dict[int, tuple[ChangeState, float]] = {}
        self._signs: Iterator[int] = itertools.cycle((1, -1, -1, 1))
        self._weeks = itertools.count(WEEK_SECONDS, GIVEN_SECONDS)
        self._actor = Actor(Account("bench", Role.ADMIN, datetime.now(UTC)), Source.PAGE)
        events.subscribe(self._heard)

    async def give(self, place: Place) -> Accepted:
        """A minute, or takes one."""
        seconds = next(self._signs) * GIVEN_SECONDS
        return await self._services.grants.give(self._actor, *place, seconds=seconds)

    async def set_week(self, place: Place) -> Accepted:
        """Another limit of the week, each time."""
        return await self._services.limits.change_user(
            self._actor, *place, {"week_limit_seconds": next(self._weeks)}
        )

    async def confirmed(self, press: Press, place: Place) -> float:
        """Milliseconds from the press until it is applied: read back from the computer and on our disk."""
        start = time.perf_counter()
        accepted = await press(place)
        [change] = accepted.changes
        async with asyncio.timeout(PATIENCE_SECONDS):
            while change.id not in self._ended:
                self._moved.clear()
                await self._moved.wait()
        state, at = self._ended.pop(change.id)
        assert state is ChangeState.APPLIED, f"change {change.id} ended as {state}"
        return (at - start) * 1000

    async def at_rest(self) -> None:
        """Returns when all is written that a press leaves behind: writes go through one thread, in order.

        A person's next press does not come within milliseconds.
        """
        await self._store.users.hide(self.servers[0], ACCOUNT, True)

    async def all_online(self) -> None:
        """Returns when every server is."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(self._engine.status(server).state is not ServerState.ONLINE for server in self.servers):
                self._moved.clear()
                await self._moved.wait()

    def _heard(self, event: Event) -> None:
        if isinstance(event, ChangeMoved) and not event.change.state.is_open:
            self._ended[event.change.id] = event.change.state, time.perf_counter()
        self._moved.set()


@contextlib.asynccontextmanager
async def desk(computers: Computers) -> AsyncIterator[Desk]:
    """The whole of it in this process, without the web: a store on disk, an engine, every server added and online."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        store, events, connector = await Store.open(Path(folder)), Events(), SshConnector()
        engine = Engine(store, connector, events)
        try:
            at = Desk(
                services.build(store, engine, events, connector),
                store,
                engine,
                events,
                computers,
            )
            await engine.start()
            for server in computers.servers:
                await store.servers.add(server, computers.private_key)
                await store.users.hide(server.name, ACCOUNT, True)
                await engine.added(server.name)
            await at.all_online()
            yield at
        finally:
            await engine.stop()
            await store.close()


async def _section(name: str, at: Desk, press: Press, presses: int) -> Section:
    for place in at.places:  # the first one of a user may have to put the week in order
        await at.confirmed(press, place)
    took = []
    processor = time.process_time()
    for place in itertools.islice(itertools.cycle(at.places), presses):
        took.append(await at.confirmed(press, place))
        await at.at_rest()
    processor = time.process_time() - processor
    rounds = max(presses // len(at.servers) // 2, 1)
    together = [
        one
        for _ in range(rounds)
        for one in await asyncio.gather(*(at.confirmed(press, place) for place in at.at_play))
    ]
    figures = [
        Figure("median", quantile(took, 0.5), "ms", MEDIAN_MOST_MS),
        Figure("p95", quantile(took, 0.95), "ms", P95_MOST_MS),
        Figure("our own processor time a press", processor / presses * 1000, "ms"),
        Figure(f"on {len(at.servers)} servers in the same instant, median", quantile(together, 0.5), "ms"),
        Figure(f"on {len(at.servers)} servers in the same instant, the slowest", max(together), "ms"),
    ]
    return Section(f"{name}: from the press to confirmed, {presses} presses", figures)
