"""Everything that was sent to a server, searchable, with what it answered."""

from timekpr_mngr.services import Services
from timekpr_mngr.services.live import ChangeMoved, Event
from timekpr_mngr.services.views import SentPage
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import server_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.call_row import call_row
from timekpr_mngr.web.ui.parts.day_groups import by_day, day_card
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.filters import SEARCH, Filters
from timekpr_mngr.web.ui.parts.more_button import MoreButton
from timekpr_mngr.web.ui.parts.server_head import server_head
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit

PAGE_SIZE = 100


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/server/{server}/sent")
    async def sent(visit: Visit, server: str, user: str = "", search: str = "") -> None:
        view = await services.fleet.server(visit.actor, server)
        title = _("Sent to {server}").format(server=server)
        async with frame(visit, title=title, here="servers", path=server_path(server, "sent")) as updates:
            server_head(server, "sent")
            text(
                "p",
                _("Every call to timekpr on this computer that sets something, kept for 90 days."),
                "muted",
            )
            log = _Log(visit, server, user, search)
            log.build([*view.users, *([user] if user and user not in view.users else [])])
            await log.reload()
            updates.subscribe(log.handle)


class _Log:
    """The list, what is looked for in it, and the page after."""

    def __init__(self, visit: Visit, server: str, user: str, search: str) -> None:
        self._visit, self._server = visit, server
        self._filters = Filters("sent", {SEARCH: search, "user": user}, self.reload)
        self._found = SentPage((), None)

    def build(self, users: list[str]) -> None:
        """The place of everything."""
        self._filters.search(_("Search"))
        self._filters.choice("user", _("User"), {"": _("Everybody"), **{user: user for user in users}})
        self._part = element("div", "stack")
        self._more = MoreButton(_("Show older ones"), self._load_more)

    async def reload(self) -> None:
        """The first page."""
        found = await self._visit.do(lambda _actor: self._load(None))
        if found is not None:
            self._show(found)

    async def handle(self, events: list[Event]) -> None:
        """Looks again where a change of this server took a step; not while older ones are looked at."""
        moved = any(
            isinstance(event, ChangeMoved) and event.change.server == self._server for event in events
        )
        if not moved or len(self._found.items) > PAGE_SIZE:
            return
        found = await self._visit.look(lambda _actor: self._load(None))
        if found is not None and found != self._found:
            self._show(found)

    async def _load(self, cursor: str | None) -> SentPage:
        return await self._visit.services.sent.list(
            self._visit.actor,
            server=self._server,
            user=self._filters.values["user"] or None,
            search=self._filters.values[SEARCH],
            cursor=cursor,
            limit=PAGE_SIZE,
        )

    async def _load_more(self) -> None:
        found = await self._visit.do(lambda _actor: self._load(self._found.next))
        if found is not None:
            self._show(SentPage((*self._found.items, *found.items), found.next))

    def _show(self, found: SentPage) -> None:
        self._found = found
        self._more.set_visibility(found.next is not None)
        self._part.clear()
        with self._part:
            if not found.items:
                self._nothing()
                return
            zone = self._visit.zone
            today = self._visit.now.astimezone(zone).date()
            for day, calls in by_day([(call.at, call) for call in found.items], zone):
                with day_card(day, today):
                    for call in calls:
                        call_row(self._visit, call)

    def _nothing(self) -> None:
        if self._filters.narrows:
            empty(
                "question",
                _("Nothing like that was sent"),
                _("No call of the last 90 days fits what is looked for."),
                _("Show all"),
                server_path(self._server, "sent"),
            )
        else:
            empty(
                "changes",
                _("Nothing was sent yet"),
                _("What is set on {server} from here appears in this list, call by call.").format(
                    server=self._server
                ),
            )
