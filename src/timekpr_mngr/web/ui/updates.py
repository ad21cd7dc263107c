"""What happens in the house, handed to one page in batches: at most one every half second.

What becomes of a change is waited for by who pressed: it is handed over twenty times a second at most. What is much to
look up or to draw lets that be painted first. While nobody is connected to the page all of it waits: a tab that was
closed is kept for a while, and costs nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from nicegui import background_tasks

from timekpr_mngr.services.live import ChangeMoved, Event
from timekpr_mngr.web.ui.visit import Visit

FLUSH_SECONDS, PRESSING_SECONDS = 0.5, 0.05
ANSWERED_SECONDS = 0.3
"""So long after a press, and the first step of its change, whatever lets its answer be painted first is held back."""
log = logging.getLogger(__name__)

Handler = Callable[[list[Event]], Awaitable[None]]


class Updates:
    """Collects events for a client and calls its handlers, in its context, until the client is gone.

    The first event after a pause is handed over at once, so that a press answers without delay.
    """

    def __init__(self, visit: Visit) -> None:
        self._answers = _Lane(visit, _soon)
        self._others = _Lane(visit, lambda flushed, moved: _after_answers(flushed, moved, visit.acted_at))
        visit.client.on_delete(visit.services.live.subscribe(self._collect))
        visit.client.on_connect(self._go_on)

    def subscribe(self, handler: Handler, *, after_answers: bool = False) -> None:
        """Calls the handler with every batch from now on; one that is heavy `after_answers` to presses."""
        (self._others if after_answers else self._answers).handlers.append(handler)

    def _collect(self, event: Event) -> None:
        for lane in (self._answers, self._others):
            lane.add(event)

    def _go_on(self) -> None:
        for lane in (self._answers, self._others):
            lane.go_on()


class _Lane:
    """Handlers that are called one after the other, never one of them twice at once, so that none overtakes itself."""

    def __init__(self, visit: Visit, due: Callable[[float, float | None], float]) -> None:
        self.handlers: list[Handler] = []
        self._visit = visit
        self._client = visit.client
        self._due = due
        self._waiting: list[Event] = []
        self._moved_at: float | None = None
        self._moved = asyncio.Event()
        self._flushed_at = 0.0
        self._is_flushing = False

    def add(self, event: Event) -> None:
        """To be handed over with the next batch."""
        self._waiting.append(event)
        if isinstance(event, ChangeMoved) and self._moved_at is None:
            self._moved_at = asyncio.get_running_loop().time()
            self._moved.set()
        self.go_on()

    def go_on(self) -> None:
        """Hands over what waits, if anybody is there to see it."""
        if self._is_flushing or not self._client.has_socket_connection:
            return
        if not self.handlers:  # the page is made, and nothing of it asked for these
            self._waiting.clear()
        if self._waiting:
            self._is_flushing = True
            background_tasks.create(self._flush(), name="page update")

    async def _flush(self) -> None:
        try:
            while self._waiting and self._client.has_socket_connection:
                await self._pause()
                self._flushed_at, self._moved_at = asyncio.get_running_loop().time(), None
                events, self._waiting = self._waiting, []
                events = await self._visit.services.live.seen_by(self._visit.actor, events)
                if not events:
                    continue
                for handler in list(self.handlers):
                    await self._hand_over(handler, events)
        finally:
            self._is_flushing = False

    async def _pause(self) -> None:
        """Until the next batch is due, which the step of a change may bring nearer, or put off."""
        loop = asyncio.get_running_loop()
        while (rest := self._due(self._flushed_at, self._moved_at) - loop.time()) > 0:
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._moved.wait()

    async def _hand_over(self, handler: Handler, events: list[Event]) -> None:
        if self._client.is_deleted:
            return
        try:
            with self._client:
                await handler(events)
        except Exception:
            log.exception("a page could not be brought up to date")


def _soon(flushed_at: float, moved_at: float | None) -> float:
    """When the next batch is due, where a change took its first step since the last one at `moved_at`, if any."""
    return flushed_at + (FLUSH_SECONDS if moved_at is None else PRESSING_SECONDS)


def _after_answers(flushed_at: float, moved_at: float | None, acted_at: float) -> float:
    """The same for what lets answers be painted first: of what was pressed at `acted_at`, and of all others."""
    due = max(flushed_at + FLUSH_SECONDS, acted_at + ANSWERED_SECONDS)
    return due if moved_at is None else max(due, moved_at + ANSWERED_SECONDS)
