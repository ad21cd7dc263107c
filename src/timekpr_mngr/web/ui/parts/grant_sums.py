"""How often time was given and taken, and how much."""

from collections.abc import Iterator, Sequence

from nicegui.element import Element

from timekpr_mngr.domain.change import GrantKind
from timekpr_mngr.services import words
from timekpr_mngr.services.report_views import GrantSums
from timekpr_mngr.texts import _, counted, noop
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.text import element, text

NAMES = {
    GrantKind.TIME: (noop("Time given"), noop("Time taken"), noop("Time set")),
    GrantKind.PLAYTIME: (noop("PlayTime given"), noop("PlayTime taken"), noop("PlayTime set")),
}


class GrantCard:
    """A card of its own; `show` writes it anew."""

    def __init__(self) -> None:
        with card(_("Time given and taken")):
            self._part: Element = element("dl", "facts")
            self._nothing = text("p", _("No time was given or taken in these days."))
            self._others = text("p", "", "small muted")

    def show(self, grants: Sequence[GrantSums]) -> None:
        """A line for each kind that there was."""
        lines = [line for sums in grants for line in _lines(sums)]
        self._part.clear()
        with self._part:
            for name, value in lines:
                text("dt", name)
                text("dd", value)
        self._part.set_visibility(bool(lines))
        self._nothing.set_visibility(not lines)
        others = sum(sums.by_others for sums in grants)
        self._others.text = counted(
            "{n} of these was made on the computer itself.",
            "{n} of these were made on the computer itself.",
            others,
        )
        self._others.set_visibility(others > 0)


def _lines(sums: GrantSums) -> Iterator[tuple[str, str]]:
    given, taken, was_set = map(_, NAMES[sums.kind])
    if sums.given:
        yield given, _times(sums.given, sums.given_seconds)
    if sums.taken:
        yield taken, _times(sums.taken, sums.taken_seconds)
    if sums.unknown:
        how_often = counted("once", "{n} times", sums.unknown)
        yield was_set, _("{how_often}; what that gave or took is not known").format(how_often=how_often)


def _times(number: int, seconds: int) -> str:
    return _("{time}, {how_often}").format(
        time=words.roughly(seconds), how_often=counted("once", "{n} times", number)
    )
