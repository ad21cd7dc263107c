"""How a person is doing on each of several computers."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.web.ui.navigation import user_path
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.person_today import Place


class Places(Element):
    """One line for each; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__("ul")
        self.classes("places")
        self._shown: Sequence[Place] = ()
        self.set_visibility(False)

    def show(self, places: Sequence[Place]) -> None:
        """Draws them, where they are others than before."""
        if places == self._shown:
            return
        self._shown = places
        self.clear()
        self.set_visibility(bool(places))
        with self:
            for place in places:
                with element("li"):
                    element("span", f"dot {place.dot}").props("aria-hidden=true")
                    ui.link(place.at.server, user_path(*place.at, "stats"))
                    text("span", place.words, "muted")
