"""People are kept: who is whose user, by which name, and which logins are kept apart."""

import pytest

from tests.store.samples import NOW, PRIVATE_KEY, server
from timekpr_mngr.domain.person import Person, UserName
from timekpr_mngr.errors import UnknownPerson, UnknownServer
from timekpr_mngr.store import Store

EMMA, NOAH = UserName("kids-pc", "emma"), UserName("kids-pc", "noah")
LAPTOP_EMMA = UserName("laptop", "emma")


@pytest.fixture
async def two(store: Store) -> Store:
    """With a laptop beside kids-pc."""
    await store.servers.add(server("laptop"), PRIVATE_KEY)
    return store


async def join(store: Store, *users: UserName, name: str | None = None) -> int:
    return await store.people.join(users, name=name, called="Somebody", now=NOW)


async def test_users_are_joined_as_one_person(two: Store) -> None:
    number = await join(two, LAPTOP_EMMA, EMMA, name="Emma")
    assert await two.people.list() == [Person(number, "Emma", (EMMA, LAPTOP_EMMA))]


async def test_who_is_joined_without_a_name_is_called_somehow_and_keeps_a_name_of_before(two: Store) -> None:
    number = await join(two, EMMA)
    assert [person.name for person in await two.people.list()] == ["Somebody"]
    await two.people.rename(number, "Emma")
    assert await join(two, LAPTOP_EMMA, EMMA) == number
    assert await two.people.list() == [Person(number, "Emma", (EMMA, LAPTOP_EMMA))]


async def test_to_join_twice_is_to_join_once(two: Store) -> None:
    assert await join(two, EMMA, LAPTOP_EMMA) == await join(two, EMMA, LAPTOP_EMMA)
    assert len(await two.people.list()) == 1


async def test_who_is_taken_over_leaves_the_person_of_before_who_is_gone_without_users(two: Store) -> None:
    emma, noah = await join(two, EMMA), await join(two, NOAH, name="Noah")
    assert await join(two, EMMA, NOAH) == emma
    assert [(person.number, person.users) for person in await two.people.list()] == [(emma, (EMMA, NOAH))]
    with pytest.raises(UnknownPerson):
        await two.people.rename(noah, "Noah")


async def test_the_number_of_somebody_who_is_gone_is_nobody_elses(two: Store) -> None:
    number = await join(two, EMMA)
    await two.people.split(number, None, ())
    assert await join(two, NOAH) > number


async def test_one_user_is_taken_out_and_the_rest_stays(two: Store) -> None:
    number = await join(two, EMMA, LAPTOP_EMMA)
    await two.people.split(number, LAPTOP_EMMA, {"emma"})
    assert [person.users for person in await two.people.list()] == [(EMMA,)]
    assert await two.people.kept_apart() == {"emma"}


async def test_only_a_users_own_person_is_split(two: Store) -> None:
    emma, noah = await join(two, EMMA, LAPTOP_EMMA), await join(two, NOAH)
    await two.people.split(noah, EMMA, ())
    await two.people.split(noah, None, ())
    assert [(person.number, person.users) for person in await two.people.list()] == [
        (emma, (EMMA, LAPTOP_EMMA))
    ]


async def test_who_joins_users_does_not_want_their_login_kept_apart_any_more(two: Store) -> None:
    await two.people.keep_apart("emma")
    await two.people.keep_apart("emma")
    await two.people.keep_apart("noah")
    await join(two, EMMA, NOAH)
    assert await two.people.kept_apart() == {"emma", "noah"}
    await join(two, EMMA, LAPTOP_EMMA)
    assert await two.people.kept_apart() == {"noah"}


async def test_a_removed_server_takes_its_users_along_and_one_of_the_same_name_does_not_bring_them_back(
    two: Store,
) -> None:
    number = await join(two, EMMA, LAPTOP_EMMA, name="Emma")
    await join(two, NOAH)
    await two.users.hide("kids-pc", "noah", True)
    await two.servers.remove("kids-pc", NOW)
    assert await two.people.list() == [Person(number, "Emma", (LAPTOP_EMMA,))]
    assert await two.people.hidden() == set()
    await two.servers.add(server(), PRIVATE_KEY)
    assert await two.people.list() == [Person(number, "Emma", (LAPTOP_EMMA,))]


async def test_a_renamed_server_keeps_its_people(two: Store) -> None:
    await join(two, EMMA, LAPTOP_EMMA)
    await two.servers.replace("laptop", server("notebook"))
    assert [person.users for person in await two.people.list()] == [(EMMA, UserName("notebook", "emma"))]


async def test_hidden_users_are_told_with_their_server(two: Store) -> None:
    await two.users.hide("laptop", "emma", True)
    assert await two.people.hidden() == {LAPTOP_EMMA}


async def test_a_user_of_an_unknown_server_joins_nobody_and_nothing_is_kept(two: Store) -> None:
    with pytest.raises(UnknownServer):
        await join(two, EMMA, UserName("attic", "emma"))
    assert await two.people.list() == []
