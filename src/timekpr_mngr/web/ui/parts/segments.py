"""One of a few, side by side."""

from collections.abc import Mapping

from nicegui import ui

from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import named


class Segments(ui.element):
    """`value` is the key of the one that is pressed; the first at the start."""

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        super().__init__("div")
        self.classes("segments").props("role=group")
        named(self, name)
        self.value = next(iter(options))
        with self:
            self._buttons = {
                key: button(label, lambda key=key: self.choose(key)) for key, label in options.items()
            }
        self.choose(self.value)

    def choose(self, key: str) -> None:
        """Presses one."""
        self.value = key
        for other, one in self._buttons.items():
            one.props["aria-pressed"] = "true" if other == key else "false"
