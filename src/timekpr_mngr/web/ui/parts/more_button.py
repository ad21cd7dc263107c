"""The way to what follows in a list."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from timekpr_mngr.web.ui.parts.button import button


class MoreButton(Element):
    """Below a list; not there where nothing follows, and still while it is loading."""

    def __init__(self, label: str, load: Callable[[], Awaitable[None]]) -> None:
        super().__init__("div")
        self.classes("line centred")
        self._load = load
        with self:
            self._press = button(label, self._pressed)
        self.set_visibility(False)

    async def _pressed(self) -> None:
        self._press.props("loading")
        await self._load()
        self._press.props(remove="loading")
