"""The computers that are measured: the rig's, with the real timekprd, bus and sshd."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.computers import Computers
from tests.noon import noon_zone
from tests.rig import TimekprHost, make_key
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link import ssh_keys

AT_THE_COMPUTER, AWAY = "alice", "bob"
USERS = (AT_THE_COMPUTER, AWAY)
ACCOUNT = "manager"
DAY_LIMITS = ";".join(
    ["14400"] * 7
)  # with noon on the computer, so that no grant meets midnight and is asked about


@dataclass(frozen=True, slots=True)
class Fleet:
    """Running computers, and the private key that they accept for nothing but timekpr (bus.md)."""

    hosts: Sequence[TimekprHost]
    private_key: str

    @property
    def computers(self) -> Computers:
        """How they are reached."""
        servers = [self.server(host) for host in self.hosts]
        return Computers(servers, self.private_key, {server.name: USERS for server in servers})

    def server(self, host: TimekprHost) -> Server:
        """As the store would have it."""
        return Server(
            name=host.name,
            host=host.address,
            port=host.port,
            ssh_user=ACCOUNT,
            public_key="",
            host_key=host.host_key,
            fingerprint=ssh_keys.fingerprint(host.host_key),
            expected_fingerprint=None,
            created_at=datetime.now(UTC),
        )


@contextlib.contextmanager
def fleet(count: int) -> Iterator[Fleet]:
    """Computers in a folder of their own, one of the two users logged in on each; gone at the end, however it comes."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hosts-bench-")))
        folder.chmod(0o711)  # the computers' own accounts read their share of it
        os.environ["TIMEKPR_HOSTS_DIR"] = str(folder)
        key = folder / "id_ed25519"
        make_key(key, comment="bench")
        hosts = [stack.enter_context(_host(f"pc{number:02d}", key)) for number in range(1, count + 1)]
        yield Fleet(hosts, key.read_text())


@contextlib.contextmanager
def _host(name: str, key: Path) -> Iterator[TimekprHost]:
    with TimekprHost(name, users=USERS, admins=[ACCOUNT], tz=noon_zone(), die_with_parent=True) as host:
        host.authorize(ACCOUNT, key)
        for user in USERS:
            host.timekpra("--settimelimits", user, DAY_LIMITS)
        host.login(AT_THE_COMPUTER)
        yield host
