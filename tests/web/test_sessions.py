"""Live pages hang on a session: without one they are not opened, and they end with it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from tests.services.house import ADMIN
from tests.web.served import Served
from timekpr_mngr.web import sessions

pytestmark = pytest.mark.usefixtures("no_grace")

WAITS_SECONDS = 60.0


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time to say goodbye."""
    monkeypatch.setattr(sessions, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(sessions, "CHECKED_EVERY_SECONDS", 0.05)


class Socket:
    """A browser's end of a websocket, in ASGI's words."""

    def __init__(self, site: Served, cookie: str = "", **headers: str) -> None:
        self.sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._received: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self._received.put_nowait({"type": "websocket.connect"})
        lines = {"host": "testserver", "connection": "upgrade", "upgrade": "websocket", "cookie": cookie}
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/_nicegui_ws/socket.io/",
            "raw_path": b"/_nicegui_ws/socket.io/",
            "root_path": "",
            "query_string": b"EIO=4&transport=websocket&client_id=none",
            "headers": [(name.encode(), value.encode()) for name, value in (lines | headers).items()],
            "client": ("10.0.0.7", 1),
            "server": ("testserver", 80),
            "subprotocols": [],
        }
        self.task = asyncio.create_task(site.app(scope, self._received.get, self.sent.put))

    async def next(self) -> MutableMapping[str, Any]:
        """What the application sends next."""
        async with asyncio.timeout(WAITS_SECONDS):
            return await self.sent.get()

    async def until_closed(self) -> int:
        """Waits until the application has closed it, and gives the code."""
        while (message := await self.next())["type"] != "websocket.close":
            pass
        self._received.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
        async with asyncio.timeout(WAITS_SECONDS):
            await self.task
        return int(message["code"])


async def session_of(site: Served, account: str) -> str:
    """A cookie header with a session of that account."""
    token = await site.services.accounts.open_session(account, address="", agent="")
    return f"timekpr_mngr_8765={token}"


async def test_a_live_page_is_not_opened_without_a_session(site: Served) -> None:
    await site.add_accounts()

    assert (await Socket(site).next())["type"] == "websocket.close"


async def test_a_strangers_page_opens_no_live_page_in_our_name(site: Served) -> None:
    await site.add_accounts()
    cookie = await session_of(site, "anna")

    assert (await Socket(site, cookie, origin="http://evil.example").next())["type"] == "websocket.close"
    assert (await Socket(site, cookie, origin="http://testserver").next())["type"] == "websocket.accept"


async def test_signing_out_closes_that_sessions_pages_and_no_others(site: Served) -> None:
    await site.add_accounts()
    cookie, other = await session_of(site, "anna"), await session_of(site, "anna")
    socket, stays = Socket(site, cookie), Socket(site, other)
    assert (await socket.next())["type"] == "websocket.accept"
    assert (await stays.next())["type"] == "websocket.accept"

    await site.services.accounts.sign_out(cookie.partition("=")[2])

    assert await socket.until_closed() == sessions.CLOSE_CODE
    assert not stays.task.done()


async def test_a_new_password_closes_the_pages_of_everybody_who_had_the_old_one(site: Served) -> None:
    await site.add_accounts()
    socket = Socket(site, await session_of(site, "ben"))
    assert (await socket.next())["type"] == "websocket.accept"

    await site.services.accounts.set_password(ADMIN, "ben", "battery staple")

    assert await socket.until_closed() == sessions.CLOSE_CODE


async def test_a_session_that_was_ended_elsewhere_is_noticed(site: Served) -> None:
    await site.add_accounts()
    socket = Socket(site, await session_of(site, "ben"))
    assert (await socket.next())["type"] == "websocket.accept"

    await site.services.accounts._store.sign_ins.remove_all("ben")  # as another process does it

    assert await socket.until_closed() == sessions.CLOSE_CODE
