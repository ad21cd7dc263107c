"""Whose turn it is to be delivered to: a few servers at a time, so that presses and pages are answered meanwhile."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

AT_ONCE = 10  # enough that the processor seldom waits for a server that answers
MOST_SECONDS = 0.25  # many times what a delivery takes: a silent server holds up the others no longer
RUSH_SECONDS = 0.03  # presses that come closer than this are a script's, which wants to be answered
PATIENCE_SECONDS = 10.0  # then it is delivered, however many presses come


@dataclass(order=True, slots=True)
class _Waiting:
    """Who waits for a turn, in the order in which they come; for calm they wait up to `until`, by the loop's clock."""

    has_time: bool
    number: int
    until: float = field(compare=False)
    begin: asyncio.Future[None] = field(compare=False)


class Turns:
    """Hands out turns: to those in a hurry first, else in the order in which they are wanted.

    What is delivered to a thousand servers in the same moment takes each of them a thousand times as long, and all else
    that the loop does waits behind it. And while a rush of presses is being answered, nothing is begun that has time:
    the sooner all of it is on disk, and what is set twice is then sent once.
    """

    def __init__(self) -> None:
        self._free = AT_ONCE
        self._numbers = count()
        self._waiting: list[_Waiting] = []
        self._pressed_at = self._calm_at = 0.0
        self._look_again: asyncio.TimerHandle | None = None

    def pressed(self) -> None:
        """Something was queued just now."""
        now = _now()
        if now < self._pressed_at + RUSH_SECONDS:
            self._calm_at = now + RUSH_SECONDS
        self._pressed_at = now

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
        future = asyncio.get_running_loop().create_future()
        mine = _Waiting(not hurry, next(self._numbers), _now() + PATIENCE_SECONDS, future)
        heapq.heappush(self._waiting, mine)
        self._hand_out()
        try:
            await mine.begin
        except asyncio.CancelledError:
            if mine.begin.done() and not mine.begin.cancelled():  # given as we were cancelled
                self._end()
            raise

    def _end(self) -> None:
        self._free += 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            first = self._waiting[0]
            if first.begin.done():  # cancelled
                heapq.heappop(self._waiting)
            elif first.has_time and (calm_at := min(self._calm_at, first.until)) > _now():
                self._hand_out_at(calm_at)
                return
            else:
                heapq.heappop(self._waiting).begin.set_result(None)
                self._free -= 1

    def _hand_out_at(self, when: float) -> None:
        if self._look_again is None:
            self._look_again = asyncio.get_running_loop().call_at(when, self._look)

    def _look(self) -> None:
        self._look_again = None
        self._hand_out()


def _now() -> float:
    return asyncio.get_running_loop().time()
