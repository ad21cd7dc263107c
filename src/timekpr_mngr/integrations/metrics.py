"""Figures for Prometheus (docs/observability.md says of each what it means).

No label names a server or a person, and each has few values: 5,000 servers make as many series as one.
"""

import asyncio
import itertools
import platform
import time
from collections import Counter as Counting
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

import timekpr_mngr
from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.finding import Severity
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.errors import FailureCode, UnknownServer
from timekpr_mngr.meters import Meters
from timekpr_mngr.store import Store, StoreFailure
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, Event, Events

PREFIX: Final = "timekpr_mngr"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
WATCHED_MAX = 50_000  # changes on their way
LAGS_KEPT = 3_000  # five minutes of them
QUICK = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.015,
    0.02,
    0.03,
    0.04,
    0.06,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)  # seconds
SLOW = (60.0, 600.0, 3_600.0, 6 * 3_600.0, 86_400.0, 3 * 86_400.0, 7 * 86_400.0)  # seconds
LAG = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 1.0, 5.0)  # seconds
T = TypeVar("T", Counter, Histogram)
HEARD = {
    "Ticked": "time-left",
    "LimitsChanged": "limits",
    "SessionsChanged": "sessions",
    "DaemonChanged": "daemon",
}


class _Children(dict[tuple[str, ...], T]):
    """The series of a figure by the values of its labels: looking one up here costs a tenth of asking the figure."""

    def __init__(self, of: T) -> None:
        super().__init__()
        self._of: T = of

    def __missing__(self, values: tuple[str, ...]) -> T:
        child: T = self._of.labels(*values)
        self[values] = child
        return child


class Metrics(Meters):
    """All figures of one running program. `watch` adds what the engine, the store and the events tell."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"{PREFIX}_{name}", says, labels, registry=registry)

        def gauge(name: str, says: str, *labels: str) -> Gauge:
            return Gauge(f"{PREFIX}_{name}", says, labels, registry=registry)

        def histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...] = QUICK) -> Histogram:
            return Histogram(f"{PREFIX}_{name}", says, labels, buckets=buckets, registry=registry)

        self._servers = gauge("servers", "Servers by the state of their link.", "state")
        self._failing = gauge("servers_failing", "Servers that cannot be spoken to, by the reason.", "code")
        self._waiting = gauge("changes_waiting", "Changes that wait or are being sent, by state.", "state")
        self._oldest = gauge("oldest_waiting_change_age_seconds", "Age of the oldest of them; 0 for none.")
        self._asking = gauge("changes_asking", "Changes that ask a person: conflicts and uncertain ones.")
        self._findings = gauge("findings", "What stands against enforcing limits, by severity.", "severity")
        self._settled = counter("changes_settled", "Changes that ended, by how.", "kind", "state")
        self._press = histogram(
            "press_to_confirmed_seconds", "From kept to read back, on servers that were online.", "kind"
        )
        self._waited = histogram(
            "change_waited_seconds", "The same where the server was away.", "kind", buckets=SLOW
        )
        self._connects = counter("connects", "Attempts to open a link, by how they ended.", "outcome")
        self._connect = histogram("connect_seconds", "Opening a link that came about, to its last signal.")
        self._read = histogram("read_seconds", "Reading all of a server.")
        self._lost = counter("links_lost", "Links that ended, by the reason.", "code")
        self._recovered = counter("links_recovered", "Servers that came back.")
        self._gone = histogram("link_gone_seconds", "How long they had been gone.", buckets=SLOW)
        self._calls = _Children(
            counter("dbus_calls", "D-Bus calls, by method and how they ended.", "method", "outcome")
        )
        self._call = histogram("dbus_call_seconds", "From a D-Bus call to its answer.")
        self._refusals = counter("timekpr_refusals", "Calls to which timekprd said no, by method.", "method")
        self._heard = _Children(
            counter("signals_heard", "Signals of the servers that said something.", "kind")
        )
        self._transactions = _Children(
            counter("store_transactions", "Transactions of the store.", "kind", "outcome")
        )
        self._stored = _Children(
            histogram("store_seconds", "From asking the store to its answer; a write is on disk.", "kind")
        )
        self._lag = histogram("event_loop_lag_seconds", "How late the event loop is.", buckets=LAG)
        self._lag_p99 = gauge("event_loop_lag_p99_seconds", "The same: 99 of 100 times in five minutes less.")
        build = gauge("build_info", "The version, as labels; always 1.", "version", "python")
        build.labels(timekpr_mngr.__version__, platform.python_version()).set(1)

        self._begin_at_zero()

        self._lags: deque[float] = deque(maxlen=LAGS_KEPT)
        self._under_way: OrderedDict[int, float | None] = (
            OrderedDict()
        )  # when those began whose server was online
        self._engine: Engine | None = None
        self._store: Store | None = None
        self._filling = asyncio.Lock()

    def _begin_at_zero(self) -> None:
        """Who asks what was added to a counter does not see its first, where it was not there before."""
        codes = [code.value for code in FailureCode]
        for code in codes:
            self._lost.labels(code)
        for outcome in ("ok", *codes):
            self._connects.labels(outcome)
        for transaction in itertools.product(("read", "write"), ("ok", "failed")):
            self._transactions[transaction]
        for kind in HEARD.values():
            self._heard[kind,]
        ends = [state.value for state in ChangeState if not state.is_open]
        for end in itertools.product(("grant", "setting"), ends):
            self._settled.labels(*end)

    def watch(self, engine: Engine, store: Store, events: Events) -> Callable[[], None]:
        """From now on what they know is told too, until the callable that is given back is called."""
        self._engine, self._store = engine, store
        return events.subscribe(self._moved)

    async def text(self) -> bytes:
        """All of it in Prometheus's text format. What the store does not tell while it is in trouble is no number."""
        async with self._filling:
            self._count_servers()
            await self._count_changes()
            lags = sorted(self._lags)
            self._lag_p99.set(lags[int(0.99 * (len(lags) - 1))] if lags else 0.0)
            return generate_latest(self._registry)

    # what the floors tell

    def called(self, member: str, outcome: str, seconds: float) -> None:
        """A D-Bus method was called."""
        self._calls[member, outcome].inc()
        self._call.observe(seconds)

    def refused(self, member: str) -> None:
        """timekprd said no."""
        self._refusals.labels(member).inc()

    def connected(self, outcome: str, seconds: float) -> None:
        """A link was opened, or not."""
        self._connects.labels(outcome).inc()
        if outcome == "ok":
            self._connect.observe(seconds)

    def was_read(self, seconds: float) -> None:
        """All of a server was read."""
        self._read.observe(seconds)

    def heard(self, kind: str) -> None:
        """A signal came."""
        self._heard[HEARD[kind],].inc()

    def lost(self, code: str) -> None:
        """A link ended."""
        self._lost.labels(code).inc()

    def recovered(self, gone_seconds: float) -> None:
        """A server is back."""
        self._recovered.inc()
        self._gone.observe(gone_seconds)

    def stored(self, kind: str, outcome: str, seconds: float) -> None:
        """A transaction ended."""
        self._transactions[kind, outcome].inc()
        self._stored[kind,].observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The event loop was late."""
        self._lag.observe(seconds)
        self._lags.append(seconds)

    # what is looked up

    def _count_servers(self) -> None:
        states: Counting[ServerState] = Counting()
        codes: Counting[FailureCode] = Counting()
        for _server, status in self._engine.statuses() if self._engine is not None else ():
            states[status.state] += 1
            if status.failure is not None:
                codes[status.failure.code] += 1
        for state in ServerState:
            self._servers.labels(state.value).set(states[state])
        for code in FailureCode:
            self._failing.labels(code.value).set(codes[code])

    async def _count_changes(self) -> None:
        if self._store is None:
            return
        try:
            found = await self._store.figures.queue()
        except StoreFailure:
            for gauge in (self._oldest, self._asking):
                gauge.set(float("nan"))
            self._waiting.clear()
            self._findings.clear()
            return
        for state, count in found.open.items():
            self._waiting.labels(state).set(count)
        age = (datetime.now(UTC) - found.oldest_at).total_seconds() if found.oldest_at is not None else 0.0
        self._oldest.set(max(age, 0.0))
        self._asking.set(found.asking)
        for severity in Severity:
            self._findings.labels(severity.value).set(found.findings.get(severity.value, 0))

    def _moved(self, event: Event) -> None:
        if not isinstance(event, ChangeMoved):
            return
        change = event.change
        if change.state.is_open:
            self._begin(change)
        elif change.id in self._under_way:  # what is answered, or kept for good, moves once more
            kind = "grant" if change.is_grant else "setting"
            self._settled.labels(kind, change.state.value).inc()
            self._time(change, kind)

    def _begin(self, change: Change) -> None:
        if change.id in self._under_way:
            return
        is_pressed = change.state is ChangeState.QUEUED and self._is_online(change.server)
        self._under_way[change.id] = time.perf_counter() if is_pressed else None
        if len(self._under_way) > WATCHED_MAX:
            self._under_way.popitem(last=False)

    def _time(self, change: Change, kind: str) -> None:
        began = self._under_way.pop(change.id)
        if change.state is not ChangeState.APPLIED:
            return
        if began is not None:
            self._press.labels(kind).observe(time.perf_counter() - began)
        elif change.settled_at is not None:
            self._waited.labels(kind).observe((change.settled_at - change.created_at).total_seconds())

    def _is_online(self, server: str) -> bool:
        assert self._engine is not None
        try:
            return self._engine.status(server).state is ServerState.ONLINE
        except UnknownServer:
            return False
