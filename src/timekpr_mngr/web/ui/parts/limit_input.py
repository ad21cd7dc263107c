"""A limit, slid or typed."""

from nicegui import ui

from timekpr_mngr.domain.change import Json
from timekpr_mngr.services import words
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.duration_input import DurationInput
from timekpr_mngr.web.ui.parts.fields import set_changed, set_error
from timekpr_mngr.web.ui.parts.limit_slider import LimitSlider
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text


class LimitInput(ui.element):
    """Bound to a field in seconds; `whole` is as much as there is, and means no limit. `none` says what 0 means."""

    def __init__(
        self, edits: Edits, name: str, label: str, slider_name: str, *, whole: int, none: str, enabled: bool
    ) -> None:
        super().__init__("div")
        self.classes("limitrow")
        self._edits, self._name, self._none = edits, name, none
        seconds = _seconds(edits.value(name))
        with self:
            text("span", label)
            self._slider = LimitSlider(slider_name, seconds, whole=whole, enabled=enabled, on_pick=self._slid)
            self._typed = DurationInput(words.field(name), seconds, whole=whole, on_seconds=self._type)
            self._typed.set_enabled(enabled)
            with element("div", "below"):
                mark = PendingMark()
                self._says = text("span", "", "small muted")
        edits.bind(
            name,
            Bound(
                put=self._put,
                mark=lambda problem: set_error(self._typed, problem),
                pend=mark.show,
                edited=lambda edited: set_changed(self._typed, edited),
            ),
        )
        self._say(seconds)

    def _slid(self, seconds: int) -> None:
        self._typed.put(seconds)

    def _type(self) -> None:
        seconds = self._typed.seconds
        if seconds is None:
            self._edits.set_unusable(self._name)
            return
        self._edits.set(self._name, seconds)
        self._slider.show(seconds)
        self._say(seconds)

    def _put(self, value: Json) -> None:
        seconds = _seconds(value)
        self._typed.put(seconds)
        self._slider.show(seconds)
        self._say(seconds)

    def _say(self, seconds: int) -> None:
        self._says.text = "" if seconds else self._none


def _seconds(value: Json) -> int:
    return value if isinstance(value, int) else 0
