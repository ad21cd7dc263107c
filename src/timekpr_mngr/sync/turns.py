"""Whose turn it is to be delivered to: a few servers at a time, so that presses and pages are answered meanwhile."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

AT_ONCE = 6  # enough that the processor seldom waits for a server that answers
MOST_SECONDS = 0.25  # many times what a delivery takes: a silent server holds up the others no longer


class Turns:
    """Hands out turns: to those in a hurry first, else in the order in which they are wanted.

    What is delivered to a thousand servers in the same moment takes each of them a thousand times as long, and all else
    that the loop does waits behind it.
    """

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._numbers = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def one(self, hurry: bool) -> AsyncIterator[None]:
        """A turn. Who needs longer goes on, and the next one begins beside it."""
        await self._begin(hurry)
        is_over = False

        def end() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._end()

        over = asyncio.get_running_loop().call_later(MOST_SECONDS, end)
        try:
            yield
        finally:
            over.cancel()
            end()

    async def _begin(self, hurry: bool) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not hurry, next(self._numbers), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # given in the very moment in which we were cancelled
                self._end()
            raise

    def _end(self) -> None:
        while self._waiting:
            _order, _number, next_one = heapq.heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return
        self._free += 1
