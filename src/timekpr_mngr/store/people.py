"""People: which users are one human, and which logins are not to be offered as one."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from timekpr_mngr.domain.person import Person, UserName
from timekpr_mngr.errors import UnknownPerson
from timekpr_mngr.store import person_roles
from timekpr_mngr.store.database import Database, reading, upsert, writing
from timekpr_mngr.store.schema import hidden_users, kept_apart, people, person_users, servers
from timekpr_mngr.store.servers import is_live, server_id_named, server_id_of
from timekpr_mngr.texts import _


class People:
    """People by number. A user whose server was removed is in none of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reading
    def list(self, connection: Connection) -> list[Person]:
        """All of them, by number, each with its users by server."""
        joined = people.join(person_users).join(servers, servers.c.id == person_users.c.server_id)
        query = (
            select(people.c.id, people.c.name, servers.c.name.label("server"), person_users.c.user)
            .select_from(joined)
            .where(is_live())
            .order_by(people.c.id, servers.c.name, person_users.c.user)
        )
        users: dict[tuple[int, str], list[UserName]] = {}
        for row in connection.execute(query):
            users.setdefault((row.id, row.name), []).append(UserName(row.server, row.user))
        return [Person(number, name, tuple(them)) for (number, name), them in users.items()]

    @reading
    def hidden(self, connection: Connection) -> set[UserName]:
        """Every user that is out of view, on all servers."""
        joined = servers.join(hidden_users, hidden_users.c.server_id == servers.c.id)
        query = select(servers.c.name, hidden_users.c.user).select_from(joined).where(is_live())
        return {UserName(*row) for row in connection.execute(query)}

    @reading
    def kept_apart(self, connection: Connection) -> set[str]:
        """The logins whose users are not offered as one person."""
        return set(connection.scalars(select(kept_apart.c.user)))

    @writing
    def join(
        self,
        connection: Connection,
        users: Sequence[UserName],
        *,
        name: str | None,
        called: str,
        now: datetime,
    ) -> int:
        """Makes these users one person, and gives its number.

        The person of the first of them who is in one takes them all, under `name` if it is given; where none is, a
        new one is made, `called` so without a name. A person who is left without users is gone; who had a role for
        that one has it for the one who took them all. A login that is joined with itself is kept apart no more.
        Raises UnknownServer.
        """
        keys = [{"server_id": server_id_of(connection, one.server), "user": one.user} for one in users]
        found = [
            connection.scalar(select(person_users.c.person_id).filter_by(**key).with_for_update())
            for key in keys
        ]
        number = next((one for one in found if one is not None), None)
        if number is None:
            row = {"name": name or called, "created_at": now}
            number = connection.scalar(insert(people).values(row).returning(people.c.id))
        elif name is not None:
            connection.execute(update(people).where(people.c.id == number).values(name=name))
        for key in keys:
            upsert(connection, person_users, key | {"person_id": number})
        logins = [one.user for one in users]
        together = [login for login in logins if logins.count(login) > 1]
        connection.execute(delete(kept_apart).where(kept_apart.c.user.in_(together)))
        assert number is not None
        for before in {one for one in found if one is not None and one != number}:
            if connection.scalar(select(person_users.c.user).filter_by(person_id=before).limit(1)) is None:
                person_roles.move(connection, before, number)
        forget_empty(connection)
        return int(number)

    @writing
    def split(
        self, connection: Connection, number: int, user: UserName | None, apart: Collection[str]
    ) -> None:
        """Takes one user, or (None) all of them, out of a person, and keeps these logins apart.

        A person who is left without users is gone.
        """
        of_person = person_users.c.person_id == number
        if user is not None:
            of_person &= person_users.c.server_id == server_id_named(user.server)
            of_person &= person_users.c.user == user.user
        connection.execute(delete(person_users).where(of_person))
        for login in apart:
            upsert(connection, kept_apart, {"user": login})
        forget_empty(connection)

    @writing
    def rename(self, connection: Connection, number: int, name: str) -> None:
        """Calls a person by another name. Raises UnknownPerson."""
        done = connection.execute(update(people).where(people.c.id == number).values(name=name))
        if done.rowcount == 0:
            raise UnknownPerson(_("There is no person p{number}.").format(number=number))

    @writing
    def keep_apart(self, connection: Connection, login: str) -> None:
        """The users of this login are not offered as one person any more."""
        upsert(connection, kept_apart, {"user": login})


def forget_empty(connection: Connection) -> None:
    """Who has no user left is no person, within a transaction."""
    someone = select(person_users.c.person_id).where(person_users.c.person_id == people.c.id).exists()
    connection.execute(delete(people).where(~someone))
