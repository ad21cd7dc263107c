"""What happens, as it happens: for pages and for whatever else listens."""

from collections.abc import Callable, Sequence

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.sync.events import (
    ChangeMoved,
    DriftSeen,
    Event,
    Events,
    FindingMoved,
    FleetChanged,
    ServerMoved,
    ServerRead,
    UserRead,
    UserTicked,
)

__all__ = [
    "ChangeMoved",
    "DriftSeen",
    "Event",
    "FindingMoved",
    "FleetChanged",
    "Live",
    "ServerMoved",
    "ServerRead",
    "UserRead",
    "UserTicked",
]


class Live:
    """The events of the engine and of the services."""

    def __init__(self, events: Events, permission: Permission) -> None:
        self._events = events
        self._permission = permission

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called. It must not block.

        What is shown to anybody goes through `seen_by` first.
        """
        return self._events.subscribe(listener)

    async def seen_by(self, actor: Actor, events: Sequence[Event]) -> list[Event]:
        """Those of the events of which somebody may know."""
        rights = await self._permission.rights(actor)
        return [event for event in events if _is_seen(event, rights)]


def _is_seen(event: Event, rights: Rights) -> bool:
    if rights.sees_everybody or isinstance(event, FleetChanged):  # which says nothing of anybody
        return True
    if isinstance(event, ServerMoved | ServerRead):
        return event.server in (rights.servers or ())
    if isinstance(event, FindingMoved) and event.kept.finding.user is None:
        return event.server in (rights.servers or ())
    return rights.power(*_whose(event)) is not None


def _whose(
    event: UserRead | UserTicked | ChangeMoved | DriftSeen | FindingMoved,
) -> tuple[str, str | None]:
    match event:
        case ChangeMoved(change=change):
            return change.server, change.user
        case FindingMoved(kept=kept):
            return kept.server, kept.finding.user
        case _:
            return event.server, event.user
