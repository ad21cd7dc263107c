"""Home, "now": a card for every person."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.domain.person import Offer, UserName
from timekpr_mngr.services import Services
from timekpr_mngr.services.allowance import Allowance
from timekpr_mngr.services.day_views import DayPlanView
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.services.views import UserView
from timekpr_mngr.sync.events import (
    ChangeMoved,
    DriftSeen,
    FleetChanged,
    ServerMoved,
    UserRead,
    UserTicked,
)
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.alarms import Alarms
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.end_session import ended_by
from timekpr_mngr.web.ui.parts.filters import SEARCH, SEARCH_MAX, Filters
from timekpr_mngr.web.ui.parts.more_button import MoreButton
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.person_card import PersonCard
from timekpr_mngr.web.ui.parts.person_offers import PersonOffers
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.person_today import foremost
from timekpr_mngr.web.ui.visit import Visit

CLOCK_SECONDS = 60.0
"""How often the words that follow the clock ("until 15:00", now on the bar) are looked at again without any event."""

DRIFT_AT_ONCE = 200
ALARMS_AT_ONCE = 5
CARDS_AT_ONCE, MORE_AT_ONCE = 12, 24
"""What fills a screen. Where there are more people, those who are signed in come first; the others are searched for, or
shown by a press."""
NOTES_AT_ONCE = 5
ENTRIES_LOOKED_AT = 20


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/")
    async def home(visit: Visit, search: str = "") -> None:
        async with frame(visit, title=_("Now"), here="home", path="/") as updates:
            text("h1", _("Now"))
            alarms = Alarms(visit, ALARMS_AT_ONCE)
            cards = _Cards(visit, search[:SEARCH_MAX] if search.isprintable() else "")
            await alarms.refresh()
            await cards.refresh()
            updates.subscribe(cards.answer)
            updates.subscribe(alarms.handle, after_answers=True)
            updates.subscribe(cards.handle, after_answers=True)
            ui.timer(
                CLOCK_SECONDS * random.uniform(0.8, 1.2),  # noqa: S311 -- not all pages at once
                cards.refresh,
                immediate=False,
            )


class _Cards:
    """The cards, what is asked above them, and what stands in their place while there are none."""

    def __init__(self, visit: Visit, search: str) -> None:
        self._visit = visit
        self._at_once = CARDS_AT_ONCE
        self._searched = search
        self._cards: dict[str, PersonCard] = {}
        self._persons: dict[UserName, str] = {}
        self._people: dict[str, PersonView] = {}
        self._views: dict[UserName, UserView] = {}
        self._shape: object = None
        self._busy = asyncio.Lock()  # what is looked up first is shown first
        self._offers = PersonOffers(visit)
        self._filters = Filters("/", {SEARCH: search}, self.refresh)
        self._filters.search(_("Search: a person, a login, a computer"))
        self._part = element("div", "cards")
        self._more = MoreButton(_("Show more people"), self._show_more)
        self._besides = element("div", "stack")

    async def answer(self, events: list[Event]) -> None:
        """Says what became of presses: nothing is looked up for it."""
        for event in events:
            if isinstance(event, ChangeMoved):
                self._move(event.change)

    async def handle(self, events: list[Event]) -> None:
        """Brings up to date what the events are about, and nothing else."""
        moved = [event.change for event in events if isinstance(event, ChangeMoved)]
        touched = {
            UserName(event.server, event.user) for event in events if isinstance(event, UserRead | UserTicked)
        }
        touched |= {UserName(change.server, change.user) for change in moved if change.user is not None}
        moved_servers = {event.server for event in events if isinstance(event, ServerMoved)}
        touched |= {user for user in self._persons if user.server in moved_servers}
        if any(isinstance(event, FleetChanged) for event in events):
            await self.refresh()
            return
        async with self._busy:
            await self._look_again(touched)
            if any(isinstance(event, DriftSeen) for event in events):
                self._show_drift(await self._open_drift())

    async def _look_again(self, touched: set[UserName]) -> None:
        """Those whose users these are."""
        known = touched & self._persons.keys()  # the others are out of view
        for user in known:
            view = await self._visit.look_at(*user)
            if view is not None:
                self._views[user] = view
        looked = [await self._look_at(self._people[id_]) for id_ in {self._persons[user] for user in known}]
        for found in looked:  # without a pause: at each message the browser works the whole page out anew
            if found is not None:
                self._show(found)

    async def _look_at(self, shown: PersonView) -> "_Found | None":
        """What there is to show of somebody who is shown."""
        person = await self._visit.look(lambda actor: self._visit.services.people.again(actor, shown))
        return await self._look(person) if person is not None else None

    async def refresh(self) -> None:
        """Everybody, as they are now."""
        async with self._busy:
            await self._look_at_all()

    async def _look_at_all(self) -> None:
        """All is looked up first: no card stands there without what it shows."""
        search, at_once = self._filters.values[SEARCH], self._at_once
        keep = list(self._cards) if search == self._searched else []  # no card goes away under a thumb
        servers = await self._visit.look(self._visit.services.fleet.names)
        foremost_people = await self._visit.look(
            lambda actor: self._visit.services.people.foremost(actor, search=search, limit=at_once, keep=keep)
        )
        if servers is None or foremost_people is None:
            return
        people, self._searched = foremost_people.people, search
        views = {user: await self._visit.look_at(*user) for person in people for user in person.users}
        self._views = {user: view for user, view in views.items() if view is not None}
        looked = [await self._look(person) for person in people]
        found = [one for one in looked if one is not None]
        drift, offers = await self._open_drift(), await self._open_offers()
        if self._visit.client.is_deleted:  # the page was left meanwhile, and its elements are gone
            return
        silent = [server for server in servers if server not in foremost_people.servers]
        shape = [(one.person.id, one.person.name, one.person.users) for one in found], silent, bool(servers)
        if shape != self._shape:
            self._shape = shape
            self._build([one.person for one in found], silent, has_servers=bool(servers))
        for one in found:
            self._show(one)
        self._show_drift(drift)
        self._offers.show(offers)
        more = foremost_people.in_all - len(people)
        self._more.set_visibility(more > 0)
        self._filters.set_visibility(bool(search) or more > 0 or at_once > CARDS_AT_ONCE)

    async def _show_more(self) -> None:
        self._at_once += MORE_AT_ONCE
        await self.refresh()

    def _show_drift(self, drift: Sequence[Drift]) -> None:
        for id_, card in self._cards.items():
            card.show_drift([item for item in drift if self._person_of(item.server, item.user) == id_])

    async def _look(self, person: PersonView) -> "_Found | None":
        """What there is to show of a person; None where nothing is known of any of the users."""
        views = {user: self._views[user] for user in person.users if user in self._views}
        if not views:
            return None
        first = foremost(views.values())
        plan = await self._visit.look(
            lambda actor: self._visit.services.days.plan(actor, first.server, first.name)
        )
        ended = [await self._ended(view) for view in views.values()]
        return _Found(
            person,
            views,
            first,
            plan,
            next((one for one in ended if one is not None), None),
            await self._allowance(first),
        )

    async def _allowance(self, view: UserView) -> Allowance | None:
        """What a carer may still give today."""
        if self._visit.rights.most_seconds(view.server, view.name) is None:
            return None
        return await self._visit.look(
            lambda actor: self._visit.services.grants.allowance(actor, view.server, view.name)
        )

    def _show(self, found: "_Found") -> None:
        card = self._cards.get(found.person.id)
        if card is not None:
            card.show(found.person, found.views, found.first, found.plan)
            card.show_ended(found.ended)
            card.show_allowance(found.allowance)

    async def _ended(self, view: UserView) -> Change | None:
        """The change that took all of a user's time today, where it can be given back."""
        if (
            view.time_left is None
            or view.time_left.day_seconds > 0
            or not self._may_give(view.server, view.name)
        ):
            return None
        found = await self._visit.look(
            lambda actor: self._visit.services.history.entries(
                actor, view.server, view.name, limit=ENTRIES_LOOKED_AT
            )
        )
        return ended_by(found.items) if found is not None else None

    async def _open_drift(self) -> Sequence[Drift]:
        """What somebody changed, and waits for a word."""
        found = await self._visit.look(
            lambda actor: self._visit.services.drift.list(
                actor, state=DriftState.OPEN.value, limit=DRIFT_AT_ONCE
            )
        )
        return found.items if found is not None else ()

    async def _open_offers(self) -> Sequence[Offer]:
        """Who may be one person, for an account that can say so."""
        if not self._visit.is_admin:
            return ()
        return await self._visit.look(self._visit.services.people.offers) or ()

    def _build(self, people: Sequence[PersonView], silent: Sequence[str], *, has_servers: bool) -> None:
        """A card for everybody. One that stands already stays, with what it says."""
        self._persons = {user: person.id for person in people for user in person.users}
        self._people = wanted = {person.id: person for person in people}
        for id_, card in list(self._cards.items()):
            if id_ not in wanted or not card.is_of(wanted[id_]):
                card.delete()
                del self._cards[id_]
        with self._part:
            for index, person in enumerate(people):
                if person.id not in self._cards:
                    self._cards[person.id] = PersonCard(self._visit, person)
                self._cards[person.id].move(target_index=index)
        self._part.set_visibility(bool(people))
        self._besides.clear()
        with self._besides:
            self._say(silent, has_servers=has_servers, has_people=bool(people))

    def _say(self, silent: Sequence[str], *, has_servers: bool, has_people: bool) -> None:
        """What stands in the place of cards, or below them. `silent` are the servers that have shown nobody."""
        if not has_servers:
            empty(
                "servers",
                _("No computers yet"),
                _("Add the first computer that runs timekpr-next; its users appear here by themselves."),
                _("Add a server") if self._visit.is_admin else "",
                "/servers/add",
            )
            return
        if not has_people and self._filters.values[SEARCH]:
            empty("person", _("Nobody is called so"), _("Search by a name, a login or a computer's name."))
            return
        if not has_people:
            empty(
                "person",
                _("Nobody to show yet"),
                _("As soon as a server was reached, its users appear here by themselves."),
                _("To the servers"),
                "/servers",
            )
            return
        for server in silent[:NOTES_AT_ONCE]:
            Notice().show("soon", server, _("has shown nobody yet"), link=(_("Look"), f"/server/{server}"))
        if (more := len(silent) - NOTES_AT_ONCE) > 0:
            said = counted(
                "{n} more computer has shown nobody yet.", "{n} more computers have shown nobody yet.", more
            )
            Notice().show("soon", said, link=(_("Show"), "/servers"))

    def _may_give(self, server: str, user: str) -> bool:
        return self._visit.may(Power.GRANT, server, user)

    def _person_of(self, server: str, user: str | None) -> str | None:
        return self._persons.get(UserName(server, user)) if user is not None else None

    def _move(self, change: Change) -> None:
        id_ = self._person_of(change.server, change.user)
        if id_ is not None:
            self._cards[id_].advance(change)


@dataclass(frozen=True, slots=True)
class _Found:
    """A person as looked up; `first` is the user who stands for all, `plan` that user's day."""

    person: PersonView
    views: Mapping[UserName, UserView]
    first: UserView
    plan: DayPlanView | None
    ended: Change | None
    allowance: Allowance | None
