"""A person: one human behind the users that they are on several servers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _


class UserName(NamedTuple):
    """What a user is called everywhere: the server, and the login there."""

    server: str
    user: str

    def __str__(self) -> str:
        return f"{self.server}/{self.user}"


@dataclass(frozen=True, slots=True)
class Person:
    """Users that are one human, by server. Who was never joined nor named has no `number`, and one user."""

    number: int | None
    name: str
    users: tuple[UserName, ...]

    @property
    def id(self) -> str:
        """`p7`, or `kids-pc/emma` for who is a person by themself."""
        return f"p{self.number}" if self.number is not None else str(self.users[0])


@dataclass(frozen=True, slots=True)
class Offer:
    """Users with the same login on several servers, who may be one person; to join them all is to accept.

    `person` is the id of the one to whom some of them belong already, else None. `name` is what to call them.
    """

    login: str
    name: str
    users: tuple[UserName, ...]
    person: str | None


def everybody(stored: Iterable[Person], full_names: Mapping[UserName, str]) -> tuple[Person, ...]:
    """All people, by name. `full_names` has every user that is in view; who else is stored drops out.

    A user in no stored person is one by themself, called by their full name, or their login where there is none.
    """
    joined = [replace(one, users=tuple(user for user in one.users if user in full_names)) for one in stored]
    taken = {user for person in joined for user in person.users}
    alone = [Person(None, full_names[user] or user.user, (user,)) for user in full_names if user not in taken]
    there = [person for person in joined if person.users]
    return tuple(sorted([*there, *alone], key=lambda person: (person.name.casefold(), person.id)))


def offers(people: Sequence[Person], kept_apart: Collection[str]) -> tuple[Offer, ...]:
    """Who may be one person, by login. Logins that were `kept_apart` are not offered, nor is one that several stored
    people have: nobody can tell whose another user would be.
    """
    by_login: dict[str, list[Person]] = {}
    for person in people:
        for login in {user.user for user in person.users}:
            by_login.setdefault(login, []).append(person)
    return tuple(
        offer
        for login, owners in sorted(by_login.items())
        if login not in kept_apart
        for offer in _offer(login, owners)
    )


def user_names(value: object, field: str) -> tuple[UserName, ...]:
    """`[{"server": "kids-pc", "user": "emma"}]` as users, each once. Raises Invalid with the place."""
    if not isinstance(value, list):
        raise Invalid(field, _("Users are a list, each with its server and user."))
    found = (user_name(item, f"{field}[{index}]") for index, item in enumerate(value))
    return tuple(dict.fromkeys(found))


def user_name(value: object, field: str) -> UserName:
    """`{"server": "kids-pc", "user": "emma"}` as a user. Raises Invalid with the place."""
    if not isinstance(value, dict):
        raise Invalid(field, _("A user is named by server and user."))
    for key in value:
        if key not in UserName._fields:
            raise Invalid(f"{field}.{key}", _("A user is named by server and user only."))
    for part in UserName._fields:
        if not isinstance(value.get(part), str):
            raise Invalid(f"{field}.{part}", _("This is a name."))
    return UserName(value["server"], value["user"])


def _offer(login: str, owners: Sequence[Person]) -> Iterator[Offer]:
    stored = [person for person in owners if person.number is not None]
    if len(owners) < 2 or len(stored) > 1:
        return
    users = sorted(user for person in owners for user in person.users if user.user == login)
    named = next((person.name for person in [*stored, *owners] if person.name != login), login)
    yield Offer(login, named, tuple(users), stored[0].id if stored else None)
