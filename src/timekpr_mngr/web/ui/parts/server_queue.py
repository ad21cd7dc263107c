"""What waits for one server, in the order in which it is sent, and why it still waits."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.change import Change
from timekpr_mngr.services.change_search import OPEN
from timekpr_mngr.services.live import ChangeMoved, Event, ServerMoved
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions
from timekpr_mngr.web.ui.parts.change_row import ChangeRow
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import Visit

SHOWN = 20


class ServerQueue(Element):
    """Not there where nothing waits."""

    def __init__(self, visit: Visit, server: str) -> None:
        super().__init__("div")
        self._visit, self._server = visit, server
        self._actions = ChangeActions(visit)
        self._shown: Sequence[Change] = ()
        self.set_visibility(False)

    async def handle(self, events: list[Event]) -> None:
        """Looks again where something of this server moved."""
        if any(self._is_about(event) for event in events):
            await self.refresh()

    def _is_about(self, event: Event) -> bool:
        if isinstance(event, ChangeMoved):
            return event.change.server == self._server
        return isinstance(event, ServerMoved) and event.server == self._server

    async def refresh(self) -> None:
        """The queue as it is now."""
        found = await self._visit.look(
            lambda actor: self._visit.services.changes.list(
                actor, state=OPEN, server=self._server, limit=SHOWN
            )
        )
        if found is None or found.items == self._shown:
            return
        self._shown = found.items
        self.clear()
        self.set_visibility(bool(found.items))
        if found.items:
            with self, card(_("Waits to be sent"), _("Nothing of it is lost.")):
                with element("ul"):
                    for change in reversed(found.items):
                        ChangeRow(self._visit, change, self._actions)
                if found.next is not None:
                    ui.link(
                        counted("The newest {n}; show all", "The newest {n}; show all", SHOWN),
                        f"/changes?state={OPEN}&server={self._server}",
                    ).classes("inline")
