"""When a server could not be spoken to: said once in the log as it begins and once as it ends, however often it is
tried meanwhile.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from timekpr_mngr.domain.server import Failure, ServerState, ServerStatus
from timekpr_mngr.errors import FailureCode
from timekpr_mngr.meters import Meters

log = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
TOLD_AN_HOUR = 4  # outages; of a server that comes and goes more often that alone is said, once an hour


class Outages:
    """Of one server. `clock` gives seconds that only grow."""

    def __init__(self, server: str, meters: Meters, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._meters = meters
        self._clock = clock
        self._was_there = False
        self._began_at: float | None = None
        self._codes: set[FailureCode] = set()
        self._begun: deque[float] = deque(maxlen=TOLD_AN_HOUR + 1)
        self._is_told = True
        self._untold = 0
        self._said_to_flap_at = -HOUR_SECONDS

    def moved(self, status: ServerStatus) -> None:
        """The server's state is another now, or the code of the reason for it."""
        if status.state is ServerState.ONLINE:
            self._there()
        elif status.failure is not None:
            self._gone(status.failure)
        elif status.state is ServerState.HOST_KEY_UNKNOWN:
            log.info("server %s waits until its key is trusted", self._server, extra={"server": self._server})

    def _there(self) -> None:
        began_at, was_there = self._began_at, self._was_there
        self._began_at, self._was_there = None, True
        if began_at is None:
            log.debug("server %s is online", self._server, extra={"server": self._server})
            return
        gone_seconds = self._clock() - began_at
        if was_there:
            self._meters.recovered(gone_seconds)
        if self._is_told:
            gone = timedelta(seconds=round(gone_seconds))
            extra = {"server": self._server, "gone_seconds": round(gone_seconds, 1)}
            log.info("server %s is back after %s", self._server, gone, extra=extra)

    def _gone(self, failure: Failure) -> None:
        if self._began_at is None:
            self._begin(failure)
        elif failure.code not in self._codes and self._is_told:
            log.info(
                "server %s is still gone, and now: %s (%s)",
                self._server,
                failure.message,
                failure.code.value,
                extra={"server": self._server, "code": failure.code.value, "fix": failure.fix},
            )
        self._codes.add(failure.code)

    def _begin(self, failure: Failure) -> None:
        now = self._began_at = self._clock()
        self._codes.clear()
        if self._was_there:
            self._meters.lost(failure.code.value)
        self._begun.append(now)
        self._is_told = sum(began > now - HOUR_SECONDS for began in self._begun) <= TOLD_AN_HOUR
        extra: dict[str, object] = {"server": self._server, "code": failure.code.value, "fix": failure.fix}
        if self._is_told:
            log.warning(
                "server %s is gone (%s): %s %s",
                self._server,
                failure.code.value,
                failure.message,
                failure.fix,
                extra=extra | ({"untold": self._untold} if self._untold else {}),
            )
            self._untold = 0
            return
        self._untold += 1
        if now >= self._said_to_flap_at + HOUR_SECONDS:
            self._said_to_flap_at = now
            log.warning(
                "server %s comes and goes, more than %d times within an hour: single losses are not told until it "
                "holds. The last one (%s): %s %s",
                self._server,
                TOLD_AN_HOUR,
                failure.code.value,
                failure.message,
                failure.fix,
                extra=extra | {"untold": self._untold},
            )
