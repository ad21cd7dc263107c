"""Who is a person, and who may be one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timekpr_mngr.domain.person import Offer, Person, UserName, everybody, offers, user_names
from timekpr_mngr.errors import Invalid

EMMA, NOAH = UserName("kids-pc", "emma"), UserName("kids-pc", "noah")
LAPTOP_EMMA, ATTIC_EMMA = UserName("laptop", "emma"), UserName("attic", "emma")
NAMES = {EMMA: "Emma Berg", NOAH: "", LAPTOP_EMMA: ""}

users = st.builds(
    UserName, st.sampled_from(["kids-pc", "laptop", "attic"]), st.sampled_from(["emma", "noah"])
)
full_names = st.dictionaries(users, st.sampled_from(["", "Emma", "Noah"]))


@st.composite
def stored_people(draw: st.DrawFn) -> list[Person]:
    """Nobody's user is in two of them."""
    owners = draw(st.dictionaries(users, st.integers(1, 3)))
    return [
        Person(number, f"Person {number}", tuple(sorted(user for user in owners if owners[user] == number)))
        for number in sorted(set(owners.values()))
    ]


def test_a_user_is_a_person_by_their_full_name_or_login() -> None:
    assert everybody([], NAMES) == (
        Person(None, "emma", (LAPTOP_EMMA,)),
        Person(None, "Emma Berg", (EMMA,)),
        Person(None, "noah", (NOAH,)),
    )


def test_the_users_of_a_person_are_nobody_else() -> None:
    emma = Person(7, "Emma", (EMMA, LAPTOP_EMMA))
    assert everybody([emma], NAMES) == (emma, Person(None, "noah", (NOAH,)))
    assert [person.id for person in everybody([emma], NAMES)] == ["p7", "kids-pc/noah"]


def test_a_user_who_is_not_in_view_drops_out_and_a_person_without_users_with_them() -> None:
    people = [Person(7, "Emma", (EMMA, ATTIC_EMMA)), Person(8, "Nobody", (UserName("attic", "mia"),))]
    assert everybody(people, {EMMA: ""}) == (Person(7, "Emma", (EMMA,)),)


def test_users_with_one_login_on_several_servers_are_offered_by_the_best_name_known() -> None:
    assert offers(everybody([], NAMES), ()) == (Offer("emma", "Emma Berg", (EMMA, LAPTOP_EMMA), None),)


def test_a_login_that_is_kept_apart_is_not_offered() -> None:
    assert offers(everybody([], NAMES), {"emma"}) == ()


def test_another_user_with_the_login_of_a_person_is_offered_to_join_them() -> None:
    people = everybody([Person(7, "Emma", (EMMA, LAPTOP_EMMA, NOAH))], {**NAMES, ATTIC_EMMA: "E."})
    assert offers(people, ()) == (Offer("emma", "Emma", (ATTIC_EMMA, EMMA, LAPTOP_EMMA), "p7"),)


def test_who_is_joined_already_and_who_could_be_one_of_several_people_is_not_offered() -> None:
    together = Person(7, "Emma", (EMMA, LAPTOP_EMMA))
    assert offers(everybody([together], NAMES), ()) == ()
    two = [Person(7, "Emma", (EMMA,)), Person(8, "Another Emma", (LAPTOP_EMMA,))]
    assert offers(everybody(two, {**NAMES, ATTIC_EMMA: ""}), ()) == ()


@given(stored_people(), full_names)
@settings(deadline=None)
def test_every_user_in_view_is_one_person_and_nobody_else_is_there(
    stored: list[Person], seen: dict[UserName, str]
) -> None:
    people = everybody(stored, seen)
    assert sorted(user for person in people for user in person.users) == sorted(seen)
    assert len({person.id for person in people}) == len(people)
    assert all(person.users and person.name for person in people)


@given(stored_people(), full_names)
@settings(deadline=None)
def test_what_is_accepted_is_offered_no_more(stored: list[Person], seen: dict[UserName, str]) -> None:
    for offer in offers(everybody(stored, seen), ()):
        assert len({user.server for user in offer.users}) == len(offer.users) > 1
        number = int(offer.person[1:]) if offer.person else 99
        rest = [
            Person(one.number, one.name, tuple(user for user in one.users if user not in offer.users))
            for one in stored
        ]
        mine = next((one for one in rest if one.number == number), Person(number, offer.name, ()))
        joined = [one for one in rest if one is not mine]
        joined.append(Person(number, mine.name, tuple({*mine.users, *offer.users})))
        assert offer.login not in [left.login for left in offers(everybody(joined, seen), ())]


def test_users_are_named_by_server_and_user_each_once() -> None:
    emma = {"server": "kids-pc", "user": "emma"}
    assert user_names([emma, {"server": "laptop", "user": "emma"}, emma], "users") == (EMMA, LAPTOP_EMMA)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "users"),
        ("kids-pc/emma", "users"),
        ({"server": "kids-pc", "user": "emma"}, "users"),
        (["kids-pc/emma"], "users[0]"),
        ([{"server": "kids-pc", "user": "emma"}, {"server": "kids-pc"}], "users[1].user"),
        ([{"server": "kids-pc", "user": 7}], "users[0].user"),
        ([{"server": ["kids-pc"], "user": "emma"}], "users[0].server"),
        ([{"server": "kids-pc", "user": "emma", "name": "Emma"}], "users[0].name"),
    ],
)
def test_what_names_no_user_is_refused_with_its_place(value: object, field: str) -> None:
    with pytest.raises(Invalid) as problem:
        user_names(value, "users")
    assert problem.value.field == field
