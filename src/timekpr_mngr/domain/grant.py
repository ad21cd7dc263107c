"""Time given or taken today: what it does to the balance, and whether it arrived.

A grant moves *time spent today − time balance* and nothing else does, because both tick together (design: bus.md,
writing). So two readings tell whether it arrived, even when the answer was lost. Both are of the server's file, where
the two are always saved together: what was counted since the last save is lost to both alike when the daemon dies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from timekpr_mngr.domain.change import Change, GrantKind, Json
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.domain.time_left import balance_after

Operation = Literal["+", "-", "="]


@dataclass(frozen=True, slots=True)
class Grant:
    """What is asked of the daemon: `seconds` is never negative.

    With `unused_only` they are the most that may be taken, and what was used already is left (`decided`).
    """

    kind: GrantKind
    operation: Operation
    seconds: int
    unused_only: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides about a grant, read from the server's file. `last_checked` is the server's local time.

    Under PlayTime's override what is played is counted but not taken off its balance: then `override` is set and
    `spent_seconds` is 0, and the balance tells alone what a grant did.
    """

    balance_seconds: int
    spent_seconds: int
    limit_seconds: int
    last_checked: datetime
    override: bool = False

    @property
    def unused_seconds(self) -> int:
        """What is left of the day's limit and of what was given, whatever else may end it sooner."""
        return max(self.limit_seconds - self.balance_seconds, 0)

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
            "override": self.override,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """The reverse of `to_json`."""
        return cls(
            balance_seconds=_whole(value["balance_seconds"]),
            spent_seconds=_whole(value["spent_seconds"]),
            limit_seconds=_whole(value["limit_seconds"]),
            last_checked=datetime.fromisoformat(str(value["last_checked"])),
            override=value.get("override") is True,
        )


class Outcome(StrEnum):
    """What two readings tell of a grant between them."""

    ARRIVED = "arrived"
    NOT_ARRIVED = "not-arrived"
    CANNOT_TELL = "cannot-tell"
    DAY_OVER = "day-over"


def grant_of(change: Change) -> Grant:
    """The grant that a change asks for."""
    return grant_for(change.field, change.after)


def grant_for(field: str, after: Json) -> Grant:
    """The same for what is not a change yet; both are as domain.change.Draft has them."""
    kind = GrantKind(field.removeprefix("grant."))
    assert isinstance(after, dict)
    if "left_seconds" in after:
        return Grant(kind, "=", _whole(after["left_seconds"]))
    seconds = _whole(after["seconds"])
    if seconds > 0:
        return Grant(kind, "+", seconds)
    return Grant(kind, "-", -seconds, unused_only=after.get("unused_only") is True)


def decided(grant: Grant, before: Reading) -> Grant:
    """The grant as it is sent after `before` was read: of what is not to be taken when used, what is unused."""
    return replace(grant, seconds=min(grant.seconds, before.unused_seconds)) if grant.unused_only else grant


def reading_of(user: UserSnapshot, kind: GrantKind, weekday: int) -> Reading | None:
    """What the server's files say now; None where they could not be read."""
    if user.control is None or user.config is None:
        return None
    control, config = user.control, user.config
    if kind is GrantKind.PLAYTIME:
        return Reading(
            control.playtime_balance_seconds,
            0 if config.playtime.override else control.playtime_spent_day_seconds,
            config.playtime.limits[weekday - 1],
            control.last_checked,
            config.playtime.override,
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


def moves(grant: Grant, before: Reading, counted: int = 0) -> int:
    """By how much `grant` moves it where `counted` more seconds were saved between the reading and its arrival.

    They matter where it does not go by the balance that it finds: set what is left, or give where it is overdrawn.
    """
    balance = before.balance_seconds + counted
    after = balance_after(balance, before.limit_seconds, grant.operation, grant.seconds)
    return balance - after


def outcome(grant: Grant, before: Reading, after: Reading) -> Outcome:
    """Whether `grant`, sent after `before` was read, is in what was read later.

    Told by the exact number only: what is off by some seconds may as well be something else.
    """
    if before.last_checked.date() != after.last_checked.date():
        return Outcome.DAY_OVER
    if before.override != after.override:
        return Outcome.CANNOT_TELL
    moved = moved_between(before, after)
    least, most = _range(grant, before, after)
    if moved == least:
        return Outcome.ARRIVED
    if moved == 0 and not least < 0 <= most:
        return Outcome.NOT_ARRIVED
    return Outcome.CANNOT_TELL


def moved_besides(grant: Grant, before: Reading, after: Reading) -> int:
    """By how much something else moved it between two readings of a day, where `grant` did arrive; 0 for nothing."""
    moved = moved_between(before, after)
    least, most = _range(grant, before, after)
    return min(moved - least, 0) or max(moved - most, 0)


def _range(grant: Grant, before: Reading, after: Reading) -> tuple[int, int]:
    """What the grant moves if it came before any second that was counted between the readings, and after all."""
    counted = max(after.spent_seconds - before.spent_seconds, 0)
    return moves(grant, before), moves(grant, before, counted)


def _whole(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number was expected, not {value!r}")
    return value
