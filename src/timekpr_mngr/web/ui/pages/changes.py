"""The changes: what waits, what arrived, what asks; who, when, from where. Above them what changed without us."""

from collections.abc import Sequence

from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs
from timekpr_mngr.domain.change_kind import ChangeKind
from timekpr_mngr.domain.undo import inverse
from timekpr_mngr.errors import NotNow
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.change_search import ASKS, OPEN
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import ChangePage
from timekpr_mngr.sync.events import ChangeMoved
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.called import called
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions
from timekpr_mngr.web.ui.parts.change_row import ChangeRow
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.filters import SEARCH, Filters, few
from timekpr_mngr.web.ui.parts.more_button import MoreButton
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 30
STATES = {*ChangeState, ASKS, OPEN}
KINDS = {
    ChangeKind.GRANT: noop("Time for today"),
    ChangeKind.USER: noop("Limits of users"),
    ChangeKind.SERVER: noop("Settings of computers"),
}


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/changes")
    async def changes(
        visit: Visit,
        search: str = "",
        state: str = "",
        person: str = "",
        user: str = "",
        server: str = "",
        kind: str = "",
        account: str = "",
    ) -> None:
        async with frame(visit, title=_("Changes"), here="changes", path="/changes") as updates:
            text("h1", _("Changes"))
            asked = {
                "search": search,
                "state": state if state in STATES else "",
                "person": person,
                "user": user,
                "server": server,
                "kind": kind if kind in set(ChangeKind) else "",
                "account": account,
            }
            listing = _Listing(visit, asked)
            await listing.build()
            await listing.reload()
            updates.subscribe(listing.handle)


class _Listing:
    """The drift, the list, its filters, and the page after."""

    def __init__(self, visit: Visit, asked: dict[str, str]) -> None:
        self._visit = visit
        self._filters = Filters("changes", asked, self.reload)
        self._actions = ChangeActions(visit)
        self._rows: dict[int, ChangeRow] = {}
        self._undone: set[int] = set()
        self._next: str | None = None

    async def build(self) -> None:
        """The place of everything."""
        self._inbox = DriftInbox(self._visit, beside_changes=True)
        await self._offer()
        self._part = element("div", "stack")
        self._more = MoreButton(_("Show older ones"), self._load_more)

    async def _offer(self) -> None:
        """What the list can be narrowed by: what there is, and what stands in the address already."""
        services, actor, chosen = self._visit.services, self._visit.actor, self._filters.values
        states = {state.value: _(word).capitalize() for state, word in words.STATES.items()}
        kinds = {kind.value: _(word) for kind, word in KINDS.items()}
        people = called(await services.people.everybody(actor))
        self._filters.search(_("Search: a name, a setting, a reason"))
        self._choice(
            "state", _("State"), {"": _("Every state"), ASKS: _("Asks"), OPEN: _("Not sent yet"), **states}
        )
        self._choice("person", _("Person"), {"": _("Everybody"), **few(people, chosen["person"])})
        if chosen["user"]:
            self._choice("user", _("User"), {"": _("Every user"), chosen["user"]: chosen["user"]})
        servers = {name: name for name in await services.fleet.names(actor)}
        self._choice("server", _("Server"), {"": _("Every server"), **few(servers, chosen["server"])})
        self._choice("kind", _("What"), {"": _("Everything"), **kinds})
        accounts = {name: name for name in await services.changes.accounts(actor)}
        self._choice("account", _("By"), {"": _("Anybody"), **few(accounts, chosen["account"])})

    def _choice(self, name: str, label: str, options: dict[str, str]) -> None:
        if len(options) > 1:
            self._filters.choice(name, label, options)

    async def reload(self) -> None:
        """The first page."""
        asked = self._filters.values
        await self._inbox.show(asked["server"] or None, asked["user"] or None, asked["person"] or None)
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

    async def handle(self, events: list[Event]) -> None:
        """Rows take their steps in place; new changes come on top."""
        await self._inbox.handle(events)
        moved = {event.change.id: event.change for event in events if isinstance(event, ChangeMoved)}
        known = moved.keys() & self._rows.keys()
        if moved.keys() - known:
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
        if found is None or not found.items:
            return
        if not self._rows:
            await self.reload()
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
            inverse(change, self._visit.services.changes.today(change.server))
        except NotNow:
            return False
        return True

    async def _load(self, cursor: str | None) -> ChangePage:
        asked = {name: value or None for name, value in self._filters.values.items() if name != SEARCH}
        return await self._visit.services.changes.list(
            self._visit.actor,
            search=self._filters.values[SEARCH],
            cursor=cursor,
            limit=PAGE_SIZE,
            **asked,
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

    def _nothing(self) -> None:
        if self._filters.values["state"] == ASKS:
            empty(
                "check",
                _("Nothing asks"),
                _("No change waits for an answer of yours."),
                _("Show all"),
                "/changes",
            )
        elif self._filters.narrows:
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
