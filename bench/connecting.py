"""From nothing to a session that can be asked: SSH, sign-in, the bus, subscriptions, the list of users."""

import asyncio
import time
from collections.abc import Sequence

from bench.computers import Computers
from bench.figure import Figure, Section, quantile
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.connect import SshConnector


async def measured(computers: Computers, rounds: int) -> Section:
    """Wall time of a connection made alone, and of all at once."""
    alone = [await _connected(computers, [server]) for _ in range(rounds) for server in computers.servers]
    at_once = [await _connected(computers, computers.servers) for _ in range(rounds)]
    figures = [
        Figure("one server, median", quantile(alone, 0.5), "ms"),
        Figure("one server, p95", quantile(alone, 0.95), "ms"),
        Figure(f"all {len(computers.servers)} at once, median", quantile(at_once, 0.5), "ms"),
    ]
    return Section(f"Connect, {rounds} rounds", figures)


async def _connected(computers: Computers, servers: Sequence[Server]) -> float:
    """Milliseconds until all are open."""
    start = time.perf_counter()
    opening = (SshConnector().open(server, computers.private_key) for server in servers)
    sessions = await asyncio.gather(*opening)
    took = time.perf_counter() - start
    await asyncio.gather(*(session.close() for session in sessions))
    return took * 1000
