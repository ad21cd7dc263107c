"""The one-time link with which the first account is made. Only a hash of its token is kept."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import setup_link


class Setup:
    """At most one link at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def put(self, connection: Connection, token_hash: str, expires: datetime) -> None:
        """Makes this the link; an earlier one is of no use any more."""
        row = {"token_hash": token_hash, "expires_at": expires}
        connection.execute(delete(setup_link))
        connection.execute(insert(setup_link).values(row))

    @reading
    def check(self, connection: Connection, token_hash: str, now: datetime) -> bool:
        """Whether this is the link, and still good."""
        query = select(setup_link).where(setup_link.c.token_hash == token_hash, setup_link.c.expires_at > now)
        return connection.execute(query).first() is not None

    @writing
    def clear(self, connection: Connection) -> None:
        """There is no link any more."""
        connection.execute(delete(setup_link))
