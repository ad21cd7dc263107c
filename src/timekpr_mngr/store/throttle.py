"""How long somebody has to wait after failed attempts to sign in. Outlives a restart."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import throttle

FREE_FAILURES = 4
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


class Throttle:
    """Failures in a row by key: an account's name, an address, whatever the caller counts by."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def failed(self, connection: Connection, key: str, now: datetime) -> None:
        """Counts a failure."""
        connection.execute(delete(throttle).where(throttle.c.failed_at <= now - FORGOTTEN_AFTER))
        failures, _ = _failures(connection, key)
        upsert(connection, throttle, {"key": key, "failures": failures + 1, "failed_at": now})

    @writing
    def succeeded(self, connection: Connection, key: str) -> None:
        """Forgets the failures."""
        connection.execute(delete(throttle).where(throttle.c.key == key))

    @reading
    def wait_seconds(self, connection: Connection, key: str, now: datetime) -> int:
        """How long until the next attempt may be made, rounded up; 0 for now."""
        failures, failed_at = _failures(connection, key)
        if failed_at is None:
            return 0
        passed = max(now - failed_at, timedelta())  # a clock that was set back makes nobody wait longer
        left = wait_after(failures) - passed
        return max(0, -(-left // timedelta(seconds=1)))


def wait_after(failures: int) -> timedelta:
    """The wait after so many failures in a row: none up to 4, then 5 s, 10 s, 20 s … 15 minutes."""
    if failures <= FREE_FAILURES:
        return timedelta()
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _failures(connection: Connection, key: str) -> tuple[int, datetime | None]:
    query = select(throttle.c.failures, throttle.c.failed_at).where(throttle.c.key == key)
    row = connection.execute(query).first()
    return (0, None) if row is None else (row.failures, row.failed_at)
