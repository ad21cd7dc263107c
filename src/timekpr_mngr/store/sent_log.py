"""Every call that was sent to a server, kept for 90 days."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import sent_log, servers
from timekpr_mngr.store.servers import is_live, is_one_of, server_id_named, server_id_of

KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class SentCall:
    """One method call to timekprd, about a `user` or (None) the server. `code` is None where no answer came, and then
    `message` says why; `arguments` are what JSON can hold.
    """

    server: str
    user: str | None
    at: datetime
    member: str
    arguments: Sequence[object]
    code: int | None
    message: str
    duration_ms: float
    id: int = 0  # once it is kept


class SentLog:
    """Calls in the order in which they were sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(self, connection: Connection, server: str, calls: Sequence[SentCall]) -> None:
        """Keeps calls to one server, in one transaction. Raises UnknownServer."""
        keep(connection, server_id_of(connection, server), calls)

    @writing
    def prune(self, connection: Connection, now: datetime) -> None:
        """Forgets what is older than 90 days."""
        connection.execute(delete(sent_log).where(sent_log.c.at < now - KEPT))

    @reading
    def list(
        self,
        connection: Connection,
        *,
        server: str | None = None,
        user: str | None = None,
        users: Collection[UserName] | None = None,
        search: str = "",
        before_id: int | None = None,
        limit: int = 100,
    ) -> list[SentCall]:
        """Calls that fit everything given, newest first; all words of `search` stand in what was sent or answered."""
        joined = sent_log.join(servers, servers.c.id == sent_log.c.server_id)
        query = select(sent_log, servers.c.name.label("server")).select_from(joined).where(is_live())
        if server is not None:
            query = query.where(sent_log.c.server_id == server_id_named(server))
        if user is not None:
            query = query.where(sent_log.c.user == user)
        if users is not None:
            query = query.where(is_one_of(sent_log, users))
        if before_id is not None:
            query = query.where(sent_log.c.id < before_id)
        for word in search.casefold().split():
            query = query.where(sent_log.c.text.contains(word, autoescape=True))
        return [_call(row) for row in connection.execute(query.order_by(sent_log.c.id.desc()).limit(limit))]


def keep(connection: Connection, server_id: int, calls: Sequence[SentCall]) -> None:
    """Adds calls, within a transaction."""
    if calls:
        connection.execute(ADD, [_row(call, server_id) for call in calls])


def _row(call: SentCall, server_id: int) -> dict[str, Any]:
    arguments = list(call.arguments)
    said = [call.user or "", call.member, json.dumps(arguments, ensure_ascii=False), call.message]
    return {
        "server_id": server_id,
        "user": call.user,
        "at": call.at,
        "member": call.member,
        "arguments": arguments,
        "code": call.code,
        "message": call.message,
        "duration_ms": call.duration_ms,
        "text": " ".join(said).casefold(),
    }


def _call(row: Row[Any]) -> SentCall:
    return SentCall(
        server=row.server,
        user=row.user,
        at=row.at,
        member=row.member,
        arguments=tuple(row.arguments),
        code=row.code,
        message=row.message,
        duration_ms=row.duration_ms,
        id=row.id,
    )


ADD = insert(sent_log)
