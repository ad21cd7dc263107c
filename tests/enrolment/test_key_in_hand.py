"""Whoever holds the key of an enrolled computer can do nothing with it but what it is for.

Each thing is tried with a wide key of the same account too, which may do it: so a refusal is the line's doing.
(That a child's forged signals are dropped is tried in tests/link/test_session.py.)
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncssh
import pytest

from tests.enrolment.computer import as_shipped, put_program, restart_ssh
from tests.rig import TimekprHost
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.services.server_script import ACCOUNT, server_script

NARROW, WIDE = ssh_keys.make_key("narrow"), ssh_keys.make_key("wide")
BUS = "/run/dbus/system_bus_socket"


@pytest.fixture(scope="module")
def enrolled(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    """A computer that the script made ready; a wide key was added to its account by hand."""
    host = as_shipped(shared_host("enrolled", users=["alice"], admins=[]))
    done = host.run("sh", "-c", server_script(NARROW[1], ACCOUNT).line)
    assert done.returncode == 0, done.stderr
    with host.path(f"/home/{ACCOUNT}/.ssh/authorized_keys").open("a") as keys:
        keys.write(f"{WIDE[1]}\n")
    for name in ("sshd_config.host", "sshd_config"):
        with host.path(f"/etc/ssh/{name}").open("a") as config:
            config.write("X11Forwarding yes\nAllowAgentForwarding yes\nAllowStreamLocalForwarding yes\n")
    put_program(host, "xauth", "exit 0")
    host.run("ln", "-s", "/usr/local/sbin/xauth", "/usr/bin/xauth")  # where sshd looks for it
    restart_ssh(host)
    return host


@pytest.fixture
async def narrow(enrolled: TimekprHost) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with connected(enrolled, NARROW[0]) as connection:
        yield connection


@pytest.fixture
async def wide(enrolled: TimekprHost) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with connected(enrolled, WIDE[0]) as connection:
        yield connection


def connected(host: TimekprHost, private_key: str) -> asyncssh.misc._ACMWrapper[asyncssh.SSHClientConnection]:
    return asyncssh.connect(
        host.address,
        host.port,
        username=ACCOUNT,
        client_keys=[asyncssh.import_private_key(private_key)],
        known_hosts=([asyncssh.import_public_key(host.host_key)], [], []),
        config=None,
        agent_path=None,
    )


async def exec_(connection: asyncssh.SSHClientConnection) -> bool:
    return "uid=" in str((await connection.run("id", input="")).stdout)


async def shell(connection: asyncssh.SSHClientConnection) -> bool:
    try:
        return "uid=" in str((await connection.run(input="id\n")).stdout)
    except BrokenPipeError:  # it was ended before a word was said
        return False


async def another_word(connection: asyncssh.SSHClientConnection) -> bool:
    return "uid=" in str((await connection.run("files; id", input="")).stdout)


async def sftp(connection: asyncssh.SSHClientConnection) -> bool:
    try:
        async with connection.start_sftp_client() as client:
            return "passwd" in await client.listdir("/etc")
    except (asyncssh.SFTPError, asyncssh.Error):
        return False


async def tcp(connection: asyncssh.SSHClientConnection) -> bool:
    host, port = connection.get_extra_info("peername")
    try:
        reader, _ = await connection.open_connection(host, port)
    except asyncssh.ChannelOpenError:
        return False
    return bytes(await reader.read(4)) == b"SSH-"


async def socket_(connection: asyncssh.SSHClientConnection) -> bool:
    try:
        reader, writer = await connection.open_unix_connection(BUS)
    except asyncssh.ChannelOpenError:
        return False
    writer.write(b"\0AUTH\r\n")
    return bytes(await reader.read(8)) == b"REJECTED"


async def tcp_listener(connection: asyncssh.SSHClientConnection) -> bool:
    return await listens(connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 9))


async def socket_listener(connection: asyncssh.SSHClientConnection) -> bool:
    return await listens(connection.forward_remote_path("/tmp/there", "/tmp/here"))


async def listens(opening: Awaitable[asyncssh.SSHListener]) -> bool:
    try:
        (await opening).close()
    except asyncssh.ChannelListenError:
        return False
    return True


async def terminal(connection: asyncssh.SSHClientConnection) -> bool:
    sizes = struct.pack(">IIII", 80, 24, 0, 0)
    return await asked(connection, b"pty-req", word(b"xterm") + sizes + word(b""))


async def x11(connection: asyncssh.SSHClientConnection) -> bool:
    cookie = word(b"MIT-MAGIC-COOKIE-1") + word(b"00" * 16)
    return await asked(connection, b"x11-req", b"\0" + cookie + struct.pack(">I", 0))


async def agent(connection: asyncssh.SSHClientConnection) -> bool:
    return await asked(connection, b"auth-agent-req@openssh.com", b"")


def word(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


async def asked(connection: asyncssh.SSHClientConnection, request: bytes, content: bytes) -> bool:
    """What sshd answers to a request on a session's channel, on which nothing was started yet."""
    channel = asyncssh.channel.SSHClientChannel(
        connection, asyncio.get_running_loop(), "strict", None, "strict", 2**16, 2**15
    )
    await channel._open(b"session")
    try:
        return bool(await channel._make_request(request, content))
    finally:
        channel.abort()


Deed = Callable[[asyncssh.SSHClientConnection], Awaitable[bool]]
DEEDS: dict[str, Deed] = {
    "a command": exec_,
    "a shell": shell,
    "more behind a word": another_word,
    "SFTP": sftp,
    "a TCP forward": tcp,
    "a socket forward": socket_,
    "a TCP listener on the server": tcp_listener,
    "a socket listener on the server": socket_listener,
    "a terminal": terminal,
    "X11": x11,
    "the agent": agent,
}


async def test_what_a_wide_key_may_the_scripts_key_may_not(
    narrow: asyncssh.SSHClientConnection, wide: asyncssh.SSHClientConnection
) -> None:
    assert {name for name, deed in DEEDS.items() if await deed(wide)} == set(DEEDS)
    assert {name for name, deed in DEEDS.items() if await deed(narrow)} == set()


async def test_the_scripts_key_opens_the_bus_and_reads_timekprs_files(
    narrow: asyncssh.SSHClientConnection, tmp_path: Path
) -> None:
    hello = await narrow.run("bus", input=b"\0AUTH EXTERNAL\r\nDATA\r\n", encoding=None)
    assert b"OK " in (hello.stdout or b"")
    files = await narrow.run("files", encoding=None)
    assert b"timekpr.alice.conf" in (files.stdout or b"")
