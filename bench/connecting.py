"""From nothing to a session that can be asked: SSH, sign-in, the bus, subscriptions, the list of users."""

import asyncio
import time
from collections.abc import Sequence

from bench.figure import Figure, Section, quantile
from bench.fleet import Fleet
from tests.rig import TimekprHost
from timekpr_mngr.link.connect import SshConnector


async def measured(fleet: Fleet, rounds: int) -> Section:
    """Wall time of a connection made alone, and of all at once."""
    alone = [await _connected(fleet, [host]) for _ in range(rounds) for host in fleet.hosts]
    at_once = [await _connected(fleet, fleet.hosts) for _ in range(rounds)]
    figures = [
        Figure("one server, median", quantile(alone, 0.5), "ms"),
        Figure("one server, p95", quantile(alone, 0.95), "ms"),
        Figure(f"all {len(fleet.hosts)} at once, median", quantile(at_once, 0.5), "ms"),
    ]
    return Section(f"Connect, {rounds} rounds", figures)


async def _connected(fleet: Fleet, hosts: Sequence[TimekprHost]) -> float:
    """Milliseconds until all are open."""
    start = time.perf_counter()
    opening = (SshConnector().open(fleet.server(host), fleet.private_key) for host in hosts)
    sessions = await asyncio.gather(*opening)
    took = time.perf_counter() - start
    await asyncio.gather(*(session.close() for session in sessions))
    return took * 1000
