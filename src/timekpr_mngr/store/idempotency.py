"""Idempotency-Keys: the same request, sent twice, is one request."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from timekpr_mngr.store.database import Database, reading, upsert
from timekpr_mngr.store.schema import idempotency

KEPT = timedelta(hours=24)


class Idempotency:
    """Keys by the account that sent them. They are written together with the changes (`Changes.add`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def find(self, connection: Connection, account: str, key: str, now: datetime) -> tuple[str, str] | None:
        """The hash of the request that had this key within 24 h before `now`, and its request id."""
        return earlier(connection, account, key, now)


def earlier(connection: Connection, account: str, key: str, now: datetime) -> tuple[str, str] | None:
    """The same within a transaction."""
    query = select(idempotency.c.request_hash, idempotency.c.request_id).where(
        idempotency.c.account == account, idempotency.c.key == key, idempotency.c.created_at > now - KEPT
    )
    row = connection.execute(query).first()
    return None if row is None else (row.request_hash, row.request_id)


def keep(
    connection: Connection, account: str, key: str, request_hash: str, request_id: str, now: datetime
) -> None:
    """Remembers a key, and forgets the old ones."""
    connection.execute(delete(idempotency).where(idempotency.c.created_at <= now - KEPT))
    row = {
        "account": account,
        "key": key,
        "request_hash": request_hash,
        "request_id": request_id,
        "created_at": now,
    }
    upsert(connection, idempotency, row)
