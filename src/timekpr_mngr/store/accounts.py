"""The accounts that may sign in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from timekpr_mngr.domain.account import Account, Role
from timekpr_mngr.errors import Exists, NotNow, UnknownAccount
from timekpr_mngr.store.database import Database, reading, writing
from timekpr_mngr.store.schema import accounts
from timekpr_mngr.texts import _


class Accounts:
    """Accounts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @writing
    def add(
        self,
        connection: Connection,
        name: str,
        role: Role,
        password_hash: str | None,
        now: datetime,
        minutes_a_day: int | None = None,
    ) -> Account:
        """Keeps a new account. Raises Exists."""
        row = {
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "created_at": now,
            "minutes_a_day": minutes_a_day,
        }
        try:
            connection.execute(insert(accounts).values(row))
        except IntegrityError:
            raise Exists(_("There is an account named {name} already.").format(name=name)) from None
        return Account(name, role, now, minutes_a_day)

    @reading
    def get(self, connection: Connection, name: str) -> Account:
        """One account. Raises UnknownAccount."""
        row = connection.execute(select(accounts).where(accounts.c.name == name)).first()
        if row is None:
            raise _unknown(name)
        return account_of(row)

    @reading
    def list(self, connection: Connection) -> list[Account]:
        """All of them, by name."""
        query = select(accounts).order_by(accounts.c.name)
        return [account_of(row) for row in connection.execute(query)]

    @writing
    def remove(self, connection: Connection, name: str) -> None:
        """Forgets the account, and with it its tokens and sign-ins. Raises UnknownAccount, and NotNow for the last
        admin.
        """
        _keep_an_admin(connection, name)
        done = connection.execute(delete(accounts).where(accounts.c.name == name))
        if done.rowcount == 0:
            raise _unknown(name)

    @writing
    def set_password(self, connection: Connection, name: str, password_hash: str) -> None:
        """Replaces the password's hash; sign-ins stay (`SignIns.remove_all`). Raises UnknownAccount."""
        values = {"password_hash": password_hash}
        done = connection.execute(update(accounts).where(accounts.c.name == name).values(values))
        if done.rowcount == 0:
            raise _unknown(name)

    @writing
    def set_role(self, connection: Connection, name: str, role: Role, minutes_a_day: int | None) -> None:
        """What the account is to everybody from now on. Raises UnknownAccount, and NotNow for the last admin: some
        other has to be one first.
        """
        if role is not Role.ADMIN:
            _keep_an_admin(connection, name)
        values = {"role": role.value, "minutes_a_day": minutes_a_day}
        done = connection.execute(update(accounts).where(accounts.c.name == name).values(values))
        if done.rowcount == 0:
            raise _unknown(name)

    @reading
    def password_hash(self, connection: Connection, name: str) -> str | None:
        """The password's hash; None for an unknown account, or one without a password."""
        return connection.scalar(select(accounts.c.password_hash).where(accounts.c.name == name))

    @reading
    def count(self, connection: Connection) -> int:
        """How many accounts there are."""
        return connection.scalar(select(func.count()).select_from(accounts)) or 0


def account_of(row: Row[Any]) -> Account:
    """The account in a row of `accounts`."""
    return Account(row.name, Role(row.role), row.created_at, row.minutes_a_day)


def _keep_an_admin(connection: Connection, name: str) -> None:
    """Within the transaction: two who each take the other's role away at once must not both succeed."""
    admins = select(accounts.c.name).where(accounts.c.role == Role.ADMIN.value).with_for_update()
    if connection.scalars(admins).all() == [name]:
        raise NotNow(
            _(
                "{name} is the last account that may change everything, so it stays. Make another one first."
            ).format(name=name)
        )


def _unknown(name: str) -> UnknownAccount:
    return UnknownAccount(_("There is no account named {name}.").format(name=name))
