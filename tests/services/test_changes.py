"""The list of changes, and taking back what still waits."""

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import Forbidden, Invalid, NotCancellable, NotNow, UnknownChange, UnknownPerson


async def test_the_newest_come_first_in_pages(home: House) -> None:
    home.line.switch_off()
    for seconds in (60, 120, 180):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=seconds)

    first = await home.services.changes.list(ADMIN, limit=2)
    second = await home.services.changes.list(ADMIN, limit=2, cursor=first.next)

    assert [change.after for change in first.items] == [{"seconds": 180}, {"seconds": 120}]
    assert [change.after for change in second.items] == [{"seconds": 60}]
    assert second.next is None


async def test_they_can_be_told_apart_by_state_server_and_user(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=60)
    await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=60)

    of_bob = await home.services.changes.list(ADMIN, server="kids-pc", user="bob", state="queued")

    assert [change.user for change in of_bob.items] == ["bob"]
    assert (await home.services.changes.list(ADMIN, state="applied")).items == ()
    assert (await home.services.changes.list(ADMIN, server="nowhere")).items == ()


async def test_they_are_found_by_person_author_kind_and_words(home: House) -> None:
    home.line.switch_off()
    services, changes = home.services, home.services.changes
    await services.people.rename(ADMIN, "kids-pc/alice", "Alice")
    alice = next(person for person in await services.people.everybody(VIEWER) if person.name == "Alice")
    await services.grants.give(ADMIN, "kids-pc", "alice", seconds=60, reason="dishes are done")
    await services.limits.change_user(ADMIN, "kids-pc", "bob", {"week_limit_seconds": 3600})
    await services.limits.change_server(ADMIN, "kids-pc", {"log_level": 2})

    async def fields(**wanted: str) -> list[str]:
        return [change.field for change in (await changes.list(VIEWER, **wanted)).items]  # type: ignore[arg-type]

    assert await fields(person=alice.id) == ["grant.time"]
    assert await fields(kind="user") == ["week_limit_seconds"]
    assert await fields(kind="server") == ["log_level"]
    assert await fields(state="open", account="anna") == ["log_level", "week_limit_seconds", "grant.time"]
    assert await fields(account="ben") == []
    assert await fields(search="for a WEEK") == [
        "week_limit_seconds"
    ]  # as the field is called on the screens
    assert await fields(search="dishes alice") == ["grant.time"]
    assert await fields(search="100%") == []
    assert await changes.accounts(VIEWER) == ["anna"]
    with pytest.raises(UnknownPerson):
        await changes.list(ADMIN, person="p99")


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"kind": "lost"}, "kind"),
        ({"search": "x" * 201}, "search"),
        ({"state": "lost"}, "state"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    home: House, question: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.changes.list(ADMIN, **question)  # type: ignore[arg-type]
    assert refusal.value.field == field


async def test_what_waits_can_be_cancelled_and_is_never_sent(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    cancelled = await home.services.changes.cancel(ADMIN, grant.id)
    home.line.switch_on()
    [edit] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    ).changes
    await home.settled(edit)

    assert cancelled.state is ChangeState.CANCELLED
    assert "cancelled change" in (await home.audit())[-2]
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.usage is not None
    assert view.usage.balance_seconds == 0


async def test_what_has_ended_cannot_be_cancelled(home: House) -> None:
    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    [grant] = await home.settled(*accepted.changes)

    with pytest.raises(NotCancellable):
        await home.services.changes.cancel(ADMIN, grant.id)


async def test_a_viewer_cancels_and_retries_nothing(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    with pytest.raises(Forbidden):
        await home.services.changes.cancel(VIEWER, grant.id)
    with pytest.raises(Forbidden):
        await home.services.changes.retry(VIEWER, grant.id)


@pytest.mark.parametrize("number", [0, -1, 999, 10**30])
async def test_a_change_that_is_not_there_is_unknown(home: House, number: int) -> None:
    with pytest.raises(UnknownChange):
        await home.services.changes.get(ADMIN, number)
    with pytest.raises(UnknownChange):
        await home.services.changes.cancel(ADMIN, number)


async def test_what_was_cancelled_can_be_asked_for_again(home: House) -> None:
    home.line.switch_off()
    [edit] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": 7200})
    ).changes
    await home.services.changes.cancel(ADMIN, edit.id)

    again = await home.services.changes.retry(ADMIN, edit.id)

    [change] = again.changes
    assert (change.field, change.after, change.state) == ("week_limit_seconds", 7200, ChangeState.QUEUED)
    assert change.id != edit.id


async def test_what_still_waits_needs_no_second_asking(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes

    with pytest.raises(NotNow):
        await home.services.changes.retry(ADMIN, grant.id)


async def test_two_who_press_retry_ask_once(home: House) -> None:
    home.line.switch_off()
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    await home.services.changes.cancel(ADMIN, grant.id)

    once = await home.services.changes.retry(ADMIN, grant.id)
    twice = await home.services.changes.retry(ADMIN, grant.id)

    assert [change.id for change in twice.changes] == [change.id for change in once.changes]
    assert len((await home.services.changes.list(ADMIN)).items) == 2
