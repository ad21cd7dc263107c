"""What will be sent, before it is: sticks to the bottom while something was edited."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.services import words
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, text


class SaveBar(ui.element):
    """Hidden while nothing was edited. Leaving the page asks while it is there."""

    def __init__(self, edits: Edits, save: Callable[[], Awaitable[None]]) -> None:
        super().__init__("div")
        self.classes("save").props("role=region").props["aria-label"] = _("Changes not sent yet")
        self._edits = edits
        self._was_dirty = False
        with self:
            with element("div", "grow what").props("role=status"):
                self._count = text("b", "")
                self._words = text("span", "", "muted")
            button(_("Undo"), edits.undo, "quiet")
            self._save = button(_("Save"), save, "main")
        edits.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Says what would be sent now."""
        changes, unusable = self._edits.words(), self._edits.unusable
        self.set_visibility(self._edits.is_dirty)
        if unusable:
            self._count.text = words.listed([words.field(name) for name in unusable])
            self._words.text = _(" cannot be used as it is: look at the red fields")
        else:
            self._count.text = counted("{n} change", "{n} changes", len(changes))
            self._words.text = " " + "; ".join(changes)
        self._save.set_enabled(bool(changes) and not unusable)
        if self._edits.is_dirty != self._was_dirty:
            self._was_dirty = self._edits.is_dirty
            ui.run_javascript(f"window.tkUnsaved = {'true' if self._was_dirty else 'false'}")
