"""Which of a user's limits are copied."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from timekpr_mngr.domain.field import USER_FIELDS
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import named

PARTS: dict[str, str] = {
    "hours": noop("Hours of each day"),
    "limits": noop("Limit of each day"),
    "caps": noop("Week and month"),
    "lockout": noop("When time is up"),
    "counting": noop("How time is counted"),
    "playtime": noop("PlayTime"),
}


class CopyWhat(ui.element):
    """All of it at the start; each part is a button that is pressed or not."""

    def __init__(self, on_choice: Callable[[], Awaitable[None]]) -> None:
        super().__init__("div")
        self.classes("chips").props("role=group")
        named(self, _("What is copied"))
        self._on_choice = on_choice
        self._chosen = dict.fromkeys(PARTS, True)
        with self:
            self._buttons = {
                part: button(_(label), lambda part=part: self._press(part), "chip")
                for part, label in PARTS.items()
            }
        self._show()

    @property
    def fields(self) -> list[str]:
        """The names of the fields, in their own order; none where nothing is chosen."""
        return [name for name in USER_FIELDS if self._chosen[part_of(name)]]

    async def _press(self, part: str) -> None:
        self._chosen[part] = not self._chosen[part]
        self._show()
        await self._on_choice()

    def _show(self) -> None:
        for part, one in self._buttons.items():
            one.props["aria-pressed"] = "true" if self._chosen[part] else "false"


def part_of(name: str) -> str:
    """The part that a field belongs to."""
    if name.startswith("playtime."):
        return "playtime"
    if name.startswith("days."):
        return "hours" if name.endswith(".hours") else "limits"
    if name.endswith("limit_seconds"):
        return "caps"
    return "lockout" if name == "lockout" else "counting"
