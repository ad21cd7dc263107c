"""All servers at once: each has its actor, and none waits for another."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from timekpr_mngr.domain.cadence import read_every_seconds
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.server import ServerStatus
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.link.session import Connector
from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync.events import ChangeMoved, Event, Events, FleetChanged
from timekpr_mngr.sync.health_book import HealthBook, Look
from timekpr_mngr.sync.server_actor import Known, Login, ServerActor, Surroundings
from timekpr_mngr.sync.usage import UsageBook
from timekpr_mngr.texts import _

log = logging.getLogger(__name__)

FORGET_EVERY_SECONDS = 3600.0
LOOK_FOR_WORK_EVERY_SECONDS = 60.0
CONNECTING_AT_ONCE = 500  # sockets; how many of them shake hands at a time is the link's to bound


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """Starts an actor for every server in the store, and tells what they know. `now` gives aware UTC."""

    def __init__(
        self,
        store: Store,
        connector: Connector,
        events: Events,
        now: Callable[[], datetime] = _utc_now,
        meters: Meters = SILENT,
    ) -> None:
        self.events = events
        self._store = store
        connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._around = Surroundings(
            store, connector, events, connecting, now, self.read_every_seconds, meters
        )
        self._actors: dict[str, ServerActor] = {}
        self._usage = UsageBook(store, self._last_known)
        self._health = HealthBook(store, events, now, self._look, self._read_again, _our_offset())
        self._in_background: list[asyncio.Task[None]] = []
        self._unsubscribe: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Begins with what was last known of every server."""
        store = self._store
        snapshots, known, keys = (
            await store.snapshots.all(),
            await store.sightings.all_known(),
            await store.servers.keys(),
        )
        await self._usage.begin(snapshots)
        await self._health.begin()
        self._unsubscribe = [self.events.subscribe(book.heard) for book in (self._usage, self._health)]
        servers, with_work = await store.servers.list(), await store.changes.servers_with_work()
        for server in servers:
            name = server.name
            login = Login(server, keys[name]) if name in keys else None
            self._begin(name, Known(snapshots.get(name), known.get(name), login, name in with_work))
        self.events.publish(FleetChanged())
        self._in_background = [
            asyncio.create_task(self._forget(), name="forgetting"),
            asyncio.create_task(self._wake_where_there_is_work(), name="looking for work"),
            asyncio.create_task(self._usage.keep_every_minute(), name="keeping what is used"),
            asyncio.create_task(self._health.run(), name="looking at the health"),
        ]

    def read_every_seconds(self) -> float:
        """How often each server is looked at, as many as there are."""
        return read_every_seconds(len(self._actors))

    async def stop(self) -> None:
        """Ends every link. Nothing is lost: what was under way is noted in the store."""
        for task in self._in_background:
            task.cancel()
        await asyncio.gather(*(actor.stop() for actor in self._actors.values()))
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        await self._usage.keep()
        self._actors.clear()

    def status(self, server: str) -> ServerStatus:
        """Where a server stands. Raises UnknownServer."""
        return self._actor(server).status

    def statuses(self) -> Iterator[tuple[str, ServerStatus]]:
        """Where every server stands, by its name."""
        return ((server, actor.status) for server, actor in self._actors.items())

    def snapshot(self, server: str) -> Snapshot | None:
        """What was last read or heard; None when it was never read. Raises UnknownServer."""
        return self._actor(server).snapshot

    def snapshots(self) -> Iterator[tuple[str, Snapshot]]:
        """The same of every server that was ever read."""
        return (
            (server, actor.snapshot) for server, actor in self._actors.items() if actor.snapshot is not None
        )

    async def added(self, server: str) -> None:
        """A server was put into the store."""
        self._begin(server, Known())
        self.events.publish(FleetChanged())

    async def edited(self, server: str, new_name: str | None = None) -> None:
        """A server's address, key, trust or name was changed in the store: connect anew."""
        actor = self._actors.pop(server, None)
        if actor is not None:
            await actor.stop()
        if new_name is not None:
            self._usage.renamed(server, new_name)
            self._health.renamed(server, new_name)
        self._begin(new_name or server, Known(actor.snapshot if actor else None))
        self.events.publish(FleetChanged())

    async def removed(self, server: str) -> None:
        """A server was removed from the store."""
        actor = self._actors.pop(server, None)
        if actor is not None:
            await actor.stop()
        self._usage.forgot(server)
        self._health.forgot(server)
        self.events.publish(FleetChanged())

    async def pausing(self, server: str) -> None:
        """Ends a server's link before its row is renamed or removed, so that nothing is under way meanwhile."""
        actor = self._actors.get(server)
        if actor is not None:
            await actor.stop()
        await self._usage.keep()

    def wake(self, server: str, hurry: bool = False) -> None:
        """Changes were queued for this server. With `hurry` it comes before those that were woken without it."""
        if (actor := self._actors.get(server)) is not None:
            actor.wake(hurry)

    def pressed(self) -> None:
        """Somebody queued something just now; a script's presses may come one upon the other (`Turns`)."""
        self._around.turns.pressed()

    def has_work(self, server: str) -> bool:
        """Whether a change may be open for a server, or hold for a day only. Raises UnknownServer."""
        return self._actor(server).has_work

    async def sync(self, server: str, wait_seconds: float = 0) -> bool:
        """Connects and reads now. True when that was done within the wait. Raises UnknownServer."""
        return await self._actor(server).sync(wait_seconds)

    async def health(self, server: str) -> list[Check] | None:
        """What is right and what is not, from the server itself; None while there is no link. Raises UnknownServer."""
        return await self._actor(server).health()

    def waits_for(self, change: Change) -> str | None:
        """Why an open change still waits, in words."""
        if not change.state.is_open or (actor := self._actors.get(change.server)) is None:
            return None
        return actor.waits_for(change)

    async def keep_usage(self) -> None:
        """Puts what was used up to now into the store, which else is done once a minute."""
        await self._usage.keep()

    async def settled(self, ids: Iterable[int], timeout_seconds: float) -> list[Change]:
        """The changes as they stand when all have ended, or when the time is up."""
        wanted = list(ids)
        moved = asyncio.Event()

        def listener(event: Event) -> None:
            if isinstance(event, ChangeMoved) and event.change.id in wanted:
                moved.set()

        unsubscribe = self.events.subscribe(listener)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    while any(change.state.is_open for change in await self._get(wanted)):
                        await moved.wait()
                        moved.clear()
            return await self._get(wanted)
        finally:
            unsubscribe()

    async def _wake_where_there_is_work(self) -> None:
        """Everybody who queues something says so (`wake`); this finds what was queued by whoever did not."""
        while True:
            await asyncio.sleep(LOOK_FOR_WORK_EVERY_SECONDS)
            with contextlib.suppress(StoreFailure):
                for server in await self._store.changes.servers_with_work():
                    self.wake(server)

    async def _forget(self) -> None:
        """Once an hour what was sent, used or seen too long ago goes."""
        while True:
            try:
                await self._store.sent_log.prune(self._around.now())
                await self._store.usage.prune(self._around.now())
                await self._store.history.prune()
                await self._store.drift.prune()
            except StoreFailure as problem:
                log.warning("what is too old could not be forgotten. %s", problem)
            await asyncio.sleep(FORGET_EVERY_SECONDS)

    async def _get(self, ids: Iterable[int]) -> list[Change]:
        return [await self._store.changes.get(id_) for id_ in ids]

    def _begin(self, server: str, known: Known) -> None:
        if server in self._actors:  # one writer for each server, never two
            return
        actor = self._actors[server] = ServerActor(server, self._around, known)
        actor.start()

    def _last_known(self, server: str) -> Snapshot | None:
        actor = self._actors.get(server)
        return actor.snapshot if actor is not None else None

    def _look(self, server: str) -> Look | None:
        """What the health of a server is told by, while its link is up."""
        actor = self._actors.get(server)
        if actor is None or actor.snapshot is None or actor.facts is None:
            return None
        return Look(actor.snapshot, actor.facts)

    def _read_again(self, server: str) -> None:
        if (actor := self._actors.get(server)) is not None:
            actor.read_again()

    def _actor(self, server: str) -> ServerActor:
        try:
            return self._actors[server]
        except KeyError:
            raise UnknownServer(_("There is no server {server}.").format(server=server)) from None


def _our_offset() -> timedelta | None:
    """How far the clock of this computer is ahead of UTC; None where it shows that, as computers without people do."""
    return datetime.now().astimezone().utcoffset() or None
