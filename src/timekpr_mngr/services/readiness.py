"""Whether there is a point in sending anybody here now."""

import asyncio
import time

from timekpr_mngr.services.loop_lag import LoopLag
from timekpr_mngr.store import Store

LATE_SECONDS = 2.0
ANSWERS_WITHIN_SECONDS = 2.0
HOLDS_SECONDS = 1.0  # what was found: anybody may ask as often as they like

STARTING, STOPPING = "starting", "stopping"
NO_STORE = "the store does not answer"
OTHER_STORE = "the store is of another version"
LATE = "the event loop is stuck"


class Readiness:
    """Not ready until it was `started`, nor once it is `stopping`."""

    def __init__(self) -> None:
        self._word: str | None = STARTING
        self._store: Store | None = None
        self._lag: LoopLag | None = None
        self._asked: asyncio.Task[str | None] | None = None
        self._asked_at = 0.0

    def started(self, store: Store, lag: LoopLag) -> None:
        """The store is open, and the engine runs."""
        self._word, self._store, self._lag = None, store, lag

    def stopping(self) -> None:
        """It is about to end."""
        self._word = STOPPING

    async def why_not(self) -> str | None:
        """A few words for programs, never translated; None where it is ready."""
        if self._word is not None or self._store is None or self._lag is None:
            return self._word
        if self._lag.seconds > LATE_SECONDS:
            return LATE
        if self._asked is None or (self._asked.done() and time.monotonic() > self._asked_at + HOLDS_SECONDS):
            self._asked_at = time.monotonic()
            self._asked = asyncio.create_task(_look(self._store), name="asking the store")
        done, _pending = await asyncio.wait({self._asked}, timeout=ANSWERS_WITHIN_SECONDS)
        return self._asked.result() if done else NO_STORE


async def _look(store: Store) -> str | None:
    try:
        return None if await store.figures.is_of_this_version() else OTHER_STORE
    except Exception:  # a damaged database raises whatever it likes; the store logs its own trouble
        return NO_STORE
