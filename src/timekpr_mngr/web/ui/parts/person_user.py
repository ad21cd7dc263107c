"""One of a person's users: where they stand there, and the way to that user's own page."""

from nicegui import ui

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import words
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.today import today
from timekpr_mngr.web.ui.visit import Visit


class PersonUser(ui.link):
    """Built once; `show` brings it up to date."""

    def __init__(self, visit: Visit, name: UserName) -> None:
        super().__init__(target=user_path(name.server, name.user, "stats"))
        self._visit = visit
        with self:
            with element("div", "grow"):
                with element("div", "state"):
                    self._dot = element("span", "dot off").props("aria-hidden=true")
                    self._state = text("b", name.server)
                self._why = text("div", "", "why")
            with element("div", "end-words"):
                self._left = text("div", "", "num")
                self._used = text("div", "", "small muted")
            with element("span", "chevron"):
                icon("chevron")

    def show(self, view: UserView) -> None:
        """Where they stand now."""
        now = today(view, self._visit.zone, self._visit.now)
        self._dot.classes(replace=f"dot {now.dot}")
        self._state.text = now.state
        self._why.text = now.why
        left = now.left_seconds
        self._left.text = "–" if left is None else _("no limit") if now.unlimited else words.roughly(left)
        self._used.text = _("left, when last seen") if now.stale else _("left today")
