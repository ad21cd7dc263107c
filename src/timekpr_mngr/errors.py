"""Every error that this program raises on purpose.

    TimekprMngrError
    ├── Invalid                 a value that a person or program gave, with the field it was given in
    ├── Missing
    │   ├── UnknownServer · UnknownUser · UnknownChange · UnknownDrift · UnknownVersion
    │   ├── UnknownPerson · UnknownAccount · UnknownToken · UnknownSession
    ├── NotNow                  right in itself, but not in the present state
    │   ├── Exists · NeverRead · MovedMeanwhile · NotCancellable · ChangesWait · IdempotencyMismatch
    ├── NotAllowed
    │   ├── Unauthenticated · CodeNeeded · Forbidden · MinutesUsedUp · Throttled
    ├── ServerFailure           why a server could not be spoken to: one of a closed list
    └── CannotStart             the data folder, the database or the port cannot be used

The message of each says what happened, what was kept and what to do; it may be shown to a person as it is.
"""

from enum import StrEnum


class TimekprMngrError(Exception):
    """The root of the tree. `code` is the word that REST and the command line show."""

    code = "error"

    @property
    def message(self) -> str:
        """What to show to a person."""
        return str(self)


class Invalid(TimekprMngrError):
    """A value cannot be used. `field` says where it stood, as a path like `days[5].hours[0].to`."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    def under(self, prefix: str) -> "Invalid":
        """The same error, seen from one level further out."""
        joint = "" if self.field.startswith("[") or not self.field else "."
        return type(self)(f"{prefix}{joint}{self.field}", str(self))


class Missing(TimekprMngrError):
    """What was named does not exist."""

    code = "unknown"


class UnknownServer(Missing):
    """No server has this name."""

    code = "unknown_server"


class UnknownUser(Missing):
    """The server has no such user."""

    code = "unknown_user"


class UnknownChange(Missing):
    """No change has this number."""

    code = "unknown_change"


class UnknownDrift(Missing):
    """No drift has this number."""

    code = "unknown_drift"


class UnknownVersion(Missing):
    """No version of these settings has this number."""

    code = "unknown_version"


class UnknownPerson(Missing):
    """Nobody has this id."""

    code = "unknown_person"


class UnknownAccount(Missing):
    """No account has this name."""

    code = "unknown_account"


class UnknownToken(Missing):
    """No token has this label or number."""

    code = "unknown_token"


class UnknownSession(Missing):
    """No session of this account has this number."""

    code = "unknown_session"


class NotNow(TimekprMngrError):
    """The request is well formed, but the present state does not allow it."""

    code = "not_now"


class Exists(NotNow):
    """Something of this name is there already."""

    code = "exists"


class NeverRead(NotNow):
    """The server was never read, so there is nothing that a change could be based on."""

    code = "never_read"


class MovedMeanwhile(NotNow):
    """What an edit was made of is not what is there by now."""

    code = "moved_meanwhile"


class NotCancellable(NotNow):
    """The change is no longer waiting."""

    code = "not_cancellable"


class ChangesWait(NotNow):
    """A server is only removed when that is asked for twice: changes wait for it, or something holds for a day there.

    `lost` says what would be lost with it, or left behind.
    """

    code = "changes_wait"

    def __init__(self, lost: str, what_to_do: str) -> None:
        super().__init__(f"{lost} {what_to_do}")
        self.lost = lost


class IdempotencyMismatch(NotNow):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_mismatch"


class NotAllowed(TimekprMngrError):
    """The one who asks may not."""

    code = "forbidden"


class Unauthenticated(NotAllowed):
    """Nobody is signed in, or the token is not valid."""

    code = "unauthenticated"


class CodeNeeded(Unauthenticated):
    """The password was right, and a code is asked for besides. `ticket` goes with it, within minutes."""

    code = "code_needed"

    def __init__(self, ticket: str, message: str) -> None:
        super().__init__(message)
        self.ticket = ticket


class Forbidden(NotAllowed):
    """The account's role does not allow it."""

    code = "forbidden"


class MinutesUsedUp(Forbidden):
    """A carer would give more than they may that day. `left_seconds` is how much is left of it."""

    code = "minutes_used_up"

    def __init__(self, left_seconds: int, message: str = "") -> None:
        super().__init__(message)
        self.left_seconds = left_seconds


class Throttled(NotAllowed):
    """Too many attempts. `retry_seconds` is how long to wait."""

    code = "throttled"

    def __init__(self, message: str, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class FailureCode(StrEnum):
    """Why a server could not be spoken to; the whole list (design: architecture, rules of the house)."""

    UNREACHABLE = "unreachable"
    AUTH = "auth"
    HOST_KEY = "host-key"
    NO_BUS = "no-bus"
    NOT_IN_GROUP = "not-in-group"
    NO_DAEMON = "no-daemon"
    TIMEOUT = "timeout"
    DAEMON_REFUSED = "daemon-refused"


class ServerFailure(TimekprMngrError):
    """A server could not be spoken to. `fix` says in a sentence what a person can do."""

    def __init__(self, failure: FailureCode, message: str, fix: str) -> None:
        super().__init__(message)
        self.failure = failure
        self.fix = fix

    @property
    def code(self) -> str:  # type: ignore[override]
        """The word of the closed list."""
        return self.failure.value


class CannotStart(TimekprMngrError):
    """The program cannot start; the message says what is in the way and what to do."""

    code = "cannot_start"
