"""The changes: what waits, what arrived, what asks; who, when, from where. Above them what changed without us."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from nicegui import ui

from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs
from timekpr_mngr.domain.undo import inverse
from timekpr_mngr.errors import NotNow
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.change_search import ASKS
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import ChangePage, ServerView
from timekpr_mngr.sync.events import ChangeMoved
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions
from timekpr_mngr.web.ui.parts.change_row import ChangeRow
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 30
ALL = ""


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/changes")
    async def changes(visit: Visit, state: str = ALL, server: str = ALL, user: str = ALL) -> None:
        async with frame(visit, title=_("Changes"), here="changes", path="/changes") as updates:
            text("h1", _("Changes"))
            listing = _Listing(visit, state if state in {*ChangeState, ASKS} else ALL, server, user)
            await listing.build()
            await listing.reload()
            updates.subscribe(listing.handle)


class _Listing:
    """The drift, the list, its filters, and the page after."""

    def __init__(self, visit: Visit, state: str, server: str, user: str) -> None:
        self._visit = visit
        self._state, self._server, self._user = state, server, user
        self._actions = ChangeActions(visit)
        self._rows: dict[int, ChangeRow] = {}
        self._undone: set[int] = set()
        self._zones: Mapping[str, str | None] = {}
        self._next: str | None = None

    async def build(self) -> None:
        """The place of everything."""
        servers = await self._visit.services.fleet.servers(self._visit.actor)
        self._zones = {server.name: server.time_zone for server in servers}
        self._inbox = DriftInbox(
            self._visit, server=self._server or None, user=self._user or None, beside_changes=True
        )
        self._filters(servers)
        self._part = element("div", "stack")
        with element("div", "line").style("justify-content: center"):
            self._more = button(_("Show older ones"), self._load_more)

    def _filters(self, servers: Sequence[ServerView]) -> None:
        """Three selects; what they say can stand in the address too, so that it can be linked to."""
        names = sorted({*(server.name for server in servers), *([self._server] if self._server else [])})
        users = sorted(
            {user for server in servers for user in server.users} | ({self._user} if self._user else set())
        )
        states = {state.value: _(word).capitalize() for state, word in words.STATES.items()}
        with element("div", "filters"):
            self._select(_("State"), "_state", {ALL: _("Every state"), ASKS: _("Asks"), **states})
            self._select(_("Server"), "_server", {ALL: _("Every server"), **{name: name for name in names}})
            self._select(_("User"), "_user", {ALL: _("Every user"), **{name: name for name in users}})

    async def reload(self) -> None:
        """The first page."""
        await self._inbox.show(self._server or None, self._user or None)
        found = await self._visit.do(lambda _actor: self._load(None))
        self._part.clear()
        self._rows, self._undone = {}, set()
        with self._part:
            if found is None or not found.items:
                self._nothing()
            else:
                with element("section", "card"):
                    self._list = element("ul")
                self._append(found)
        self._more.set_visibility(bool(found and found.next))

    async def handle(self, events: list[Event]) -> None:
        """Rows take their steps in place; new changes come on top."""
        await self._inbox.handle(events)
        moved = {event.change.id: event.change for event in events if isinstance(event, ChangeMoved)}
        known = moved.keys() & self._rows.keys()
        if any(key not in known and self._matches(change) for key, change in moved.items()):
            if not self._rows:
                await self.reload()
                return
            await self._add_new()
        for key in known:
            await self._look_again(key)

    async def _look_again(self, key: int) -> None:
        change = await self._visit.look(lambda actor: self._visit.services.changes.get(actor, key))
        if change is not None and key in self._rows:
            self._show(change)

    async def _add_new(self) -> None:
        """What came since, above the rest: nothing that somebody is looking at is drawn anew."""
        found = await self._visit.look(lambda _actor: self._load(None))
        if found is None:
            return
        new = [change for change in found.items if change.id not in self._rows]
        self._note_undone(new)
        with self._list:
            for change in reversed(new):
                self._row(change).move(target_index=0)
        for change in new:
            if change.follows in self._rows:
                await self._look_again(change.follows)

    def _show(self, change: Change) -> None:
        self._rows[change.id].show(change, can_undo=self._can_undo(change))

    def _row(self, change: Change) -> ChangeRow:
        row = ChangeRow(self._visit, change, self._actions, can_undo=self._can_undo(change))
        self._rows[change.id] = row
        return row

    def _note_undone(self, changes: Sequence[Change]) -> None:
        self._undone |= {
            change.follows
            for change in changes
            if change.follows is not None
            and change.follows_as is FollowsAs.UNDO
            and (change.state.is_open or change.asks or change.state is ChangeState.APPLIED)
        }

    def _can_undo(self, change: Change) -> bool:
        """Whether the button is of any use, as far as is known here; the service decides."""
        if change.id in self._undone:
            return False
        try:
            inverse(change, self._today(change.server))
        except NotNow:
            return False
        return True

    def _today(self, server: str) -> date | None:
        zone = self._zones.get(server)
        try:
            return self._visit.now.astimezone(ZoneInfo(zone)).date() if zone else None
        except (ValueError, OSError):  # a name that this machine does not have
            return None

    async def _load(self, cursor: str | None) -> ChangePage:
        return await self._visit.services.changes.list(
            self._visit.actor,
            state=self._state or None,
            server=self._server or None,
            user=self._user or None,
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    async def _load_more(self) -> None:
        found = await self._visit.do(lambda _actor: self._load(self._next))
        if found is not None:
            self._append(found)

    def _append(self, found: ChangePage) -> None:
        self._next = found.next
        self._more.set_visibility(found.next is not None)
        self._note_undone(found.items)
        with self._list:
            for change in found.items:
                self._row(change)

    def _select(self, label: str, attribute: str, options: dict[str, str]) -> None:
        async def changed(event: Any) -> None:
            setattr(self, attribute, event.value)
            await self.reload()

        field = ui.select(options, value=getattr(self, attribute), label=label, on_change=changed)
        field.props("outlined dense options-dense hide-bottom-space behavior=menu")

    def _matches(self, change: Change) -> bool:
        return (
            (self._state in (ALL, change.state.value) or (self._state == ASKS and change.asks))
            and self._server in (ALL, change.server)
            and self._user in (ALL, change.user)
        )

    def _nothing(self) -> None:
        if self._state == ASKS:
            empty(
                "check",
                _("Nothing asks"),
                _("No change waits for an answer of yours."),
                _("Show all"),
                "/changes",
            )
        elif self._state or self._server or self._user:
            empty(
                "changes",
                _("No such changes"),
                _("No change fits what is chosen above."),
                _("Show all"),
                "/changes",
            )
        else:
            empty(
                "changes",
                _("Nothing was changed yet"),
                _("Every grant and every edit appears here, with what became of it."),
                _("To the home screen"),
                "/",
            )
