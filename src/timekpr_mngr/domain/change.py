"""One queued intent against one server or user: never a file, always fields."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias, Union

from timekpr_mngr.domain.account import Source
from timekpr_mngr.texts import noop

Json: TypeAlias = Union[bool, int, float, str, list["Json"], dict[str, "Json"], None]  # noqa: UP007 - refers to itself
"""A value as JSON holds it."""


class ChangeState(StrEnum):
    """The whole list (design: product.md)."""

    QUEUED = noop("queued")
    SENDING = noop("sending")
    APPLIED = noop("applied")
    REFUSED = noop("refused")
    CONFLICT = noop("conflict")
    UNCERTAIN = noop("uncertain")
    SUPERSEDED = noop("superseded")
    EXPIRED = noop("expired")
    CANCELLED = noop("cancelled")

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


class Answer(StrEnum):
    """What a person said to a change that ended with a question.

    To `conflict`: THEIRS keeps what the server has, OURS sets what was wanted all the same, EDIT sets something else.
    To `uncertain`: ARRIVED takes it for done, AGAIN asks for the same once more.
    """

    THEIRS = "theirs"
    OURS = "ours"
    EDIT = "edit"
    ARRIVED = "arrived"
    AGAIN = "again"


ANSWERS = {
    ChangeState.CONFLICT: {Answer.THEIRS, Answer.OURS, Answer.EDIT},
    ChangeState.UNCERTAIN: {Answer.ARRIVED, Answer.AGAIN},
}
"""The ends that ask something, and what can be said to them."""


class FollowsAs(StrEnum):
    """Why a change was made after another one: it asks again, it answers, or it takes back.

    UNDO is a person's; BACK takes back by itself what was to hold for a day, once that day is over.
    """

    RETRY = "retry"
    ANSWER = "answer"
    UNDO = "undo"
    BACK = "back"


class GrantKind(StrEnum):
    """What a grant gives: time, or PlayTime."""

    TIME = "time"
    PLAYTIME = "playtime"


@dataclass(frozen=True, slots=True)
class Draft:
    """A change before it is stored: the field, the value it was made against, and the value wanted.

    For a field of the configuration `before` and `after` are the field's JSON value (domain.field).
    For a grant the field is `grant.time` or `grant.playtime`, `before` is None and `after` is
    `{"seconds": n}` or `{"left_seconds": n}`, or `{"seconds": -n, "unused_only": true}`, which takes back at most what
    is not used yet; `day` is the server's day for which it is given.
    `until` is the server's day after which a field of the configuration is taken back by itself; None where it stays.
    """

    field: str
    before: Json
    after: Json
    day: date | None = None
    reason: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A stored change. `user` is None for a setting of the server. Instants are aware, UTC.

    `note` is what delivery wrote down before sending, so that a lost answer can be resolved after any interruption.
    `waits_for` are words, or None. `gained_seconds` says what a grant really gave, once known.
    `answer` is what a person said to its question, with who and when. `follows` is the number of the change after which
    it was made, and `follows_as` says why. `until` is as Draft has it; one that is kept for good has none any more.
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
    answer: Answer | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    follows: int | None = None
    follows_as: FollowsAs | None = None
    until: date | None = None

    @property
    def last_day(self) -> date | None:
        """The server's day after which it must not be sent any more; None where there is none."""
        return self.day or self.until

    @property
    def stood(self) -> Json:
        """What it took the place of: as found right before it was sent, where that was noted, or else `before`.

        Of what is to stay it is what would have stayed without it: nothing that held for a day only.
        """
        noted = self.note if isinstance(self.note, dict) else {}
        if self.until is None and "beneath" in noted:
            return noted["beneath"]
        return noted.get("stood", self.before)

    @property
    def asks(self) -> bool:
        """Whether it ended with a question that nobody has answered yet."""
        return self.state in ANSWERS and self.answer is None

    @property
    def theirs(self) -> Json:
        """What a conflict found on the server in place of `before`; None where there is none."""
        return self.note.get("theirs") if isinstance(self.note, dict) else None

    @property
    def readings(self) -> tuple[Json, Json]:
        """What was read before a grant was sent, and after it (`grant.Reading` as JSON); None where it is unknown."""
        if not isinstance(self.note, dict):
            return None, None
        return self.note.get("reading"), self.note.get("found")

    @property
    def is_grant(self) -> bool:
        """Whether it adds, takes or sets time today."""
        return self.field.startswith("grant.")
