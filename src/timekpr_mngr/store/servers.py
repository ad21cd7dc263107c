"""The servers that were added, and their private keys."""

import contextlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, false, or_, select, update
from sqlalchemy.exc import IntegrityError

from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import Server
from timekpr_mngr.errors import Exists, UnknownServer
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.failure import StoreFailure
from timekpr_mngr.store.schema import (
    changes,
    daemon_runs,
    findings,
    hidden_users,
    person_users,
    servers,
    snapshots,
)
from timekpr_mngr.store.search_word import SearchWord
from timekpr_mngr.store.secrets import Secrets
from timekpr_mngr.texts import _

_FIELDS = (
    "name",
    "host",
    "port",
    "ssh_user",
    "public_key",
    "host_key",
    "fingerprint",
    "expected_fingerprint",
    "created_at",
    "second_host",
)


class Servers:
    """Servers by name. A removed one is gone for every method here; only its finished changes stay."""

    def __init__(self, database: Database, secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets

    @writing
    def add(self, connection: Connection, server: Server, private_key: str) -> None:
        """Keeps a new server; `private_key` (OpenSSH PEM) is encrypted. Raises Exists."""
        row = _row(server) | {"private_key": self._secrets.encrypt(private_key)}
        try:
            connection.execute(servers.insert().values(row))
        except IntegrityError:
            raise Exists(_("There is a server named {name} already.").format(name=server.name)) from None

    @reading
    def get(self, connection: Connection, name: str) -> Server:
        """One server. Raises UnknownServer."""
        row = connection.execute(ONE, {"called": name}).first()
        if row is None:
            raise _unknown(name)
        return _server(row)

    @reading
    def list(self, connection: Connection) -> list[Server]:
        """All of them, by name."""
        query = select(servers).where(is_live()).order_by(servers.c.name)
        return [_server(row) for row in connection.execute(query)]

    @reading
    def keys(self, connection: Connection) -> dict[str, str]:
        """The private keys of all of them, OpenSSH PEM, by name; without those that cannot be decrypted."""
        tokens = connection.execute(select(servers.c.name, servers.c.private_key).where(is_live()))
        keys = {}
        for name, token in tokens:
            with contextlib.suppress(StoreFailure):
                keys[name] = self._secrets.decrypt(token)
        return keys

    @reading
    def names(self, connection: Connection) -> Sequence[str]:
        """What all of them are called, in order."""
        return connection.scalars(NAMES).all()

    @reading
    def page(
        self,
        connection: Connection,
        *,
        search: Sequence[SearchWord] = (),
        among: Collection[str] | None = None,
        after: str | None = None,
        limit: int | None = 50,
    ) -> Sequence[Server]:
        """Servers by name, where all words of `search` are in the name or address; only `among` these, if given.

        `after` goes on where the last page ended.
        """
        query = select(servers).where(is_live()).order_by(servers.c.name).limit(limit)
        for word in search:
            query = query.where(word.is_in((servers.c.name, servers.c.host), servers.c.name))
        if among is not None:
            query = query.where(servers.c.name.in_(among))
        if after is not None:
            query = query.where(servers.c.name > after)
        return [_server(row) for row in connection.execute(query)]

    @writing
    def replace(
        self, connection: Connection, name: str, server: Server, private_key: str | None = None
    ) -> None:
        """Puts `server` in the place of `name`; its changes and everything else of it stay, also under a new name.

        The private key stays too where none is given. Raises UnknownServer, or Exists for a taken new name.
        """
        values = _row(server)
        if private_key is not None:
            values["private_key"] = self._secrets.encrypt(private_key)
        try:
            done = connection.execute(update(servers).where(_named(name)).values(values))
        except IntegrityError:
            raise Exists(_("There is a server named {name} already.").format(name=server.name)) from None
        if done.rowcount == 0:
            raise _unknown(name)

    @writing
    def remove(self, connection: Connection, name: str, now: datetime | None = None) -> None:
        """Forgets the server, its keys and what was read from it. Raises UnknownServer.

        What waited for it is cancelled; what was just being sent becomes uncertain. Its changes stay to be seen.
        """
        now = now or datetime.now(UTC)
        server_id = server_id_of(connection, name)
        _end_changes(connection, server_id, now)
        for table in (hidden_users, person_users, snapshots, findings, daemon_runs):
            connection.execute(delete(table).where(table.c.server_id == server_id))
        gone = {"removed_at": now, "private_key": None}
        connection.execute(update(servers).where(servers.c.id == server_id).values(gone))

    @reading
    def private_key(self, connection: Connection, name: str) -> str:
        """The private key, OpenSSH PEM. Raises UnknownServer, or StoreFailure where it cannot be decrypted."""
        token = connection.scalar(select(servers.c.private_key).where(_named(name)))
        if token is None:
            raise _unknown(name)
        return self._secrets.decrypt(token)


def server_id_of(connection: Connection, name: str, *, lock: bool = False) -> int:
    """The number that other tables know a server by; with `lock`, nobody else writes for it meanwhile.

    Raises UnknownServer.
    """
    server_id = connection.scalar(LOCKED_ID if lock else ID, {"called": name})
    if server_id is None:
        raise _unknown(name)
    return int(server_id)


def server_ids_of(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """The same for many, by name; nobody else writes for them meanwhile. Raises UnknownServer for the first without."""
    ids = {name: number for number, name in connection.execute(LOCKED_IDS, {"called": sorted(names)})}
    for name in names:
        if name not in ids:
            raise _unknown(name)
    return ids


def server_id_named(name: str) -> Any:
    """The same as a subquery: NULL where there is no such server."""
    return select(servers.c.id).where(_named(name)).scalar_subquery()


def is_one_of(table: Table, users: Collection[UserName]) -> ColumnElement[bool]:
    """Whether a row of a table with `server_id` and `user` is that of one of these users."""
    those = ((table.c.server_id == server_id_named(one.server)) & (table.c.user == one.user) for one in users)
    return or_(false(), *those)


def is_live() -> Any:
    """Whether a server is not removed."""
    return servers.c.removed_at.is_(None)


def _named(name: str) -> Any:
    return (servers.c.name == name) & is_live()


def _unknown(name: str) -> UnknownServer:
    return UnknownServer(_("There is no server named {name}.").format(name=name))


def _row(server: Server) -> dict[str, Any]:
    return {field: getattr(server, field) for field in _FIELDS}


def _server(row: Row[Any]) -> Server:
    return Server(**{field: row._mapping[field] for field in _FIELDS})


def _end_changes(connection: Connection, server_id: int, now: datetime) -> None:
    ends = {
        ChangeState.QUEUED: (ChangeState.CANCELLED, _("The computer was removed before this was sent.")),
        ChangeState.SENDING: (
            ChangeState.UNCERTAIN,
            _("The computer was removed while this was being sent; whether it arrived is not known."),
        ),
    }
    for state, (end, message) in ends.items():
        waiting = (changes.c.server_id == server_id) & (changes.c.state == state.value)
        values = {"state": end.value, "message": message, "settled_at": now}
        connection.execute(update(changes).where(waiting).values(values))


ONE = select(servers).where(servers.c.name == bindparam("called"), is_live())
ID = ONE.with_only_columns(servers.c.id)
NAMES = select(servers.c.name).where(is_live()).order_by(servers.c.name)
LOCKED_ID = ID.with_for_update()
LOCKED_IDS = (
    select(servers.c.id, servers.c.name)
    .where(servers.c.name.in_(bindparam("called", expanding=True)), is_live())
    .order_by(servers.c.id)  # two who lock the same ones take them in the same order
    .with_for_update()
)
"""What every press needs, built once: to build a statement costs as much as to run it."""
