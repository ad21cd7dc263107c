"""The shapes of REST v1, stable from here on: what is sent, and what is answered."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from timekpr_mngr.domain import hours
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.rules import POLL_MAX_SECONDS
from timekpr_mngr.domain.server import Failure, ServerConfig
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, WEEKDAYS, UserConfig
from timekpr_mngr.services.views import (
    Accepted,
    ChangePage,
    ServerPage,
    ServerView,
    TimeLeftView,
    UsageView,
    UserEntry,
    UserView,
)


class Sent(BaseModel):
    """A body that is sent to us: nothing but what is named here."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """A body that we answer: every key is there, and what is not known is null."""

    model_config = ConfigDict(frozen=True)


class NewServer(Sent):
    """A server to add. Without a `private_key` one is made."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")
    host: str
    port: int = Field(22, ge=1, le=65535)
    ssh_user: str
    private_key: str | None = Field(None, description="OpenSSH or PEM")
    passphrase: str | None = None
    host_key: str | None = Field(None, description="An OpenSSH public key, or SHA256:…")
    second_host: str | None = Field(None, description="Tried where the server is not at `host`")


class ServerEdit(Sent):
    """What to change of a server; the rest stays."""

    name: str | None = Field(None, pattern="^[a-z0-9][a-z0-9-]{0,62}$")
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    ssh_user: str | None = None
    private_key: str | None = None
    passphrase: str | None = None
    host_key: str | None = None
    second_host: str | None = Field(None, description="An empty text takes it away")


class Trust(Sent):
    """The key that a person has compared."""

    fingerprint: str


class Visibility(Sent):
    """Whether a user is out of view."""

    hidden: bool


class Grant(Sent):
    """Time to give (or, below 0, to take) today; or what should be left of it."""

    seconds: int | None = Field(None, ge=-DAY_SECONDS, le=DAY_SECONDS, description="not 0")
    set_left_seconds: int | None = Field(None, ge=0, le=DAY_SECONDS, description="instead of seconds")
    kind: Literal["time", "playtime"] = "time"
    reason: str | None = Field(None, max_length=200)
    open_up: bool = Field(
        False, description="With seconds: also make what grants/check says that it needs, for today only."
    )


class GrantToCheck(Sent):
    """Time that may be given (or, below 0, taken) today."""

    seconds: int = Field(ge=-DAY_SECONDS, le=DAY_SECONDS, description="not 0")
    kind: Literal["time", "playtime"] = "time"


class ChangeAnswer(Sent):
    """What a person says to a change that asks; `value` goes with `edit`, in the shape of the change's own `after`."""

    answer: Literal["theirs", "ours", "edit", "arrived", "again"]
    value: Any = None


class SpanPart(Sent):
    """Open hours."""

    from_: str = Field(alias="from", examples=["07:00"])
    to: str = Field(examples=["20:30", "24:00"])
    unaccounted: bool = False


class DayPart(Sent):
    """A day; 1 is Monday. A forbidden day is limit 0 with no hours."""

    day: int = Field(ge=1, le=7)
    limit_seconds: int | None = Field(None, ge=0, le=DAY_SECONDS)
    hours: list[SpanPart] | None = None


class LockoutPart(Sent):
    """What happens when time is up."""

    type: Literal["lock", "suspend", "suspendwake", "terminate", "kill", "shutdown"] | None = None
    wake_from: int | None = Field(None, ge=0, le=23)
    wake_to: int | None = Field(None, ge=0, le=23)


class PlayTimeDayPart(Sent):
    """A day's PlayTime."""

    day: int = Field(ge=1, le=7)
    limit_seconds: int = Field(ge=0, le=DAY_SECONDS)


class ActivityPart(Sent):
    """A program that counts as PlayTime."""

    mask: str
    description: str = ""


class PlayTimePart(Sent):
    """Any part of PlayTime's settings; lists replace whole, `days` may be some of the seven."""

    enabled: bool | None = None
    override: bool | None = None
    unaccounted_intervals: bool | None = None
    days: list[PlayTimeDayPart] | None = None
    activities: list[ActivityPart] | None = None


class UserConfigPart(Sent):
    """Any part of a user's configuration; lists replace whole, `days` may be some of the seven."""

    days: list[DayPart] | None = None
    week_limit_seconds: int | None = Field(None, ge=0, le=WEEK_SECONDS)
    month_limit_seconds: int | None = Field(None, ge=0, le=MONTH_SECONDS)
    track_inactive: bool | None = None
    hide_tray_icon: bool | None = None
    lockout: LockoutPart | None = None
    playtime: PlayTimePart | None = None


class ServerConfigPart(Sent):
    """Any part of a server's settings that can be set."""

    poll_seconds: int | None = Field(None, ge=1, le=POLL_MAX_SECONDS)
    save_seconds: int | None = None
    log_level: int | None = Field(None, ge=1, le=3)
    termination_seconds: int | None = None
    final_warning_seconds: int | None = None
    final_notification_seconds: int | None = None
    track_inactive: bool | None = None
    session_types: list[str] | None = None
    excluded_session_types: list[str] | None = None
    excluded_users: list[str] | None = None
    playtime_enabled: bool | None = None
    playtime_enhanced: bool | None = None


class FailureOut(Answer):
    """Why a server cannot be spoken to."""

    code: str
    message: str
    fix: str

    @classmethod
    def of(cls, failure: Failure) -> Self:
        """From the domain."""
        return cls(code=failure.code.value, message=failure.message, fix=failure.fix)


class ServerOut(Answer):
    """A server in a list."""

    name: str
    host: str
    second_host: str | None
    port: int
    ssh_user: str
    state: Literal["host-key-unknown", "connecting", "online", "offline"]
    since: datetime
    error: FailureOut | None
    fingerprint: str | None
    time_zone: str | None
    timekpr_version: str | None
    pending: int
    users: list[str]

    @classmethod
    def of(cls, view: ServerView) -> Self:
        """From the services."""
        return cls.model_validate(_server(view))


class ServerWithKeyOut(ServerOut):
    """A server alone: also our public key, and the line for its `authorized_keys`."""

    public_key: str
    authorized_keys: str

    @classmethod
    def of(cls, view: ServerView) -> Self:
        """From the services."""
        return cls.model_validate(
            _server(view) | {"public_key": view.public_key, "authorized_keys": view.authorized_keys}
        )


class HealthCheckOut(Answer):
    """One step that must hold; `ok` is null where it is not known. `line` is a text to be copied for the `fix`."""

    name: str
    ok: bool | None
    sentence: str
    fix: str | None
    line: str | None

    @classmethod
    def of(cls, check: Check) -> Self:
        """From the services."""
        return cls(name=check.name, ok=check.ok, sentence=check.sentence, fix=check.fix, line=check.line)


class ServerConfigOut(Answer):
    """timekpr's own settings on a server."""

    poll_seconds: int
    save_seconds: int
    log_level: int
    termination_seconds: int
    final_warning_seconds: int
    final_notification_seconds: int
    track_inactive: bool
    session_types: list[str]
    excluded_session_types: list[str]
    excluded_users: list[str]
    playtime_enabled: bool
    playtime_enhanced: bool
    config_directory: str
    work_directory: str
    shared_directory: str
    log_directory: str

    @classmethod
    def of(cls, config: ServerConfig) -> Self:
        """From the domain."""
        return cls.model_validate({name: getattr(config, name) for name in cls.model_fields})


class UserEntryOut(Answer):
    """A user in a server's list."""

    name: str
    full_name: str
    hidden: bool

    @classmethod
    def of(cls, entry: UserEntry) -> Self:
        """From the services."""
        return cls(name=entry.name, full_name=entry.full_name, hidden=entry.hidden)


class SpanOut(Answer):
    """Open hours."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    from_: str = Field(alias="from")
    to: str
    unaccounted: bool


class DayOut(Answer):
    """A day of the week; 1 is Monday."""

    day: int
    limit_seconds: int
    hours: list[SpanOut]


class LockoutOut(Answer):
    """What happens when time is up."""

    type: str
    wake_from: int
    wake_to: int


class PlayTimeDayOut(Answer):
    """A day's PlayTime."""

    day: int
    limit_seconds: int


class ActivityOut(Answer):
    """A program that counts as PlayTime."""

    mask: str
    description: str


class PlayTimeOut(Answer):
    """PlayTime's settings."""

    enabled: bool
    override: bool
    unaccounted_intervals: bool
    days: list[PlayTimeDayOut]
    activities: list[ActivityOut]


class UserConfigOut(Answer):
    """Everything that limits a user: always seven days."""

    days: list[DayOut]
    week_limit_seconds: int
    month_limit_seconds: int
    track_inactive: bool
    hide_tray_icon: bool
    lockout: LockoutOut
    playtime: PlayTimeOut

    @classmethod
    def of(cls, config: UserConfig) -> Self:
        """From the domain."""
        return cls.model_validate(user_config_json(config))


class UsageOut(Answer):
    """What counts today, this week, this month."""

    spent_day_seconds: int
    spent_week_seconds: int
    spent_month_seconds: int
    balance_seconds: int
    playtime_spent_day_seconds: int
    playtime_balance_seconds: int
    as_of: datetime

    @classmethod
    def of(cls, usage: UsageView) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(usage, name) for name in cls.model_fields})


class TimeLeftOut(Answer):
    """What is left now, and why it ends."""

    day_seconds: int
    continuous_seconds: int
    playtime_seconds: int | None
    until: datetime | None
    reason: str
    source: Literal["live", "computed"]

    @classmethod
    def of(cls, left: TimeLeftView) -> Self:
        """From the services."""
        return cls.model_validate({name: getattr(left, name) for name in cls.model_fields})


class UserOut(Answer):
    """Everything known of a user."""

    name: str
    full_name: str
    hidden: bool
    config: UserConfigOut | None
    usage: UsageOut | None
    time_left: TimeLeftOut | None
    logged_in: bool | None
    counted: bool | None
    read_at: datetime | None
    time_zone: str | None
    problem: str | None

    @classmethod
    def of(cls, view: UserView) -> Self:
        """From the services."""
        return cls(
            name=view.name,
            full_name=view.full_name,
            hidden=view.hidden,
            config=UserConfigOut.of(view.config) if view.config else None,
            usage=UsageOut.of(view.usage) if view.usage else None,
            time_left=TimeLeftOut.of(view.time_left) if view.time_left else None,
            logged_in=view.logged_in,
            counted=view.counted,
            read_at=view.read_at,
            time_zone=view.time_zone,
            problem=view.problem,
        )


class ReadingsOut(Answer):
    """What was read of the time before a grant was sent, and after it; null where it is not known."""

    before: Any
    found: Any


class ChangeOut(Answer):
    """One queued intent and what became of it.

    `asks` says that it waits for an answer; `theirs` is what a conflict found in place of `before`. `follows` is the
    change after which it was made: again, as an answer, or to take it back (`undo` by a person, `back` by itself).
    `until` is the server's day after which it is taken back by itself, null where it stays.
    """

    id: int
    request_id: str
    server: str
    user: str | None
    field: str
    state: str
    waits_for: str | None
    before: Any
    after: Any
    day: date | None
    reason: str | None
    message: str | None
    gained_seconds: int | None
    account: str
    source: str
    created_at: datetime
    settled_at: datetime | None
    asks: bool
    theirs: Any
    readings: ReadingsOut
    answer: Literal["theirs", "ours", "edit", "arrived", "again"] | None
    answered_by: str | None
    answered_at: datetime | None
    follows: int | None
    follows_as: Literal["retry", "answer", "undo", "back"] | None
    until: date | None

    @classmethod
    def of(cls, change: Change) -> Self:
        """From the domain."""
        values = {name: getattr(change, name) for name in cls.model_fields}
        before, found = change.readings
        return cls.model_validate(
            values
            | {
                "state": change.state.value,
                "source": change.source.value,
                "readings": ReadingsOut(before=before, found=found),
            }
        )


class AcceptedOut(Answer):
    """What was queued; no changes where nothing differs."""

    request_id: str
    changes: list[ChangeOut]

    @classmethod
    def of(cls, accepted: Accepted) -> Self:
        """From the services."""
        return cls(request_id=accepted.request_id, changes=list(map(ChangeOut.of, accepted.changes)))


class ServersOut(Answer):
    """Servers, by name."""

    items: list[ServerOut]
    next: str | None

    @classmethod
    def of(cls, page: ServerPage) -> Self:
        """From the services."""
        return cls(items=list(map(ServerOut.of, page.items)), next=page.next)


class UsersOut(Answer):
    """A server's users."""

    items: list[UserEntryOut]
    next: str | None = None

    @classmethod
    def of(cls, entries: Iterable[UserEntry]) -> Self:
        """From the services."""
        return cls(items=list(map(UserEntryOut.of, entries)))


class HealthOut(Answer):
    """Every check, in the order in which they build on each other."""

    items: list[HealthCheckOut]
    next: str | None = None

    @classmethod
    def of(cls, checks: Iterable[Check]) -> Self:
        """From the services."""
        return cls(items=list(map(HealthCheckOut.of, checks)))


class ChangesOut(Answer):
    """Some changes, newest first."""

    items: list[ChangeOut]
    next: str | None

    @classmethod
    def of(cls, page: ChangePage) -> Self:
        """From the services."""
        return cls(items=list(map(ChangeOut.of, page.items)), next=page.next)


class ErrorOut(Answer):
    """What went wrong; `field` is the place in what was sent, as a path."""

    code: str
    message: str
    field: str | None


class Failed(Answer):
    """The answer to a request that did nothing."""

    error: ErrorOut


def user_config_json(config: UserConfig) -> dict[str, Any]:
    """A user's configuration as REST shows it; any part of it may be sent back."""
    playtime = config.playtime
    return {
        "days": [
            {
                "day": weekday,
                "limit_seconds": config.day(weekday).limit_seconds,
                "hours": hours.to_json(config.day(weekday).hours),
            }
            for weekday in WEEKDAYS
        ],
        "week_limit_seconds": config.week_limit_seconds,
        "month_limit_seconds": config.month_limit_seconds,
        "track_inactive": config.track_inactive,
        "hide_tray_icon": config.hide_tray_icon,
        "lockout": {
            "type": config.lockout.type,
            "wake_from": config.lockout.wake_from,
            "wake_to": config.lockout.wake_to,
        },
        "playtime": {
            "enabled": playtime.enabled,
            "override": playtime.override,
            "unaccounted_intervals": playtime.unaccounted_intervals,
            "days": [{"day": weekday, "limit_seconds": playtime.limits[weekday - 1]} for weekday in WEEKDAYS],
            "activities": [{"mask": a.mask, "description": a.description} for a in playtime.activities],
        },
    }


def _server(view: ServerView) -> dict[str, Any]:
    return {
        "name": view.name,
        "host": view.host,
        "second_host": view.second_host,
        "port": view.port,
        "ssh_user": view.ssh_user,
        "state": view.state.value,
        "since": view.since,
        "error": FailureOut.of(view.error) if view.error else None,
        "fingerprint": view.fingerprint,
        "time_zone": view.time_zone,
        "timekpr_version": view.timekpr_version,
        "pending": view.pending,
        "users": list(view.users),
    }
