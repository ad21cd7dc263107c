"""One of a few, side by side."""

from collections.abc import Callable, Mapping

from nicegui import ui

from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import named


class Segments(ui.element):
    """`value` is the key of the one that is pressed; the first at the start. `on_press` follows a press."""

    def __init__(
        self, name: str, options: Mapping[str, str], on_press: Callable[[], object] | None = None
    ) -> None:
        super().__init__("div")
        self.classes("segments").props("role=group")
        named(self, name)
        self._on_press = on_press
        self.value = next(iter(options))
        with self:
            self._buttons = {
                key: button(label, lambda key=key: self._press(key)) for key, label in options.items()
            }
        self.choose(self.value)

    def choose(self, key: str) -> None:
        """Presses one."""
        self.value = key
        for other, one in self._buttons.items():
            one.props["aria-pressed"] = "true" if other == key else "false"

    def _press(self, key: str) -> None:
        self.choose(key)
        if self._on_press is not None:
            self._on_press()
