"""Everything that was done to a user, or to a server's settings: day by day, newest first."""

from collections.abc import Sequence

from nicegui.element import Element

from timekpr_mngr.services.live import ChangeMoved, DriftSeen, Event
from timekpr_mngr.services.views import HistoryEntry, HistoryPage
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions
from timekpr_mngr.web.ui.parts.day_groups import by_day, day_card
from timekpr_mngr.web.ui.parts.empty import empty, nothing_like_that
from timekpr_mngr.web.ui.parts.history_row import HistoryRow
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 40
MOST_AT_ONCE = 200

Key = tuple[str, int]


class HistoryList(Element):
    """Follows what happens: a row changes in its place, a new one makes the list anew."""

    def __init__(self, visit: Visit, server: str, user: str | None, path: str) -> None:
        super().__init__("div")
        self.classes("stack")
        self._visit, self._server, self._user, self._path = visit, server, user, path
        self._search = ""
        self._actions = ChangeActions(visit)
        self._items: list[HistoryEntry] = []
        self._rows: dict[Key, HistoryRow] = {}
        self._next: str | None = None

    async def load(self, search: str) -> None:
        """The first page of that in which these words stand. Raises UnknownServer, UnknownUser, NeverRead, Invalid."""
        self._search = search
        self._take(await self._load(None, PAGE_SIZE))

    async def handle(self, events: list[Event]) -> None:
        """Looks again where something happened to this user."""
        if not any(self._is_mine(event) for event in events):
            return
        wanted = min(max(PAGE_SIZE, len(self._items)), MOST_AT_ONCE)
        found = await self._visit.look(lambda _actor: self._load(None, wanted))
        if found is not None:
            self._take(found)

    def _is_mine(self, event: Event) -> bool:
        if isinstance(event, ChangeMoved):
            return (event.change.server, event.change.user) == (self._server, self._user)
        return isinstance(event, DriftSeen) and (event.server, event.user) == (self._server, self._user)

    async def _load(self, cursor: str | None, limit: int) -> HistoryPage:
        return await self._visit.services.history.entries(
            self._visit.actor, self._server, self._user, search=self._search, cursor=cursor, limit=limit
        )

    async def _load_more(self) -> None:
        found = await self._visit.do(lambda _actor: self._load(self._next, PAGE_SIZE))
        if found is not None:
            self._next = found.next
            self._draw([*self._items, *found.items])

    def _take(self, found: HistoryPage) -> None:
        self._next = found.next
        if [_key(entry) for entry in found.items] != list(self._rows) or not found.items:
            self._draw(found.items)
            return
        self._items = list(found.items)
        for entry in found.items:
            self._rows[_key(entry)].show(entry)

    def _draw(self, items: Sequence[HistoryEntry]) -> None:
        self._items, self._rows = list(items), {}
        self.clear()
        with self:
            if not items and self._search:
                nothing_like_that(self._path)
                return
            if not items:
                empty(
                    "clock",
                    _("Nothing has happened yet"),
                    _("Every change appears here: who made it, when, and what it was before."),
                )
                return
            zone = self._visit.zone
            today = self._visit.now.astimezone(zone).date()
            for day, entries in by_day([(entry.at, entry) for entry in items], zone):
                with day_card(day, today):
                    for entry in entries:
                        self._rows[_key(entry)] = HistoryRow(self._visit, entry, self._server, self._actions)
            if self._next is not None:
                with element("div", "line").style("justify-content: center"):
                    button(_("Show older ones"), self._load_more)


def _key(entry: HistoryEntry) -> Key:
    if entry.change is not None:
        return "change", entry.change.id
    assert entry.drift is not None
    return "drift", entry.drift.id
