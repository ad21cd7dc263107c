"""What will be sent, before it is: sticks to the bottom while something was edited."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.services import words
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.edits import Edits
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element, named, text

SHOWN_AT_ONCE = 2


class SaveBar(ui.element):
    """Hidden while nothing was edited. Leaving the page asks while it is there."""

    def __init__(self, edits: Edits, save: Callable[[], Awaitable[None]]) -> None:
        super().__init__("div")
        self.classes("save").props("role=region").props["aria-label"] = _("Changes not sent yet")
        self._edits = edits
        self._was_dirty = self._is_open = False
        self._listed: list[str] = []
        with self:
            with element("div", "grow what"):
                with element("div", "line").props("role=status"):
                    self._count = text("b", "")
                    self._words = text("span", "", "muted")
                self._list = named(element("ul", "muted"), _("What will be sent"))
            self._all = button(_("All of it"), self._show_all, "quiet")
            button(_("Undo"), edits.undo, "quiet")
            self._save = button(_("Save"), save, "main")
        edits.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Says what would be sent now."""
        changes, unusable = self._edits.words(), self._edits.unusable
        self.set_visibility(self._edits.is_dirty)
        self._show_list(changes)
        if unusable:
            self._count.text = words.listed([words.field(name) for name in unusable])
            self._words.text = _("cannot be used as it is: look at the red fields")
        else:
            self._count.text = counted("{n} change", "{n} changes", len(self._edits.changed))
            self._words.text = ""
        self._save.set_enabled(bool(changes) and not unusable)
        if self._edits.is_dirty != self._was_dirty:
            self._was_dirty = self._edits.is_dirty
            ui.run_javascript(f"window.tkUnsaved = {'true' if self._was_dirty else 'false'}")

    def _show_list(self, changes: list[str]) -> None:
        self._all.set_visibility(len(changes) > SHOWN_AT_ONCE)
        if changes == self._listed:
            return
        self._listed = changes
        self._list.clear()
        with self._list:
            for change in changes:
                text("li", change)
        if len(changes) <= SHOWN_AT_ONCE:
            self._open(is_open=False)

    def _show_all(self) -> None:
        self._open(is_open=not self._is_open)

    def _open(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self.classes(add="open" if is_open else None, remove=None if is_open else "open")
        self._list.props["tabindex"] = 0 if is_open else -1  # a long list is scrolled with the keyboard too
        self._all.props["aria-expanded"] = "true" if is_open else "false"
        self._all.set_text(_("Less") if is_open else _("All of it"))
