"""Who asked for what, from where."""

from collections.abc import Iterable
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
        keep(connection, account, source, [(what, subject)], now)

    @reading
    def list(
        self, connection: Connection, limit: int = 100, before_id: int | None = None
    ) -> list[AuditEntry]:
        """The last lines, newest first; `before_id` goes on where the last page ended."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        rows = connection.execute(query)
        return [AuditEntry(**(dict(row._mapping) | {"source": Source(row.source)})) for row in rows]


def keep(
    connection: Connection, account: str, source: Source, lines: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Writes lines of what was done to whom, within a transaction."""
    common = {"at": now, "account": account, "source": source.value}
    connection.execute(ADD, [common | {"what": what, "subject": subject} for what, subject in lines])


ADD = insert(audit)
