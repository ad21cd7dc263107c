"""What is kept of users besides what their server says: which of them are out of view."""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import hidden_users, servers
from timekpr_mngr.store.servers import is_live, server_id_named, server_id_of


class Users:
    """Users by server and login."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def hide(self, connection: Connection, server: str, user: str, hidden: bool) -> None:
        """Takes a user out of view, or back. Raises UnknownServer."""
        row = {"server_id": server_id_of(connection, server), "user": user}
        if hidden:
            upsert(connection, hidden_users, row)
        else:
            connection.execute(delete(hidden_users).filter_by(**row))

    @reading
    def hidden(self, connection: Connection, server: str) -> set[str]:
        """The logins that are out of view; none for an unknown server."""
        query = select(hidden_users.c.user).where(hidden_users.c.server_id == server_id_named(server))
        return set(connection.scalars(query))

    @reading
    def hidden_on(self, connection: Connection, names: Collection[str]) -> dict[str, set[str]]:
        """The same of several servers at once; those without any are not in it."""
        joined = servers.join(hidden_users, hidden_users.c.server_id == servers.c.id)
        query = select(servers.c.name, hidden_users.c.user).select_from(joined)
        found: dict[str, set[str]] = {}
        for server, user in connection.execute(query.where(is_live(), servers.c.name.in_(names))):
            found.setdefault(server, set()).add(user)
        return found
