"""What happens in the house, handed to one page in batches: at most one every half second.

What becomes of a change is waited for by who pressed: it is handed over twenty times a second at most.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from nicegui import background_tasks

from timekpr_mngr.services.live import ChangeMoved, Event
from timekpr_mngr.web.ui.visit import Visit

FLUSH_SECONDS, PRESSING_SECONDS = 0.5, 0.05
log = logging.getLogger(__name__)

Handler = Callable[[list[Event]], Awaitable[None]]


class Updates:
    """Collects events for a client and calls its handlers, in its context, until the client is gone.

    The first event after a pause is handed over at once, so that a press answers without delay.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._client = client = visit.client
        self._handlers: list[Handler] = []
        self._waiting: list[Event] = []
        self._is_pressing = asyncio.Event()
        self._flushed_at = 0.0
        self._is_flushing = False
        client.on_delete(visit.services.live.subscribe(self._collect))

    def subscribe(self, handler: Handler) -> None:
        """Calls the handler with every batch from now on."""
        self._handlers.append(handler)

    def _collect(self, event: Event) -> None:
        self._waiting.append(event)
        if isinstance(event, ChangeMoved):
            self._is_pressing.set()
        if not self._is_flushing and self._handlers:
            self._is_flushing = True
            background_tasks.create(self._flush(), name="page update")

    async def _flush(self) -> None:
        """Hands over batch after batch until nothing waits; never two at once, so that no handler overtakes itself."""
        try:
            while self._waiting and not self._client.is_deleted:
                await self._pause()
                self._flushed_at = asyncio.get_running_loop().time()
                events, self._waiting = self._waiting, []
                events = await self._visit.services.live.seen_by(self._visit.actor, events)
                if not events:
                    continue
                for handler in list(self._handlers):
                    await self._hand_over(handler, events)
        finally:
            self._is_flushing = False

    async def _pause(self) -> None:
        """Until the next batch is due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._flushed_at + FLUSH_SECONDS):
                await self._is_pressing.wait()
                await asyncio.sleep(self._flushed_at + PRESSING_SECONDS - asyncio.get_running_loop().time())
        self._is_pressing.clear()

    async def _hand_over(self, handler: Handler, events: list[Event]) -> None:
        if self._client.is_deleted:
            return
        try:
            with self._client:
                await handler(events)
        except Exception:
            log.exception("a page could not be brought up to date")
