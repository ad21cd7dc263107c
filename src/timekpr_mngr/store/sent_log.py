"""Every call that was sent to a server, kept for 90 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import sent_log, servers
from timekpr_mngr.store.servers import is_live, server_id_named

KEPT = timedelta(days=90)
PRUNED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SentCall:
    """One method call to timekprd. `code` is None where no answer came; `arguments` are what JSON can hold."""

    server: str
    at: datetime
    member: str
    arguments: Sequence[object]
    code: int | None
    message: str
    duration_ms: float


class SentLog:
    """Calls in the order in which they were sent."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pruned_at: datetime | None = None

    @writing
    def add_many(self, connection: Connection, calls: Sequence[SentCall], now: datetime) -> None:
        """Keeps calls, in one transaction; those to a server that is gone are left out. Forgets old ones."""
        if not calls:
            return
        ids = {
            row.name: row.id
            for row in connection.execute(select(servers.c.name, servers.c.id).where(is_live()))
        }
        rows = [_row(call, ids[call.server]) for call in calls if call.server in ids]
        if rows:
            connection.execute(insert(sent_log), rows)
        self._prune(connection, now)

    @reading
    def list(
        self, connection: Connection, server: str, *, member: str | None = None, limit: int = 100
    ) -> list[SentCall]:
        """The last calls to a server, newest first; only those of one method where `member` is given."""
        query = select(sent_log).where(sent_log.c.server_id == server_id_named(server))
        if member is not None:
            query = query.where(sent_log.c.member == member)
        rows = connection.execute(query.order_by(sent_log.c.id.desc()).limit(limit))
        return [
            SentCall(server, row.at, row.member, tuple(row.arguments), row.code, row.message, row.duration_ms)
            for row in rows
        ]

    def _prune(self, connection: Connection, now: datetime) -> None:
        if self._pruned_at is not None and now - self._pruned_at < PRUNED_EVERY:
            return
        connection.execute(delete(sent_log).where(sent_log.c.at < now - KEPT))
        self._pruned_at = now


def _row(call: SentCall, server_id: int) -> dict[str, Any]:
    return {
        "server_id": server_id,
        "at": call.at,
        "member": call.member,
        "arguments": list(call.arguments),
        "code": call.code,
        "message": call.message,
        "duration_ms": call.duration_ms,
    }
