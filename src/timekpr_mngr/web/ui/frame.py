"""What stands around every page: the brand, how much of the fleet is live, and where one can go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nicegui import ui

from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event, FleetChanged, ServerMoved
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui import theme
from timekpr_mngr.web.ui.asking import asking
from timekpr_mngr.web.ui.navigation import BottomNavigation, SideNavigation
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.updates import Updates
from timekpr_mngr.web.ui.visit import Visit


@asynccontextmanager
async def frame(visit: Visit, *, title: str, here: str = "", path: str = "") -> AsyncIterator[Updates]:
    """The page's elements are made inside; gives what tells the page of every change in the house.

    `here` is the place of the navigation, `path` this page's own address.
    """
    ui.page_title(f"{title} · {theme.TITLE}")
    updates = Updates(visit.services, visit.client)
    servers = await visit.services.fleet.servers(visit.actor)
    main_id = "main"
    text("a", _("Skip to the content"), "skip").props(f"href=#{main_id}")
    with element("header", "top"):
        ui.link(theme.TITLE, "/").classes("brand")
        sync = _SyncState()
    with element("div", "shell"):
        side = SideNavigation(here, path)
        with element("div", "page").props(f"id={main_id} tabindex=-1"):
            yield updates
    bottom = BottomNavigation(here)

    def show(servers: Sequence[ServerView], count: int) -> None:
        sync.show(servers)
        side.show(servers, count)
        bottom.show(count)

    async def refresh(events: list[Event]) -> None:
        if any(isinstance(event, ServerMoved | FleetChanged | ChangeMoved | DriftSeen) for event in events):
            known = await visit.look(visit.services.fleet.servers)
            count = await visit.look(lambda actor: asking(visit.services, actor))
            if known is not None and count is not None:
                show(known, count)

    show(servers, await asking(visit.services, visit.actor))
    updates.subscribe(refresh)


class _SyncState:
    """`2 of 3 servers live`, with its dot."""

    def __init__(self) -> None:
        with element("div", "sync").props("role=status"):
            self._dot = element("span", "dot off").props("aria-hidden=true")
            self._words = ui.label()

    def show(self, servers: Sequence[ServerView]) -> None:
        """Counts those that can be spoken to now."""
        live = sum(server.state is ServerState.ONLINE for server in servers)
        tone = "off" if not live else "" if live == len(servers) else "soon"
        self._dot.classes(replace=f"dot {tone}")
        self._words.set_text(
            _("no servers yet")
            if not servers
            else _("{live} of {all} live").format(
                live=live, all=counted("{n} server", "{n} servers", len(servers))
            )
        )
