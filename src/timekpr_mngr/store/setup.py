"""The one-time link with which the first account is made. Only a hash of its token is kept."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from timekpr_mngr.store.database import Database
from timekpr_mngr.store.schema import setup_link


class Setup:
    """At most one link at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, token_hash: str, expires: datetime) -> None:
        """Makes this the link; an earlier one is of no use any more."""
        row = {"token_hash": token_hash, "expires_at": expires}
        async with self._database.write() as connection:
            await connection.execute(delete(setup_link))
            await connection.execute(insert(setup_link).values(row))

    async def check(self, token_hash: str, now: datetime) -> bool:
        """Whether this is the link, and still good."""
        query = select(setup_link).where(setup_link.c.token_hash == token_hash, setup_link.c.expires_at > now)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def clear(self) -> None:
        """There is no link any more."""
        async with self._database.write() as connection:
            await connection.execute(delete(setup_link))
