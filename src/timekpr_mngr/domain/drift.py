"""Drift: what changed on a server without us.

What is known of a user (or of the server's settings) is compared with what is read now. What changes of ours explain is
ours; every other difference is somebody else's: shown, kept, and adopted or reverted by a person.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from timekpr_mngr.domain.change import Change, GrantKind, Json
from timekpr_mngr.domain.queue import bases_of


class DriftState(StrEnum):
    """What became of it.

    OPEN asks a person. REPLACED: the same field was changed again since, by us or by somebody else, and that is
    what counts now. GONE: somebody set it back.
    """

    OPEN = "open"
    ADOPTED = "adopted"
    REVERTED = "reverted"
    REPLACED = "replaced"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that holds another value than before, as JSON values (domain.field)."""

    field: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference that is not ours. `user` is None for a setting of the server. Instants are aware, UTC.

    `before` is what stood there right before; `known` is the last value that a person here knew, to which it is
    reverted. For time given by somebody else the field is `grant.time` or `grant.playtime`, `before` and `known` are
    None, `after` is `{"seconds": n}`, and `day` is the server's day.

    `overwritten` says that a change of ours (`change_id`) came so close behind that it took its place before anybody
    had seen it: then to adopt is to set it again. Else, and once that was done, `change_id` is the change that was made
    for the answer.
    """

    id: int
    server: str
    user: str | None
    field: str
    state: DriftState
    known: Json
    before: Json
    after: Json
    day: date | None
    overwritten: bool
    seen_at: datetime
    answered_by: str | None = None
    answered_at: datetime | None = None
    change_id: int | None = None

    @property
    def is_grant(self) -> bool:
        """Whether somebody else gave or took time."""
        return self.field.startswith("grant.")


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[Difference]:
    """The fields of `after` that hold another value than in `before`. A field that `before` does not have is none."""
    return [
        Difference(name, before[name], value)
        for name, value in after.items()
        if name in before and before[name] != value
    ]


def split(
    found: Iterable[Difference], under_way: Collection[Change]
) -> tuple[list[Difference], list[Difference]]:
    """Which differences are ours, and which are not. `under_way` are the changes of the same user that may have been
    sent and have not ended: what they want, or leave for a moment on their way, is ours."""
    ours: list[Difference] = []
    foreign: list[Difference] = []
    for difference in found:
        explained = any(
            change.field == difference.field and difference.after in [change.after, *bases_of(change)]
            for change in under_way
        )
        (ours if explained else foreign).append(difference)
    return ours, foreign


def hidden_between(
    known: Mapping[str, Json],
    previous: Mapping[str, Json] | None,
    now: Mapping[str, Json],
    under_way: Collection[Change],
) -> list[tuple[Difference, Change]]:
    """What somebody set after `known` was read, and a change of ours took the place of before it was seen.

    `previous` are the values right before the daemon's last save (design: bus.md, writing). Where a change of ours came
    about in that save, they hold what it took the place of: in its own field, and in others that the daemon takes in
    the same call (the limits of all seven days).
    """
    if previous is None:
        return []
    landed = [
        change
        for change in under_way
        if change.field in known
        and known[change.field] != change.after
        and now.get(change.field) == change.after
        and previous.get(change.field) != change.after
    ]
    if not landed:
        return []
    hidden: list[tuple[Difference, Change]] = []
    wanted = {change.field: change for change in under_way}
    for name, stood in previous.items():
        if name not in known or stood == known[name]:
            continue
        change = wanted.get(name)
        if change is None and now.get(name) == known[name]:
            hidden.append((Difference(name, known[name], stood), landed[0]))
        elif change in landed and stood not in bases_of(change):
            hidden.append((Difference(name, known[name], stood), change))
    return hidden


@dataclass(frozen=True, slots=True)
class Given:
    """By how much grants moved *time spent − time balance* on a day, as last seen: everybody's together."""

    kind: GrantKind
    day: date
    moved_seconds: int
