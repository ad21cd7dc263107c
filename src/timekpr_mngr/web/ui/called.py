"""What people are called where several may have one name."""

from collections import Counter
from collections.abc import Sequence

from timekpr_mngr.domain.person import Person
from timekpr_mngr.texts import _


def called(people: Sequence[Person]) -> dict[str, str]:
    """A name for each id: with the computer where it is not the only one. Who was not joined is there several times."""
    names = Counter(person.name for person in people)
    return {
        person.id: _("{name} ({server})").format(name=person.name, server=person.users[0].server)
        if names[person.name] > 1
        else person.name
        for person in people
    }
