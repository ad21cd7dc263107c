"""The port `link.session.Connector` over machines in memory."""

from collections.abc import Iterable

from timekpr_mngr.domain.server import Server
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.simulator.line import Line
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.texts import _


class SimulatedConnector:
    """A fleet of machines by host name; ports and accounts are not looked at."""

    def __init__(self, machines: Iterable[Machine] = ()) -> None:
        self.machines: dict[str, Machine] = {}
        self.lines: dict[str, Line] = {}
        for machine in machines:
            self.add(machine)

    def add(self, machine: Machine, host: str | None = None) -> Line:
        """Puts a machine into the network, by its own name unless another is given."""
        host = host or machine.name
        self.machines[host] = machine
        self.lines[host] = Line(host)
        return self.lines[host]

    def line(self, host: str) -> Line:
        """The way to a machine, to put something wrong with it."""
        return self.lines[host]

    async def host_key(self, host: str, port: int) -> str:
        """The key that the machine shows."""
        line = self._line(host)
        await line.arrive()
        return line.host_key

    async def open(self, server: Server, private_key: str) -> SimulatedSession:
        """Connects, checks the host key, signs in."""
        line = self._line(server.host)
        await line.arrive()
        if server.host_key is None or server.host_key.split()[:2] != line.host_key.split()[:2]:
            raise ServerFailure(
                FailureCode.HOST_KEY,
                _("{host} shows another host key than the one that is trusted. No login was tried.").format(
                    host=server.host
                ),
                _("Compare the fingerprint on the computer itself, and only then trust the new one."),
            )
        line.check_login()
        session = SimulatedSession(self.machines[server.host], line)
        try:
            await session.begin()
        except BaseException:
            await session.close()
            raise
        return session

    def _line(self, host: str) -> Line:
        if host not in self.lines:
            raise ServerFailure(
                FailureCode.UNREACHABLE,
                _("No computer is known by the name {host}.").format(host=host),
                _("Check the spelling, or use the computer's IP address."),
            )
        return self.lines[host]
