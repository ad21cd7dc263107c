"""What happens, as it happens: for pages and for whatever else listens."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.services.permission import Permission
from timekpr_mngr.services.steady import Steady
from timekpr_mngr.sync.engine import Engine
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

    def __init__(self, events: Events, engine: Engine, permission: Permission) -> None:
        self._engine = engine
        self._permission = permission
        self._steady = Steady()
        self._told = Events()
        events.subscribe(self._heard)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Calls `listener` for every event until the callable that is given back is called. It must not block.

        What is shown to anybody goes through `seen_by` first. A change says why it waits. Of ticks that say nothing new
        (`Steady`) it hears every 20 seconds.
        """
        return self._told.subscribe(listener)

    async def seen_by(self, actor: Actor, events: Sequence[Event]) -> list[Event]:
        """Those of the events of which somebody may know."""
        rights = await self._permission.rights(actor)
        return [event for event in events if _is_seen(event, rights)]

    def _heard(self, event: Event) -> None:
        if isinstance(event, UserTicked) and not event.asked and not self._is_news(event):
            return
        if isinstance(event, ChangeMoved):
            change = event.change
            event = replace(event, change=replace(change, waits_for=self._engine.waits_for(change)))
        self._told.publish(event)

    def _is_news(self, event: UserTicked) -> bool:
        try:
            snapshot = self._engine.snapshot(event.server)
        except UnknownServer:  # just renamed or removed
            return False
        user = snapshot.users.get(event.user) if snapshot is not None else None
        return user is not None and self._steady.is_news(UserName(event.server, event.user), user.live)


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
