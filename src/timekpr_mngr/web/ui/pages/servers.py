"""The servers: where each stands, since when and why, and what waits for it."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.cadence import READ_EVERY_SECONDS
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.fleet import WAITING
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import FleetView, ServerPage, ServerView
from timekpr_mngr.sync.events import ChangeMoved, FleetChanged, ServerMoved
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import server_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.alarms import Alarms
from timekpr_mngr.web.ui.parts.button import link_button
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.filters import SEARCH, Filters
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.more_button import MoreButton
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.state_pill import SERVER_WORDS, server_pill
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.trust import wizard_path
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 30
ALARMS_AT_ONCE = 30
SEEN_AT_A_GLANCE = 8
"""So many servers are looked through without any search."""
STATES = (*ServerState, WAITING)


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/servers")
    async def servers(visit: Visit, state: str = "", search: str = "") -> None:
        async with frame(visit, title=_("Servers"), here="servers", path="/servers") as updates:
            with element("div", "headline"):
                text("h1", _("Servers"))
                if visit.is_admin:
                    link_button(_("Add a server"), "/servers/add", "main")
            alarms = Alarms(visit, ALARMS_AT_ONCE)
            await alarms.refresh()
            updates.subscribe(alarms.handle)
            listing = _Listing(visit, state if state in STATES else "", search)
            listing.build(await services.fleet.overview(visit.actor))
            await listing.reload()
            updates.subscribe(listing.handle)


class _Listing:
    """A page of cards, what narrows it, and the page after."""

    def __init__(self, visit: Visit, state: str, search: str) -> None:
        self._visit = visit
        self._asked = {"state": state, SEARCH: search}
        self._cards: dict[str, _Card] = {}
        self._next: str | None = None

    def build(self, fleet: FleetView) -> None:
        """The place of everything."""
        self._filters = Filters("servers", self._asked, self.reload)
        self._filters.search(_("Search: a computer, an address, a user"))
        self._filters.choice("state", _("State"), _state_options(fleet))
        self._filters.set_visibility(fleet.servers > SEEN_AT_A_GLANCE or self._filters.narrows)
        self._part = element("div", "cards loose")
        self._more = MoreButton(_("Show more"), self._load_more)
        if fleet.read_every_seconds > READ_EVERY_SECONDS:
            said = _(
                "With this many computers, each is looked at every {time}. Where somebody is signed in, what happens "
                "shows at once."
            )
            text("p", said.format(time=words.duration(round(fleet.read_every_seconds))), "small muted")

    async def reload(self) -> None:
        """The first page."""
        found = await self._visit.do(lambda actor: self._load(actor, None))
        if found is not None:
            self._next = found.next
            self._show(found.items)

    async def handle(self, events: list[Event]) -> None:
        """Looks again at as many as are shown."""
        if not any(isinstance(event, ServerMoved | FleetChanged | ChangeMoved) for event in events):
            return
        found = await self._visit.look(self._load_as_many)
        if found is not None:
            self._next = found.next
            self._show(found.items)

    async def _load(self, actor: Actor, cursor: str | None) -> ServerPage:
        asked = self._filters.values
        return await self._visit.services.fleet.page(
            actor, state=asked["state"] or None, search=asked[SEARCH], cursor=cursor, limit=PAGE_SIZE
        )

    async def _load_as_many(self, actor: Actor) -> ServerPage:
        found = await self._load(actor, None)
        while found.next is not None and len(found.items) < len(self._cards):
            more = await self._load(actor, found.next)
            found = ServerPage((*found.items, *more.items), more.next)
        return found

    async def _load_more(self) -> None:
        found = await self._visit.do(lambda actor: self._load(actor, self._next))
        if found is None:
            return
        self._next = found.next
        with self._part:
            self._cards |= {server.name: _Card(self._visit, server) for server in found.items}
        self._more.set_visibility(self._next is not None)

    def _show(self, found: Sequence[ServerView]) -> None:
        """A card changes in its place; where others are there than before, all are drawn anew."""
        self._more.set_visibility(self._next is not None)
        if found and [server.name for server in found] == list(self._cards):
            for server in found:
                self._cards[server.name].show(server)
            return
        self._part.clear()
        with self._part:
            self._cards = {server.name: _Card(self._visit, server) for server in found}
            if not found:
                _nobody(self._visit, is_narrowed=self._filters.narrows)


class _Card(Element):
    """One server; drawn anew where something of it is other than before."""

    def __init__(self, visit: Visit, server: ServerView) -> None:
        super().__init__("section")
        self.classes("card")
        self._visit = visit
        self._shown: object = None
        self.show(server)

    def show(self, server: ServerView) -> None:
        """The server as it is now."""
        when = since(self._visit, server)
        if (server, when) == self._shown:
            return
        self._shown = server, when
        self.clear()
        with self:
            self._draw(server, when)
            if server.read_at is None and self._visit.is_admin:
                link_button(_("Go on setting it up"), wizard_path(server.name))

    @staticmethod
    def _draw(server: ServerView, when: str) -> None:
        with ui.link(target=server_path(server.name)).classes("line top-aligned"):
            text("h2", server.name, "name grow")
            server_pill(server.state)
            icon("chevron", "muted chevron")
        with element("div", "stack none"):
            text("div", f"{server.ssh_user}@{server.host}:{server.port}", "small muted anywhere")
            text("div", when, "muted")
        if server.error is not None:
            Notice("over").show("over", server.error.message, fix=server.error.fix)
        with element("div", "line wrap small muted"):
            users = counted("{n} user", "{n} users", len(server.users))
            text("span", f"{users}: {', '.join(server.users)}" if server.users else _("nobody seen yet"))
        if server.pending:
            Notice("soon").show(
                "soon",
                counted("{n} change waits", "{n} changes wait", server.pending),
                link=(_("Show"), f"/changes?state=open&server={server.name}"),
            )


def since(visit: Visit, server: ServerView) -> str:
    """Since when a server stands where it does, and when it was last read."""
    zone, now = visit.zone, visit.now
    parts = [_("since {when}").format(when=words.at(server.since, zone, now))]
    if server.read_at is not None:
        parts.append(_("read {ago}").format(ago=words.ago(server.read_at, now)))
    else:
        parts.append(_("never read yet"))
    if server.timekpr_version:
        parts.append(f"timekpr-next {server.timekpr_version}")
    return " · ".join(parts)


def _state_options(fleet: FleetView) -> dict[str, str]:
    """The states with how many stand there."""
    named = {state.value: _(SERVER_WORDS[state]).capitalize() for state in ServerState}
    counts = {state.value: fleet.states.get(state, 0) for state in ServerState}
    options = {"": _("Every state"), **named, WAITING: _("Changes wait")}
    counts |= {"": fleet.servers, WAITING: fleet.waiting}
    return {value: f"{label} ({counts[value]})" for value, label in options.items()}


def _nobody(visit: Visit, *, is_narrowed: bool) -> None:
    if is_narrowed:
        empty(
            "servers",
            _("No such servers"),
            _("No computer fits what is looked for."),
            _("Show all"),
            "/servers",
        )
        return
    empty(
        "servers",
        _("No computers yet"),
        _(
            "A server is a computer that runs timekpr-next and can be reached over SSH. "
            "Nothing else is installed on it."
        ),
        _("Add a server") if visit.is_admin else "",
        "/servers/add",
    )
