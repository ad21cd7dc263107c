"""Parents, carers and viewers: what each may do, and to whom. alice is theirs, bob is somebody else's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.services.house import ADMIN, House, house
from timekpr_mngr.domain.account import Account, Actor, Power, Role, Source
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import (
    Forbidden,
    Invalid,
    MinutesUsedUp,
    NotNow,
    UnknownChange,
    UnknownPerson,
    UnknownUser,
)
from timekpr_mngr.services.live import ChangeMoved, Event, UserTicked

PASSWORD = "correct horse"
ALICE, BOB = ("kids-pc", "alice"), ("kids-pc", "bob")


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house with accounts of each role for alice alone."""
    async with house(tmp_path / "data") as made:
        for role in ("parent", "carer", "viewer"):
            await made.services.accounts.add(ADMIN, role, "member", PASSWORD)
            minutes = 30 if role == "carer" else None
            await made.services.roles.set_for(ADMIN, role, "kids-pc/alice", role, minutes)
        yield made


async def actor(home: House, name: str, scope: Power = Power.ADMIN) -> Actor:
    """Somebody who comes with a token of that scope."""
    return Actor(await home.store.accounts.get(name), Source.API, scope)


async def give(home: House, who: Actor, minutes: int, user: tuple[str, str] = ALICE, **more: object) -> int:
    """The number of what was queued."""
    accepted = await home.services.grants.give(who, *user, seconds=minutes * 60, **more)  # type: ignore[arg-type]
    return accepted.changes[-1].id


async def left(home: House, who: Actor) -> int:
    """The minutes that a carer may still give alice today."""
    allowance = await home.services.grants.allowance(who, *ALICE)
    assert allowance is not None
    return allowance.left_seconds // 60


@pytest.mark.parametrize("role", ["parent", "carer", "viewer"])
async def test_of_another_child_nothing_is_told(home: House, role: str) -> None:
    ours, who = home.services, await actor(home, role)
    theirs = await give(home, ADMIN, 15, BOB)

    assert [person.name for person in await ours.people.list(who)] == ["Alice Berg"]
    assert [user.name for user in await ours.fleet.users(who, "kids-pc")] == ["alice"]
    [server] = await ours.fleet.servers(who)
    assert (server.users, server.pending) == (("alice",), 0)
    assert (await ours.fleet.page(who, search="bob")).items == ()
    assert (await ours.changes.list(who)).items == ()
    assert await ours.changes.accounts(who) == []
    assert (await ours.sent.list(who)).items == ()
    with pytest.raises(UnknownChange):
        await ours.changes.get(who, theirs)
    with pytest.raises(UnknownPerson):
        await ours.people.get(who, "kids-pc/bob")
    bob = await ours.people.get(ADMIN, "kids-pc/bob")
    with pytest.raises(UnknownPerson):
        await ours.people.again(who, bob)
    for user in ("bob", "nobody"):
        with pytest.raises(UnknownUser) as told:
            await ours.limits.user(who, "kids-pc", user)
        assert str(told.value) == f"kids-pc has no user {user} that timekpr knows."
    with pytest.raises(Forbidden):
        await ours.limits.server_config(who, "kids-pc")


async def test_events_of_another_child_are_kept_back(home: House) -> None:
    change = await home.store.changes.get(await give(home, ADMIN, 15, BOB))
    events: list[Event] = [UserTicked(*ALICE), UserTicked(*BOB), ChangeMoved(change)]

    assert await home.services.live.seen_by(await actor(home, "viewer"), events) == [UserTicked(*ALICE)]
    assert await home.services.live.seen_by(ADMIN, events) == events


async def test_each_role_may_do_what_it_is_for(home: House) -> None:
    ours = home.services
    viewer, carer, parent = [await actor(home, role) for role in ("viewer", "carer", "parent")]
    config = {"playtime": {"enabled": True}}

    for attempt in (
        ours.grants.give(viewer, *ALICE, seconds=60),
        ours.grants.set_left(carer, *ALICE, left_seconds=60),
        ours.grants.give(carer, *ALICE, seconds=60, open_up=True),
        ours.limits.change_user(carer, *ALICE, config),
        ours.limits.change_server(parent, "kids-pc", {}),
        ours.fleet.remove(parent, "kids-pc"),
        ours.people.join(parent, [ALICE, BOB]),
        ours.accounts.list(parent),
        ours.roles.set(parent, "parent", "admin"),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert (await ours.limits.change_user(parent, *ALICE, config)).changes
    assert (await ours.grants.set_left(parent, *ALICE, left_seconds=60)).changes


async def test_a_token_does_no_more_than_its_scope_nor_than_its_account(home: House) -> None:
    ours = home.services
    for name, scope in (("parent", Power.READ), ("viewer", Power.ADMIN), ("carer", Power.READ)):
        with pytest.raises(Forbidden):
            await ours.grants.give(await actor(home, name, scope), *ALICE, seconds=60)
    with pytest.raises(Forbidden):
        await ours.fleet.remove(Actor(ADMIN.account, Source.API, Power.LIMITS), "kids-pc")
    await give(home, await actor(home, "parent", Power.GRANT), 1)


async def test_a_role_for_everybody_gives_way_to_that_for_one(home: House) -> None:
    await home.services.roles.set(ADMIN, "carer", "viewer")
    carer = await actor(home, "carer")

    assert len(await home.services.people.list(carer)) == 2
    await give(home, carer, 15)
    with pytest.raises(Forbidden):
        await give(home, carer, 15, BOB)
    await home.services.roles.take_away(ADMIN, "carer", "kids-pc/alice")
    with pytest.raises(Forbidden):
        await give(home, carer, 15)


async def test_who_is_joined_with_another_is_seen_by_those_of_both(home: House) -> None:
    ours = home.services
    await ours.accounts.add(ADMIN, "gran", "member", PASSWORD)
    await ours.roles.set_for(ADMIN, "gran", "kids-pc/bob", "viewer")

    await ours.people.join(ADMIN, [ALICE, BOB])

    for name in ("gran", "parent"):
        [seen] = await ours.people.list(await actor(home, name))
        assert len(seen.users) == 2
    await ours.people.split(ADMIN, seen.id)
    assert await ours.people.list(await actor(home, "gran")) == ()


async def test_a_carer_gives_so_many_minutes_a_day_and_no_more(home: House) -> None:
    carer = await actor(home, "carer")
    await give(home, carer, 20)

    with pytest.raises(MinutesUsedUp) as told:
        await give(home, carer, 15)
    assert told.value.left_seconds == 10 * 60
    assert "30 min a day" in str(told.value)
    assert "10 min of it" in str(told.value)
    await give(home, carer, 10, kind="playtime")
    with pytest.raises(MinutesUsedUp):
        await give(home, carer, 1)
    await give(home, await actor(home, "parent"), 45)


async def test_two_presses_at_once_do_not_both_pass(home: House) -> None:
    carer = await actor(home, "carer")

    done = await asyncio.gather(*(give(home, carer, 30) for _number in range(4)), return_exceptions=True)

    assert sorted(type(one).__name__ for one in done) == ["MinutesUsedUp"] * 3 + ["int"]


async def test_the_same_press_twice_counts_once(home: House) -> None:
    carer = await actor(home, "carer")
    first = await give(home, carer, 30, idempotency_key="one")
    assert await give(home, carer, 30, idempotency_key="one") == first


async def test_all_computers_of_a_person_count_together(home: House) -> None:
    await home.services.people.join(ADMIN, [ALICE, BOB])
    carer = await actor(home, "carer")
    await give(home, carer, 20, ALICE)
    with pytest.raises(MinutesUsedUp):
        await give(home, carer, 20, BOB)


async def test_time_taken_away_gives_no_minutes_and_can_be_given_back(home: House) -> None:
    carer = await actor(home, "carer")
    await give(home, carer, 30)
    taken = await give(home, carer, -20)
    assert await left(home, carer) == 0

    await home.settled(*(await home.store.changes.list()))
    undone = await home.services.changes.undo(carer, taken)

    assert undone.changes
    assert await left(home, carer) == 0


async def test_what_was_undone_or_never_delivered_can_be_given_again(home: House) -> None:
    carer = await actor(home, "carer")
    [applied] = await home.settled(await home.store.changes.get(await give(home, carer, 20)))
    assert applied.state is ChangeState.APPLIED
    [undo] = (await home.services.changes.undo(carer, applied.id)).changes
    [back] = await home.settled(undo)
    assert back.gained_seconds is not None
    assert await left(home, carer) == 10 - back.gained_seconds // 60

    home.line.switch_off()
    await home.until_away()
    before = await left(home, carer)
    waiting = await give(home, carer, 10)
    assert await left(home, carer) == before - 10
    await home.services.changes.cancel(carer, waiting)
    assert await left(home, carer) == before


async def test_a_carer_moves_only_what_they_gave_themselves(home: House) -> None:
    carer, parent = await actor(home, "carer"), await actor(home, "parent")
    home.line.switch_off()
    await home.until_away()
    by_parent, by_carer = await give(home, parent, -15), await give(home, carer, 15)

    with pytest.raises(Forbidden):
        await home.services.changes.cancel(carer, by_parent)
    await home.services.changes.cancel(parent, by_carer)


async def test_a_role_that_cannot_be_is_refused(home: House) -> None:
    roles = home.services.roles
    for attempt in (
        roles.set_for(ADMIN, "parent", "kids-pc/alice", "admin"),
        roles.set_for(ADMIN, "parent", "kids-pc/alice", "carer"),
        roles.set_for(ADMIN, "parent", "kids-pc/alice", "viewer", 10),
        roles.set(ADMIN, "parent", "carer", 0),
        roles.set(ADMIN, "parent", "king"),
    ):
        with pytest.raises(Invalid):
            await attempt
    for person in ("kids-pc/nobody", "no-pc/alice", "p99", ""):
        with pytest.raises(UnknownPerson):
            await roles.set_for(ADMIN, "parent", person, "viewer")


async def test_the_last_admin_stays_one(home: House) -> None:
    await home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
    with pytest.raises(NotNow):
        await home.services.roles.set(ADMIN, "anna", "parent")


async def test_roles_are_in_the_audit(home: House) -> None:
    await home.services.roles.set(ADMIN, "viewer", "carer", 15)
    audit = await home.audit()
    assert "anna (page) made the account carer 30 for p1: carer" in audit
    assert "anna (page) made the account carer 15: viewer" in audit


def test_a_member_without_people_is_nobody() -> None:
    assert Account("x", Role.MEMBER, ADMIN.account.created_at).role.power is None
