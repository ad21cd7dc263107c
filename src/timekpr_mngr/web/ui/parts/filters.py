"""What a list is narrowed by. It stands in the address, so that to reload, to come back or to send a link keeps it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.text import element

SEARCH = "search"
SEARCH_MAX = 200
MANY = 100
"""More than so many are not offered one by one: they are searched."""


class Filters(Element):
    """`values` has what is chosen, by the name it has in the address of `page`, the last part of the page's path; what
    is "" narrows nothing.
    """

    def __init__(
        self, page: str, values: Mapping[str, str], on_change: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__("div")
        self.classes("filters")
        self.values = dict(values)
        self._page, self._on_change = page, on_change
        self._more: Element | None = None

    def search(self, label: str) -> None:
        """Words, in a field of its own."""
        with self:
            field = ui.input(
                label, value=self.values[SEARCH], on_change=lambda event: self._set(SEARCH, event)
            )
            field.props(
                f"outlined dense clearable debounce=250 type=search maxlength={SEARCH_MAX} autocomplete=off"
            ).classes("search")

    def choice(self, name: str, label: str, options: Mapping[str, str]) -> None:
        """One of a few; the first narrows nothing. On a phone it is folded away until it is asked for."""
        with self._choices():
            field = ui.select(
                dict(options),
                value=self.values[name],
                label=label,
                on_change=lambda event: self._set(name, event),
            )
        field.props("outlined dense options-dense hide-bottom-space behavior=menu")

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return any(self.values.values())

    def _choices(self) -> Element:
        if self._more is None:
            with self:
                self._opener = button(self._chosen(), self._fold, "opener")
                self._opener.props["aria-expanded"] = "false"
                self._more = element("div", "choices-of-filters")
        return self._more

    def _chosen(self) -> str:
        """How many of those that are folded away narrow the list."""
        chosen = sum(bool(value) for name, value in self.values.items() if name != SEARCH)
        return counted("{n} filter", "{n} filters", chosen) if chosen else _("Filters")

    def _fold(self) -> None:
        is_open = self._opener.props["aria-expanded"] == "true"
        self._opener.props["aria-expanded"] = "false" if is_open else "true"
        self.classes(toggle="open")

    async def _set(self, name: str, event: Any) -> None:
        self.values[name] = str(event.value or "")
        if self._more is not None:
            self._opener.text = self._chosen()
        ui.navigate.history.replace(address(self._page, self.values))
        await self._on_change()


def few(options: Mapping[str, str], chosen: str) -> dict[str, str]:
    """What to offer of these: nothing but what is chosen where there are too many."""
    offered = dict(options) if len(options) <= MANY else {}
    return offered | ({chosen: options.get(chosen, chosen)} if chosen else {})


def address(page: str, values: Mapping[str, str]) -> str:
    """A page with what narrows it: `changes?state=asks`."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{page}?{query}" if query else page
