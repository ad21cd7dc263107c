"""Fifty browsers in which home stands open: what they cost the service, and how late they are."""

import asyncio
import itertools
import time
from collections.abc import Sequence

from bench import browsing
from bench.figure import Figure, Section, quantile
from bench.scale import Running
from bench.simulated.computers import users_of
from bench.watched import Between
from bench.watcher import Watcher
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import LinkEvent, Ticked
from timekpr_mngr.timekpr import interface

CORE_MOST_PERCENT, LATE_MOST_SECONDS = 100.0, 1.0
BROWSERS, REAL = 50, 2
ROUNDS = 8
LEFT_SECONDS, APART_SECONDS = 900, 120
PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.02


async def measured(running: Running, seconds: float) -> Section:
    """A while in which they only watch; then somebody's time jumps on a computer, time after time."""
    async with browsing.chromium() as browser:
        context = await browsing.signed_in(browser, running.service)
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in await context.cookies())
        for _ in range(REAL):
            await (await context.new_page()).goto("/")
        url = f"{running.service.url}/"
        watchers = [await Watcher.opened(url, cookie) for _ in range(BROWSERS - REAL)]
        first = await asyncio.to_thread(running.watch.look)
        await asyncio.sleep(seconds)
        steady = Between(first, await asyncio.to_thread(running.watch.look))
        late = await _jumps(running, watchers)
        open_still = sum(watcher.is_open for watcher in watchers)
        for watcher in watchers:
            await watcher.close()
        await context.close()
    if open_still < len(watchers):
        raise RuntimeError(f"of {len(watchers)} lines to home only {open_still} are open")
    return Section(
        f"{BROWSERS} browsers watch home: {REAL} of Chromium, and as many lines as {BROWSERS - REAL} have",
        [
            Figure("the service, of one core", steady.cores, "%", CORE_MOST_PERCENT),
            Figure("the service's memory", steady.last.memory_mib, "MiB"),
            Figure("from the daemon's tick to the browsers, median", quantile(late, 0.5), "s"),
            Figure("from the daemon's tick to the browsers, the slowest", max(late), "s", LATE_MOST_SECONDS),
        ],
    )


async def _jumps(running: Running, watchers: Sequence[Watcher]) -> list[float]:
    """Seconds from the tick that tells of it until each of them was sent it."""
    shown = [
        server
        for server in running.fleet.well
        if server.name in running.fleet.at_play and users_of(server.name)[0] in watchers[0].page
    ]
    late: list[float] = []
    for number, server in zip(range(ROUNDS), itertools.cycle(shown), strict=False):
        left = LEFT_SECONDS + APART_SECONDS * number
        set_at = time.perf_counter()
        told_at = await _set(running, server, left)
        async with asyncio.timeout(PATIENCE_SECONDS):
            for watcher in watchers:
                while (seen_at := watcher.told(set_at, left)) is None:
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
                late.append(max(seen_at - told_at, 0.0))  # we hear it on another line, perhaps later
    return late


async def _set(running: Running, server: Server, left_seconds: int) -> float:
    """Sets somebody's time there, over a line of our own; when the daemon's tick told of it on that line."""
    user = users_of(server.name)[0]
    session = await SshConnector().open(server, running.fleet.private_key)
    heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def hear(event: LinkEvent) -> None:
        if not isinstance(event, Ticked) or event.user != user or heard.done():
            return
        left = event.live.left_day_seconds
        if left is not None and left <= left_seconds:
            heard.set_result(time.perf_counter())

    session.listen(hear)
    reply = await session.call(interface.set_time_left(user, "=", left_seconds))
    if not reply.ok:
        raise RuntimeError(f"timekprd of {server.name} said: {reply.message}")
    async with asyncio.timeout(PATIENCE_SECONDS):
        told_at = await heard
    await session.close()
    return told_at
