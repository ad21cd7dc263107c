"""That the database is in trouble: said once in the log as it begins and once as it ends. All that wants to use it
meanwhile fails with it, thousands of servers among them.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

log = logging.getLogger(__name__)

APART_SECONDS = (
    60.0  # between two beginnings that are told: a disk that is almost full fails every other time
)


class Trouble:
    """Of one kind of transaction: `read` or `write`. `clock` gives seconds that only grow."""

    def __init__(self, kind: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._clock = clock
        self._began_at: float | None = None
        self._told_at = -APART_SECONDS
        self._is_told = False

    def failed(self, problem: BaseException) -> None:
        """A transaction failed."""
        if self._began_at is not None:
            return
        now = self._began_at = self._clock()
        self._is_told = now >= self._told_at + APART_SECONDS
        if self._is_told:
            self._told_at = now
            log.error("the database is in trouble (%s). %s", self._kind, problem)

    def worked(self) -> None:
        """A transaction worked."""
        if self._began_at is None:
            return
        lasted = timedelta(seconds=round(self._clock() - self._began_at))
        self._began_at = None
        if self._is_told:
            log.info("the database works again (%s), after %s", self._kind, lasted)
