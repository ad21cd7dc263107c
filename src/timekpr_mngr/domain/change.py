"""One queued intent against one server or user: never a file, always fields."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias, Union

from timekpr_mngr.domain.account import Source

Json: TypeAlias = Union[bool, int, float, str, list["Json"], dict[str, "Json"], None]  # noqa: UP007 - refers to itself
"""A value as JSON holds it."""


class ChangeState(StrEnum):
    """The whole list (design: product.md)."""

    QUEUED = "queued"
    SENDING = "sending"
    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNCERTAIN = "uncertain"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it still waits or is under way."""
        return self in (ChangeState.QUEUED, ChangeState.SENDING)


LEGAL_STEPS = {
    ChangeState.QUEUED: {
        ChangeState.SENDING,
        ChangeState.APPLIED,  # the server has that value already
        ChangeState.REFUSED,
        ChangeState.CONFLICT,
        ChangeState.SUPERSEDED,
        ChangeState.EXPIRED,
        ChangeState.CANCELLED,
    },
    ChangeState.SENDING: {
        ChangeState.QUEUED,  # proven not to have arrived
        ChangeState.APPLIED,
        ChangeState.REFUSED,
        ChangeState.CONFLICT,
        ChangeState.UNCERTAIN,
        ChangeState.EXPIRED,
    },
}
"""From a state to those that may follow. Every other state is an end."""


class GrantKind(StrEnum):
    """What a grant gives: time, or PlayTime."""

    TIME = "time"
    PLAYTIME = "playtime"


@dataclass(frozen=True, slots=True)
class Draft:
    """A change before it is stored: the field, the value it was made against, and the value wanted.

    For a field of the configuration `before` and `after` are the field's JSON value (domain.field).
    For a grant the field is `grant.time` or `grant.playtime`, `before` is None and `after` is
    `{"seconds": n}` or `{"left_seconds": n}`; `day` is the server's day for which it is given.
    """

    field: str
    before: Json
    after: Json
    day: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A stored change. `user` is None for a setting of the server. Instants are aware, UTC.

    `note` is what delivery wrote down before sending, so that a lost answer can be resolved after any interruption.
    `waits_for` are words, or None. `gained_seconds` says what a grant really gave, once known.
    """

    id: int
    request_id: str
    server: str
    user: str | None
    field: str
    state: ChangeState
    before: Json
    after: Json
    day: date | None
    reason: str | None
    account: str
    source: Source
    created_at: datetime
    waits_for: str | None = None
    message: str | None = None
    gained_seconds: int | None = None
    settled_at: datetime | None = None
    note: Json = None

    @property
    def is_grant(self) -> bool:
        """Whether it adds, takes or sets time today."""
        return self.field.startswith("grant.")
