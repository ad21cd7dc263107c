"""Who asked for what, from where."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from timekpr_mngr.domain.account import Source
from timekpr_mngr.store.database import Database, reading, writing
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

    @writing
    def add(
        self, connection: Connection, account: str, source: Source, what: str, subject: str, now: datetime
    ) -> None:
        """Writes a line."""
        row = {"at": now, "account": account, "source": source.value, "what": what, "subject": subject}
        connection.execute(ADD, row)

    @reading
    def list(self, connection: Connection, limit: int = 100) -> list[AuditEntry]:
        """The last lines, newest first."""
        rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
        return [AuditEntry(**(dict(row._mapping) | {"source": Source(row.source)})) for row in rows]


ADD = insert(audit)
