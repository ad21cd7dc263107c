"""Time given or taken."""

import asyncio

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.change import ChangeState, GrantKind
from timekpr_mngr.errors import Forbidden, IdempotencyMismatch, Invalid, NeverRead, UnknownUser


async def test_a_grant_is_queued_for_the_servers_own_day(home: House) -> None:
    home.line.switch_off()
    home.clock.pass_(hours=8, minutes=30)  # past midnight in Berlin, not in UTC

    accepted = await home.services.grants.give(
        ADMIN, "kids-pc", "alice", seconds=900, kind=GrantKind.TIME, reason="  helped in the garden "
    )

    [change] = accepted.changes
    assert (change.field, change.after, change.reason) == (
        "grant.time",
        {"seconds": 900},
        "helped in the garden",
    )
    assert change.day is not None
    assert change.day.isoformat() == "2026-03-05"
    assert change.state is ChangeState.QUEUED


async def test_two_grants_that_wait_add_up(home: House) -> None:
    home.line.switch_off()
    for _ in range(2):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    home.line.switch_on()
    changes = (await home.services.changes.list(ADMIN)).items

    settled = await home.settled(*changes)

    assert [change.state for change in settled] == [ChangeState.APPLIED] * 2
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.usage is not None
    assert view.usage.balance_seconds == -1800


async def test_what_should_be_left_can_be_said(home: House) -> None:
    accepted = await home.services.grants.set_left(ADMIN, "kids-pc", "alice", left_seconds=1200)

    await home.settled(*accepted.changes)

    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.time_left is not None
    assert view.time_left.day_seconds == 1200


async def test_the_same_key_is_the_same_change(home: House) -> None:
    home.line.switch_off()
    first = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")
    again = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")

    assert again.request_id == first.request_id
    assert [change.id for change in again.changes] == [change.id for change in first.changes]
    assert len((await home.services.changes.list(ADMIN)).items) == 1


async def test_the_same_key_pressed_at_the_same_instant_is_the_same_change(home: House) -> None:
    home.line.switch_off()

    answers = await asyncio.gather(
        *(
            home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")
            for _ in range(5)
        )
    )

    assert len({answer.request_id for answer in answers}) == 1
    assert len((await home.services.changes.list(ADMIN)).items) == 1


async def test_the_same_key_for_another_request_is_refused(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")

    with pytest.raises(IdempotencyMismatch):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=901, idempotency_key="k-1")
    with pytest.raises(IdempotencyMismatch):
        await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=900, idempotency_key="k-1")


async def test_a_key_is_forgotten_after_a_day(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")
    home.clock.pass_(hours=25)

    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key="k-1")

    assert len((await home.services.changes.list(ADMIN)).items) == 2


@pytest.mark.parametrize("seconds", [0, 86_401, -86_401, 1.5, "900", True, None])
async def test_seconds_that_make_no_grant_are_refused(home: House, seconds: object) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=seconds)
    assert refusal.value.field == "seconds"


@pytest.mark.parametrize("reason", [7, "x" * 201, "two\nlines", "bell\x07"])
async def test_a_reason_is_one_short_line(home: House, reason: object) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, reason=reason)
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("key", ["", "x" * 201, "ünusual", "a\x00b"])
async def test_a_strange_key_is_refused(home: House, key: str) -> None:
    with pytest.raises(Invalid):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, idempotency_key=key)


async def test_who_may_not_or_does_not_exist_gets_nothing(home: House) -> None:
    with pytest.raises(Forbidden):
        await home.services.grants.give(VIEWER, "kids-pc", "alice", seconds=900)
    with pytest.raises(UnknownUser):
        await home.services.grants.give(ADMIN, "kids-pc", "nobody", seconds=900)
    with pytest.raises(Invalid):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, kind="sweets")

    assert (await home.services.changes.list(ADMIN)).items == ()


async def test_a_server_that_was_never_read_takes_no_grant(empty_home: House) -> None:
    empty_home.line.switch_off()
    await empty_home.add_server(read=False)

    with pytest.raises(NeverRead):
        await empty_home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
