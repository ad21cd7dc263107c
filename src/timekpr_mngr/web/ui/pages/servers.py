"""The servers: where each stands, since when and why, and what waits for it."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.services import Services, words
from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.sync.events import ChangeMoved, FleetChanged, ServerMoved
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.button import link_button
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.state_pill import server_pill
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/servers")
    async def servers(visit: Visit) -> None:
        async with frame(visit, title=_("Servers"), here="servers", path="/servers") as updates:
            with element("div", "headline"):
                text("h1", _("Servers"))
                if visit.may_change:
                    link_button(_("Add a server"), "/servers/add", "main")
            part = element("div", "cards loose")

            async def refresh(events: list[Event]) -> None:
                if any(isinstance(event, ServerMoved | FleetChanged | ChangeMoved) for event in events):
                    found = await visit.look(services.fleet.servers)
                    if found is not None:
                        show(found)

            def show(found: Sequence[ServerView]) -> None:
                part.clear()
                with part:
                    for server in found:
                        _card(visit, server)
                    if not found:
                        _nobody(visit)

            show(await services.fleet.servers(visit.actor))
            updates.subscribe(refresh)


def _card(visit: Visit, server: ServerView) -> None:
    with element("section", "card"):
        with ui.link(target=f"/server/{server.name}").classes("line top-aligned"):
            text("div", server.name, "name grow")
            server_pill(server.state)
            icon("chevron", "muted chevron")
        with element("div", "stack none"):
            text("div", f"{server.ssh_user}@{server.host}:{server.port}", "small muted anywhere")
            text("div", since(visit, server), "muted")
        if server.error is not None:
            Notice("over").show("over", server.error.message, fix=server.error.fix)
        with element("div", "line wrap small muted"):
            users = counted("{n} user", "{n} users", len(server.users))
            text("span", f"{users}: {', '.join(server.users)}" if server.users else _("nobody seen yet"))
        if server.pending:
            Notice("soon").show(
                "soon",
                counted("{n} change waits", "{n} changes wait", server.pending),
                link=(_("Show"), f"/changes?server={server.name}"),
            )


def since(visit: Visit, server: ServerView) -> str:
    """Since when a server stands where it does, and when it was last read."""
    zone, now = visit.zone, visit.now
    parts = [_("since {when}").format(when=words.at(server.since, zone, now))]
    if server.read_at is not None:
        parts.append(_("read {ago}").format(ago=words.ago(server.read_at, now)))
    else:
        parts.append(_("never read yet"))
    if server.timekpr_version:
        parts.append(f"timekpr-next {server.timekpr_version}")
    return " · ".join(parts)


def _nobody(visit: Visit) -> None:
    empty(
        "servers",
        _("No computers yet"),
        _(
            "A server is a computer that runs timekpr-next and can be reached over SSH. "
            "Nothing else is installed on it."
        ),
        _("Add a server") if visit.may_change else "",
        "/servers/add",
    )
