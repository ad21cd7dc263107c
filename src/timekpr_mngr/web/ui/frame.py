"""What stands around every page: the brand, how much of the fleet is live, and where one can go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nicegui import ui

from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event, FleetChanged, ServerMoved
from timekpr_mngr.services.views import FleetView
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui import theme
from timekpr_mngr.web.ui.navigation import BottomNavigation, SideNavigation, Surroundings
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.updates import Updates
from timekpr_mngr.web.ui.visit import Visit

MANY_SERVERS = 100
"""Where there are more, who is there is not worked out anew with every step of one of them."""


@asynccontextmanager
async def frame(visit: Visit, *, title: str, here: str = "", path: str = "") -> AsyncIterator[Updates]:
    """The page's elements are made inside; gives what tells the page of every change in the house.

    `here` is the place of the navigation, `path` this page's own address.
    """
    ui.page_title(f"{title} · {theme.TITLE}")
    updates = Updates(visit)
    around = await Surroundings.seen(visit, visit.actor)
    main_id = "main"
    text("a", _("Skip to the content"), "skip").props(f"href=#{main_id}")
    with element("header", "top"):
        ui.link(theme.TITLE, "/").classes("brand")
        sync = _SyncState()
    with element("div", "shell"):
        side = SideNavigation(visit, path)
        with element("div", "page").props(f"id={main_id} tabindex=-1"):
            yield updates
    bottom = BottomNavigation(here)

    async def show(around: Surroundings) -> None:
        sync.show(around.fleet)
        bottom.show(around.asking)
        await side.show(around)

    async def refresh(events: list[Event]) -> None:
        nonlocal around
        if not any(
            isinstance(event, ServerMoved | FleetChanged | ChangeMoved | DriftSeen) for event in events
        ):
            return
        is_same = all(_keeps_people(event, around) for event in events)
        people = around.people if is_same else None
        found = await visit.look(lambda actor: Surroundings.seen(visit, actor, people))
        if found is not None:
            around = found
            await show(found)

    await show(around)
    updates.subscribe(refresh, after_answers=True)


def _keeps_people(event: Event, around: Surroundings) -> bool:
    """Whether nobody comes or goes with it. That a computer was read for the first time is a step of it."""
    if isinstance(event, ServerMoved):
        return around.fleet.servers > MANY_SERVERS
    return not isinstance(event, FleetChanged)


class _SyncState:
    """`2 of 3 servers live`, with its dot; pressed, it shows them. Before it stands for how many changes wait, which
    has its room there also while none do, so that nothing moves when a press is on its way.
    """

    def __init__(self) -> None:
        with element("div", "sync").props("role=status"), ui.link(target="/servers"):
            self._waiting = element("span", "waiting none")
            with self._waiting:
                icon("clock")
                self._count = text("span", "", "count").props("aria-hidden=true")
                self._wait_words = text("span", "", "said")
            self._dot = element("span", "dot off").props("aria-hidden=true")
            self._words = ui.label()

    def show(self, fleet: FleetView) -> None:
        """Counts those that can be spoken to now."""
        tone = "off" if not fleet.online else "" if fleet.online == fleet.servers else "soon"
        self._dot.classes(replace=f"dot {tone}")
        self._words.set_text(
            _("no servers yet")
            if not fleet.servers
            else _("{live} of {all} live").format(
                live=fleet.online, all=counted("{n} server", "{n} servers", fleet.servers)
            )
        )
        waiting = max(fleet.waiting, 1)  # so wide is its room while none do
        self._waiting.classes(replace="waiting" if fleet.waiting else "waiting none")
        self._count.text = str(waiting)
        self._wait_words.text = counted("changes wait for {n}", "changes wait for {n}", waiting)
