"""What would change, in as few lines as say it."""

from collections.abc import Sequence
from dataclasses import replace

from timekpr_mngr.domain.field import day_of
from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.services import words
from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.texts import _


def by_days(items: Sequence[DifferenceView]) -> list[DifferenceView]:
    """The same in fewer lines: days that become the same from the same stand in one, where the first of them stood."""
    groups: dict[tuple[str, str, str], list[DifferenceView]] = {}
    for item in items:
        kind = item.field
        if (weekday := day_of(item.field)) is not None:
            kind = item.field.replace(f".{weekday}.", ".")
        groups.setdefault((kind, item.before_words, item.after_words), []).append(item)
    return [_joined(group) for group in groups.values()]


def _joined(group: Sequence[DifferenceView]) -> DifferenceView:
    days = sorted(weekday for item in group if (weekday := day_of(item.field)) is not None)
    own = day_of(group[0].field)
    if own is None or len(days) < 2:
        return group[0]
    first, last = days[0], days[-1]
    names = (
        _("Every day")
        if len(days) == len(WEEKDAYS)
        else _("{first} to {last}").format(first=words.day(first), last=words.day(last))
        if len(days) > 2 and last - first == len(days) - 1
        else words.listed([words.day(weekday) for weekday in days])
    )
    what = group[0].what.replace(words.day(own), names, 1)
    return replace(group[0], what=what)
