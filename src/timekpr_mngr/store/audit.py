"""Who asked for what, from where."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from timekpr_mngr.domain.account import Source
from timekpr_mngr.store.database import Database
from timekpr_mngr.store.schema import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`what` was done to `subject`, in words."""

    id: int
    at: datetime
    account: str
    source: Source
    what: str
    subject: str


class Audit:
    """A list that only grows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: str, source: Source, what: str, subject: str, now: datetime) -> None:
        """Writes a line."""
        row = {"at": now, "account": account, "source": source.value, "what": what, "subject": subject}
        async with self._database.write() as connection:
            await connection.execute(insert(audit).values(row))

    async def list(self, limit: int = 100) -> list[AuditEntry]:
        """The last lines, newest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
            return [AuditEntry(**(dict(row._mapping) | {"source": Source(row.source)})) for row in rows]
