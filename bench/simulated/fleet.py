"""A fleet of simulated computers: their processes, and how to reach them."""

import contextlib
import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from bench.computers import Computers
from bench.machine import cpu_seconds
from bench.simulated.computers import Order, users_of
from tests.ports import free_port
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link import ssh_keys

ACCOUNT = "timekpr-mngr"
ON_EACH = 1000  # computers of one process, at most
STOP_SECONDS = 20
FIRST_ADDRESS = ipaddress.IPv4Address("127.1.0.1")


@dataclass(slots=True)
class Group:
    """The computers of one process."""

    names: list[str]
    process: "subprocess.Popen[bytes]"
    kind: str

    @classmethod
    def started(cls, order: Order) -> Self:
        """A process that will soon listen (`until_ready`)."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.simulated.computers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us: it ends with its input
        )
        group = cls(order.names, process, order.kind)
        group._write(order.line())
        return group

    def until_ready(self) -> dict[str, int]:
        """What it says when it has done what it was told. Raises RuntimeError where it died of it."""
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"the simulated computers {self.names[0]} … {self.names[-1]} have died")
        said: dict[str, int] = json.loads(line)
        return said

    def tell(self, word: str, name: str) -> dict[str, int]:
        """`on` or `off`, or `tell` and nobody; what it says when that is done."""
        self._write(json.dumps({word: name}).encode() + b"\n")
        return self.until_ready()

    def end(self) -> None:
        """It ends with its input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()


@dataclass(slots=True)
class SimulatedFleet:
    """Computers, and the private key that they accept. Those that are `well` run; `at_play` have somebody logged in."""

    servers: Sequence[Server]
    well: Sequence[Server]
    private_key: str
    at_play: Sequence[str]
    groups: Sequence[Group]
    _group_of: Mapping[str, Group] = field(init=False)

    def __post_init__(self) -> None:
        self._group_of = {name: group for group in self.groups for name in group.names}

    @property
    def computers(self) -> Computers:
        """How those are reached with somebody logged in."""
        servers = [server for server in self.servers if server.name in self.at_play]
        return Computers(
            servers, self.private_key, {server.name: users_of(server.name) for server in servers}
        )

    def cpu_seconds(self) -> float:
        """Of all their processes, up to now."""
        return sum(cpu_seconds(group.process.pid) for group in self.groups)

    def handshakes_at_once(self) -> int:
        """The most of them up to now: exact where all that are well are in one process, else at most that."""
        return sum(group.tell("tell", "")["handshakes"] for group in self.groups if group.kind == "well")

    def switch(self, name: str, *, on: bool) -> None:
        """Pulls a computer's plug, or switches it on again."""
        self._group_of[name].tell("on" if on else "off", name)


@contextlib.contextmanager
def simulated(count: int, at_play: int, bad: Mapping[str, int] | None = None) -> Iterator[SimulatedFleet]:
    """`count` computers of three users, somebody logged in on the first `at_play` that are well.

    `bad` says how many of the last ones are "refused", "silent" or "dying". They end with the context.
    """
    names = [f"pc{number:04d}" for number in range(1, count + 1)]
    addresses = [str(FIRST_ADDRESS + number) for number in range(count)]
    port = free_port()
    host_key, host_line = ssh_keys.make_key("bench")
    private_key, key_line = ssh_keys.make_key("bench")
    with contextlib.ExitStack() as stack:
        groups = []
        for kind, first, last in _parts(count, bad or {}):
            if kind == "refused":  # nobody listens there
                continue
            order = Order(
                names[first:last],
                addresses[first:last],
                [name for name in names[first:last] if names.index(name) < at_play],
                port,
                host_key,
                key_line,
                kind,
            )
            groups.append(Group.started(order))
            stack.callback(groups[-1].end)
        for group in groups:
            group.until_ready()
        servers = [
            _server(name, address, port, host_line, key_line)
            for name, address in zip(names, addresses, strict=True)
        ]
        well = servers[: count - sum((bad or {}).values())]
        yield SimulatedFleet(servers, well, private_key, names[:at_play], groups)


def _parts(count: int, bad: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Kind, first and last of what each process is to be."""
    well = count - sum(bad.values())
    for first in range(0, well, ON_EACH):
        yield "well", first, min(first + ON_EACH, well)
    for kind, number in bad.items():
        yield kind, well, well + number
        well += number


def _server(name: str, address: str, port: int, host_line: str, key_line: str) -> Server:
    """As the store would have it."""
    return Server(
        name=name,
        host=address,
        port=port,
        ssh_user=ACCOUNT,
        public_key=key_line,
        host_key=host_line,
        fingerprint=ssh_keys.fingerprint(host_line),
        expected_fingerprint=None,
        created_at=datetime.now(UTC),
    )
