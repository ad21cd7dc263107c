"""A server as those see it who know only some of its users: how it stands, and their people on it."""

from collections.abc import Sequence

from nicegui import ui

from timekpr_mngr.services.live import Event
from timekpr_mngr.services.views import ServerView, UserEntry
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.state_pill import server_pill
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit


class ServerPeople:
    """What the computer itself is set to stands on its page for those who see everybody."""

    def __init__(self, visit: Visit, view: ServerView, users: Sequence[UserEntry]) -> None:
        self._visit, self._name = visit, view.name
        with named(element("nav", "crumbs"), _("You are here")):
            ui.link(_("Servers"), "/servers")
        text("h1", view.name)
        self._state = element("div", "line wrap")
        with card(_("Users"), _("Those of your people who use this computer.")), element("div", "list links"):
            for entry in users:
                self._line(entry)
        self._show(view)

    async def handle(self, events: list[Event]) -> None:
        """Brings up to date how it stands."""
        view = await self._visit.look(lambda actor: self._visit.services.fleet.server(actor, self._name))
        if view is not None:
            self._show(view)

    def _show(self, view: ServerView) -> None:
        self._state.clear()
        with self._state:
            server_pill(view.state)

    def _line(self, entry: UserEntry) -> None:
        with element("div", "item"):
            with ui.link(target=user_path(self._name, entry.name, "stats")).classes("line grow"):
                icon("person", "muted")
                text("div", entry.full_name or entry.name, "anywhere").style("font-weight: 560")
            ui.link(_("Limits"), user_path(self._name, entry.name)).classes("q-btn word").props[
                "aria-label"
            ] = _("Limits of {user}").format(user=entry.name)
