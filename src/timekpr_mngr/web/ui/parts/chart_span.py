"""How far back is looked."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import named

SPANS = {7: noop("7 days"), 30: noop("30 days"), 90: noop("90 days"), 365: noop("A year")}
USUAL = 30


class SpanChoice(ui.element):
    """One of SPANS is pressed; another that is pressed is handed over, and shown by `show` once it is there."""

    def __init__(self, on_choice: Callable[[int], Awaitable[None]]) -> None:
        super().__init__("div")
        self.classes("segments").props("role=group")
        named(self, _("How far back"))
        with self:
            self._buttons = {
                days: button(_(label), lambda days=days: on_choice(days)) for days, label in SPANS.items()
            }

    def show(self, days: int) -> None:
        """Presses one."""
        for other, one in self._buttons.items():
            one.props["aria-pressed"] = "true" if other == days else "false"


def span_in(text: str) -> int:
    """What an address says of it; the usual where that is nothing to choose."""
    return next((days for days in SPANS if str(days) == text), USUAL)
