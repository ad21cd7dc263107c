"""What copying would change, for each user."""

from collections.abc import Sequence

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services.person_views import CopyPreview
from timekpr_mngr.texts import _, counted
from timekpr_mngr.web.ui.by_days import by_days
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


def name_of(user: UserName) -> str:
    """`emma on kids-pc`."""
    return _("{user} on {server}").format(user=user.user, server=user.server)
