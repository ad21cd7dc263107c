"""One user, now: what is left, where they are and why, and time to give under the thumb."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.services import words
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.answer import Answer
from timekpr_mngr.web.ui.parts.day_bar import DayBar, scale
from timekpr_mngr.web.ui.parts.grant_row import grant_row
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.ring import Ring
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.today import today
from timekpr_mngr.web.ui.visit import Visit

NAMED_AT_ONCE = 2


class UserCard(Element):
    """Built once; `show` brings it up to date in place."""

    def __init__(self, visit: Visit, view: UserView) -> None:
        super().__init__("section")
        self._visit = visit
        self.classes("card").props["aria-label"] = f"{view.full_name or view.name}, {view.server}"
        with self:
            with element("div", "who"):
                self._ring = Ring()
                with element("div"):
                    ui.link(view.full_name or view.name, user_path(view.server, view.name, "stats")).classes(
                        "name"
                    )
                    with element("div", "state"):
                        self._dot = element("span", "dot").props("aria-hidden=true")
                        self._state = ui.label()
                    self._why = text("div", "", "why")
            with element("div", "day"):
                self._bar = DayBar()
                scale()
            self._drift = Notice()
            self._answer = Answer(visit)
            if visit.may_change:
                grant_row(visit, view.server, view.name, self._answer, full_name=view.full_name)
        self.show(view)

    def show(self, view: UserView) -> None:
        """What is known of the user now."""
        now = today(view, self._visit.zone, self._visit.now)
        self._ring.show(
            now.left_seconds, now.total_seconds, running=now.running, stale=now.stale, unlimited=now.unlimited
        )
        self._dot.classes(replace=f"dot {now.dot}")
        self._state.set_text(now.state)
        self._why.text = now.why
        self._bar.show(
            now.hours, now=now.now_minute, until=now.until_minute, stale=now.stale, label=now.bar_label
        )
        self._answer.wait_for(view.pending)

    def show_drift(self, items: Sequence[Drift]) -> None:
        """What somebody changed on the server, and nobody has said a word to."""
        if not items:
            self._drift.hide()
            return
        names = list(dict.fromkeys(words.field(item.field) for item in reversed(items)))
        if (more := len(names) - NAMED_AT_ONCE) > 0:
            names = [*names[:NAMED_AT_ONCE], _("{n} more").format(n=more)]
        self._drift.show(
            "soon",
            _("Somebody changed this:"),
            words.listed(names),
            link=(_("Look"), user_path(items[0].server, items[0].user or "")),
            icon_name="warning",
        )

    def advance(self, change: Change) -> None:
        """A change of this user took a step."""
        self._answer.advance(change)
