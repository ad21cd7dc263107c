"""Machines of the rig as servers, servers of the tests' own that pretend to be one, and what is heard from them."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncssh
import pytest

from tests.rig import TimekprHost
from timekpr_mngr.domain.server import Server
from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.session import LinkEvent

Open = Callable[..., Awaitable[BusSession]]
PATIENCE_SECONDS = 60.0
RESTRICTED_KEY = ssh_keys.make_key("restricted")
WIDE_KEY = ssh_keys.make_key("wide")


def server(host: str, port: int, host_key: str | None, account: str = "manager") -> Server:
    """A server as it was added and trusted."""
    known = None if host_key is None else ssh_keys.fingerprint(host_key)
    return Server("kids-pc", host, port, account, "", host_key, known, None, datetime.now(UTC))


def of_rig(host: TimekprHost, **other: Any) -> Server:
    """A host of the rig as a server."""
    return server(host.address, host.port, **({"host_key": host.host_key} | other))


def let_in(host: TimekprHost, user: str = "manager") -> None:
    """Both keys may in: the restricted one and the wide one."""
    host.authorize(user, RESTRICTED_KEY[1], restricted=True)
    host.authorize(user, WIDE_KEY[1], restricted=False)


class Heard:
    """The events of a session, which can be waited for."""

    def __init__(self, session: BusSession) -> None:
        self.events: list[LinkEvent] = []
        self._news = asyncio.Event()
        session.listen(self._take)

    def _take(self, event: LinkEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def wait(self, wanted: Callable[[Any], bool], seconds: float = PATIENCE_SECONDS) -> Any:
        """The first event that is wanted."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                self._news.clear()
                await self._news.wait()


async def failure_of(work: Awaitable[object]) -> ServerFailure:
    """The failure that it ends with; every one says in words what happened and what to do."""
    with pytest.raises(ServerFailure) as caught:
        await work
    assert caught.value.message.endswith((".", "!")), caught.value.message
    assert len(caught.value.fix) > 10
    assert "Traceback" not in caught.value.message
    return caught.value


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> None:
    """Asks again and again, for what nobody tells of by itself."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


class Pretender(asyncssh.SSHServer):
    """An SSH server that lets everybody in and answers commands as the test says."""

    Answer = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]

    def __init__(self, logins: list[str]) -> None:
        self._logins = logins

    def begin_auth(self, username: str) -> bool:
        self._logins.append(username)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return True


class Pretence:
    """A running Pretender."""

    def __init__(self) -> None:
        self.logins: list[str] = []
        self.commands: list[str] = []
        self.answers: dict[str, Pretender.Answer] = {}
        self._acceptors: list[asyncssh.SSHAcceptor] = []

    async def listen(self, *keys: asyncssh.SSHKey, **options: Any) -> Server:
        acceptor = await asyncssh.create_server(
            lambda: Pretender(self.logins), "127.0.0.1", 0, server_host_keys=list(keys), process_factory=self._run,
            encoding=None, **options,
        )  # fmt: skip
        self._acceptors.append(acceptor)
        line = keys[0].export_public_key().decode().strip()
        return server("127.0.0.1", acceptor.get_port(), " ".join(line.split()[:2]))

    async def _run(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        command = process.command or ""
        self.commands.append(command)
        answer = self.answers.get(command)
        if answer is None:
            process.exit(127)
            return
        with contextlib.suppress(BrokenPipeError, asyncssh.Error, asyncio.IncompleteReadError):
            await answer(process)
        process.close()

    async def close(self) -> None:
        for acceptor in self._acceptors:
            acceptor.close()
            await acceptor.wait_closed()


class Stopwatch:
    """How long it took, seconds."""

    def __enter__(self) -> "Stopwatch":
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
