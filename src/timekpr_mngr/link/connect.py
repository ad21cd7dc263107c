"""How a session is opened: SSH, then the bus through it (design: bus.md)."""

from timekpr_mngr.domain.server import Server
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import failures, ssh
from timekpr_mngr.link.authorized_keys import BRIDGE
from timekpr_mngr.link.bus import Bus
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.rush import Rush
from timekpr_mngr.meters import SILENT, Meters


class SshConnector:
    """Opens sessions over SSH (see `link.session.Connector`)."""

    def __init__(self, meters: Meters = SILENT) -> None:
        self._meters = meters
        self._rush = Rush()

    async def host_key(self, host: str, port: int) -> str:
        """The key that the host shows; no login is tried. Raises ServerFailure."""
        with self._rush.arrival((host, port)) as handshakes:
            return await ssh.host_key(host, port, handshakes)

    async def open(self, server: Server, private_key: str) -> BusSession:
        """Signs in, opens the bus and subscribes. Raises ServerFailure."""
        if server.host_key is None:
            raise failures.host_key_not_trusted(server.host)
        with self._rush.arrival((server.host, server.port)) as handshakes:
            connection = await ssh.connect(
                server.host, server.port, server.ssh_user, server.host_key, private_key, handshakes
            )
            try:
                bus, restricted = await _open_bus(connection, self._meters)
                session = BusSession(connection, bus, restricted, self._meters, self._rush)
                await session.begin(server.ssh_user)
            except BaseException:
                connection.close()
                raise
        return session


async def _open_bus(connection: ssh.SshConnection, meters: Meters) -> tuple[Bus, bool]:
    """The bus, and whether the key is the restricted one: that one knows the word `bus`, a shell does not."""
    restricted = _Bridge(connection.host, meters)
    try:
        return await restricted.open(connection, "bus"), True
    except ServerFailure as failure:
        if failure.failure != FailureCode.NO_BUS:
            raise
        first = failure
    wide = _Bridge(connection.host, meters)
    try:
        return await wide.open(connection, BRIDGE), False
    except ServerFailure:
        if (
            wide.said_nothing
        ):  # the restricted line does not know this word: what came first was the real reason
            raise first from None
        raise


class _Bridge:
    """Feeds the bus with the output of systemd-stdio-bridge, and says why it ended."""

    def __init__(self, host: str, meters: Meters) -> None:
        self._host = host
        self._bus = Bus(meters)
        self._end: ssh.End | None = None

    @property
    def said_nothing(self) -> bool:
        """Whether it ended well without a word."""
        return self._end is not None and self._end.status == 0

    async def open(self, connection: ssh.SshConnection, command: str) -> Bus:
        """Runs it and signs in to the bus. Raises ServerFailure."""
        await self._bus.hello(await connection.start(command, self))
        return self._bus

    def received(self, data: bytes) -> None:
        self._bus.received(data)

    def ended(self, end: ssh.End) -> None:
        self._end = end
        if end.lost:
            self._bus.end(failures.lost(self._host))
        elif self._bus.is_open:
            self._bus.end(failures.bus_closed())
        elif end.was_found:
            self._bus.end(failures.no_bus(self._host))
        else:
            self._bus.end(failures.no_bridge(self._host))
