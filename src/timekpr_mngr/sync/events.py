"""What happened, published once to whoever listens."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.finding import KeptFinding

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerMoved:
    """A server's state, or the reason for it, is another."""

    server: str


@dataclass(frozen=True, slots=True)
class FleetChanged:
    """A server was added, renamed or removed, or its users are others."""


@dataclass(frozen=True, slots=True)
class ServerRead:
    """All of a server was read afresh."""

    server: str


@dataclass(frozen=True, slots=True)
class UserRead:
    """What is known of a user was read afresh."""

    server: str
    user: str


@dataclass(frozen=True, slots=True)
class UserTicked:
    """timekprd told how much time is left for a user; `asked`: not by itself."""

    server: str
    user: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class ChangeMoved:
    """A change was queued, or took a step."""

    change: Change


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """Drift of a user (None: of the server's settings) was seen, answered, or asks no more."""

    server: str
    user: str | None


@dataclass(frozen=True, slots=True)
class FindingMoved:
    """Something was found on a server, says something else than before, or is over."""

    kept: KeptFinding

    @property
    def server(self) -> str:
        """On which it is."""
        return self.kept.server


Event = (
    ServerMoved | FleetChanged | ServerRead | UserRead | UserTicked | ChangeMoved | DriftSeen | FindingMoved
)
Listener = Callable[[Event], None]


class Events:
    """Hands every event to every listener, at once and in order. A listener must not block, nor raise."""

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}
        self._count = 0

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called."""
        self._count += 1
        key = self._count
        self._listeners[key] = listener
        return lambda: self._listeners.pop(key, None) and None

    def publish(self, event: Event) -> None:
        """Tells everybody. One listener's error is logged and keeps nothing from the others."""
        for listener in list(self._listeners.values()):
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
