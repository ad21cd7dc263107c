"""What the services answer: plain values, made for pages, REST and the command line alike.

What is not known is None. Instants are aware, UTC. Seconds are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, Json
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.server import Failure, ServerConfig, ServerState
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.services import words
from timekpr_mngr.services.paging import Page
from timekpr_mngr.store import SentCall


@dataclass(frozen=True, slots=True)
class ServerView:
    """A server as it was added, and what is known of it now. `users` are the visible ones, by name.

    `fingerprint` is that of the key last seen; it is pinned where `host_key_trusted`. `authorized_keys` is the line
    that gives our key its place on the server.
    """

    name: str
    host: str
    port: int
    ssh_user: str
    state: ServerState
    since: datetime
    error: Failure | None
    fingerprint: str | None
    expected_fingerprint: str | None
    host_key_trusted: bool
    time_zone: str | None
    timekpr_version: str | None
    pending: int
    users: tuple[str, ...]
    public_key: str
    authorized_keys: str
    read_at: datetime | None
    second_host: str | None


@dataclass(frozen=True, slots=True)
class UserEntry:
    """One line of a server's list of users."""

    name: str
    full_name: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class UsageView:
    """What counts today, this week and this month; `as_of` is the instant to which it was counted."""

    spent_day_seconds: int
    spent_week_seconds: int
    spent_month_seconds: int
    balance_seconds: int
    playtime_spent_day_seconds: int
    playtime_balance_seconds: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class TimeLeftView:
    """How much is left and why. `source` is "live" where timekprd said it, "computed" where we worked it out."""

    day_seconds: int
    continuous_seconds: int
    playtime_seconds: int | None
    until: datetime | None
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class UserView:
    """Everything known of one user. `logged_in`, `counted` and `locked` are None while the server is not online.

    `pending` are the changes that wait or are under way; `local_time` is what the server's own clock showed when this
    was looked up, without a zone.
    """

    server: str
    name: str
    full_name: str
    hidden: bool
    config: UserConfig | None
    usage: UsageView | None
    time_left: TimeLeftView | None
    logged_in: bool | None
    counted: bool | None
    locked: bool | None
    read_at: datetime | None
    time_zone: str | None
    local_time: datetime | None
    server_state: ServerState
    server_since: datetime
    pending: tuple[Change, ...]
    problem: str | None
    config_text: str | None
    control_text: str | None

    @property
    def today(self) -> date | None:
        """The server's own date."""
        return self.local_time.date() if self.local_time is not None else None


@dataclass(frozen=True, slots=True)
class ServerConfigView:
    """A server's own settings, when they were read, their text, and what waits."""

    config: ServerConfig | None
    read_at: datetime | None
    config_text: str | None
    pending: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was queued: durable when this is answered. No changes where nothing differs."""

    request_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class DriftAnswer:
    """What became of drift, and what was queued for it; None where nothing needs to be sent."""

    drift: Drift
    accepted: Accepted | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a history: either a `change` that was asked for here, or `drift`; the other is None.

    `who` is an account, or None for somebody on the server itself. `what`, `before`, `after` and `state` are words, and
    `sentence` is all of it: `Saturday: limit: 2 h → 3 h`. `before` is None where nothing was replaced, as by a grant.
    `can_undo` speaks of a change; where it cannot be undone `why_not` says why. Drift is adopted or reverted instead:
    there it is False and None.
    """

    at: datetime
    who: str | None
    source: Source
    what: str
    before: str | None
    after: str | None
    sentence: str
    state: str
    change: Change | None
    drift: Drift | None
    can_undo: bool
    why_not: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A configuration as it was seen. `changed` are sentences: the differences to the version before it.

    `who` are the accounts whose changes made it so; None where it was somebody on the server itself, and for the first
    version that was seen (`is_first`), which has no differences either. `is_latest`: nothing else was seen since.
    """

    id: int
    seen_at: datetime
    who: tuple[str, ...] | None
    changed: tuple[str, ...]
    is_first: bool
    is_latest: bool


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A field in which two configurations differ, as values and in words; None where one has no such field."""

    field: str
    what: str
    before: Json
    after: Json
    before_words: str
    after_words: str

    @classmethod
    def of(cls, name: str, before: Json, after: Json) -> "DifferenceView":
        """The field of this name, with both values in words."""
        return cls(
            field=name,
            what=words.field(name),
            before=before,
            after=after,
            before_words=words.value(name, before),
            after_words=words.value(name, after),
        )


@dataclass(frozen=True, slots=True)
class FleetView:
    """How many servers there are, how many stand in each state, and for how many changes wait. `read_every_seconds` is
    how often each of them is looked at where nobody is signed in.
    """

    servers: int
    states: Mapping[ServerState, int]
    waiting: int
    read_every_seconds: float

    @property
    def online(self) -> int:
        """Those that can be spoken to now."""
        return self.states.get(ServerState.ONLINE, 0)


ChangePage: TypeAlias = Page[Change]
DriftPage: TypeAlias = Page[Drift]
HistoryPage: TypeAlias = Page[HistoryEntry]
VersionPage: TypeAlias = Page[VersionView]
SentPage: TypeAlias = Page[SentCall]
ServerPage: TypeAlias = Page[ServerView]
"""Newest first; servers by name."""
