"""A browser's line to home without the browser: it takes all that the page is sent, and paints nothing."""

import re
import time
from typing import Any, Self
from uuid import uuid4

import httpx
import socketio  # type: ignore[import-untyped]

CLIENT_ID = re.compile(r"""["']client_id["']: *["']([0-9a-f-]+)["']""")
NEAR_SECONDS = 20  # a ring's time goes on between being told and being shown


class Watcher:
    """Opened by `opened`. Rings that were told are in `heard`: when (`time.perf_counter`), and the seconds left."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, float]] = []
        self.page = ""
        self._line: Any = socketio.AsyncClient(reconnection=False)
        self._line.on("update", self._updated)

    @classmethod
    async def opened(cls, url: str, cookie: str) -> Self:
        """Fetches home as it is served, and says hello as the page's own script does."""
        one = cls()
        headers = {"Cookie": cookie}
        async with httpx.AsyncClient(timeout=60) as client:
            one.page = (await client.get(url, headers=headers)).raise_for_status().text
        found = CLIENT_ID.search(one.page)
        if found is None:
            raise RuntimeError("home does not say by which name its line is opened")
        hello = httpx.QueryParams(
            client_id=found[1],
            next_message_id=0,
            implicit_handshake="true",
            document_id=str(uuid4()),
            tab_id=str(uuid4()),
        )
        await one._line.connect(
            f"{url}?{hello}", headers, transports=["websocket"], socketio_path="_nicegui_ws/socket.io"
        )
        return one

    @property
    def is_open(self) -> bool:
        """Whether the service still speaks to it."""
        return bool(self._line.connected)

    async def close(self) -> None:
        """Leaves."""
        await self._line.disconnect()

    def told(self, since: float, left_seconds: float) -> float | None:
        """When somebody's ring was told to show about so much, after that moment; None while it was not."""
        return next(
            (at for at, left in self.heard if at >= since and abs(left - left_seconds) <= NEAR_SECONDS), None
        )

    def _updated(self, elements: dict[str, Any]) -> None:
        now = time.perf_counter()
        for element in elements.values():
            match element:  # the number of the message stands among them
                case {"props": {"left": int() | float() as left}}:
                    self.heard.append((now, left))
