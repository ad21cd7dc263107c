"""SSH (design: stack.md, asyncssh); the only import of asyncssh.

A connection is made only to a host whose key is pinned, with one key and nothing else: no agent, no configuration of
the person who runs this program, and no password but the one that somebody gives for `run_once`. Bytes only: invalid
UTF-8 in a text channel would close the connection.
"""

import asyncio
import base64
import functools
import ipaddress
import re
import socket
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import asyncssh
from asyncssh.constants import MSG_IGNORE

from timekpr_mngr.errors import FailureCode, Invalid, ServerFailure
from timekpr_mngr.link import failures
from timekpr_mngr.texts import _, noop

CONNECT_TIMEOUT_SECONDS = 10.0
LOGIN_TIMEOUT_SECONDS = 10.0
COMMAND_TIMEOUT_SECONDS = 20.0
KEEPALIVE_IDLE_SECONDS = (
    15  # on a line on which nothing comes, until the system asks whether somebody is there …
)
KEEPALIVE_EVERY_SECONDS = 5  # … and asks again
UNACKNOWLEDGED_SECONDS = 30  # after which the system gives a connection up
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

RSA_BITS_MIN = 2048
KEY_TEXT_MAX = 32 * 1024
KEY_TEXT_QUICK = 800  # characters: a key of RSA, which takes milliseconds to be checked, has more
BCRYPT_ROUNDS_MAX = 500  # some 10 s; ssh-keygen's default is 16 or 24
USABLE_KEY_KINDS = (b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-")

DEFAULT_CONFIG_DIR = "/var/lib/timekpr/config"
DEFAULT_WORK_DIR = "/var/lib/timekpr/work"
DEFAULT_FOLDERS = ("etc/timekpr", "var/lib/timekpr")

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_SCOPE = re.compile(r"[A-Za-z0-9._-]{1,32}")
_FOLDER = re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){1,16}/?")
_PUBLIC_LINE = re.compile(r"((?:ssh-|ecdsa-sha2-)[a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\x00-\x1f\x7f]*)?")

FREELY: AbstractAsyncContextManager[object] = nullcontext()
_lookups = ThreadPoolExecutor(16, thread_name_prefix="lookup")
"""Apart from the loop's own threads: a name server that hangs is not to hold up everything else."""


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
    pinned = _pinned(host_key, host)
    try:
        own = await _loaded(private_key)
    except ValueError:
        raise failures.bad_private_key() from None
    terms = _terms(
        username=account,
        client_keys=[own],
        known_hosts=([pinned], [], []),
        server_host_key_algs=_algorithms_of(pinned),
    )
    stream = await _connected_socket(host, port)
    try:
        await _until_it_speaks(stream, host, port)
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
    pinned = _pinned(host_key, host)
    terms = _terms(
        username=account,
        password=password,
        client_keys=None,
        known_hosts=([pinned], [], []),
        server_host_key_algs=_algorithms_of(pinned),
        preferred_auth=("password", "keyboard-interactive"),
        public_key_auth=False,
        password_auth=True,
        kbdint_auth=True,
    )
    stream = await _connected_socket(host, port)
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
    stream = await _connected_socket(host, port)
    options = asyncssh.SSHClientConnectionOptions(**_terms(username="-", client_keys=None, known_hosts=None))
    try:
        await _until_it_speaks(stream, host, port)
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
    return _public_line(key)


def fingerprint(public_key_line: str) -> str:
    """`SHA256:…` of an OpenSSH public key line, as ssh-keygen shows it. Raises Invalid."""
    try:
        key = asyncssh.import_public_key(_checked_line(public_key_line))
    except ValueError:
        raise Invalid("host_key", _("This is no OpenSSH public key.")) from None
    return str(key.get_fingerprint())


def make_key(comment: str) -> tuple[str, str]:
    """A new ed25519 key: the private half (OpenSSH PEM, no passphrase) and the public line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key("openssh").decode("ascii"), _public_line(key)


def load_key(text: str, passphrase: str | None = None) -> tuple[str, str]:
    """A key that somebody gave: the private half without its passphrase (OpenSSH PEM), and the public line.

    Raises Invalid for `private_key` or `passphrase`. May take seconds of the processor (that is what a passphrase's
    key derivation is for): call it in a thread.
    """
    text = text.strip().replace("\r\n", "\n") + "\n"
    _check_is_private(text)
    key = _decrypted(text, passphrase or None)
    _check_kind(key)
    return key.export_private_key("openssh").decode("ascii"), _public_line(key)


def authorized_keys_line(
    public_line: str, config_dir: str = DEFAULT_CONFIG_DIR, work_dir: str = DEFAULT_WORK_DIR
) -> str:
    """The line for `authorized_keys`: this key may speak to the bus and read timekpr's files, nothing else (bus.md).

    The directories are those of the server's timekpr.conf. A server may lie about them, and the line is pasted on it
    by hand: only plain absolute paths are taken, others left out. Raises Invalid for what is no public key.
    """
    folders = " ".join(files_folders(config_dir, work_dir))
    answers = f"bus) exec {BRIDGE};; files) exec {tar_command(folders)};;"
    return f'restrict,command="case $SSH_ORIGINAL_COMMAND in {answers} esac" {_checked_line(public_line)}'


BRIDGE = "systemd-stdio-bridge"


def tar_command(folders: str) -> str:
    """What reads the folders. The posix format has file times to the microsecond."""
    return f"tar --format=posix -cf - -C / {folders}"


def files_folders(config_dir: str, work_dir: str) -> tuple[str, ...]:
    """The folders to read, relative to `/`: timekpr's usual ones, and those of the server that lie elsewhere."""
    folders = list(DEFAULT_FOLDERS)
    for directory in (config_dir, work_dir):
        folder = safe_folder(directory)
        if folder is not None and not any(f"{folder}/".startswith(f"{known}/") for known in folders):
            folders.append(folder)
    return tuple(folders)


def safe_folder(directory: str) -> str | None:
    """A plain absolute path without its first `/`; None for anything that a shell could take for more than that.

    The root folders themselves are None too: nobody keeps timekpr's files in `/etc` or `/home`.
    """
    if not _FOLDER.fullmatch(directory):
        return None
    folder = directory.strip("/")
    return folder if "/" in folder else None


def check_host(host: object) -> str:
    """A host name, an IPv4 or an IPv6 address (brackets around it are taken off). Raises Invalid for `host`."""
    if not isinstance(host, str):
        raise Invalid("host", _("The host is a name or an IP address."))
    bare = host.strip()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    address, _percent, scope = bare.partition("%")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        parsed = None
    if parsed is not None and ("%" not in bare or (parsed.version == 6 and _SCOPE.fullmatch(scope))):
        return bare
    looks_numeric = bare.rstrip(".").rpartition(".")[2].isdigit()
    if len(bare) > 253 or looks_numeric or not _HOST_NAME.fullmatch(bare):
        raise Invalid(
            "host",
            _("The host is a name like kids-pc.lan or an IP address like 192.168.1.20, without a port."),
        )
    return bare


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


async def _loaded(private_key: str) -> asyncssh.SSHKey:
    """Raises ValueError for what is no key."""
    if len(private_key) <= KEY_TEXT_QUICK:
        return asyncssh.import_private_key(private_key)
    return await asyncio.to_thread(asyncssh.import_private_key, private_key)


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


def _pinned(line: str, host: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(_checked_line(line))
    except ValueError:
        raise failures.host_key_not_trusted(host) from None
    except Invalid:
        raise failures.host_key_not_trusted(host) from None


def _algorithms_of(key: asyncssh.SSHKey) -> tuple[str, ...]:
    """The ways in which a host can prove that it has this very key."""
    name = key.algorithm.decode("ascii")
    return ("rsa-sha2-512", "rsa-sha2-256") if name == "ssh-rsa" else (name,)


async def _connected_socket(host: str, port: int) -> socket.socket:
    """A TCP connection; asyncssh would not tell a silent host from a mute one, nor try the next address in time."""
    loop = asyncio.get_running_loop()
    lookup = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            found = await loop.run_in_executor(_lookups, lookup)
    except (TimeoutError, OSError, UnicodeError):
        raise failures.unknown_name(host) from None
    problem: Exception = OSError(_("no address"))
    seconds = CONNECT_TIMEOUT_SECONDS / max(1, min(len(found), 4))
    for family, kind, protocol, _name, address in found[:4]:
        try:
            return await _connected_to(family, kind, protocol, address, seconds)
        except (OSError, TimeoutError) as reason:
            problem = reason
    raise _connect_failure(problem, host, port) from None


async def _until_it_speaks(stream: socket.socket, host: str, port: int) -> None:
    """Returns at the first byte, or the end: a server of SSH speaks at once. Raises ServerFailure for a mute one."""
    loop = asyncio.get_running_loop()
    speaks = asyncio.Event()
    loop.add_reader(stream, speaks.set)
    try:
        async with asyncio.timeout(LOGIN_TIMEOUT_SECONDS):
            await speaks.wait()
    except TimeoutError:
        raise failures.mute(host, port, LOGIN_TIMEOUT_SECONDS) from None
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


def _public_line(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key("openssh").decode("utf-8", "replace").split())


def _checked_line(line: str) -> str:
    bare = line.strip()
    if not _PUBLIC_LINE.fullmatch(bare):
        raise Invalid("public_key", _("This is no OpenSSH public key."))
    return bare


def _check_is_private(text: str) -> None:
    head = text[:200]
    if len(text) > KEY_TEXT_MAX:
        raise Invalid("private_key", _("This is too long for a key."))
    if _PUBLIC_LINE.match(text) or "PUBLIC KEY" in head or head.startswith("sk-"):
        raise Invalid(
            "private_key",
            _("This is the public half of a key. The other half is needed: the file without .pub."),
        )
    if head.startswith("PuTTY-User-Key-File"):
        raise Invalid(
            "private_key",
            _("This is a key of PuTTY. Export it with PuTTYgen: Conversions, Export OpenSSH key."),
        )
    if "PRIVATE KEY-----" not in head:
        raise Invalid(
            "private_key", _("This is no private key. It begins with -----BEGIN OPENSSH PRIVATE KEY-----.")
        )


def _decrypted(text: str, passphrase: str | None) -> asyncssh.SSHKey:
    if _bcrypt_rounds(text) > BCRYPT_ROUNDS_MAX:
        raise Invalid(
            "private_key",
            _("Opening this key would take minutes. Save it again with fewer rounds (ssh-keygen -p)."),
        )
    try:
        return asyncssh.import_private_key(text, passphrase)
    except asyncssh.KeyEncryptionError as problem:
        if "bcrypt" in str(problem):  # asyncssh needs that package, and cannot do without it
            raise Invalid(
                "passphrase",
                _("Keys with a passphrase cannot be opened here: the package bcrypt is missing."),
            ) from None
        raise Invalid("passphrase", _("The passphrase does not open this key.")) from None
    except asyncssh.KeyImportError as problem:
        if "Passphrase must be specified" in str(problem):
            raise Invalid("passphrase", _("This key is kept with a passphrase. Give it too.")) from None
        if "decrypt" in str(problem):
            raise Invalid("passphrase", _("The passphrase does not open this key.")) from None
        if "Unknown" in str(problem):
            raise Invalid("private_key", _(_WRONG_KIND)) from None
        raise Invalid("private_key", _("This private key is damaged, or not all of it was given.")) from None
    except (ValueError, OverflowError):  # what its libraries say to a damaged key
        raise Invalid("private_key", _("This private key is damaged, or not all of it was given.")) from None


_WRONG_KIND = noop(
    "Keys of this kind cannot be used here. Use an ed25519 key (ssh-keygen -t ed25519), or let one be made."
)


def _check_kind(key: asyncssh.SSHKey) -> None:
    if not key.algorithm.startswith(USABLE_KEY_KINDS):
        raise Invalid("private_key", _(_WRONG_KIND))
    if key.algorithm == b"ssh-rsa" and _rsa_bits(key) < RSA_BITS_MIN:
        raise Invalid(
            "private_key",
            _("This RSA key is too short: {least} bits are the least.").format(least=RSA_BITS_MIN),
        )


def _rsa_bits(key: asyncssh.SSHKey) -> int:
    """The size, from the public half's wire form: kind, exponent, modulus (RFC 4253, 6.6)."""
    *_rest, modulus = _strings(key.public_data)
    return int.from_bytes(modulus, "big").bit_length()


def _bcrypt_rounds(text: str) -> int:
    """What the key's own header asks for (OpenSSH PROTOCOL.key); 0 where it is not encrypted so."""
    body = "".join(line for line in text.splitlines() if line and not line.startswith("-"))
    try:
        data = base64.b64decode(body)
    except ValueError:
        return 0
    magic = b"openssh-key-v1\0"
    fields = list(_strings(data.removeprefix(magic), 3))
    if not data.startswith(magic) or len(fields) < 3 or fields[1] != b"bcrypt":
        return 0
    return int.from_bytes(fields[2][-4:], "big")


def _strings(data: bytes, most: int = 16) -> Iterable[bytes]:
    """SSH's strings: four bytes of length, then the bytes."""
    while len(data) >= 4 and most:
        length = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + length]
        data, most = data[4 + length :], most - 1
