"""Everything last read from a server, with the time it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from timekpr_mngr.domain.flaw import Flaw
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import UserConfig, WeekLayout

PLAIN_WEEK = WeekLayout()
PLAIN_PLAYTIME_WEEK = WeekLayout(limits=(0,) * 7)


@dataclass(frozen=True, slots=True)
class Live:
    """What the daemon has in memory for a user who is logged in: at most one poll old.

    Values are None where the daemon did not tell. `as_of` is our own clock.
    """

    as_of: datetime
    left_day_seconds: int | None = None
    left_continuous_seconds: int | None = None
    spent_day_seconds: int | None = None
    spent_week_seconds: int | None = None
    spent_month_seconds: int | None = None
    balance_seconds: int | None = None
    playtime_left_seconds: int | None = None
    session_seconds: int | None = None
    inactive_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One of a user's sessions, as login1 tells it; `uid` is None where it was not kept."""

    id: str
    user: str
    type: str
    state: str = "active"
    locked: bool = False
    idle: bool = False
    remote: bool = False
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class UserSnapshot:
    """One user at the time of reading. A part that could not be read or parsed is None, and `problem` says why;
    `flaws` say of the settings what the daemon makes of it.

    `config_text`, `previous_text` (timekpr's `.prev`) and `control_text` are the files just as they came.
    """

    name: str
    full_name: str = ""
    config: UserConfig | None = None
    week: WeekLayout = PLAIN_WEEK
    playtime_week: WeekLayout = PLAIN_PLAYTIME_WEEK
    control: Control | None = None
    live: Live | None = None
    sessions: tuple[Session, ...] = ()
    config_text: str | None = None
    previous_text: str | None = None
    control_text: str | None = None
    problem: str | None = None
    flaws: tuple[Flaw, ...] = ()

    @property
    def logged_in(self) -> bool:
        """Whether login1 lists a session of this user that is not closing."""
        return any(session.state != "closing" for session in self.sessions)

    @property
    def counted(self) -> bool:
        """Whether timekpr counts this user's time now: it does so only for those it has in memory."""
        return self.live is not None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A server at one instant. `read_at` is our clock; `server_time` the server's own clock at that instant,
    both aware; `time_zone` an IANA name. None is what could not be read.

    `strangers` are the sessions of those whom timekpr does not know; `flaws` are those of timekpr.conf.
    """

    read_at: datetime
    server_time: datetime | None
    time_zone: str | None
    config: ServerConfig | None
    config_text: str | None = None
    users: Mapping[str, UserSnapshot] = field(default_factory=dict)
    timekpr_version: str | None = None
    strangers: tuple[Session, ...] = ()
    flaws: tuple[Flaw, ...] = ()
