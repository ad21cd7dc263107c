"""When a thousand servers are connected to at once, as after a start, the links come first and what can wait waits."""

import asyncio
import contextlib

HANDSHAKES_AT_ONCE = 50  # each takes some milliseconds of the processor
OVER_MOST_SECONDS = 30.0  # after which a server that is connected waits for no others


class Rush:
    """Enter it for a handshake (`async with`): at most HANDSHAKES_AT_ONCE are in it."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._wanted = 0
        self._over = asyncio.Event()
        self._over.set()

    async def __aenter__(self) -> None:
        self._wanted += 1
        if self._wanted > HANDSHAKES_AT_ONCE:
            self._over.clear()
        try:
            await self._slots.acquire()
        except BaseException:
            self._left()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()
        self._left()

    @property
    def is_on(self) -> bool:
        """Whether more handshakes are wanted than are made at once."""
        return not self._over.is_set()

    async def over(self) -> None:
        """Returns when none waits for its turn, or after OVER_MOST_SECONDS."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OVER_MOST_SECONDS):
                await self._over.wait()

    def _left(self) -> None:
        self._wanted -= 1
        if self._wanted <= HANDSHAKES_AT_ONCE:
            self._over.set()
