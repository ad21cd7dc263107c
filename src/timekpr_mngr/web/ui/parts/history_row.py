"""One line of a history: what became what, who did it, when and from where."""

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr import texts
from timekpr_mngr.services import words
from timekpr_mngr.services.views import HistoryEntry
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.change_actions import ChangeActions, keep_button
from timekpr_mngr.web.ui.parts.change_row import FOLLOWS, SOURCES
from timekpr_mngr.web.ui.parts.state_pill import change_pill, drift_pill
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


class HistoryRow(Element):
    """An entry, drawn anew when it is another."""

    def __init__(self, visit: Visit, entry: HistoryEntry, server: str, actions: ChangeActions) -> None:
        super().__init__("li")
        self.classes("change")
        self._visit, self._server, self._actions = visit, server, actions
        self._shown: HistoryEntry | None = None
        self.show(entry)

    def show(self, entry: HistoryEntry) -> None:
        """Draws the entry as it is now."""
        if entry == self._shown:
            return
        self._shown = entry
        self.clear()
        with self:
            with element("div"):
                with element("div", "what"):
                    text("b", entry.what)
                    if entry.before is not None:
                        text("del", f" {entry.before}")
                        text("span", " →", "muted")
                    text("span", f" {entry.after or ''}")
                text("div", self._who(entry), "small muted anywhere")
                if said := _said(entry):
                    text("div", said, "small muted")
            with element("div", "aside"):
                self._state(entry)
                self._act(entry)

    def _who(self, entry: HistoryEntry) -> str:
        time = texts.clock(entry.at.astimezone(self._visit.zone))
        if entry.who is None:
            return f"{time} · {words.somebody_on(self._server)}"
        return f"{time} · {entry.who}, {_(SOURCES[entry.source])}"

    @staticmethod
    def _state(entry: HistoryEntry) -> None:
        if entry.change is not None:
            change_pill(entry.change)
        elif entry.drift is not None:
            drift_pill(entry.drift.state)

    def _act(self, entry: HistoryEntry) -> None:
        change = entry.change
        if change is None or not self._visit.rights.may_move(change):
            return
        if change.asks:
            ui.link(_("Answer"), f"/changes?state=asks&server={change.server}").classes("q-btn word")
        elif entry.can_undo:
            if change.until is not None:
                keep_button(self._actions, change)
            button(
                _("Undo"),
                lambda: self._actions.undo(change),
                "word",
                name=_("Undo {what}").format(what=entry.sentence),
            )


def _said(entry: HistoryEntry) -> str:
    change = entry.change
    if change is None:
        return ""
    reason = _("“{reason}”").format(reason=change.reason) if change.reason else ""
    follows = _(FOLLOWS[change.follows_as]) if change.follows_as is not None else ""
    until = _("For a day only.") if change.until is not None else ""
    return " ".join(part for part in (reason, follows, until, change.message or "") if part)
