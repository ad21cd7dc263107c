"""Every configuration that was seen on a server, where it differed from the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from timekpr_mngr.domain.change import Json
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import config_history
from timekpr_mngr.store.servers import server_id_named, server_id_of


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """A configuration of a user, or of the server where `user` is None, as fields (`domain.field`).

    `change_id` is the change of ours that made it so; None where it was somebody else.
    """

    id: int
    server: str
    user: str | None
    seen_at: datetime
    values: Mapping[str, Json]
    change_id: int | None


class History:
    """Configurations by server and user. It does not compare: a caller adds what differs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        values: Mapping[str, Json],
        seen_at: datetime,
        change_id: int | None = None,
    ) -> None:
        """Keeps a version. Raises UnknownServer."""
        row = {"user": user, "seen_at": seen_at, "field_values": dict(values), "change_id": change_id}
        row["server_id"] = server_id_of(connection, server)
        connection.execute(insert(config_history).values(row))

    @reading
    def list(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        *,
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[ConfigVersion]:
        """Versions of a user, or of the server itself, newest first."""
        table = config_history
        whose = table.c.user.is_(None) if user is None else table.c.user == user
        query = select(table).where(table.c.server_id == server_id_named(server), whose)
        if before_id is not None:
            query = query.where(table.c.id < before_id)
        rows = connection.execute(query.order_by(table.c.id.desc()).limit(limit))
        return [
            ConfigVersion(row.id, server, row.user, row.seen_at, row.field_values, row.change_id)
            for row in rows
        ]
