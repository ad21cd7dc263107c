"""How a command ends when it does not end well."""

import sys

from timekpr_mngr.errors import (
    CannotStart,
    Invalid,
    Missing,
    ServerFailure,
    TimekprMngrError,
)

DONE = 0
USAGE = 2
REFUSED = 3
NOT_REACHABLE = 4


class Answered(TimekprMngrError):
    """The service answered with an error. `body` is its REST object."""

    def __init__(self, status: int, body: dict[str, object], message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class NoService(TimekprMngrError):
    """The service could not be reached, or did not answer as it should."""


def status_of(problem: TimekprMngrError) -> int:
    """The exit status for an error."""
    if isinstance(problem, Answered):
        return _status_of_answer(problem.status)
    if isinstance(problem, NoService | CannotStart | ServerFailure):
        return NOT_REACHABLE
    if isinstance(problem, Invalid | Missing):
        return USAGE
    return REFUSED


def told(problem: TimekprMngrError) -> None:
    """One clear sentence on stderr."""
    place = f"{problem.field}: " if isinstance(problem, Invalid) and problem.field else ""
    print(f"timekpr-mngr: {place}{problem.message}", file=sys.stderr)


def _status_of_answer(status: int) -> int:
    if status in (404, 413, 422):
        return USAGE
    return NOT_REACHABLE if status >= 500 else REFUSED
