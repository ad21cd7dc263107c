"""A large fleet: simulated computers over real SSH, and the service as a process of its own."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.figure import Figure, Section
from bench.simulated.fleet import SimulatedFleet, simulated
from bench.watched import LOOK_EVERY_SECONDS, Between, Moment, Watch
from tests.end_to_end.service import Service
from timekpr_mngr.store import Store

START_MOST_SECONDS = 600
SETTLE_SECONDS = 20.0
ONLINE, READ = "all online, from the start of the process", "all read"
CORE = "steady: of one core"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a fleet of `servers`, with somebody at `at_play` of them, may cost (issue 6)."""

    servers: int
    at_play: int
    online_seconds: float
    read_seconds: float
    core_percent: float
    memory_mib: float
    lag_ms: float

    def of(self, servers: int | None) -> "Budget":
        """The same for a fleet of another size, with as many of it at play; None is this one."""
        if servers is None:
            return self
        return replace(self, servers=servers, at_play=servers * self.at_play // self.servers)


THOUSAND = Budget(1_000, 300, online_seconds=8, read_seconds=15, core_percent=12, memory_mib=220, lag_ms=20)
FIVE_THOUSAND = Budget(
    5_000, 1_500, online_seconds=40, read_seconds=75, core_percent=45, memory_mib=600, lag_ms=40
)


@dataclass(slots=True)
class Running:
    """The service over a fleet, all of which that is well is online and read; `start` says what that took."""

    fleet: SimulatedFleet
    service: Service
    watch: Watch
    start: Sequence[Figure]


@contextlib.contextmanager
def served(fleet: SimulatedFleet) -> Iterator[Service]:
    """The service with all of the fleet in its store, not started yet."""
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        service = Service(Path(folder))
        asyncio.run(_fill(service.data_dir, fleet))
        try:
            yield service
        finally:
            service.kill()


@contextlib.contextmanager
def running(budget: Budget, bad: Mapping[str, int] | None = None) -> Iterator[Running]:
    """Starts all of it: the computers first, then the service. `bad` as `simulated` has it: so many of them less."""
    well = budget.servers - sum((bad or {}).values())
    with simulated(budget.servers, budget.at_play, bad) as fleet, served(fleet) as service:
        began, theirs = time.perf_counter(), fleet.cpu_seconds()
        service.start()
        watch = Watch(service)
        online = _until(watch, lambda now: now.figure("connects_total", outcome="ok") >= well)
        read = _until(watch, lambda now: now.figure("servers", state="online") >= well)
        theirs = fleet.cpu_seconds() - theirs
        time.sleep(SETTLE_SECONDS)
        start = [
            Figure(ONLINE, online.at - began, "s", budget.online_seconds),
            Figure(READ, read.at - began, "s", budget.read_seconds),
            Figure("of it our own processor time", read.cpu_seconds, "s"),
            Figure("of it the simulated computers' processor time", theirs, "s"),
        ]
        yield Running(fleet, service, watch, start)


def measured(running: Running, budget: Budget, seconds: float) -> Section:
    """How it started, and then a while in which nothing happens but ticks."""
    steady = running.watch.during(seconds)
    return Section(
        f"{budget.servers:,} servers, {3 * budget.servers:,} users, {budget.at_play:,} of them ticking every 3 s",
        [*running.start, *_steady(steady, budget)],
    )


def _steady(steady: Between, budget: Budget) -> list[Figure]:
    ticks = steady.grown("signals_heard_total", kind="time-left") / steady.seconds
    lag = steady.quantile_ms("event_loop_lag_seconds", 0.99)
    return [
        Figure("steady: ticks heard a second", ticks, ""),
        Figure(CORE, steady.cores, "%", budget.core_percent),
        Figure("steady: memory", steady.last.memory_mib, "MiB", budget.memory_mib),
        Figure("steady: event-loop lag, p99", lag, "ms", budget.lag_ms),
        Figure("steady: full reads a second", steady.grown("read_seconds_count") / steady.seconds, ""),
    ]


def _until(watch: Watch, is_so: Callable[[Moment], bool]) -> Moment:
    end = time.monotonic() + START_MOST_SECONDS
    while not is_so(now := watch.look()):
        if time.monotonic() > end:
            raise TimeoutError(
                f"not within {START_MOST_SECONDS} s; servers online: {now.figure('servers', state='online')}"
            )
        time.sleep(LOOK_EVERY_SECONDS)
    return now


async def _fill(data_dir: Path, fleet: SimulatedFleet) -> None:
    store = await Store.open(data_dir)
    try:
        for server in fleet.servers:
            await store.servers.add(server, fleet.private_key)
    finally:
        await store.close()
