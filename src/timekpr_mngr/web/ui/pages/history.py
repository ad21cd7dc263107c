"""The history of a user, and that of a server's own settings: what happened, and every version that was seen."""

from nicegui import ui

from timekpr_mngr.errors import NeverRead, UnknownUser
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import server_path, user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.filters import SEARCH, Filters, address
from timekpr_mngr.web.ui.parts.history_list import HistoryList
from timekpr_mngr.web.ui.parts.server_head import server_head
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.parts.user_head import UserHead
from timekpr_mngr.web.ui.parts.version_list import VersionList
from timekpr_mngr.web.ui.updates import Updates
from timekpr_mngr.web.ui.visit import Visit

SHOW = "show"
VERSIONS = "versions"
KINDS = (("", noop("What happened")), (VERSIONS, noop("Versions")))


def register(services: Services) -> None:
    """Makes both pages."""

    @page(services, "/server/{server}/user/{user}/history")
    async def user_history(visit: Visit, server: str, user: str, show: str = "", search: str = "") -> None:
        title, path = _("History of {user}").format(user=user), user_path(server, user, "history")
        async with frame(visit, title=title, here="servers", path=path) as updates:
            await _user_head(visit, server, user, updates)
            await _history(visit, (server, user), path, {SEARCH: search, SHOW: show}, updates)

    @page(services, "/server/{server}/history")
    async def server_history(visit: Visit, server: str, show: str = "", search: str = "") -> None:
        title, path = _("History of {server}").format(server=server), server_path(server, "history")
        async with frame(visit, title=title, here="servers", path=path) as updates:
            server_head(server, "history")
            await _history(visit, (server, None), path, {SEARCH: search, SHOW: show}, updates)


async def _history(
    visit: Visit, whose: tuple[str, str | None], path: str, asked: dict[str, str], updates: Updates
) -> None:
    server, user = whose
    inbox = DriftInbox(visit, server=server, user=user)
    await inbox.refresh()
    updates.subscribe(inbox.handle)
    show = asked[SHOW] if asked[SHOW] in dict(KINDS) else ""
    kinds = _Kinds(path, show, asked[SEARCH])

    async def search() -> None:
        words = filters.values[SEARCH]
        kinds.carry(words)
        await visit.do(lambda _actor: listing.load(words))

    filters = Filters("history", {SHOW: show, SEARCH: asked[SEARCH]}, search)
    filters.search(_("Search: a setting, a name, a reason") if show == "" else _("Search: a setting, a name"))
    whole = address(path, {SHOW: show})
    listing = (VersionList if show == VERSIONS else HistoryList)(visit, server, user, whole)
    await visit.told(listing.load(asked[SEARCH]))
    updates.subscribe(listing.handle)


async def _user_head(visit: Visit, server: str, user: str, updates: Updates) -> None:
    """As on the user's other pages; who is gone from the server may still have a history."""
    try:
        view = await visit.services.limits.user(visit.actor, server, user)
    except (UnknownUser, NeverRead):
        server_head(server, "")
        text("h2", user)
        return
    head = UserHead(visit, view, "history")

    async def refresh(_events: list[Event]) -> None:
        found = await visit.look_at(server, user)
        if found is not None:
            head.show(found)

    updates.subscribe(refresh)


class _Kinds:
    """Links, so that each can be opened by itself; what is looked for in one kind is looked for in the other."""

    def __init__(self, path: str, show: str, search: str) -> None:
        self._path = path
        self._links = {}
        with named(element("nav", "tabs small"), _("Kinds of history")):
            for kind, label in KINDS:
                self._links[kind] = link = ui.link(_(label), self._of(kind, search))
                if kind == show:
                    link.classes("here").props("aria-current=page")

    def carry(self, search: str) -> None:
        """From now on the links look for this."""
        for kind, link in self._links.items():
            link.props["href"] = self._of(kind, search)

    def _of(self, kind: str, search: str) -> str:
        return address(self._path, {SHOW: kind, SEARCH: search})
