"""What happens, as it happens: for pages and for whatever else listens."""

from collections.abc import Callable

from timekpr_mngr.sync.events import (
    ChangeMoved,
    DriftSeen,
    Event,
    Events,
    FleetChanged,
    ServerMoved,
    UserRead,
    UserTicked,
)

__all__ = [
    "ChangeMoved",
    "DriftSeen",
    "Event",
    "FleetChanged",
    "Live",
    "ServerMoved",
    "UserRead",
    "UserTicked",
]


class Live:
    """The events of the engine and of the services."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called. It must not block."""
        return self._events.subscribe(listener)
