"""How late the event loop is: what everything that happens here waits for."""

import asyncio
import time

from timekpr_mngr.meters import Meters

EVERY_SECONDS = 0.1


class LoopLag:
    """Feels its pulse while `run` runs."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._late_seconds = 0.0
        self._due = time.monotonic() + EVERY_SECONDS

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            self._due = time.monotonic() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self._late_seconds = max(time.monotonic() - self._due, 0.0)
            self._meters.lagged(self._late_seconds)

    @property
    def seconds(self) -> float:
        """By how much the loop is late, or was a moment ago."""
        return max(self._late_seconds, time.monotonic() - self._due)
