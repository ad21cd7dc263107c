"""A full read of every server at once, over connections that are kept."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from bench.figure import Figure, Section, quantile
from bench.fleet import AT_THE_COMPUTER, Fleet
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import LinkEvent, ServerSession, Ticked

WARM_UP_ROUNDS = 3
MOST_MS = 15.0
TICK_SECONDS = 60.0


async def measured(fleet: Fleet, rounds: int) -> Section:
    """Wall time of a round by the number of servers, and of a server read alone."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await _opened(stack, fleet, number) for number in range(len(fleet.hosts))]
        await asyncio.gather(*(_counted(session) for session in sessions))
        for _ in range(WARM_UP_ROUNDS):
            await _round(sessions)
        processor = time.process_time()
        at_once = [await _round(sessions) / len(sessions) for _ in range(rounds)]
        processor = time.process_time() - processor
        alone = [await _round([session]) for _ in range(rounds // 5 + 1) for session in sessions]
    figures = [
        Figure("a server, median", quantile(at_once, 0.5), "ms", MOST_MS),
        Figure("a server, p95 of the rounds", quantile(at_once, 0.95), "ms"),
        Figure("of it our own processor time", processor / rounds / len(sessions) * 1000, "ms"),
        Figure("one server by itself, median", quantile(alone, 0.5), "ms"),
        Figure("one server by itself, p95", quantile(alone, 0.95), "ms"),
    ]
    return Section(
        f"Full read, {len(sessions)} servers at once, wall time by server, {rounds} rounds", figures
    )


async def _opened(stack: contextlib.AsyncExitStack, fleet: Fleet, number: int) -> ServerSession:
    session = await SshConnector().open(fleet.server(fleet.hosts[number]), fleet.private_key)
    stack.push_async_callback(session.close)
    return session


async def _counted(session: ServerSession) -> None:
    """Returns when timekprd has noticed who logged in."""
    ticked = asyncio.Event()

    def heard(event: LinkEvent) -> None:
        if isinstance(event, Ticked) and event.user == AT_THE_COMPUTER:
            ticked.set()

    stop = session.listen(heard)
    async with asyncio.timeout(TICK_SECONDS):
        await ticked.wait()
    stop()


async def _round(sessions: Sequence[ServerSession]) -> float:
    """Milliseconds until all are read."""
    start = time.perf_counter()
    snapshots = await asyncio.gather(*(session.read() for session in sessions))
    took = time.perf_counter() - start
    assert all(snapshot.users[AT_THE_COMPUTER].counted for snapshot in snapshots)
    return took * 1000
