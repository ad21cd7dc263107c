"""Every configuration that was seen on a server, where it differed from the one before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, pairwise
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import differing
from timekpr_mngr.errors import UnknownVersion
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import changes, config_history
from timekpr_mngr.store.search_word import SearchWord
from timekpr_mngr.store.servers import server_id_named
from timekpr_mngr.texts import _

VERSIONS_KEPT = 1_000  # of each user; somebody who edits three times a day comes to it in a year


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """A configuration of a user, or of the server where `user` is None, as fields (`domain.field`).

    `change_ids` are the changes of ours that made it so; none where it was somebody else, or seen for the first time.
    `before` are the values of the version before it, which a list tells; None for the first one.
    """

    id: int
    server: str
    user: str | None
    seen_at: datetime
    values: Mapping[str, Json]
    change_ids: tuple[int, ...]
    before: Mapping[str, Json] | None = None


class History:
    """Configurations by server and user; `store.sightings` adds to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def list(
        self,
        connection: Connection,
        server: str,
        user: str | None,
        *,
        search: Sequence[SearchWord] = (),
        before_id: int | None = None,
        limit: int = 50,
    ) -> list[ConfigVersion]:
        """Versions of a user, or of the server itself, newest first; all words of `search` stand in what each changed,
        in who did, or in whose settings they are.
        """
        table = config_history
        whose = table.c.user.is_(None) if user is None else table.c.user == user
        query = select(table).where(table.c.server_id == server_id_named(server), whose)
        if before_id is not None:
            query = query.where(table.c.id < before_id)
        query = query.order_by(table.c.id.desc())
        # what a version changed stands in no column: it is found beside the one before
        rows = connection.execute(query if search else query.limit(limit + 1)).all()
        versions = _told([_version(row, server) for row in rows])
        if search:
            accounts = _accounts(connection, server, user)
            versions = (one for one in versions if all(_says(word, one, accounts) for word in search))
        return list(islice(versions, limit))

    @reading
    def get(self, connection: Connection, server: str, version_id: int) -> ConfigVersion:
        """One version of a server or of one of its users. Raises UnknownVersion."""
        table = config_history
        query = select(table).where(table.c.id == version_id, table.c.server_id == server_id_named(server))
        row = connection.execute(query).first()
        if row is None:
            raise UnknownVersion(
                _("{server} has no version {version_id} of its settings.").format(
                    server=server, version_id=version_id
                )
            )
        return _version(row, server)

    @reading
    def at(
        self, connection: Connection, server: str, user: str | None, instant: datetime
    ) -> ConfigVersion | None:
        """The version that was the last one seen before an instant; None where nothing was seen yet."""
        table = config_history
        whose = table.c.user.is_(None) if user is None else table.c.user == user
        query = select(table).where(
            table.c.server_id == server_id_named(server), whose, table.c.seen_at < instant
        )
        row = connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()
        return _version(row, server) if row is not None else None

    @writing
    def prune(self, connection: Connection) -> None:
        """Forgets all but the newest of each user and server: a server could go on for ever making new ones."""
        table = config_history
        order = func.row_number().over(
            partition_by=(table.c.server_id, table.c.user), order_by=table.c.id.desc()
        )
        numbered = select(table.c.id, order.label("number")).subquery()
        old = select(numbered.c.id).where(numbered.c.number > VERSIONS_KEPT)
        connection.execute(delete(table).where(table.c.id.in_(old)))


def latest(connection: Connection, server_id: Any = None) -> Sequence[Row[Any]]:
    """The last version of each user, and (None) of each server itself, within a transaction: `server_id`, `user` and
    `field_values`. Of one server, or (None) of all.
    """
    table = config_history
    newest = select(func.max(table.c.id)).group_by(table.c.server_id, table.c.user)
    if server_id is not None:
        newest = newest.where(table.c.server_id == server_id)
    query: Select[Any] = select(table.c.server_id, table.c.user, table.c.field_values)
    return connection.execute(query.where(table.c.id.in_(newest))).all()


def row(
    server_id: int,
    user: str | None,
    values: Mapping[str, Json],
    seen_at: datetime,
    change_ids: Sequence[int],
) -> dict[str, Any]:
    """A version as `ADD` takes it, alone or several at once."""
    whose = {"server_id": server_id, "user": user, "seen_at": seen_at}
    return whose | {"field_values": dict(values), "change_ids": list(change_ids)}


def _told(newest_first: Sequence[ConfigVersion]) -> Iterable[ConfigVersion]:
    return (
        version if older is None else replace(version, before=older.values)
        for version, older in pairwise([*newest_first, None])
        if version is not None
    )


def _accounts(connection: Connection, server: str, user: str | None) -> dict[int, str]:
    """Who asked for each change of these settings."""
    query = select(changes.c.id, changes.c.account).where(
        changes.c.server_id == server_id_named(server), changes.c.user.is_not_distinct_from(user)
    )
    return {row.id: row.account for row in connection.execute(query)}


def _says(word: SearchWord, version: ConfigVersion, accounts: Mapping[int, str]) -> bool:
    if version.before is not None and not version.change_ids and word.is_somebody:
        return True
    changed = [] if version.before is None else differing(version.before, version.values)
    who = [accounts.get(number) for number in version.change_ids]
    return word.is_said([version.server, version.user, *who], changed)


def _version(row: Row[Any], server: str) -> ConfigVersion:
    return ConfigVersion(row.id, server, row.user, row.seen_at, row.field_values, tuple(row.change_ids))


ADD = insert(config_history)
