"""Says of a field that its value still waits, and what the server has until then."""

from collections.abc import Sequence

from nicegui.element import Element

from timekpr_mngr.domain.change import Change
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import text


class PendingMark(Element):
    """Hidden while nothing waits."""

    def __init__(self) -> None:
        super().__init__("span")
        self.classes("pill soon").style("white-space: normal")
        with self:
            icon("clock")
            self._words = text("span", "")
        self.set_visibility(False)

    def show(self, change: Change | None) -> None:
        """The change that waits for the field, or None."""
        self.set_visibility(change is not None)
        if change is not None:
            self._words.text = _("waits; until then {now}").format(
                now=words.value(change.field, change.before)
            )

    def show_several(self, changes: Sequence[Change]) -> None:
        """More than one field has its mark here."""
        now = [
            f"{words.field(change.field)} {words.value(change.field, change.before)}" for change in changes
        ]
        self._words.text = _("waits; until then {now}").format(now=words.listed(now))
