"""How much time a user has used, as the daemon keeps it, and as it counts today."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Control:
    """What timekpr's USER.time holds. `last_checked` is the server's local time, without a zone.

    `balance_seconds` is time used today less time given: it may be negative (design: timekpr.md, 1).
    """

    balance_seconds: int
    spent_day_seconds: int
    spent_week_seconds: int
    spent_month_seconds: int
    last_checked: datetime
    playtime_balance_seconds: int = 0
    playtime_spent_day_seconds: int = 0

    def is_stale(self, today: date) -> bool:
        """Whether it speaks of another day than `today`, the server's own."""
        return self.last_checked.date() != today


@dataclass(frozen=True, slots=True)
class Usage:
    """What counts today. `as_of` is the server's local time to which it was counted, without a zone."""

    spent_day_seconds: int
    spent_week_seconds: int
    spent_month_seconds: int
    balance_seconds: int
    playtime_spent_day_seconds: int
    playtime_balance_seconds: int
    as_of: datetime


def rolled_over(control: Control, now: datetime) -> Usage:
    """`control` as it counts at `now` (server's local time): a stale day, week or month starts at zero.

    The rule is timekpr.md, 4, as 0.5.4 has it (seen in the rig), which begins the week anew with a new month, too;
    0.5.8 does not.
    """
    same_day = not control.is_stale(now.date())
    same_month = (control.last_checked.year, control.last_checked.month) == (now.year, now.month)
    same_week = same_month and control.last_checked.isocalendar().week == now.isocalendar().week
    return Usage(
        spent_day_seconds=control.spent_day_seconds if same_day else 0,
        spent_week_seconds=control.spent_week_seconds if same_week else 0,
        spent_month_seconds=control.spent_month_seconds if same_month else 0,
        balance_seconds=control.balance_seconds if same_day else 0,
        playtime_spent_day_seconds=control.playtime_spent_day_seconds if same_day else 0,
        playtime_balance_seconds=control.playtime_balance_seconds if same_day else 0,
        as_of=control.last_checked,
    )
