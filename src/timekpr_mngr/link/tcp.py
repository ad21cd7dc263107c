"""TCP to one server: a connection that comes about within seconds, and is given up when nobody is there any more."""

import asyncio
import contextlib
import functools
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link import failures
from timekpr_mngr.texts import _

CONNECT_TIMEOUT_SECONDS = 10.0
KEEPALIVE_IDLE_SECONDS = (
    15  # on a line on which nothing comes, until the system asks whether somebody is there …
)
KEEPALIVE_EVERY_SECONDS = 5  # … and asks again
UNACKNOWLEDGED_SECONDS = 30  # after which the system gives a connection up

_lookups = ThreadPoolExecutor(16, thread_name_prefix="lookup")
"""Apart from the loop's own threads: a name server that hangs is not to hold up everything else."""


async def connect(host: str, port: int) -> socket.socket:
    """A connection to the first of the host's addresses that answers. Raises ServerFailure.

    asyncssh would not tell a silent host from a mute one, nor try the next address in time.
    """
    found = await _addresses(host, port)
    problem: Exception = OSError(_("no address"))
    seconds = CONNECT_TIMEOUT_SECONDS / max(1, min(len(found), 4))
    for family, kind, protocol, _name, address in found[:4]:
        try:
            return await _connected_to(family, kind, protocol, address, seconds)
        except (OSError, TimeoutError) as reason:
            problem = reason
    raise _connect_failure(problem, host, port) from None


async def _addresses(host: str, port: int) -> list[Any]:
    """What getaddrinfo finds. A numeric address needs no name server, and so no thread. Raises ServerFailure."""
    lookup = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    with contextlib.suppress(OSError, UnicodeError):
        return lookup(flags=socket.AI_NUMERICHOST)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(_lookups, lookup)
    except (TimeoutError, OSError, UnicodeError):
        raise failures.unknown_name(host) from None


async def until_it_speaks(stream: socket.socket, host: str, port: int, seconds: float) -> None:
    """Returns at the first byte, or the end: a server of SSH speaks at once. Raises ServerFailure for one that
    is mute for so many seconds."""
    loop = asyncio.get_running_loop()
    speaks = asyncio.Event()
    loop.add_reader(stream, speaks.set)
    try:
        async with asyncio.timeout(seconds):
            await speaks.wait()
    except TimeoutError:
        raise failures.mute(host, port, seconds) from None
    finally:
        loop.remove_reader(stream)


async def _connected_to(family: int, kind: int, protocol: int, address: Any, seconds: float) -> socket.socket:
    stream = socket.socket(family, kind, protocol)
    try:
        stream.setblocking(False)
        _let_nothing_arrive_late(stream)
        _keep_alive(stream)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(stream, address)
    except BaseException:
        stream.close()
        raise
    return stream


def _let_nothing_arrive_late(stream: socket.socket) -> None:
    """When we give a connection up, what we sent on it must not reach the server minutes later.

    Closing throws away what was not yet delivered, also when this program is killed; what nobody acknowledges in
    half a minute ends the connection.
    """
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_SECONDS * 1000)


def _keep_alive(stream: socket.socket) -> None:
    """A peer that is gone is noticed within UNACKNOWLEDGED_SECONDS.

    By the system and not by SSH's own keepalive: with a thousand silent servers that was a tenth of all that we did.
    One that still has a network and does nothing else any more is noticed at the next reading.
    """
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, seconds in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_SECONDS),
        ("TCP_KEEPCNT", UNACKNOWLEDGED_SECONDS // KEEPALIVE_EVERY_SECONDS),
    ):
        if hasattr(socket, option):
            stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)


def _connect_failure(problem: Exception, host: str, port: int) -> ServerFailure:
    match problem:
        case ConnectionRefusedError():
            return failures.refused(host, port)
        case TimeoutError():
            return failures.silent(host, port)
        case ConnectionError():
            return failures.turned_away(host)
    return failures.no_route(host)
