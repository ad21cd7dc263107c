"""Home, "now": a card for every user of every server."""

from nicegui import ui

from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.errors import NeverRead, UnknownUser
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import ServerView, UserView
from timekpr_mngr.sync.events import (
    ChangeMoved,
    DriftSeen,
    FleetChanged,
    ServerMoved,
    UserRead,
    UserTicked,
)
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.user_card import UserCard
from timekpr_mngr.web.ui.visit import Visit

CLOCK_SECONDS = 30.0
"""How often the words that follow the clock ("until 15:00", now on the bar) are looked at again without any event."""

DRIFT_AT_ONCE = 200

Key = tuple[str, str]


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/")
    async def home(visit: Visit) -> None:
        async with frame(visit, title=_("Now"), here="home", path="/") as updates:
            text("h1", _("Now"))
            cards = _Cards(visit)
            await cards.refresh()
            updates.subscribe(cards.handle)
            ui.timer(CLOCK_SECONDS, cards.refresh, immediate=False)


class _Cards:
    """The cards, and what stands in their place while there are none."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._cards: dict[Key, UserCard] = {}
        self._shape: object = None
        self._part = element("div", "stack")

    async def handle(self, events: list[Event]) -> None:
        """Brings up to date what the events are about, and nothing else."""
        moved = [event.change for event in events if isinstance(event, ChangeMoved)]
        for change in moved:
            self._move(change)
        touched = {(event.server, event.user) for event in events if isinstance(event, UserRead | UserTicked)}
        touched |= {(change.server, change.user) for change in moved if change.user is not None}
        if any(isinstance(event, FleetChanged | ServerMoved | DriftSeen) for event in events):
            await self.refresh()
            return
        for key in touched & self._cards.keys():  # the others are out of view
            view = await self._visit.look_at(*key)
            if view is not None:
                self._cards[key].show(view)

    async def refresh(self) -> None:
        """Everybody, as they are now."""
        servers = await self._visit.look(self._visit.services.fleet.servers)
        if servers is None:
            return
        views = {
            (server.name, user): await self._view(server.name, user)
            for server in servers
            for user in server.users
        }
        known = {key: view for key, view in views.items() if view is not None}
        shape = (list(known), [(server.name, server.state) for server in servers if not server.users])
        if shape != self._shape:
            self._shape = shape
            self._build(servers, known)
        for key, view in known.items():
            self._cards[key].show(view)
        await self._show_drift()

    async def _show_drift(self) -> None:
        """On whose card somebody's changes wait for a word."""
        found = await self._visit.look(
            lambda actor: self._visit.services.drift.list(
                actor, state=DriftState.OPEN.value, limit=DRIFT_AT_ONCE
            )
        )
        if found is None:
            return
        for (server, user), card in self._cards.items():
            card.show_drift([item for item in found.items if (item.server, item.user) == (server, user)])

    async def _view(self, server: str, user: str) -> UserView | None:
        try:
            return await self._visit.services.limits.user(self._visit.actor, server, user)
        except (NeverRead, UnknownUser):
            return None

    def _build(self, servers: list[ServerView], views: dict[Key, UserView]) -> None:
        self._part.clear()
        self._cards = {}
        with self._part:
            if not servers:
                empty(
                    "servers",
                    _("No computers yet"),
                    _("Add the first computer that runs timekpr-next; its users appear here by themselves."),
                    _("Add a server") if self._visit.may_change else "",
                    "/servers/add",
                )
                return
            if not views:
                empty(
                    "person",
                    _("Nobody to show yet"),
                    _("As soon as a server was reached, its users appear here by themselves."),
                    _("To the servers"),
                    "/servers",
                )
            with element("div", "cards"):
                self._cards = {key: UserCard(self._visit, view) for key, view in views.items()}
            for server in servers:
                if not server.users and views:
                    note = Notice()
                    note.show(
                        "soon",
                        server.name,
                        _("has shown nobody yet"),
                        link=(_("Look"), f"/server/{server.name}"),
                    )

    def _move(self, change: Change) -> None:
        if change.user is not None and (change.server, change.user) in self._cards:
            self._cards[change.server, change.user].advance(change)
