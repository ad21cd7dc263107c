"""What copying would change, for each user."""

from collections.abc import Sequence
from dataclasses import replace

from timekpr_mngr.domain.field import day_of
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.user import WEEKDAYS
from timekpr_mngr.services import words
from timekpr_mngr.services.person_views import CopyPreview
from timekpr_mngr.services.views import DifferenceView
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.parts.differences import differences
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text

OPEN_AT_ONCE = 2
SHOWN_AT_ONCE = 40


def copy_preview(previews: Sequence[CopyPreview]) -> None:
    """One part for each; the first few are open."""
    for number, preview in enumerate(previews[:SHOWN_AT_ONCE]):
        _one(preview, is_open=number < OPEN_AT_ONCE)
    if (more := len(previews) - SHOWN_AT_ONCE) > 0:
        text("p", counted("{n} more is not shown here.", "{n} more are not shown here.", more), "muted")


def _one(preview: CopyPreview, *, is_open: bool) -> None:
    with element("details", "copyone") as part:
        if is_open or preview.problem:
            part.props("open")
        with element("summary"):
            text("b", name_of(UserName(preview.server, preview.user)), "grow anywhere")
            text("span", _sum(preview), f"pill {'over' if preview.problem else ''}")
        if preview.problem:
            Notice("over", _("Nothing can be copied here."), preview.problem)
            return
        if preview.waits_for:
            Notice("soon", preview.waits_for)
        if preview.differences:
            differences(by_days(preview.differences), _("Now"), _("Then"))


def _sum(preview: CopyPreview) -> str:
    if preview.problem:
        return _("not possible")
    if not preview.differences:
        return _("the same already")
    return counted("{n} change", "{n} changes", len(preview.differences))


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
    days = [weekday for item in group if (weekday := day_of(item.field)) is not None]
    if len(days) < 2:
        return group[0]
    first, last = days[0], days[-1]
    names = (
        _("Every day")
        if len(days) == len(WEEKDAYS)
        else _("{first} to {last}").format(first=words.day(first), last=words.day(last))
        if len(days) > 2 and last - first == len(days) - 1
        else words.listed([words.day(weekday) for weekday in days])
    )
    what = group[0].what.replace(words.day(first), names, 1)
    return replace(group[0], what=what)


def name_of(user: UserName) -> str:
    """`emma on kids-pc`."""
    return _("{user} on {server}").format(user=user.user, server=user.server)
