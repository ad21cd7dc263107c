"""What accounts are to single people."""

from sqlalchemy import Connection, delete, select, update

from timekpr_mngr.domain.account import PersonRole, Role
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.rights import Right
from timekpr_mngr.errors import UnknownAccount
from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import account_people, accounts, person_users, servers
from timekpr_mngr.store.servers import is_live
from timekpr_mngr.texts import _


class PersonRoles:
    """Roles by account and the number of a person. They go with either."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def rights(self, connection: Connection, account: str) -> dict[UserName, Right]:
        """What the account is to each user of these people."""
        joined = account_people.join(
            person_users, person_users.c.person_id == account_people.c.person_id
        ).join(servers, servers.c.id == person_users.c.server_id)
        query = (
            select(servers.c.name, person_users.c.user, account_people.c.role, account_people.c.minutes_a_day)
            .select_from(joined)
            .where(account_people.c.account == account, is_live())
        )
        return {
            UserName(row.name, row.user): Right(Role(row.role), row.minutes_a_day)
            for row in connection.execute(query)
        }

    @reading
    def list(self, connection: Connection) -> dict[str, list[PersonRole]]:
        """All of them by account, those of an account by the person's number."""
        found: dict[str, list[PersonRole]] = {}
        for row in connection.execute(select(account_people).order_by(account_people.c.person_id)):
            one = PersonRole(row.person_id, Role(row.role), row.minutes_a_day)
            found.setdefault(row.account, []).append(one)
        return found

    @writing
    def put(self, connection: Connection, account: str, role: PersonRole) -> None:
        """Gives the account this role, in place of any other for the same person. Raises UnknownAccount."""
        if connection.scalar(select(accounts.c.name).where(accounts.c.name == account)) is None:
            raise UnknownAccount(_("There is no account named {account}.").format(account=account))
        row = {
            "account": account,
            "person_id": role.person,
            "role": role.role.value,
            "minutes_a_day": role.minutes_a_day,
        }
        upsert(connection, account_people, row)

    @writing
    def remove(self, connection: Connection, account: str, person: int) -> None:
        """Takes it away; one that is not there is no error."""
        those = (account_people.c.account == account) & (account_people.c.person_id == person)
        connection.execute(delete(account_people).where(those))


def move(connection: Connection, before: int, after: int) -> None:
    """Who is another person from now on keeps those who had a role, within a transaction.

    Where an account has one for both, that for the person who stays counts.
    """
    has_both = select(account_people.c.account).where(account_people.c.person_id == after)
    those = (account_people.c.person_id == before) & account_people.c.account.not_in(has_both)
    connection.execute(update(account_people).where(those).values(person_id=after))
