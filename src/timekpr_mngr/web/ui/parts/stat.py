"""One number with its name."""

from nicegui.element import Element

from timekpr_mngr.web.ui.parts.text import text


class Stat(Element):
    """`show` sets the number and what stands below it."""

    def __init__(self, name: str) -> None:
        super().__init__("div")
        self.classes("stat")
        with self:
            text("div", name, "small muted")
            self._number = text("div", "–", "num")
            self._below = text("div", "", "small muted")

    def show(self, number: str, below: str = "", *, stale: bool = False) -> None:
        """`stale` greys a number that is only the last one known."""
        self._number.text = number
        self._below.text = below
        self.classes(add="stale" if stale else None, remove=None if stale else "stale")
