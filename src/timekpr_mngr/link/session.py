"""The port to one server: read all, set one thing, listen.

Behind it stand the real thing (`link.connect`) and the simulator; the same contract tests run over both, and the
real one decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from timekpr_mngr.domain.bus_facts import BusFacts
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.server import Server
from timekpr_mngr.domain.snapshot import Live, Session, Snapshot, UserSnapshot
from timekpr_mngr.timekpr.interface import Call, LimitsInForce, Reply


@dataclass(frozen=True, slots=True)
class Ticked:
    """timekprd told what is left for a logged-in user (signal `timeLeft`).

    It does so at every poll, and (`asked`) while we ask it for what it has in memory, even where its worker is dead.
    """

    user: str
    live: Live
    asked: bool = False


@dataclass(frozen=True, slots=True)
class SessionsChanged:
    """login1 told that somebody logged in or out, or that a session was locked, unlocked, idle: all of them now."""

    sessions: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """timekprd told that a user's limits are others now (signal `timeLimits`)."""

    user: str


@dataclass(frozen=True, slots=True)
class DaemonChanged:
    """timekprd went from the bus (`present` False) or came to it."""

    present: bool


LinkEvent = Ticked | SessionsChanged | LimitsChanged | DaemonChanged


class ServerSession(Protocol):
    """An open, authenticated conversation with one server.

    Every method raises ServerFailure when the server cannot be spoken to any more, or does not answer in time; after
    unreachable or timeout the session is of no use and is to be closed. A call to the daemon may have had its effect
    although its answer was lost.
    """

    @property
    def conversation(self) -> str:
        """What this conversation is called on the server, to be noted before something is sent."""
        ...

    async def has_ended(self, conversation: str) -> bool:
        """Whether an earlier conversation is over on the server, and timekprd has dealt with all that it sent.

        Only then does a reading tell whether a call of it had its effect: it may still be on its way through a
        connection that the server has not given up, or wait in front of a daemon that hangs.
        """
        ...

    @property
    def daemon_present(self) -> bool:
        """Whether timekprd is on the server's bus at this moment. Without it nothing is limited there."""
        ...

    async def read(self) -> Snapshot:
        """Everything: files, clock and zone, sessions, what the daemon has in memory. Writes nothing on the server."""
        ...

    async def read_user(self, user: str, *, just_read_will_do: bool = False) -> UserSnapshot | None:
        """One user alone, afresh; None where the server has no such user.

        With `just_read_will_do` it may be from files that were read for another user a moment ago, if nothing was
        called since.
        """
        ...

    async def call(self, call: Call) -> Reply:
        """One method of timekprd. A reply with a code other than 0 is the daemon's refusal, and no exception."""
        ...

    async def limits_in_force(self, user: str) -> LimitsInForce | None:
        """What the daemon goes by at this moment for a logged-in user; None for one that it does not have in memory."""
        ...

    async def facts(self) -> BusFacts:
        """What the server's bus tells of timekprd itself, and of those who use the computer. Writes nothing there."""
        ...

    async def health(self) -> list[Check]:
        """Everything that has to be right for this server to be in hand, one check after the other."""
        ...

    def listen(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called."""
        ...

    async def wait_closed(self) -> None:
        """Returns when the conversation has ended, from whichever side."""
        ...

    async def close(self) -> None:
        """Ends the conversation. May be called twice."""
        ...


class Connector(Protocol):
    """How a session is opened; the real one and the simulator's."""

    async def host_key(self, host: str, port: int) -> str:
        """The key that the server shows, as an OpenSSH public key line; no login is tried. Raises ServerFailure."""
        ...

    async def open(self, server: Server, private_key: str) -> ServerSession:
        """Connects, checks the host key against `server.host_key`, signs in with the key (OpenSSH PEM, no
        passphrase), opens the bus and subscribes. Raises ServerFailure.
        """
        ...
