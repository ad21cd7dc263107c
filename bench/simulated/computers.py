"""`python -m bench.simulated.computers`: a process with simulated computers, over real SSH, each on its own address.

It is told what to be by one line of JSON on its standard input (`Order`), says in a line of its own that it listens,
and does what further lines say (`{"off": "pc0001"}`, `{"on": "pc0001"}`, `{"tell": ""}`), to each of which it answers
with how many handshakes there were at once so far; it ends with its input.
"""

import asyncio
import contextlib
import io
import json
import sys
import tarfile
import time
from dataclasses import asdict, dataclass
from typing import Any

import asyncssh
from asyncssh.constants import MSG_IGNORE

from bench.simulated.bus import SimulatedBus
from timekpr_mngr.simulator.machine import Machine

PEOPLE = ("alice", "bob", "carol")
TIME_ZONE = "Europe/Berlin"
FEATURES: dict[str, Any] = {
    "encoding": None,
    "line_editor": False,
    "encryption_algs": ["aes128-gcm@openssh.com"],
    "compression_algs": ["none"],
    "gss_host": None,
    "agent_forwarding": False,
    "keepalive_interval": 0,
}
ROUND_SECONDS, PARTS_OF_A_ROUND = 1.0, 20  # so that the computers do not all tick in the same instant
BACKLOG = 16


def users_of(name: str) -> tuple[str, ...]:
    """Whoever uses the computer of that name (`pc0001`). Nobody uses two: they would be one person."""
    return tuple(f"{person}{name.removeprefix('pc')}" for person in PEOPLE)


@dataclass(frozen=True, slots=True)
class Order:
    """`names` and `addresses` belong together. `at_play` are those on which somebody is logged in.

    `kind` is how they answer: "well", "silent" (nothing ever comes), "dying" (in the middle of the key exchange).
    """

    names: list[str]
    addresses: list[str]
    at_play: list[str]
    port: int
    host_key: str
    key: str
    kind: str = "well"

    def line(self) -> bytes:
        """As the process reads it."""
        return json.dumps(asdict(self)).encode() + b"\n"


class Computer:
    """A machine and its sshd."""

    def __init__(self, machine: Machine, address: str, order: Order) -> None:
        self.machine = machine
        self._address = address
        self._order = order
        self._server: asyncio.Server | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._archive: tuple[tuple[object, ...], bytes] = ((), b"")

    async def switch_on(self, options: asyncssh.SSHServerConnectionOptions) -> None:
        """Listens."""
        loop = asyncio.get_running_loop()
        ours = asyncssh.SSHServerConnectionOptions(
            options, server_factory=lambda: _Door(self, self._order.key)
        )
        self._server = await loop.create_server(
            lambda: _Connection(loop, ours), self._address, self._order.port, backlog=BACKLOG
        )

    def switch_off(self) -> None:
        """As if the plug were pulled, but for the kernel's last word."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()

    def came(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.add(connection)

    def went(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.discard(connection)

    def archive(self) -> bytes:
        """What `tar` would send of timekpr's files."""
        files = self.machine.files
        stamps = tuple((path, files.stamp(path)) for path in files)
        if stamps != self._archive[0]:
            self._archive = stamps, _tar({path: files[path] for path in files})
        return self._archive[1]


class Handshakes:
    """How many keys are being exchanged now, and the most of it at once so far: of all computers of a process."""

    def __init__(self) -> None:
        self._now: set[object] = set()
        self.most = 0

    def begin(self, connection: object) -> None:
        self._now.add(connection)
        self.most = max(self.most, len(self._now))

    def end(self, connection: object) -> None:
        self._now.discard(connection)


HANDSHAKES = Handshakes()


class _Connection(asyncssh.SSHServerConnection):
    """Counts as a handshake from the first word of who connects: waiting for a turn, they say nothing."""

    _has_begun = False

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        if not self._has_begun:
            self._has_begun = True
            HANDSHAKES.begin(self)
        super().data_received(data, datatype)

    def send_packet(self, pkttype: int, *args: bytes, **more: Any) -> None:
        """asyncssh sends an empty message before each of its own; sshd does not, and to receive them costs."""
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, **more)


class _Door(asyncssh.SSHServer):
    def __init__(self, computer: Computer, key: str) -> None:
        self._computer = computer
        self._key = asyncssh.import_public_key(key)
        self._connection: asyncssh.SSHServerConnection

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._computer.came(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        HANDSHAKES.end(self._connection)
        self._computer.went(self._connection)

    def auth_completed(self) -> None:
        HANDSHAKES.end(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key == self._key

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        return _Command(self._computer)


class _Command(asyncssh.SSHServerSession[bytes]):
    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._channel: asyncssh.SSHServerChannel[bytes]
        self._bus: SimulatedBus | None = None
        self._command = ""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return command in ("bus", "files")

    def session_started(self) -> None:
        if self._command == "files":
            self._channel.write(self._computer.archive())
            self._channel.exit(0)
            return
        self._bus = SimulatedBus(self._computer.machine, self._write)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._bus is not None:
            self._bus.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._bus is not None:
            self._bus.leave()

    def _write(self, data: bytes) -> None:
        if not self._channel.is_closing():
            self._channel.write(data)


def _tar(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, text in files.items():
            content = text.encode()
            info = tarfile.TarInfo(path.lstrip("/"))
            info.size, info.mtime = len(content), int(time.time())
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


async def _live(at_play: list[Machine]) -> None:
    """Lets real time pass on the computers with somebody at them, spread over each second."""
    loop = asyncio.get_running_loop()
    start, part = loop.time(), 0
    while True:
        part += 1
        await asyncio.sleep(start + part * ROUND_SECONDS / PARTS_OF_A_ROUND - loop.time())
        for machine in at_play[part % PARTS_OF_A_ROUND :: PARTS_OF_A_ROUND]:
            machine.second()


async def _run(order: Order, orders: asyncio.StreamReader) -> None:
    if order.kind != "well":
        await _listen_badly(order)
        print(json.dumps({"listening": len(order.names)}), flush=True)
        await orders.read()
        return
    options = asyncssh.SSHServerConnectionOptions(
        server_host_keys=[asyncssh.import_private_key(order.host_key)], **FEATURES
    )
    computers: dict[str, Computer] = {}
    for name, address in zip(order.names, order.addresses, strict=True):
        machine = Machine(name, users_of(name), time_zone=TIME_ZONE)
        computers[name] = Computer(machine, address, order)
        await computers[name].switch_on(options)
    at_play = [computers[name].machine for name in order.at_play]
    for machine in at_play:
        machine.login(users_of(machine.name)[0])
    living = asyncio.create_task(_live(at_play))
    print(json.dumps({"listening": len(computers)}), flush=True)
    while line := await orders.readline():
        for word, name in json.loads(line).items():
            if word == "off":
                computers[name].switch_off()
            elif word == "on":
                await computers[name].switch_on(options)
        print(json.dumps({"handshakes": HANDSHAKES.most}), flush=True)
    living.cancel()


async def _listen_badly(order: Order) -> None:
    answer = _say_nothing if order.kind == "silent" else _die
    for address in order.addresses:
        await asyncio.start_server(answer, address, order.port, backlog=BACKLOG)


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        await reader.read(-1)
    writer.close()


async def _die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await reader.readline()
    writer.transport.abort()


async def _main() -> None:
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    await _run(Order(**json.loads(await orders.readline())), orders)


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
