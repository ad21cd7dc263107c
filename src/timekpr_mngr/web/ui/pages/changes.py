"""The changes: what waits, what arrived, what was refused; who, when, from where."""

from typing import Any

from nicegui import ui

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import Page
from timekpr_mngr.sync.events import ChangeMoved
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.change_row import ChangeRow
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
            listing = _Listing(visit, state if state in set(ChangeState) else ALL, server, user)
            await listing.filters()
            listing.build()
            await listing.reload()
            updates.subscribe(listing.handle)


class _Listing:
    """The list, its filters, and the page after."""

    def __init__(self, visit: Visit, state: str, server: str, user: str) -> None:
        self._visit = visit
        self._state, self._server, self._user = state, server, user
        self._rows: dict[int, ChangeRow] = {}
        self._next: str | None = None

    async def filters(self) -> None:
        """Three selects; what they say stands in the address too, so that it can be linked to."""
        servers = await self._visit.services.fleet.servers(self._visit.actor)
        names = sorted({*(server.name for server in servers), *([self._server] if self._server else [])})
        users = sorted(
            {user for server in servers for user in server.users} | ({self._user} if self._user else set())
        )
        states = {state.value: _(word).capitalize() for state, word in words.STATES.items()}
        with element("div", "filters"):
            self._select(_("State"), "_state", {ALL: _("Every state"), **states})
            self._select(_("Server"), "_server", {ALL: _("Every server"), **{name: name for name in names}})
            self._select(_("User"), "_user", {ALL: _("Every user"), **{name: name for name in users}})

    def build(self) -> None:
        """The place of the list."""
        self._part = element("div", "stack")
        with element("div", "line").style("justify-content: center"):
            self._more = button(_("Show older ones"), self._load_more)

    async def reload(self) -> None:
        """The first page."""
        found = await self._visit.do(lambda _actor: self._load(None))
        self._part.clear()
        self._rows = {}
        with self._part:
            if found is None or not found.items:
                self._nothing()
            else:
                with element("section", "card"):
                    self._list = element("ul")
                self._append(found)
        self._more.set_visibility(bool(found and found.next))

    async def handle(self, events: list[Event]) -> None:
        """Rows take their steps in place; a new change makes the list anew."""
        moved = {event.change.id: event.change for event in events if isinstance(event, ChangeMoved)}
        if any(key not in self._rows and self._matches(change) for key, change in moved.items()):
            await self.reload()
            return
        for key in moved.keys() & self._rows.keys():
            await self._look_again(key)

    async def _look_again(self, key: int) -> None:
        change = await self._visit.look(lambda actor: self._visit.services.changes.get(actor, key))
        if change is not None and key in self._rows:
            self._rows[key].show(change)

    async def _load(self, cursor: str | None) -> Page:
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

    def _append(self, found: Page) -> None:
        self._next = found.next
        self._more.set_visibility(found.next is not None)
        with self._list:
            for change in found.items:
                self._rows[change.id] = ChangeRow(self._visit, change, cancel=self._cancel, retry=self._retry)

    def _select(self, label: str, attribute: str, options: dict[str, str]) -> None:
        async def changed(event: Any) -> None:
            setattr(self, attribute, event.value)
            await self.reload()

        field = ui.select(options, value=getattr(self, attribute), label=label, on_change=changed)
        field.props("outlined dense options-dense hide-bottom-space behavior=menu")

    def _matches(self, change: Change) -> bool:
        return (
            self._state in (ALL, change.state.value)
            and self._server in (ALL, change.server)
            and self._user in (ALL, change.user)
        )

    def _nothing(self) -> None:
        if self._state or self._server or self._user:
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

    async def _cancel(self, change: Change) -> None:
        done = await self._visit.do(lambda actor: self._visit.services.changes.cancel(actor, change.id))
        if done is not None and change.id in self._rows:
            self._rows[change.id].show(done)

    async def _retry(self, change: Change) -> None:
        accepted = await self._visit.do(lambda actor: self._visit.services.changes.retry(actor, change.id))
        if accepted is not None:
            self._visit.tell(
                _("Asked for again.")
                if accepted.changes
                else _("{server} has it like this already.").format(server=change.server)
            )
