"""SSH (design: stack.md, asyncssh): signing in to one server, and running commands there.

A connection is made only to a host whose key is pinned, with one key and nothing else: no agent, no configuration of
the person who runs this program, and no password but the one that somebody gives for `run_once`. Bytes only: invalid
UTF-8 in a text channel would close the connection.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import asyncssh
from asyncssh.constants import MSG_IGNORE

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import failures, tcp
from timekpr_mngr.link.ssh_keys import algorithms_of, own_key, pinned_key, public_line
from timekpr_mngr.texts import _

LOGIN_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 20.0
CHANNEL_WINDOW = 128 * 1024  # bytes that a server may send before we have taken them
ERROR_OUTPUT_MAX = 4096  # bytes
ONCE_OUTPUT_MAX = 1 << 20  # bytes: what a package manager says

HOST_KEY_ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""In the order of preference; what is learnt is what is pinned. No SHA-1."""

CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
)
"""AES-GCM first: chacha20 runs partly in Python."""

FREELY: AbstractAsyncContextManager[object] = nullcontext()


@dataclass(frozen=True, slots=True)
class End:
    """How a command ended. Neither a status nor a signal: the connection was lost (asyncssh raises nothing then)."""

    status: int | None
    signal: str | None
    lost: bool
    errors: bytes

    @property
    def was_found(self) -> bool:
        """Whether the shell on the other side knew the command; 127 is sh's "not found"."""
        return self.status != 127


class Receiver(Protocol):
    """Who takes what a running command writes."""

    def received(self, data: bytes) -> None:
        """Some bytes of its output. Must not raise."""
        ...

    def ended(self, end: End) -> None:
        """It ended; nothing comes after this."""
        ...


class Pipe:
    """A running command's input. Its output goes to the Receiver that it was started with."""

    def __init__(self, channel: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = channel

    def write(self, data: bytes) -> None:
        """Sends, or keeps until the other side takes it. What is written to an ended command is dropped."""
        if not self._channel.is_closing():
            self._channel.write(data)

    def end(self) -> None:
        """Nothing more will be written; what the command writes still comes."""
        self._channel.write_eof()

    def close(self) -> None:
        """Ends the command's channel at once. May be called twice."""
        self._channel.abort()


class SshConnection:
    """An authenticated connection to one host."""

    def __init__(self, connection: asyncssh.SSHClientConnection, host: str) -> None:
        self.host = host
        self._connection = connection

    async def start(self, command: str, receiver: Receiver) -> Pipe:
        """Runs a command and gives it a pipe. Raises ServerFailure."""

        def session() -> asyncssh.SSHClientSession[bytes]:
            return _Session(receiver)

        opening = asyncio.ensure_future(
            self._connection.create_session(session, command, encoding=None, window=CHANNEL_WINDOW)
        )
        with _failures_of(self.host):
            try:
                async with asyncio.timeout(COMMAND_TIMEOUT_SECONDS):
                    channel, _session = await asyncio.shield(opening)
            except (TimeoutError, asyncio.CancelledError) as given_up:
                opening.add_done_callback(
                    _abort_late_channel
                )  # else it would take up one of sshd's ten for ever
                if isinstance(given_up, TimeoutError):
                    raise failures.no_answer(_("Starting a command"), COMMAND_TIMEOUT_SECONDS) from None
                raise
        return Pipe(channel)

    async def run(
        self, command: str, most_bytes: int, timeout: float = COMMAND_TIMEOUT_SECONDS
    ) -> tuple[bytes, End]:
        """Runs a command to its end and gives what it wrote. Raises ServerFailure, also for more than `most_bytes`."""
        output = _Output(most_bytes)
        pipe = await self.start(command, output)
        try:
            async with asyncio.timeout(timeout):
                end = await output.end
        except TimeoutError:
            raise failures.no_answer(_("Reading from the server"), timeout) from None
        finally:
            pipe.close()
        if output.size > most_bytes:
            raise failures.files_not_readable(
                _("it sends more than {most} MiB").format(most=most_bytes >> 20)
            )
        if end.lost:
            raise failures.lost(self.host)
        return b"".join(output.chunks), end

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return bool(self._connection.is_closed())

    async def wait_closed(self) -> None:
        """Returns when the connection is gone, from whichever side."""
        await self._connection.wait_closed()

    def close(self) -> None:
        """Ends the connection at once. May be called twice."""
        self._connection.abort()


async def connect(
    host: str,
    port: int,
    account: str,
    host_key: str,
    private_key: str,
    handshakes: AbstractAsyncContextManager[object] = FREELY,
) -> SshConnection:
    """Signs in. `host_key` is the pinned OpenSSH public key line, `private_key` OpenSSH PEM. Raises ServerFailure.

    `handshakes` is entered while keys are exchanged: what bounds how many do so at once. A silent host is not in it.
    """
    pinned = pinned_key(host_key, host)
    try:
        own = await own_key(private_key)
    except ValueError:
        raise failures.bad_private_key() from None
    terms = _terms(
        username=account,
        client_keys=[own],
        known_hosts=([pinned], [], []),
        server_host_key_algs=algorithms_of(pinned),
    )
    stream = await tcp.connect(host, port)
    try:
        await tcp.until_it_speaks(stream, host, port, LOGIN_TIMEOUT_SECONDS)
        async with handshakes:
            with _failures_of(host, port, account):
                connection = await asyncssh.connect(host, port, sock=stream, **terms)
    except BaseException:
        stream.close()
        raise
    _send_nothing_empty(connection)
    return SshConnection(connection, host)


async def run_once(
    host: str, port: int, account: str, password: str, host_key: str, command: str, timeout: float
) -> tuple[bytes, End]:
    """Signs in with a password, runs one command and leaves. The password goes to the pinned host only, which gets it a
    second time as a line of the command's input, for sudo. Nothing keeps it.

    Gives what the command wrote and how it ended. Raises ServerFailure.
    """
    pinned = pinned_key(host_key, host)
    terms = _terms(
        username=account,
        password=password,
        client_keys=None,
        known_hosts=([pinned], [], []),
        server_host_key_algs=algorithms_of(pinned),
        preferred_auth=("password", "keyboard-interactive"),
        public_key_auth=False,
        password_auth=True,
        kbdint_auth=True,
    )
    stream = await tcp.connect(host, port)
    try:
        with _failures_of(host, port, account):
            connection = await asyncssh.connect(host, port, sock=stream, **terms)
    except ServerFailure as failure:
        stream.close()
        if failure.failure is FailureCode.AUTH:
            raise failures.login_refused(host, account) from None
        raise
    except BaseException:
        stream.close()
        raise
    output = _Output(ONCE_OUTPUT_MAX)
    signed_in = SshConnection(connection, host)
    try:
        pipe = await signed_in.start(command, output)
        pipe.write(f"{password}\n".encode())
        pipe.end()
        async with asyncio.timeout(timeout):
            end = await output.end
    except TimeoutError:
        raise failures.no_answer(_("What was run there"), timeout) from None
    finally:
        signed_in.close()
    return b"".join(output.chunks), end


async def host_key(host: str, port: int, handshakes: AbstractAsyncContextManager[object] = FREELY) -> str:
    """The key that the host shows, as an OpenSSH public key line; the host proves that it has it. No login is tried.

    `handshakes` as for `connect`. Raises ServerFailure.
    """
    stream = await tcp.connect(host, port)
    options = asyncssh.SSHClientConnectionOptions(**_terms(username="-", client_keys=None, known_hosts=None))
    try:
        await tcp.until_it_speaks(stream, host, port, LOGIN_TIMEOUT_SECONDS)
        async with handshakes:
            with _failures_of(host, port):
                key = await asyncssh.get_server_host_key(
                    host,
                    port,
                    sock=stream,
                    server_host_key_algs=HOST_KEY_ALGORITHMS,
                    options=options,
                    config=None,
                )
    except BaseException:
        stream.close()
        raise
    if key is None:
        raise failures.not_ssh(host, port)
    return public_line(key)


def _send_nothing_empty(connection: asyncssh.SSHClientConnection) -> None:
    """asyncssh sends an empty message before each of its own, which costs as much as that one. It guards ciphers in CBC
    mode (RFC 4251, 9.3.1), of which CIPHERS has none.
    """
    send_packet = connection.send_packet

    def send(pkttype: int, *args: bytes, **more: Any) -> None:
        if pkttype != MSG_IGNORE:
            send_packet(pkttype, *args, **more)

    connection.send_packet = send  # type: ignore[method-assign]


class _Session(asyncssh.SSHClientSession[bytes]):
    """Hands a command's output on as it comes, and its end once."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._status: int | None = None
        self._signal: str | None = None
        self._errors = b""

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is None:
            self._receiver.received(data)
        else:
            self._errors = (self._errors + data)[:ERROR_OUTPUT_MAX]

    def exit_status_received(self, status: int) -> None:
        self._status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self._signal = signal

    def connection_lost(self, exc: Exception | None) -> None:
        lost = self._status is None and self._signal is None
        self._receiver.ended(End(self._status, self._signal, lost, self._errors))


class _Output:
    """Keeps what a command writes, up to a limit."""

    def __init__(self, most_bytes: int) -> None:
        self.end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.chunks: list[bytes] = []
        self.size = 0
        self._most_bytes = most_bytes

    def received(self, data: bytes) -> None:
        self.size += len(data)
        if self.size <= self._most_bytes:
            self.chunks.append(data)
        else:
            self.ended(End(None, None, False, b""))

    def ended(self, end: End) -> None:
        if not self.end.done():
            self.end.set_result(end)


def _abort_late_channel(opening: "asyncio.Future[tuple[asyncssh.SSHClientChannel[bytes], Any]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].abort()


def _terms(**more: Any) -> dict[str, Any]:
    """The options of a connection. asyncssh works them out once where it is given them so, and twice where it is given
    an object of its own."""
    options: dict[str, Any] = {
        "config": None,
        "agent_path": None,
        "agent_forwarding": False,
        "client_host_keys": None,
        "client_certs": (),
        "gss_host": None,
        "gss_kex": False,
        "gss_auth": False,
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        "preferred_auth": ("publickey",),
        "public_key_auth": True,
        "password_auth": False,
        "kbdint_auth": False,
        "host_based_auth": False,
        "request_pty": False,
        "encryption_algs": CIPHERS,
        "compression_algs": ("none",),
        "connect_timeout": LOGIN_TIMEOUT_SECONDS + 2,
        "login_timeout": LOGIN_TIMEOUT_SECONDS,
        "utf8_decode_errors": "replace",
    }
    return options | more


@contextmanager
def _failures_of(host: str, port: int = 22, account: str = "") -> Iterator[None]:
    """Whatever asyncssh or the system raises, as one of the closed list."""
    try:
        yield
    except (OSError, TimeoutError, asyncssh.Error, ValueError) as problem:
        raise _ssh_failure(problem, host, port, account) from None


def _ssh_failure(problem: Exception, host: str, port: int, account: str) -> ServerFailure:
    match problem:
        case ServerFailure():
            return problem
        case asyncssh.HostKeyNotVerifiable():
            return failures.host_key_changed(host)
        case asyncssh.PermissionDenied() | asyncssh.IllegalUserName():
            return failures.key_refused(host, account)
        case asyncssh.ChannelOpenError():
            gone = problem.code == asyncssh.OPEN_CONNECT_FAILED
            return failures.lost(host) if gone else failures.too_many_channels(host)
        case asyncssh.KeyExchangeFailed():
            return (
                failures.host_key_changed(host)
                if "host key" in str(problem)
                else failures.not_ssh(host, port)
            )
        case asyncssh.ProtocolError() | asyncssh.ProtocolNotSupported() | asyncssh.ServiceNotAvailable():
            return failures.not_ssh(host, port)
        case asyncssh.ConnectionLost() if "timeout" in str(problem).lower():
            return failures.mute(host, port, LOGIN_TIMEOUT_SECONDS)
        case TimeoutError():
            return failures.mute(host, port, LOGIN_TIMEOUT_SECONDS)
    return failures.turned_away(host)
