"""One computer that runs timekpr-next and sshd: what we keep of it, and timekpr's settings on it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from timekpr_mngr.errors import FailureCode, Invalid
from timekpr_mngr.texts import _

POLLS_AS_SLEEP_SECONDS = 45
"""A pause between two polls that the daemon takes for sleep, of which it counts nothing: tried with 46."""

SERVER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class ServerState(StrEnum):
    """Where a server stands. `host-key-unknown` waits for a person to compare the fingerprint."""

    HOST_KEY_UNKNOWN = "host-key-unknown"
    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a server cannot be spoken to, and what a person can do about it."""

    code: FailureCode
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server as it was added. `host_key` is an OpenSSH public key line, `fingerprint` its `SHA256:…`.

    `expected_fingerprint` is what a person said the key must be, before it was seen; while `host_key` is None
    the key is not trusted and no login is tried. `second_host` is tried where the server is not at `host`.
    """

    name: str
    host: str
    port: int
    ssh_user: str
    public_key: str
    host_key: str | None
    fingerprint: str | None
    expected_fingerprint: str | None
    created_at: datetime
    second_host: str | None = None


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of the link now. `since` is when this state began. Lives in memory, never in the store."""

    state: ServerState
    since: datetime
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """timekpr.conf. Defaults are timekpr's own. The directories can be read, not set (they have no D-Bus call)."""

    poll_seconds: int = 3
    save_seconds: int = 30
    log_level: int = 1
    termination_seconds: int = 15
    final_warning_seconds: int = 10
    final_notification_seconds: int = 60
    track_inactive: bool = False
    session_types: tuple[str, ...] = ("x11", "wayland", "mir")
    excluded_session_types: tuple[str, ...] = ("tty", "unspecified")
    excluded_users: tuple[str, ...] = (
        "testtimekpr",
        "gdm",
        "gdm3",
        "kdm",
        "lightdm",
        "mdm",
        "lxdm",
        "xdm",
        "sddm",
        "cdm",
    )
    playtime_enabled: bool = False
    playtime_enhanced: bool = False
    config_directory: str = "/var/lib/timekpr/config"
    work_directory: str = "/var/lib/timekpr/work"
    shared_directory: str = "/usr/share/timekpr"
    log_directory: str = "/var/log"

    @property
    def counted_session_types(self) -> frozenset[str]:
        """In which sessions time is counted: where a type is in both lists, it is not."""
        return frozenset(self.session_types) - frozenset(self.excluded_session_types)

    @property
    def counts_between_polls(self) -> bool:
        """Whether the daemon counts anything at all with its poll time: below 0 its worker ends at once."""
        return 0 <= self.poll_seconds < POLLS_AS_SLEEP_SECONDS


def check_server_name(name: object) -> str:
    """A name that can stand in an address. Raises Invalid."""
    if not isinstance(name, str) or not SERVER_NAME.fullmatch(name):
        raise Invalid(
            "name", _("A name has 1 to 63 small letters, digits and hyphens, and starts with no hyphen.")
        )
    return name
