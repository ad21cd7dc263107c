"""What was sent from this page, each with what became of it, live."""

from collections.abc import Sequence

from nicegui.element import Element

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.answer import TONES
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.visit import Visit


class SentList(Element):
    """Empty until something is sent. What arrived goes when the next thing is sent."""

    def __init__(self, visit: Visit) -> None:
        super().__init__("div")
        self.classes("stack tight").props("role=status")
        self._visit = visit
        self._notes: dict[int, Notice] = {}
        self._changes: dict[int, Change] = {}
        self.set_visibility(False)

    def press(self, changes: Sequence[Change]) -> None:
        """These were sent just now."""
        for key in [key for key, change in self._changes.items() if not change.state.is_open]:
            self._notes.pop(key).delete()
            del self._changes[key]
        for change in changes:
            self._add(change)
        self.set_visibility(bool(self._changes))

    def show_waiting(self, changes: Sequence[Change]) -> None:
        """All that is open, whoever sent it."""
        for change in changes:
            if change.id in self._changes:
                self.advance(change)
            else:
                self._add(change)
        self.set_visibility(bool(self._changes))

    def advance(self, change: Change) -> None:
        """A change took a step."""
        known = self._changes.get(change.id)
        if known is not None and known.state.is_open:
            self._changes[change.id] = change
            self._draw(change)

    def _add(self, change: Change) -> None:
        self._changes[change.id] = change
        if change.id not in self._notes:
            with self:
                self._notes[change.id] = Notice()
        self._draw(change)

    def _draw(self, change: Change) -> None:
        tone = TONES.get(change.state, "over")
        if change.state is ChangeState.QUEUED and not change.waits_for:
            tone = "going"
        elif change.state in (ChangeState.CANCELLED, ChangeState.SUPERSEDED):
            tone = ""
        self._notes[change.id].show(
            tone,
            words.change(change),
            words.state(change, self._visit.zone, self._visit.now),
            fix=change.message or "",
            link=None if tone in ("good", "going") else (_("Show"), f"/changes?server={change.server}"),
        )
