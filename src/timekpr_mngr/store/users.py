"""What is kept of users besides what their server says: which of them are out of view."""

from sqlalchemy import Connection, delete, select

from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import hidden_users
from timekpr_mngr.store.servers import server_id_named, server_id_of


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
