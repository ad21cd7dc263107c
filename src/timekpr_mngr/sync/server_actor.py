"""The life of one server: find its key, connect, read, deliver, listen; and again when the link is lost.

Only this actor talks to the server, and only it moves the server's changes through their states.
"""

import asyncio
import contextlib
import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from timekpr_mngr.domain.bus_facts import BusFacts
from timekpr_mngr.domain.cadence import (
    FIRST_SAVE_RETRY_SECONDS,
    READ_EVERY_SECONDS,
    RETRY_FIRST_SECONDS,
    retry_seconds,
)
from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.server import Failure, Server, ServerState, ServerStatus
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import FailureCode, ServerFailure, UnknownServer
from timekpr_mngr.link.health import failed
from timekpr_mngr.link.reach import reach
from timekpr_mngr.link.session import (
    Connector,
    ServerSession,
)
from timekpr_mngr.link.ssh_keys import fingerprint
from timekpr_mngr.meters import SILENT, Meters
from timekpr_mngr.store import Store, StoreFailure, Work, sightings
from timekpr_mngr.sync.delivery import Delivery
from timekpr_mngr.sync.drift import Watch
from timekpr_mngr.sync.events import (
    ChangeMoved,
    DriftSeen,
    Events,
    ServerMoved,
    ServerRead,
)
from timekpr_mngr.sync.grant_delivery import expiry
from timekpr_mngr.sync.observer import Observer
from timekpr_mngr.sync.outages import Outages
from timekpr_mngr.sync.record import Record
from timekpr_mngr.sync.server_clock import there
from timekpr_mngr.sync.steps import Ports
from timekpr_mngr.sync.taking_back import due, take_back, too_late
from timekpr_mngr.sync.turns import Turns
from timekpr_mngr.texts import _

log = logging.getLogger(__name__)

SHUT_OUT = {FailureCode.AUTH, FailureCode.HOST_KEY}
CANCEL_AGAIN_SECONDS = 0.5  # Python 3.11's wait_for, which asyncssh connects with, may swallow a cancellation
AT_ONCE_SECONDS = 0.1  # a link that was lost is opened again at once, a single time …
AT_ONCE_EVERY_SECONDS = 30.0  # … in this while, so that a server that ends every link is not run against


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all actors share. `connecting` bounds how many connect at once, `read_every_seconds` tells how often each
    server is looked at now."""

    store: Store
    connector: Connector
    events: Events
    connecting: asyncio.Semaphore
    now: Callable[[], datetime]
    read_every_seconds: Callable[[], float]
    meters: Meters = SILENT
    turns: Turns = field(default_factory=Turns)  # of those who deliver
    away: set[str] = field(default_factory=set)  # servers whose last try did not succeed


@dataclass(frozen=True, slots=True)
class Login:
    """A server, and our private key for it, OpenSSH PEM."""

    server: Server
    private_key: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a server's life begins with, so that a start with a thousand of them asks the store a few times and not a
    few thousand: None is looked up. `has_work` is False where nothing waits for the server."""

    snapshot: Snapshot | None = None
    seen: sightings.Known | None = None
    login: Login | None = None
    has_work: bool = True


class ServerActor:
    """One server. `status`, `snapshot` and `facts` may be read by everybody at any time; `facts` are None while there
    is no link, or it was not read over it yet.
    """

    def __init__(self, name: str, surroundings: Surroundings, known: Known) -> None:
        self.name = name
        self.facts: BusFacts | None = None
        self._awaited_by = 0  # how many wait for a look
        self._looks_begun = 0
        self._look_ended = 0
        self._around = surroundings
        self.status = ServerStatus(ServerState.CONNECTING, surroundings.now())
        self._attention = asyncio.Event()
        self._observer = Observer(
            name,
            known.snapshot,
            surroundings.store,
            surroundings.events,
            self._attention,
            surroundings.meters,
        )
        self._failures = 0
        self._outages = Outages(name, surroundings.meters)
        self._stumbled_over: str | None = None
        self._delivery: Delivery | None = None
        self._record: Record | None = None
        self._seen = known.seen
        self._login = known.login
        self._has_work = self._is_woken = known.has_work
        self._hurry = False
        self._session: ServerSession | None = None
        self._read_done = asyncio.Condition()
        self._was_linked = False
        self._retried_at_once = -AT_ONCE_EVERY_SECONDS
        self._task: asyncio.Task[None] | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """What the server is like, as it was last read and heard; None before it was ever read."""
        return self._observer.snapshot

    # -- from outside ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins the server's life."""
        self._task = asyncio.create_task(self._live(), name=f"server {self.name}")

    async def stop(self) -> None:
        """Ends it. What was under way stays noted in the store, and goes on at the next start."""
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CANCEL_AGAIN_SECONDS)
        if self._task is not None:
            await self._keep_record()
        self._task = None
        self._around.away.discard(self.name)

    def wake(self, hurry: bool = False) -> None:
        """Something waits: connect now, or deliver now. With `hurry`, before servers that were woken without it."""
        self._has_work = self._is_woken = True
        self._hurry = self._hurry or hurry
        self._attention.set()

    def read_again(self) -> None:
        """Connects or reads as soon as it can."""
        self._observer.ask()

    async def sync(self, wait_seconds: float) -> bool:
        """Connects or reads now; one that is not there yet is tried again and again meanwhile. True when the server was
        read within the wait.
        """
        wanted = self._looks_begun + 1  # one that is under way may have read before this was asked
        self.read_again()
        if wait_seconds <= 0:
            return False
        self._awaited_by += 1
        try:
            async with asyncio.timeout(wait_seconds), self._read_done:
                await self._read_done.wait_for(lambda: self._look_ended >= wanted)
        except TimeoutError:
            pass
        finally:
            self._awaited_by -= 1
        return self._look_ended >= wanted

    async def health(self) -> list[Check] | None:
        """What is right and what is not, from the server itself; None while there is no link to it."""
        if self._session is None:
            return None
        try:
            return await self._session.health()
        except ServerFailure as failure:
            return failed(failure)

    def waits_for(self, change: Change) -> str | None:
        """Why an open change still waits, in words; None while it is under way."""
        if self.status.state is ServerState.HOST_KEY_UNKNOWN:
            return _("waits until the key of {server} is trusted").format(server=self.name)
        if self.status.state is not ServerState.ONLINE:
            return (
                _("{server} is not reachable").format(server=self.name)
                if self._is_away()
                else _("waits for {server}").format(server=self.name)
            )
        return self._delivery.waiting.get(change.id) if self._delivery else None

    @property
    def has_work(self) -> bool:
        """Whether something may be open, or hold for a day only; where not, the store need not be asked."""
        return self._has_work

    # -- its life -------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            try:
                login, self._login = self._login, None
                server = login.server if login else await self._around.store.servers.get(self.name)
                if server.host_key is None:
                    server = await self._learn_key(server)
                if server.host_key is None:
                    await self._pause(
                        retry_seconds(self._failures, False) if self._failures else READ_EVERY_SECONDS
                    )
                    continue
                await self._be_connected(server, login.private_key if login else None)
            except asyncio.CancelledError:
                raise
            except UnknownServer:
                return
            except ServerFailure as failure:
                self._fail(failure)
            except StoreFailure as problem:
                self._fail(_no_store(self.name, problem))
            except Exception as problem:
                self._stumbled(problem)
                self._fail(
                    ServerFailure(
                        FailureCode.UNREACHABLE,
                        _("timekpr-mngr stumbled over what {server} sent.").format(server=self.name),
                        _("Its log says more; it goes on trying."),
                    )
                )
            await self._keep_record()
            self._failures += 1
            self._around.away.add(self.name)
            await self._pause(await self._retry_seconds())

    def _stumbled(self, problem: Exception) -> None:
        """In the log with its traceback once, although it may come with every attempt."""
        kind = type(problem).__name__
        level = logging.DEBUG if kind == self._stumbled_over else logging.ERROR
        self._stumbled_over = kind
        log.log(level, "server %s: unexpected", self.name, exc_info=True, extra={"server": self.name})

    async def _keep_record(self) -> None:
        """Whatever becomes of it, the server's life goes on."""
        if self._record is None:
            return
        try:
            await self._record.keep(self._around.store)
        except Exception:
            log.exception(
                "server %s: what was seen could not be kept", self.name, extra={"server": self.name}
            )

    async def _retry_seconds(self) -> float:
        was_linked, self._was_linked = self._was_linked, False
        if was_linked and time.monotonic() > self._retried_at_once + AT_ONCE_EVERY_SECONDS:
            self._retried_at_once = time.monotonic()
            return AT_ONCE_SECONDS
        hurry = not self._is_shut_out() and (self._awaited_by > 0 or await self._something_waits())
        seconds = retry_seconds(self._failures, hurry, len(self._around.away))
        return seconds * random.uniform(0.9, 1.1)  # noqa: S311 -- spreads, hides nothing

    def _is_shut_out(self) -> bool:
        """Whether a person has to do something first: to knock every two seconds would only get us banned there."""
        return self.status.failure is not None and self.status.failure.code in SHUT_OUT

    async def _something_waits(self) -> bool:
        """Whether a change waits for a server that cannot be spoken to. What was for a day that is over does not."""
        if not self._has_work:
            return False
        try:
            changes = await self._around.store.changes.open(self.name)
            return any([not await self._has_expired(change) for change in changes])
        except StoreFailure as problem:
            log.debug("server %s: %s", self.name, problem)
            return True

    async def _has_expired(self, change: Change) -> bool:
        """Ends what was for a day and never sent, where by all that is known that day has ended on the server."""
        today = self._today_there()
        if today is None or change.last_day is None or change.last_day >= today:
            return False
        if change.state is not ChangeState.QUEUED:
            return False
        expired = await self._around.store.changes.step(
            change.id,
            ChangeState.EXPIRED,
            expected={ChangeState.QUEUED},
            message=expiry(change) if change.is_grant else too_late(change),
            now=self._around.now(),
        )
        if expired is not None:
            self._change_moved(expired)
        return True

    def _today_there(self) -> date | None:
        """The server's own date, as far as its clock was last read."""
        now = there(self.snapshot, self._around.now()) if self.snapshot is not None else None
        return now.date() if now is not None else None

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._attention.wait()
        self._attention.clear()

    async def _learn_key(self, server: Server) -> Server:
        """Sees which key the server shows, before any login. Trusts it only if a person said so beforehand."""
        try:
            async with self._around.connecting:
                line = await reach(server, lambda host: self._around.connector.host_key(host, server.port))
        except ServerFailure as failure:
            self._failures += 1
            self._move(ServerState.HOST_KEY_UNKNOWN, failure)
            return server
        self._failures = 0
        seen = fingerprint(line)
        trusted = seen == server.expected_fingerprint
        learnt = replace(server, fingerprint=seen, host_key=line if trusted else None)
        if learnt != server:
            await self._around.store.servers.replace(self.name, learnt)
        if trusted:
            return learnt
        problem = None
        if server.expected_fingerprint is not None:
            problem = ServerFailure(
                FailureCode.HOST_KEY,
                _("{server} shows the key {seen}, which is not the one that was expected.").format(
                    server=self.name, seen=seen
                ),
                _("Compare the fingerprint on the computer itself before you trust it."),
            )
        self._move(ServerState.HOST_KEY_UNKNOWN, problem, always=learnt != server)
        return learnt

    async def _be_connected(self, server: Server, private_key: str | None) -> None:
        """Opens the link and keeps to it until it ends, always by a ServerFailure."""
        record = await self._begun_record()
        if self.status.state is ServerState.HOST_KEY_UNKNOWN:
            self._move(ServerState.CONNECTING, None)
        if private_key is None:
            private_key = await self._around.store.servers.private_key(self.name)
        async with self._around.connecting:
            session = await self._connected(server, private_key)
        del private_key  # this goes on for days
        self._session = session
        self._observer.begin(session, record.watch)
        unlisten = session.listen(self._observer.hear)
        closed = asyncio.create_task(session.wait_closed())
        try:
            await self._serve(session, closed, record)
        finally:
            unlisten()
            closed.cancel()
            self._session = self._delivery = self.facts = None
            self._observer.end()
            await session.close()

    async def _connected(self, server: Server, private_key: str) -> ServerSession:
        began = time.perf_counter()
        try:
            session = await reach(
                server, lambda host: self._around.connector.open(replace(server, host=host), private_key)
            )
        except ServerFailure as failure:
            self._around.meters.connected(failure.code, time.perf_counter() - began)
            raise
        self._around.meters.connected("ok", time.perf_counter() - began)
        return session

    async def _begun_record(self) -> Record:
        """What is known of the server, from the store the first time."""
        if self._record is None:
            watch = await self._begun_watch()
            self._record = Record(self.name, watch, self._drift_seen)
        return self._record

    async def _begun_watch(self) -> Watch:
        seen, self._seen = self._seen, None
        if seen is not None and not self._has_work:
            return Watch(seen, [], self._around.now)
        return await Watch.of(self._around.store, self.name, self._around.now, seen)

    async def _serve(self, session: ServerSession, closed: asyncio.Task[None], record: Record) -> None:
        ports = Ports(
            self._around.store,
            session,
            self._observer.read,
            self._observer.read_back,
            self._observer.read_before,
            self._change_moved,
            record,
            self._around.now,
        )
        self._delivery = Delivery(ports)
        if self._failures:
            self._has_work = True  # for all that we know: whoever queued something while we were away
        await self._look(session, record)
        self._failures, self._was_linked = 0, True
        self._around.away.discard(self.name)
        due = time.monotonic() + self._around.read_every_seconds() * random.random()  # noqa: S311 -- spreads the fleet
        while True:
            self._attention.clear()
            again = await self._work(session, self._delivery)
            await record.keep(self._around.store)
            await self._observer.save()
            await self._wait(closed, 0 if self._observer.is_due else min(again, due - time.monotonic()))
            if self._observer.is_due or time.monotonic() >= due:
                await self._look(session, record)
                due = time.monotonic() + self._around.read_every_seconds()

    async def _work(self, session: ServerSession, delivery: Delivery) -> float:
        """Delivers what waits. Gives the seconds after which to try again; where nothing waits, that is never."""
        if not self._is_present(session):
            return math.inf
        try:
            async with self._turn():
                taking_back, work = await self._waiting()
                changes = work.open
                if changes:
                    await delivery.deliver(work)
            if self.snapshot is not None:
                await delivery.finish_weeks(changes, self.snapshot)
        except StoreFailure as problem:  # nothing can be noted, so nothing is sent
            log.debug("server %s: what waits cannot be sent. %s", self.name, problem)
            return RETRY_FIRST_SECONDS
        except ServerFailure as failure:
            if failure.failure is not FailureCode.NO_DAEMON:
                raise
            self._move(ServerState.OFFLINE, failure)
            return math.inf
        if taking_back or (changes and delivery.again):
            return 0.0
        if not changes:
            return math.inf
        return FIRST_SAVE_RETRY_SECONDS if delivery.waiting else READ_EVERY_SECONDS

    def _turn(self) -> AbstractAsyncContextManager[None]:
        if not self._has_work:
            return contextlib.nullcontext()
        hurry, self._hurry = self._hurry, False
        return self._around.turns.one(hurry)

    async def _waiting(self) -> tuple[bool, Work]:
        """Whether something was just queued to be taken back, and what is to be delivered. Where there was nothing the
        last time, and nobody woke us since, the store is not asked."""
        if not self._has_work:
            return False, Work([], [])
        self._is_woken = False
        store = self._around.store
        work = await store.changes.work(self.name)
        taking_back = await self._take_back(due(work.for_a_day, self._today_there()))
        if taking_back:
            work = await store.changes.work(self.name)
        self._has_work = self._is_woken or bool(work.for_a_day or work.open)
        return taking_back, work

    async def _take_back(self, due: Sequence[Change]) -> bool:
        """Queues what takes back what was to hold for a day that is over there. Whether anything moved by it."""
        if not due:
            return False
        moved = await take_back(self._around.store, due, await self._observer.read(), self._around.now())
        for change in moved:
            self._change_moved(change)
        return bool(moved)

    def _is_present(self, session: ServerSession) -> bool:
        """Whether timekprd is there, and says so."""
        if not session.daemon_present:
            self._move(ServerState.OFFLINE, _no_daemon(self.name))
            return False
        self._move(ServerState.ONLINE, None)
        return True

    async def _wait(self, closed: asyncio.Task[None], seconds: float) -> None:
        """Until there is something to do. Raises ServerFailure when the link has ended."""
        attention = asyncio.create_task(self._attention.wait())
        try:
            await asyncio.wait(
                {attention, closed}, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            attention.cancel()
        if closed.done():
            raise ServerFailure(
                FailureCode.UNREACHABLE,
                _("The connection to {server} ended.").format(server=self.name),
                _("Is the computer switched on and on the network? It is tried again by itself."),
            )

    async def _look(self, session: ServerSession, record: Record) -> None:
        """Reads, and keeps what was seen before anybody is told that it was read."""
        self._observer.take_up()
        self._looks_begun += 1
        await self._observer.read()
        self.facts = await session.facts()
        await record.keep(self._around.store)
        if self.status.state is not ServerState.ONLINE:
            await self._observer.save()
        self._is_present(session)
        self._around.events.publish(ServerRead(self.name))
        self._look_ended = self._looks_begun
        async with self._read_done:
            self._read_done.notify_all()

    # -- telling ------------------------------------------------------------------------------------------------------

    def _is_away(self) -> bool:
        return self.status.failure is not None

    def _drift_seen(self, user: str | None) -> None:
        self._around.events.publish(DriftSeen(self.name, user))

    def _change_moved(self, change: Change) -> None:
        self._around.events.publish(ChangeMoved(change))

    def _fail(self, failure: ServerFailure) -> None:
        self._move(ServerState.OFFLINE, failure)

    def _move(self, state: ServerState, failure: ServerFailure | None, *, always: bool = False) -> None:
        """Says the new state once; `since` stays while the state does. Logged at loss and at recovery only."""
        reason = Failure(failure.failure, str(failure), failure.fix) if failure else None
        old = self.status
        if old.state is state and old.failure == reason and not always:
            return
        since = old.since if old.state is state else self._around.now()
        self.status = ServerStatus(state, since, reason)
        if old.state is not state or (old.failure and old.failure.code) != (reason and reason.code):
            self._outages.moved(self.status)
        self._around.events.publish(ServerMoved(self.name))


def _no_daemon(name: str) -> ServerFailure:
    return ServerFailure(
        FailureCode.NO_DAEMON,
        _("timekpr is not running on {name}: nothing is limited there now.").format(name=name),
        _("Start it on that computer: sudo systemctl restart timekpr"),
    )


def _no_store(name: str, problem: StoreFailure) -> ServerFailure:
    return ServerFailure(
        FailureCode.UNREACHABLE,
        _("{name} was not tried, because of timekpr-mngr's own database: {problem}").format(
            name=name, problem=problem
        ),
        _("Nothing on that computer needs a change; it is tried again by itself."),
    )
