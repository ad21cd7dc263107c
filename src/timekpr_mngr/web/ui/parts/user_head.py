"""The head of a user's pages: who, where, how fresh; and the way from one to the other."""

from nicegui import ui

from timekpr_mngr.domain.account import Power
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services import words
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.state_pill import server_pill
from timekpr_mngr.web.ui.parts.text import element, named, text
from timekpr_mngr.web.ui.visit import Visit


class UserHead(ui.element):
    """Built once; `show` says how fresh what stands below is."""

    def __init__(self, visit: Visit, view: UserView, here: str) -> None:
        super().__init__("div")
        self.classes("stack tight")
        self._visit = visit
        self._state: ServerState | None = None
        with self:
            with named(element("nav", "crumbs"), _("You are here")):
                ui.link(_("Servers"), "/servers")
                text("span", "›")
                ui.link(view.server, f"/server/{view.server}")
            with element("div", "headline"):
                with element("h1"):
                    text("span", view.full_name or view.name)
                    text("span", _(" on {server}").format(server=view.server), "light")
                self._pill = element("span")
                if visit.may(Power.LIMITS, view.server, view.name) and view.config is not None:
                    ui.link(_("Copy to others…"), user_path(view.server, view.name, "copy")).classes(
                        "q-btn quiet"
                    )
            with named(element("nav", "tabs"), _("Pages of this user")):
                for what, label in (
                    ("stats", _("Today")),
                    ("user", _("Limits and hours")),
                    ("history", _("History")),
                ):
                    link = ui.link(label, user_path(view.server, view.name, what))
                    if what == here:
                        link.classes("here").props("aria-current=page")
            self._note = Notice()
        self.show(view)

    def show(self, view: UserView) -> None:
        """The link's state, and the age of what is shown where it is not live."""
        if view.server_state is not self._state:
            self._state = view.server_state
            self._pill.clear()
            with self._pill:
                server_pill(view.server_state)
        zone, now = self._visit.zone, self._visit.now
        if view.problem:
            self._note.show("over", _("Not everything could be read."), view.problem)
        elif view.server_state is not ServerState.ONLINE and view.read_at is not None:
            self._note.show(
                "",
                _("Last known, from {when}.").format(when=words.at(view.read_at, zone, now)),
                _(
                    "{server} cannot be reached now; what you change waits and is sent when it is back."
                ).format(server=view.server)
                if view.server_state is ServerState.OFFLINE
                else "",
                icon_name="off",
            )
        else:
            self._note.hide()
