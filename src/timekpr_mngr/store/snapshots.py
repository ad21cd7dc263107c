"""What was last read from each server, so that a start shows it at once, with its age."""

import json
import logging
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError
from sqlalchemy import Connection, Select, select

from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import servers, snapshots
from timekpr_mngr.store.servers import is_live, server_id_of

_logger = logging.getLogger(__name__)


class Snapshots:
    """The last snapshot of each server. One that an other version stored and this cannot read is as never read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def save(self, connection: Connection, server: str, snapshot: Snapshot) -> None:
        """Replaces the last one. Raises UnknownServer."""
        row = {"read_at": snapshot.read_at, "body": dump(snapshot)}
        row["server_id"] = server_id_of(connection, server)
        upsert(connection, snapshots, row)

    @reading
    def load(self, connection: Connection, server: str) -> Snapshot | None:
        """The last one, or None where there is none."""
        query = _select().where(servers.c.name == server)
        row = connection.execute(query).first()
        return None if row is None else _load(row.name, row.body)

    @reading
    def all(self, connection: Connection) -> dict[str, Snapshot]:
        """By server; those that were never read are not in it."""
        rows = connection.execute(_select()).all()
        loaded = {row.name: _load(row.name, row.body) for row in rows}
        return {name: snapshot for name, snapshot in loaded.items() if snapshot is not None}


def dump(snapshot: Snapshot) -> str:
    """As JSON, exactly."""
    try:
        return _adapter().dump_json(snapshot).decode()
    except PydanticSerializationError:  # half a surrogate pair: a byte of a file that was no UTF-8
        return json.dumps(_adapter().dump_python(snapshot, mode="json"))


def load(body: str) -> Snapshot:
    """The reverse of `dump`. Raises ValueError where it cannot be read."""
    try:
        return _adapter().validate_json(body)
    except ValidationError:
        return _adapter().validate_python(json.loads(body))


def _select() -> Select[Any]:
    joined = servers.join(snapshots, snapshots.c.server_id == servers.c.id)
    return select(servers.c.name, snapshots.c.body).select_from(joined).where(is_live())


def _load(server: str, body: str) -> Snapshot | None:
    try:
        return load(body)
    except ValueError as error:
        _logger.warning("the stored snapshot of %s cannot be read, as if there were none: %s", server, error)
        return None


@cache
def _adapter() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)
