"""A full read of every server at once, over connections that are kept."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

from bench.computers import Computers
from bench.figure import Figure, Section, quantile
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import LinkEvent, ServerSession, Ticked

WARM_UP_ROUNDS = 3
MOST_MS = 15.0
TICK_SECONDS = 60.0


async def measured(computers: Computers, rounds: int) -> Section:
    """Wall time of a round by the number of servers, and of a server read alone."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await _opened(stack, computers, server) for server in computers.servers]
        at_play = [computers.users[server.name][0] for server in computers.servers]
        await asyncio.gather(*map(_counted, sessions, at_play))
        for _ in range(WARM_UP_ROUNDS):
            await _round(sessions, at_play)
        processor = time.process_time()
        at_once = [await _round(sessions, at_play) / len(sessions) for _ in range(rounds)]
        processor = time.process_time() - processor
        alone = [
            await _round([session], [user])
            for _ in range(rounds // 5 + 1)
            for session, user in zip(sessions, at_play, strict=True)
        ]
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


async def _opened(stack: contextlib.AsyncExitStack, computers: Computers, server: Server) -> ServerSession:
    session = await SshConnector().open(server, computers.private_key)
    stack.push_async_callback(session.close)
    return session


async def _counted(session: ServerSession, user: str) -> None:
    """Returns when timekprd has noticed who logged in."""
    ticked = asyncio.Event()

    def heard(event: LinkEvent) -> None:
        if isinstance(event, Ticked) and event.user == user:
            ticked.set()

    stop = session.listen(heard)
    async with asyncio.timeout(TICK_SECONDS):
        await ticked.wait()
    stop()


async def _round(sessions: Sequence[ServerSession], at_play: Sequence[str]) -> float:
    """Milliseconds until all are read."""
    start = time.perf_counter()
    snapshots = await asyncio.gather(*(session.read() for session in sessions))
    took = time.perf_counter() - start
    assert all(snapshot.users[user].counted for snapshot, user in zip(snapshots, at_play, strict=True))
    return took * 1000
