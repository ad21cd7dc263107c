"""A finding: something on a server that keeps limits from being enforced, or soon may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from timekpr_mngr.domain.bus_facts import DaemonRun
from timekpr_mngr.domain.change import Json


class Severity(StrEnum):
    """ERROR: somebody is not limited who should be. WARNING: it may come to that. INFO: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class FindingCode(StrEnum):
    """What was found. docs/health.md says of each what it means and what to do."""

    # of the server
    NO_DAEMON = "no-daemon"
    COUNTS_NOBODY = "counts-nobody"
    NOTHING_ENFORCED = "nothing-enforced"
    NOT_AT_START = "not-at-start"
    RESTARTED = "restarted"
    POLLS_TOO_OFTEN = "polls-too-often"
    SESSION_TYPE_NOT_COUNTED = "session-type-not-counted"
    SERVER_SETTINGS_UNREADABLE = "server-settings-unreadable"
    FILES_UNREADABLE = "files-unreadable"
    CLOCK = "clock"
    TIME_ZONE_UNKNOWN = "time-zone-unknown"
    TIME_ZONE_OTHER = "time-zone-other"
    # of a user
    STOPS_EVERYBODY = "stops-everybody"
    OTHER_NAME_IN_FILE = "other-name-in-file"
    SETTINGS_UNREADABLE = "settings-unreadable"
    SETTINGS_EMPTY = "settings-empty"
    LOCKOUT_UNKNOWN = "lockout-unknown"
    EXCLUDED = "excluded"
    NOT_COUNTED = "not-counted"
    SESSION_NOT_COUNTED = "session-not-counted"
    UNKNOWN_USER = "unknown-user"
    ADMINISTRATOR = "administrator"
    # of either
    LIMITS_LIFTED = "limits-lifted"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `user` is None where it is the server's. `facts` are what its sentence is made of."""

    code: FindingCode
    severity: Severity
    user: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> "FindingKey":
        """What makes it the same when it is found again."""
        return self.code, self.user


FindingKey = tuple[FindingCode, str | None]


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is kept. Instants are aware, UTC; `cleared_at` is None while it stands."""

    id: int
    server: str
    finding: Finding
    raised_at: datetime
    cleared_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it is still so, as far as the server was read."""
        return self.cleared_at is None


@dataclass(frozen=True, slots=True)
class Observed:
    """What is new on one server: what is found now and was not before, what says something else than before, and what
    is not so any more; and that timekprd began or ended.
    """

    server: str
    raised: Sequence[Finding] = ()
    changed: Sequence[KeptFinding] = ()
    cleared: Sequence[KeptFinding] = ()
    began: DaemonRun | None = None
    ended: DaemonRun | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new."""
        return not (self.raised or self.changed or self.cleared or self.began or self.ended)
