"""Time given or taken today: what it does to the balance, and whether it arrived.

A grant moves *time spent today − time balance* and nothing else does, because both tick together (design: bus.md,
writing). So two readings tell whether it arrived, even when the answer was lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from timekpr_mngr.domain.change import Change, GrantKind, Json
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.domain.time_left import balance_after

Operation = Literal["+", "-", "="]


@dataclass(frozen=True, slots=True)
class Grant:
    """What is asked of the daemon: `seconds` is never negative."""

    kind: GrantKind
    operation: Operation
    seconds: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides about a grant, read from the server's file. `last_checked` is the server's local time."""

    balance_seconds: int
    spent_seconds: int
    limit_seconds: int
    last_checked: datetime

    @property
    def weekday(self) -> int:
        """The day of which it speaks, 1 for Monday."""
        return self.last_checked.isoweekday()

    def to_json(self) -> dict[str, Json]:
        """For the note that is written down before sending."""
        return {
            "balance_seconds": self.balance_seconds,
            "spent_seconds": self.spent_seconds,
            "limit_seconds": self.limit_seconds,
            "last_checked": self.last_checked.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """The reverse of `to_json`."""
        return cls(
            balance_seconds=_whole(value["balance_seconds"]),
            spent_seconds=_whole(value["spent_seconds"]),
            limit_seconds=_whole(value["limit_seconds"]),
            last_checked=datetime.fromisoformat(str(value["last_checked"])),
        )


class Outcome(StrEnum):
    """What two readings tell of a grant between them."""

    ARRIVED = "arrived"
    NOT_ARRIVED = "not-arrived"
    CANNOT_TELL = "cannot-tell"
    DAY_OVER = "day-over"


def grant_of(change: Change) -> Grant:
    """The grant that a change carries."""
    kind = GrantKind(change.field.removeprefix("grant."))
    assert isinstance(change.after, dict)
    if "left_seconds" in change.after:
        return Grant(kind, "=", _whole(change.after["left_seconds"]))
    seconds = _whole(change.after["seconds"])
    return Grant(kind, "+" if seconds > 0 else "-", abs(seconds))


def reading_of(user: UserSnapshot, kind: GrantKind, weekday: int) -> Reading | None:
    """What the server's files say now; None where they could not be read.

    While PlayTime's override is on, what is played is counted but not taken off its balance: then the balance tells
    alone what a grant did.
    """
    if user.control is None or user.config is None:
        return None
    control, config = user.control, user.config
    if kind is GrantKind.PLAYTIME:
        return Reading(
            control.playtime_balance_seconds,
            0 if config.playtime.override else control.playtime_spent_day_seconds,
            config.playtime.limits[weekday - 1],
            control.last_checked,
        )
    return Reading(
        control.balance_seconds,
        control.spent_day_seconds,
        config.day(weekday).limit_seconds,
        control.last_checked,
    )


def moved_between(before: Reading, after: Reading) -> int:
    """By how much *time spent − time balance* moved."""
    return (after.spent_seconds - after.balance_seconds) - (before.spent_seconds - before.balance_seconds)


def outcome(grant: Grant, before: Reading, after: Reading) -> Outcome:
    """Whether `grant`, sent after `before` was read, is in what was read later."""
    if before.last_checked.date() != after.last_checked.date():
        return Outcome.DAY_OVER
    moved = moved_between(before, after)
    expected = before.balance_seconds - balance_after(
        before.balance_seconds, before.limit_seconds, grant.operation, grant.seconds
    )
    if moved == expected:
        return Outcome.ARRIVED
    if moved == 0:
        return Outcome.NOT_ARRIVED
    return Outcome.CANNOT_TELL


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number was expected, not {value!r}")
    return value
