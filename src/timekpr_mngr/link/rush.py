"""When a thousand servers are connected to at once, as after a start, the links come first, and what can wait waits.

Else all would be read while others are still being connected to, so slowly that answers come too late to be believed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager

HANDSHAKES_AT_ONCE = 50  # each takes some milliseconds of the processor
CROWD, FEW = 50, 5  # links being made: with more than a crowd it begins, and with a few it is over
FOR_SECONDS = 2.5  # who says nothing for longer counts no more, and who takes longer for the rest of it
OVER_MOST_SECONDS = 60.0  # after which a server that is connected waits for no others
READS_AFTER_IT = 50  # at once

Address = tuple[str, int]
"""Host and port."""


class Rush:
    """It is on while links to very many servers are being made."""

    def __init__(self) -> None:
        self._handshakes = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._reads = asyncio.Semaphore(READS_AFTER_IT)
        self._arriving: dict[Address, asyncio.TimerHandle] = {}
        self._not_there: set[Address] = set()
        self._over = asyncio.Event()
        self._over.set()

    @contextlib.contextmanager
    def arrival(self, address: Address) -> Iterator[AbstractAsyncContextManager[None]]:
        """A link is being made. Gives what is to be entered once for the handshake, when the server has spoken.

        One to an address where it failed the last time is not waited for: with hundreds that are switched off and are
        tried again and again, it would never be over.
        """
        if address not in self._not_there:
            self._count(address)
        if len(self._arriving) > CROWD:
            self._over.clear()
        try:
            yield self._handshake(address)
        except BaseException:
            self._not_there.add(address)
            raise
        else:
            self._not_there.discard(address)
        finally:
            self._drop(address)

    @property
    def is_on(self) -> bool:
        """Whether so many links are being made."""
        return not self._over.is_set()

    @contextlib.asynccontextmanager
    async def after(self) -> AsyncIterator[None]:
        """Enter it for what can wait: where a rush is on, some at a time do so when it is over."""
        if not self.is_on:
            yield
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OVER_MOST_SECONDS):
                await self._over.wait()
        async with self._reads:
            yield

    @contextlib.asynccontextmanager
    async def _handshake(self, address: Address) -> AsyncIterator[None]:
        """To wait for one's turn takes as long as the others take."""
        if (late := self._arriving.get(address)) is not None:
            late.cancel()
        async with self._handshakes:
            if address in self._arriving:
                self._count(address)
            yield

    def _count(self, address: Address) -> None:
        self._arriving[address] = asyncio.get_running_loop().call_later(FOR_SECONDS, self._drop, address)

    def _drop(self, address: Address) -> None:
        if (late := self._arriving.pop(address, None)) is not None:
            late.cancel()
        if len(self._arriving) <= FEW:
            self._over.set()
