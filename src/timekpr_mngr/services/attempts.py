"""Attempts to guess a secret: counted per account and per address, and slowed down, also across restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from timekpr_mngr.errors import Throttled
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _, counted


class Attempts:
    """One at a time, so that a burst of guesses meets the throttle, too."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._turn = asyncio.Lock()

    async def tried(self, keys: Sequence[str], is_right: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it is right. A wrong one counts for each of the keys, a right one ends their counts.

        Raises Throttled, and then nothing was tried.
        """
        async with self._turn:
            await self._throttle(keys)
            found = await is_right()
            for key in keys:
                if found:
                    await self._store.throttle.succeeded(key)
                else:
                    await self._store.throttle.failed(key, self._now())
            return found

    async def _throttle(self, keys: Sequence[str]) -> None:
        waits = [await self._store.throttle.wait_seconds(key, self._now()) for key in keys]
        if (wait := max(waits)) > 0:
            raise Throttled(_("Too many attempts. Try again in {time}.").format(time=_spoken(wait)), wait)


def of_account(name: str) -> str:
    """The key of an account's passwords."""
    return f"account {name[:64].casefold()}"


def of_codes(name: str) -> str:
    """The key of an account's codes: a right password does not end their count."""
    return f"code {name[:64].casefold()}"


def of_address(address: str) -> str:
    """The key of where somebody comes from."""
    return f"address {address}"


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return counted("{n} second", "{n} seconds", seconds)
    return counted("{n} minute", "{n} minutes", -(-seconds // 60))
