"""The history of a user, and that of a server's own settings: what happened, and every version that was seen."""

from nicegui import ui

from timekpr_mngr.errors import NeverRead, UnknownUser
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import Event
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.navigation import server_path, user_path
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.drift_inbox import DriftInbox
from timekpr_mngr.web.ui.parts.history_list import HistoryList
from timekpr_mngr.web.ui.parts.server_head import server_head
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.parts.user_head import UserHead
from timekpr_mngr.web.ui.parts.version_list import VersionList
from timekpr_mngr.web.ui.updates import Updates
from timekpr_mngr.web.ui.visit import Visit

VERSIONS = "versions"


def register(services: Services) -> None:
    """Makes both pages."""

    @page(services, "/server/{server}/user/{user}/history")
    async def user_history(visit: Visit, server: str, user: str, show: str = "") -> None:
        title, path = _("History of {user}").format(user=user), user_path(server, user, "history")
        async with frame(visit, title=title, here="servers", path=path) as updates:
            await _user_head(visit, server, user, updates)
            await _history(visit, server, user, path, show, updates)

    @page(services, "/server/{server}/history")
    async def server_history(visit: Visit, server: str, show: str = "") -> None:
        title, path = _("History of {server}").format(server=server), server_path(server, "history")
        async with frame(visit, title=title, here="servers", path=path) as updates:
            server_head(server, "history")
            await _history(visit, server, None, path, show, updates)


async def _history(
    visit: Visit, server: str, user: str | None, path: str, show: str, updates: Updates
) -> None:
    inbox = DriftInbox(visit, server=server, user=user)
    await inbox.refresh()
    updates.subscribe(inbox.handle)
    _kinds(path, show)
    listing = VersionList(visit, server, user) if show == VERSIONS else HistoryList(visit, server, user)
    await listing.load()
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


def _kinds(path: str, show: str) -> None:
    """Links, so that each can be opened by itself."""
    with named(element("nav", "tabs small"), _("Kinds of history")):
        for kind, label in (("", _("What happened")), (VERSIONS, _("Versions"))):
            link = ui.link(label, f"{path}?show={kind}" if kind else path)
            if kind == (show if show == VERSIONS else ""):
                link.classes("here").props("aria-current=page")
