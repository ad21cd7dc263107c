"""How long somebody has to wait after failed attempts to sign in. Outlives a restart."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timekpr_mngr.store.database import Database, upsert
from timekpr_mngr.store.schema import throttle

FREE_FAILURES = 4
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


class Throttle:
    """Failures in a row by key: an account's name, an address, whatever the caller counts by."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def failed(self, key: str, now: datetime) -> None:
        """Counts a failure."""
        async with self._database.write() as connection:
            await connection.execute(delete(throttle).where(throttle.c.failed_at <= now - FORGOTTEN_AFTER))
            failures, _ = await _failures(connection, key)
            await upsert(connection, throttle, {"key": key, "failures": failures + 1, "failed_at": now})

    async def succeeded(self, key: str) -> None:
        """Forgets the failures."""
        async with self._database.write() as connection:
            await connection.execute(delete(throttle).where(throttle.c.key == key))

    async def wait_seconds(self, key: str, now: datetime) -> int:
        """How long until the next attempt may be made, rounded up; 0 for now."""
        async with self._database.read() as connection:
            failures, failed_at = await _failures(connection, key)
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


async def _failures(connection: AsyncConnection, key: str) -> tuple[int, datetime | None]:
    query = select(throttle.c.failures, throttle.c.failed_at).where(throttle.c.key == key)
    row = (await connection.execute(query)).first()
    return (0, None) if row is None else (row.failures, row.failed_at)
