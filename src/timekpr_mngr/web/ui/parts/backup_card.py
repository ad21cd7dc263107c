"""Whether a backup is made every day, and how the last one went."""

from collections.abc import Callable
from datetime import datetime

from timekpr_mngr.services import words
from timekpr_mngr.services.daily_backup import DailyBackup
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.visit import Visit


def backup_card(visit: Visit) -> None:
    """For those who may change things."""
    with card(_("Backup")):
        Notice(*told(visit.services.daily_backup, lambda moment: words.at(moment, visit.zone, visit.now)))


def told(daily: DailyBackup | None, at: Callable[[datetime], str]) -> tuple[str, str, str]:
    """A note's tone and its two texts; `at` writes a moment as the visitor reads it."""
    if daily is None:
        return (
            "",
            _("No backup is made by itself."),
            _("How to have one made every day is told in docs/backup.md."),
        )
    made = _("There is none yet.")
    if daily.last is not None:
        made = _("The last one was made {when}.").format(when=at(daily.last))
    if daily.problem is not None:
        failed = _("The next backup cannot be made, and is tried again every hour.")
        return "over", failed, f"{daily.problem} {made}"
    return "good", _("A backup is made every day."), made
