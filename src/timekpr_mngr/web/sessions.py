"""The websockets that are open for each session: when a session ends, its pages end with it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from timekpr_mngr.services.accounts import Accounts, SessionEnded

GRACE_SECONDS = 1.0  # in which a page can still go to the sign-in page by itself
CHECKED_EVERY_SECONDS = 15.0  # for sessions that another process ended, the command line say
CLOSE_CODE = 4401

log = logging.getLogger(__name__)


class Sessions:
    """Keeps track of open websockets by their session's hash."""

    def __init__(self) -> None:
        self._open: dict[str, set[Callable[[], None]]] = {}

    async def serve(self, app: ASGIApp, token_hash: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs a websocket until it ends, or until its session does."""
        socket = _Socket(send)
        ends = self._open.setdefault(token_hash, set())
        ends.add(socket.end_soon)
        try:
            await app(scope, receive, socket.send)
        finally:
            ends.discard(socket.end_soon)
            if not ends and self._open.get(token_hash) is ends:
                del self._open[token_hash]

    def ended(self, event: SessionEnded) -> None:
        """A listener for `Accounts.on_session_ended`."""
        for end in list(self._open.get(event.token_hash, ())):
            end()

    async def watch(self, accounts: Accounts) -> None:
        """Notices for ever what was ended elsewhere."""
        while True:
            await asyncio.sleep(CHECKED_EVERY_SECONDS)
            for token_hash in list(self._open):
                try:
                    if await accounts.by_session_hash(token_hash) is None:
                        self.ended(SessionEnded("", token_hash))
                except Exception:
                    log.exception("a session could not be checked")


class _Socket:
    """The sending half of a websocket, which is silent once we have closed it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._closed = False
        self._closing: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> None:
        if not self._closed:
            self._closed = message["type"] == "websocket.close"
            await self._send(message)

    def end_soon(self) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._end())

    async def _end(self) -> None:
        await asyncio.sleep(GRACE_SECONDS)
        with contextlib.suppress(Exception):  # it may be gone already
            await self.send({"type": "websocket.close", "code": CLOSE_CODE})
