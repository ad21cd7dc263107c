"""What is kept of users besides what their server says: which of them are out of view."""

from sqlalchemy import delete, select

from timekpr_mngr.store.database import Database, upsert
from timekpr_mngr.store.schema import hidden_users
from timekpr_mngr.store.servers import server_id_named, server_id_of


class Users:
    """Users by server and login."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hide(self, server: str, user: str, hidden: bool) -> None:
        """Takes a user out of view, or back. Raises UnknownServer."""
        async with self._database.write() as connection:
            row = {"server_id": await server_id_of(connection, server), "user": user}
            if hidden:
                await upsert(connection, hidden_users, row)
            else:
                await connection.execute(delete(hidden_users).filter_by(**row))

    async def hidden(self, server: str) -> set[str]:
        """The logins that are out of view; none for an unknown server."""
        query = select(hidden_users.c.user).where(hidden_users.c.server_id == server_id_named(server))
        async with self._database.read() as connection:
            return set(await connection.scalars(query))
