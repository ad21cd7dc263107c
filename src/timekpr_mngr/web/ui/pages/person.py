"""A person over all of their computers: where they stand on each, and what they used together."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import Services, words
from timekpr_mngr.services.live import ChangeMoved, Event, FleetChanged, ServerMoved
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.sync.events import UserRead, UserTicked
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import person_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.chart_span import span_in
from timekpr_mngr.web.ui.parts.person_user import PersonUser
from timekpr_mngr.web.ui.parts.stat import Stat
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.parts.usage_history import UsageHistory
from timekpr_mngr.web.ui.visit import Visit

CLOCK_SECONDS = 30.0
LOOK_BACK_SECONDS = 60.0


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/person/{person:path}")
    async def person_page(visit: Visit, person: str, days: str = "") -> None:
        view = await services.people.get(visit.actor, person)
        async with frame(visit, title=view.name, here="home", path=person_path(view.id)) as updates:
            now = _Now(visit, view)
            await now.refresh()
            history = UsageHistory(
                visit, lambda actor, days: services.reports.person(actor, person, days), view.name
            )
            await history.load(span_in(days))
            updates.subscribe(now.handle)
            ui.timer(CLOCK_SECONDS, now.refresh, immediate=False)
            ui.timer(LOOK_BACK_SECONDS, history.refresh, immediate=False)


class _Now:
    """Today, and each of their computers."""

    def __init__(self, visit: Visit, view: PersonView) -> None:
        self._visit, self._id = visit, view.id
        self._rows: dict[UserName, PersonUser] = {}
        self._name = text("h1", view.name)
        with element("div", "stats"):
            self._used = Stat(_("Used today"))
            self._playing = Stat(_("Now"))
            self._playtime = Stat(_("PlayTime left"))
        with card(_("On each computer")):
            self._list = element("div", "list links")
        self._show(view)

    async def handle(self, events: list[Event]) -> None:
        """Brings up to date what events are about."""
        if any(self._is_mine(event) for event in events):
            await self.refresh()

    async def refresh(self) -> None:
        """Everything as it is now."""
        view = await self._visit.look(lambda actor: self._visit.services.people.get(actor, self._id))
        if view is None:
            return
        self._show(view)
        for name, row in self._rows.items():
            user = await self._visit.look_at(*name)
            if user is not None:
                row.show(user)

    def _is_mine(self, event: Event) -> bool:
        if isinstance(event, UserRead | UserTicked):
            return UserName(event.server, event.user) in self._rows
        if isinstance(event, ServerMoved):
            return any(event.server == name.server for name in self._rows)
        return isinstance(event, FleetChanged | ChangeMoved)

    def _show(self, view: PersonView) -> None:
        now = view.now
        self._name.text = view.name
        if list(self._rows) != list(view.users):
            self._build(view.users)
        below = counted("on {n} computer", "on {n} computers together", len(view.users))
        if now.used_seconds is None:
            self._used.show("–", _("not known"))
        else:
            least = _("at least, not all can be reached")
            self._used.show(words.roughly(now.used_seconds), below if now.used_is_whole else least)
        playing = words.listed([one.server for one in now.playing_on])
        self._playing.show(
            _("Playing") if playing else _("Away"), _("on {server}").format(server=playing) if playing else ""
        )
        self._playtime.set_visibility(now.playtime_left_seconds is not None)
        if now.playtime_left_seconds is not None:
            self._playtime.show(words.roughly(now.playtime_left_seconds))

    def _build(self, users: Sequence[UserName]) -> None:
        self._list.clear()
        with self._list:
            self._rows = {name: PersonUser(self._visit, name) for name in users}
