"""Every way in which a server cannot be spoken to, brought about for real: the code, the words, what to do."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import asyncssh
import pytest

from tests.link.machines import Heard, Open, Pretence, Stopwatch, failure_of, let_in, of_rig, server, until
from tests.rig import TimekprHost
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import bus, ssh, ssh_keys, tcp
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.health import failed
from timekpr_mngr.link.session import DaemonChanged
from timekpr_mngr.timekpr import interface as timekpr

CONNECTOR = SshConnector()
SOME_KEY = ssh_keys.make_key("some")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same time-outs, only shorter: nobody wants to wait for them in a test."""
    monkeypatch.setattr(ssh, "LOGIN_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(tcp, "CONNECT_TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(ssh, "COMMAND_TIMEOUT_SECONDS", 1.0)
    for call in (bus.Bus.call, bus.Bus.hello):
        defaults = dict(call.__kwdefaults__ or {})
        if "timeout" in defaults:
            monkeypatch.setattr(call, "__kwdefaults__", defaults | {"timeout": 1.0})
        else:
            monkeypatch.setattr(call, "__defaults__", (1.0,))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
async def mute_port() -> AsyncIterator[int]:
    """A port that accepts, and answers nothing."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    listening = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def test_a_closed_port(closed_port: int) -> None:
    for work in (
        CONNECTOR.host_key("127.0.0.1", closed_port),
        CONNECTOR.open(server("127.0.0.1", closed_port, SOME_KEY[1]), SOME_KEY[0]),
    ):
        failure = await failure_of(work)
        assert failure.failure is FailureCode.UNREACHABLE
        assert "refuses SSH" in failure.message
        assert str(closed_port) in failure.message


async def test_a_name_that_nobody_has() -> None:
    failure = await failure_of(CONNECTOR.host_key("no-such-computer.invalid", 22))
    assert failure.failure is FailureCode.UNREACHABLE
    assert "no-such-computer.invalid" in failure.message


async def test_an_address_without_a_way() -> None:
    failure = await failure_of(CONNECTOR.host_key("255.255.255.255", 22))
    assert failure.failure is FailureCode.UNREACHABLE


async def test_a_host_that_accepts_and_says_nothing(mute_port: int, impatient: None) -> None:
    with Stopwatch() as watch:
        failure = await failure_of(CONNECTOR.host_key("127.0.0.1", mute_port))
        also = await failure_of(CONNECTOR.open(server("127.0.0.1", mute_port, SOME_KEY[1]), SOME_KEY[0]))
    assert failure.failure is also.failure is FailureCode.TIMEOUT
    assert watch.seconds < 4


async def test_a_host_that_says_nothing_keeps_nobody_from_shaking_hands(
    mute_port: int, impatient: None
) -> None:
    class NeverEntered(contextlib.nullcontext[None]):
        async def __aenter__(self) -> None:
            raise AssertionError("a mute host takes one of the few who shake hands at a time")

    shown = ssh.host_key("127.0.0.1", mute_port, NeverEntered())
    opened = ssh.connect("127.0.0.1", mute_port, "manager", SOME_KEY[1], SOME_KEY[0], NeverEntered())
    for work in (shown, opened):
        assert (await failure_of(work)).failure is FailureCode.TIMEOUT


async def test_a_host_whose_packets_vanish(impatient: None) -> None:
    """A full backlog drops what comes, as a firewall does."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        await asyncio.sleep(0.05)
        failure = await failure_of(CONNECTOR.host_key("127.0.0.1", full.getsockname()[1]))
    assert failure.failure is FailureCode.UNREACHABLE
    assert "does not answer" in failure.message


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 1000, b"SSH-1.0-old\r\n", b""]
)
async def test_a_port_of_something_else(greeting: bytes, impatient: None) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    failure = await failure_of(CONNECTOR.host_key("127.0.0.1", listening.sockets[0].getsockname()[1]))
    listening.close()
    assert failure.failure is FailureCode.UNREACHABLE


async def test_a_connection_that_is_closed_at_once_is_unreachable() -> None:
    """MaxStartups: sshd has too many logins under way."""

    async def slam(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    listening = await asyncio.start_server(slam, "127.0.0.1", 0)
    failure = await failure_of(CONNECTOR.host_key("127.0.0.1", listening.sockets[0].getsockname()[1]))
    listening.close()
    assert failure.failure is FailureCode.UNREACHABLE


async def test_a_wrong_key(machine: TimekprHost) -> None:
    failure = await failure_of(CONNECTOR.open(of_rig(machine), SOME_KEY[0]))
    assert failure.failure is FailureCode.AUTH
    assert "manager" in failure.message
    assert "authorized_keys" in failure.fix


async def test_an_account_that_is_not_there(machine: TimekprHost) -> None:
    failure = await failure_of(CONNECTOR.open(of_rig(machine, account="nobody-here"), SOME_KEY[0]))
    assert failure.failure is FailureCode.AUTH
    assert "nobody-here" in failure.message


async def test_a_private_key_that_is_none(machine: TimekprHost) -> None:
    failure = await failure_of(CONNECTOR.open(of_rig(machine), "not a key: hunter2"))
    assert failure.failure is FailureCode.AUTH
    assert "hunter2" not in failure.message + failure.fix


async def test_another_host_key_stops_everything_before_a_login(pretence: Pretence) -> None:
    target = await pretence.listen(asyncssh.generate_private_key("ssh-ed25519"))
    failure = await failure_of(CONNECTOR.open(replace(target, host_key=SOME_KEY[1]), SOME_KEY[0]))
    assert failure.failure is FailureCode.HOST_KEY
    assert "another host key" in failure.message
    assert "fingerprint" in failure.fix
    assert pretence.logins == []


async def test_a_host_key_of_another_kind_is_another_key(pretence: Pretence) -> None:
    """A machine in the middle that has no ed25519 key to show is not to be asked for its RSA key instead."""
    target = await pretence.listen(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    failure = await failure_of(CONNECTOR.open(replace(target, host_key=SOME_KEY[1]), SOME_KEY[0]))
    assert failure.failure is FailureCode.HOST_KEY
    assert pretence.logins == []


@pytest.mark.parametrize("line", [None, "", "ssh-ed25519 AAAA", "SHA256:abc"])
async def test_without_a_trusted_host_key_no_login_is_tried(pretence: Pretence, line: str | None) -> None:
    target = await pretence.listen(asyncssh.generate_private_key("ssh-ed25519"))
    failure = await failure_of(CONNECTOR.open(replace(target, host_key=line), SOME_KEY[0]))
    assert failure.failure is FailureCode.HOST_KEY
    assert pretence.logins == []


async def test_learning_a_host_key_tries_no_login(pretence: Pretence) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    target = await pretence.listen(key)
    assert await CONNECTOR.host_key(target.host, target.port) == target.host_key
    assert pretence.logins == []


@pytest.mark.parametrize(
    "kinds", [("ssh-rsa",), ("ecdsa-sha2-nistp256",), ("ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519")]
)
async def test_the_best_kind_of_host_key_is_learnt_and_then_accepted(
    pretence: Pretence, kinds: tuple[str, ...]
) -> None:
    target = await pretence.listen(*(asyncssh.generate_private_key(kind) for kind in kinds))
    learnt = await CONNECTOR.host_key(target.host, target.port)
    assert learnt.split()[0] == kinds[-1]
    failure = await failure_of(CONNECTOR.open(replace(target, host_key=learnt), SOME_KEY[0]))
    assert pretence.logins == ["manager"]
    assert failure.failure is FailureCode.NO_BUS


async def test_an_account_that_is_not_in_the_group(machine: TimekprHost, opened: Open) -> None:
    failure = await failure_of(opened(machine, account="carol"))
    assert failure.failure is FailureCode.NOT_IN_GROUP
    assert "carol" in failure.message
    assert "usermod -aG timekpr carol" in failure.fix


async def test_a_server_without_the_bridge(pretence: Pretence) -> None:
    target = await pretence.listen(asyncssh.generate_private_key("ssh-ed25519"))
    failure = await failure_of(CONNECTOR.open(target, SOME_KEY[0]))
    assert pretence.commands == ["bus", "systemd-stdio-bridge"]
    assert failure.failure is FailureCode.NO_BUS
    assert "systemd-stdio-bridge" in failure.message


async def back(host: TimekprHost) -> None:
    """Starts its sshd and waits until it listens."""
    host.start("sshd")

    async def listens() -> bool:
        try:
            await CONNECTOR.host_key(host.address, host.port)
        except ServerFailure:
            return False
        return True

    await until(listens)


async def test_a_stopped_sshd(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    waiting = asyncio.create_task(session.wait_closed())
    fragile.stop("sshd")
    try:
        async with asyncio.timeout(60):
            await waiting
        for work in (session.read(), session.read_user("alice"), session.call(timekpr.get_user_list()),
                     session.limits_in_force("alice"), opened(fragile)):  # fmt: skip
            assert (await failure_of(work)).failure is FailureCode.UNREACHABLE
    finally:
        await back(fragile)
    assert "alice" in (await (await opened(fragile)).read()).users


async def test_an_sshd_that_goes_in_the_middle_of_a_call(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    fragile.pause("timekprd")
    try:
        calling = asyncio.create_task(session.call(timekpr.set_time_left("alice", "+", 1)))
        await asyncio.sleep(0.05)  # it is on its way
        fragile.stop("sshd")
        assert (await failure_of(calling)).failure is FailureCode.UNREACHABLE
    finally:
        fragile.resume("timekprd")
        await back(fragile)


async def test_a_stopped_daemon(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    heard = Heard(session)
    fragile.stop("timekprd")
    try:
        await heard.wait(lambda event: event == DaemonChanged(False))
        failure = await failure_of(session.call(timekpr.get_user_list()))
    finally:
        fragile.start("timekprd")
    assert failure.failure is FailureCode.NO_DAEMON
    assert "systemctl" in failure.fix


async def test_a_daemon_that_hangs(fragile: TimekprHost, opened: Open, impatient: None) -> None:
    fragile.login("alice")
    session = await opened(fragile)
    fragile.pause("timekprd")
    try:
        with Stopwatch() as watch:
            failures = [
                await failure_of(work)
                for work in (session.call(timekpr.get_user_list()), session.read(), session.limits_in_force("alice"),
                             opened(fragile))
            ]  # fmt: skip
    finally:
        fragile.resume("timekprd")
        fragile.logout("alice")
    assert {failure.failure for failure in failures} == {FailureCode.TIMEOUT}
    assert watch.seconds < 8


async def test_a_daemon_that_is_killed_in_the_middle_of_a_call(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    fragile.pause("timekprd")
    calling = asyncio.create_task(session.call(timekpr.get_user_list()))
    await asyncio.sleep(0.05)
    fragile.kill("timekprd")
    try:
        failure = await failure_of(calling)
    finally:
        fragile.launch("timekprd")
        fragile.start("timekprd")
    assert failure.failure is FailureCode.TIMEOUT  # it may have had its effect


async def test_what_the_daemon_cannot_do_is_told_in_its_own_words(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    failure = await failure_of(session.call(timekpr.Call(timekpr.USER_ADMIN, "noSuchMethod", "", ())))
    assert failure.failure is FailureCode.DAEMON_REFUSED
    assert "noSuchMethod" in failure.message
    assert (await session.call(timekpr.get_user_list())).ok


async def test_a_stopped_bus(rig_folder: object, opened: Open) -> None:
    with TimekprHost("busless", users=["alice"], die_with_parent=True) as host:
        let_in(host)
        session = await opened(host)
        host.stop("dbus")
        async with asyncio.timeout(60):
            await session.wait_closed()
        assert (await failure_of(session.read())).failure is FailureCode.NO_BUS
        for restricted in (True, False):
            failure = await failure_of(opened(host, restricted))
            assert failure.failure is FailureCode.NO_BUS
            assert "bus" in failure.message


@pytest.mark.parametrize("code", FailureCode)
def test_health_tells_how_far_it_came(code: FailureCode) -> None:
    checks = failed(ServerFailure(code, "It failed.", "Do something."))
    wrong = [check for check in checks if check.ok is False]
    assert [(check.sentence, check.fix) for check in wrong] == [("It failed.", "Do something.")]
    position = checks.index(wrong[0])
    assert all(check.ok for check in checks[:position])
    assert all(check.ok is None for check in checks[position + 1 :])


def test_a_dead_peer_is_noticed_within_half_a_minute() -> None:
    assert tcp.UNACKNOWLEDGED_SECONDS <= 30
    assert tcp.KEEPALIVE_IDLE_SECONDS + tcp.KEEPALIVE_EVERY_SECONDS <= tcp.UNACKNOWLEDGED_SECONDS
