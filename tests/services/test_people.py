"""People: joined, split, named and kept apart; and where they stand on all of their computers."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.services.house import ADMIN, VIEWER, WEDNESDAY, House
from tests.services.test_bad_changes import go_off, leave
from timekpr_mngr.domain.person import Offer, UserName
from timekpr_mngr.errors import Forbidden, Invalid, NotNow, UnknownPerson, UnknownServer, UnknownUser
from timekpr_mngr.services.live import Event, FleetChanged
from timekpr_mngr.services.person_views import PersonView
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.machine import Machine

MINUTE = 60
LAPTOP = "laptop.home"
ALICE, BOB, LAPTOP_ALICE = (
    UserName("kids-pc", "alice"),
    UserName("kids-pc", "bob"),
    UserName("laptop", "alice"),
)


@pytest.fixture
async def two(home: House) -> House:
    """A house with a laptop beside kids-pc, on which alice is known without a full name."""
    laptop = Machine(LAPTOP, {"alice": ""}, time_zone="Europe/Berlin")
    laptop.set_clock(WEDNESDAY)
    home.connector.add(laptop)
    await home.add_server("laptop", LAPTOP)
    return home


async def ids(home: House) -> list[str]:
    return [person.id for person in await home.services.people.list(VIEWER)]


async def alice(home: House) -> PersonView:
    return await home.services.people.get(VIEWER, str(ALICE))


async def test_everybody_in_view_is_a_person(two: House) -> None:
    people = await two.services.people.list(VIEWER)
    assert [(person.id, person.name, person.users) for person in people] == [
        ("laptop/alice", "alice", (LAPTOP_ALICE,)),
        ("kids-pc/alice", "Alice Berg", (ALICE,)),
        ("kids-pc/bob", "bob", (BOB,)),
    ]


async def test_one_login_on_two_computers_is_offered_and_joined(two: House) -> None:
    [offer] = await two.services.people.offers(VIEWER)
    assert offer == Offer("alice", "Alice Berg", (ALICE, LAPTOP_ALICE), None)
    joined = await two.services.people.join(ADMIN, offer.users)
    assert (joined.id, joined.name, joined.users) == ("p1", "Alice Berg", (ALICE, LAPTOP_ALICE))
    assert await ids(two) == ["p1", "kids-pc/bob"]
    assert await two.services.people.offers(VIEWER) == ()
    assert (await two.audit())[-1] == ("anna (page) joined kids-pc/alice, laptop/alice as one person: p1")


async def test_users_with_other_logins_are_joined_by_hand_under_a_name(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [("laptop", "alice"), ("kids-pc", "bob")], "  Bob ")
    assert (joined.name, joined.users) == ("Bob", (BOB, LAPTOP_ALICE))
    more = await two.services.people.join(ADMIN, [ALICE, BOB])
    assert (more.id, more.name, more.users) == (joined.id, "Bob", (ALICE, BOB, LAPTOP_ALICE))
    assert await ids(two) == [joined.id]


async def test_a_person_is_found_by_each_of_their_users(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    assert await two.services.people.get(VIEWER, "laptop/alice") == await two.services.people.get(
        VIEWER, joined.id
    )


async def test_two_who_join_at_once_make_one_person(two: House) -> None:
    await asyncio.gather(*(two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE]) for _ in range(4)))
    assert await ids(two) == ["p1", "kids-pc/bob"]


async def test_who_was_split_is_not_offered_again(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE, BOB])
    await two.services.people.split(ADMIN, joined.id, ("kids-pc", "alice"))
    assert sorted(await ids(two)) == ["kids-pc/alice", "p1"]
    assert (await two.services.people.get(VIEWER, "p1")).users == (BOB, LAPTOP_ALICE)
    assert await two.services.people.offers(VIEWER) == ()


async def test_all_of_a_person_are_split_and_can_be_joined_again(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE], "Alice")
    await two.services.people.split(ADMIN, joined.id)
    assert len(await ids(two)) == 3
    assert await two.services.people.offers(VIEWER) == ()
    with pytest.raises(UnknownPerson):
        await two.services.people.get(VIEWER, joined.id)
    again = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    assert (again.id, again.name) == ("p2", "Alice Berg")


async def test_a_login_is_kept_apart(two: House) -> None:
    await two.services.people.keep_apart(ADMIN, "alice")
    assert await two.services.people.offers(VIEWER) == ()
    with pytest.raises(UnknownUser):
        await two.services.people.keep_apart(ADMIN, "mallory")


async def test_a_person_is_named_and_one_user_alone_too(two: House) -> None:
    named = await two.services.people.rename(ADMIN, "kids-pc/bob", "Bobby")
    assert (named.name, named.users) == ("Bobby", (BOB,))
    again = await two.services.people.rename(ADMIN, "kids-pc/bob", "Robert")
    assert (again.id, again.name) == (named.id, "Robert")


async def test_to_name_one_does_not_offer_a_login_again_that_was_kept_apart(two: House) -> None:
    await two.services.people.keep_apart(ADMIN, "alice")
    await two.services.people.rename(ADMIN, "kids-pc/alice", "Alice")
    assert await two.services.people.offers(VIEWER) == ()


async def test_hidden_users_are_nobody_until_they_are_back(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    await two.services.fleet.hide(ADMIN, "laptop", "alice", True)
    assert (await alice(two)).users == (ALICE,)
    await two.services.fleet.hide(ADMIN, "kids-pc", "alice", True)
    assert await ids(two) == ["kids-pc/bob"]
    with pytest.raises(UnknownPerson):
        await two.services.people.get(VIEWER, joined.id)
    with pytest.raises(UnknownUser):
        await two.services.people.join(ADMIN, [ALICE, BOB])
    await two.services.fleet.hide(ADMIN, "kids-pc", "alice", False)
    assert (await alice(two)).users == (ALICE,)


async def test_a_removed_computer_takes_its_users_along(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    await two.services.fleet.remove(ADMIN, "laptop")
    assert (await two.services.people.get(VIEWER, joined.id)).users == (ALICE,)
    await two.services.fleet.remove(ADMIN, "kids-pc")
    assert await two.services.people.list(VIEWER) == ()


async def test_a_user_who_vanished_from_a_computer_is_nobody_there(two: House) -> None:
    await two.services.people.join(ADMIN, [BOB, LAPTOP_ALICE], "Bob")
    await go_off(two)
    leave(two, "bob")
    two.line.switch_on()
    await two.read()
    [bob] = [person for person in await two.services.people.list(VIEWER) if person.name == "Bob"]
    assert bob.users == (LAPTOP_ALICE,)


async def test_a_computer_that_is_called_something_else_keeps_its_people(two: House) -> None:
    await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE], "Alice")
    await two.services.fleet.edit(ADMIN, "laptop", new_name="notebook")
    assert (await alice(two)).users == (ALICE, UserName("notebook", "alice"))


async def test_what_was_used_is_of_all_computers_and_is_not_whole_while_one_is_away(two: House) -> None:
    await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    for machine in (two.machine, two.connector.machines[LAPTOP]):
        machine.login("alice")
        machine.advance(10 * MINUTE)
    await two.read()
    await two.read("laptop")
    now = (await alice(two)).now
    assert now.used_is_whole
    assert now.used_seconds is not None
    assert 19 * MINUTE <= now.used_seconds <= 21 * MINUTE
    assert all(9 * MINUTE <= (user.used_seconds or 0) <= 11 * MINUTE for user in now.users)
    assert now.playing_on == (ALICE, LAPTOP_ALICE)

    two.connector.line(LAPTOP).switch_off()
    await two.until_away("laptop")
    now = (await alice(two)).now
    assert not now.used_is_whole
    assert now.used_seconds is not None
    assert now.playing_on == (ALICE,)
    assert [user.logged_in for user in now.users] == [True, None]


async def test_playtime_left_is_of_where_they_play_else_the_most_there_is(two: House) -> None:
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    assert joined.now.playtime_left_seconds is None
    limits = two.services.limits
    for minutes, user in ((20, ALICE), (30, LAPTOP_ALICE)):
        on = await limits.change_server(ADMIN, user.server, {"playtime_enabled": True})
        days = [{"day": day, "limit_seconds": minutes * MINUTE} for day in range(1, 8)]
        set_ = await limits.change_user(ADMIN, *user, {"playtime": {"enabled": True, "days": days}})
        await two.settled(*on.changes, *set_.changes)
    assert (await alice(two)).now.playtime_left_seconds == 30 * MINUTE
    two.machine.login("alice")
    two.machine.advance(MINUTE)
    await two.read()
    now = (await alice(two)).now
    assert now.playing_on == (ALICE,)
    assert now.playtime_left_seconds == 20 * MINUTE
    two.machine.session("alice", locked=True)
    await two.read()
    assert (await alice(two)).now.playing_on == ()


async def test_what_was_never_read_is_not_zero(empty_home: House) -> None:
    await empty_home.add_server()
    empty_home.machine.files[CONTROL.path("bob")] = "[bob"
    await empty_home.read()
    now = (await empty_home.services.people.get(VIEWER, "kids-pc/bob")).now
    assert (now.used_seconds, now.used_is_whole) == (None, False)


async def test_who_may_only_look_changes_nothing(two: House) -> None:
    people = two.services.people
    for deed in (
        people.join(VIEWER, [ALICE, LAPTOP_ALICE]),
        people.split(VIEWER, "kids-pc/alice"),
        people.rename(VIEWER, "kids-pc/alice", "Alice"),
        people.keep_apart(VIEWER, "alice"),
    ):
        with pytest.raises(Forbidden):
            await deed
    assert len(await ids(two)) == 3


async def test_what_cannot_be_is_refused_and_nothing_changes(two: House) -> None:
    people = two.services.people
    with pytest.raises(Invalid):
        await people.join(ADMIN, [ALICE, ALICE])
    with pytest.raises(UnknownServer):
        await people.join(ADMIN, [ALICE, ("attic", "alice")])
    with pytest.raises(UnknownUser):
        await people.join(ADMIN, [ALICE, ("laptop", "bob")])
    with pytest.raises(NotNow):
        await people.split(ADMIN, "kids-pc/alice")
    for name in ("", "a\nb", "x" * 101, 7, None):
        with pytest.raises(Invalid) as problem:
            await people.rename(ADMIN, "kids-pc/alice", name)
        assert problem.value.field == "name"
    for unknown in ("p1", "p", "", "kids-pc", "kids-pc/mallory", "p1/x", "kids-pc/alice/"):
        with pytest.raises(UnknownPerson):
            await people.rename(ADMIN, unknown, "Alice")
    joined = await people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    with pytest.raises(UnknownUser):
        await people.split(ADMIN, joined.id, BOB)
    assert await ids(two) == [joined.id, "kids-pc/bob"]


async def test_everybody_is_told_of_each(two: House) -> None:
    heard: list[Event] = []
    stop = two.services.live.subscribe(heard.append)
    joined = await two.services.people.join(ADMIN, [ALICE, LAPTOP_ALICE])
    await two.services.people.rename(ADMIN, joined.id, "Alice")
    await two.services.people.split(ADMIN, joined.id)
    await two.services.people.keep_apart(ADMIN, "bob")
    stop()
    assert sum(isinstance(event, FleetChanged) for event in heard) == 4


async def first_two(home: House, search: str = "", keep: Sequence[str] = ()) -> tuple[list[str], int]:
    found = await home.services.people.foremost(VIEWER, search=search, limit=2, keep=keep)
    return [person.id for person in found.people], found.in_all


async def test_where_not_all_find_room_those_who_are_signed_in_come_first(two: House) -> None:
    assert await first_two(two) == (["laptop/alice", "kids-pc/alice"], 3)
    two.machine.login("bob")
    await two.read()
    assert await first_two(two) == (["laptop/alice", "kids-pc/bob"], 3)


async def test_who_is_shown_already_does_not_make_room(two: House) -> None:
    two.machine.login("bob")
    await two.read()
    assert await first_two(two, keep=["laptop/alice", "kids-pc/alice"]) == (
        ["laptop/alice", "kids-pc/alice"],
        3,
    )


async def test_people_are_searched_by_name_login_and_computer(two: House) -> None:
    assert await first_two(two, "berg ALICE") == (["kids-pc/alice"], 1)
    assert await first_two(two, "laptop") == (["laptop/alice"], 1)
    assert await first_two(two, "alice nobody") == ([], 0)
    found = await two.services.people.foremost(VIEWER, search="alice nobody", limit=2)
    assert found.servers == {"kids-pc", "laptop"}


async def test_a_person_is_looked_at_again_as_long_as_they_may_be_known(two: House) -> None:
    before = await alice(two)
    two.machine.login("alice")
    await two.read()
    again = await two.services.people.again(VIEWER, before)
    assert again == await alice(two) != before
    await two.services.fleet.remove(ADMIN, "kids-pc")
    with pytest.raises(UnknownServer):
        await two.services.people.again(VIEWER, before)
