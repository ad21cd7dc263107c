"""A slider for a limit: quarters of an hour where people choose, longer steps where hardly anybody does."""

from bisect import bisect_right
from collections.abc import Callable, Iterator

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS
from timekpr_mngr.services import words

HOUR = 3600
QUARTER = HOUR // 4
STEPS = {
    DAY_SECONDS: ((12 * HOUR, QUARTER), (DAY_SECONDS, HOUR)),
    WEEK_SECONDS: ((30 * HOUR, 2 * QUARTER), (60 * HOUR, HOUR), (WEEK_SECONDS, 12 * HOUR)),
    MONTH_SECONDS: ((60 * HOUR, HOUR), (120 * HOUR, 5 * HOUR), (MONTH_SECONDS, 24 * HOUR)),
}
"""By the whole (a day, a week, a month): up to where, and in which steps. Any other value is typed."""
PICK_SECONDS = 0.1
COUNT_MAX = 2**31


class LimitSlider(Element, component="limit_slider.js"):
    """`whole` is how much there is, the last stop: no limit. A value between two stops stands at the lower one."""

    def __init__(
        self, name: str, seconds: int, *, whole: int, enabled: bool, on_pick: Callable[[int], None]
    ) -> None:
        super().__init__()
        self._stops = stops(whole)
        self._on_pick = on_pick
        self.props["label"] = name
        self.props["enabled"] = enabled
        self.props["seen"] = 0
        self.props["stops"] = self._stops
        self.props["texts"] = [words.limit(stop, whole) for stop in self._stops]
        self.show(seconds)
        self.on("pick", self._pick, throttle=PICK_SECONDS)

    def show(self, seconds: int) -> None:
        """Where it stands."""
        self.props["at"] = max(bisect_right(self._stops, seconds) - 1, 0)
        self.update()

    def _pick(self, event: GenericEventArguments) -> None:
        match event.args:
            case [int(number), int(index)] if 0 <= number < COUNT_MAX and 0 <= index < len(self._stops):
                self.props["seen"] = number
                self._on_pick(self._stops[index])
                self.update()


def stops(whole: int) -> list[int]:
    """Every stop of a slider for so many seconds, from 0 to `whole`."""
    return [0, *_stops(STEPS[whole])]


def _stops(steps: tuple[tuple[int, int], ...]) -> Iterator[int]:
    at = 0
    for end, step in steps:
        while at < end:
            at = min(at + step, end)
            yield at
