"""What two readings tell of a grant between them; that the daemon moves the balance so is held by tests/contract."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, GrantKind, Json
from timekpr_mngr.domain.grant import (
    Grant,
    Operation,
    Outcome,
    Reading,
    decided,
    grant_of,
    moved_besides,
    moved_between,
    moves,
    outcome,
)
from timekpr_mngr.domain.time_left import balance_after

NOON = datetime.fromisoformat("2026-11-18T12:00:00")
HOUR = 3_600
DAY = 86_400


def reading(balance: int, limit: int = 2 * HOUR, spent: int | None = None) -> Reading:
    return Reading(balance, balance if spent is None else spent, limit, NOON)


def time(operation: Operation, seconds: int, *, unused_only: bool = False) -> Grant:
    return Grant(GrantKind.TIME, operation, seconds, unused_only)


def arrived(grant: Grant, before: Reading, counted: int = 0, later: int = 0) -> Reading:
    """The file after the grant, when `counted` seconds were saved before it and `later` ones after it."""
    balance = balance_after(
        before.balance_seconds + counted, before.limit_seconds, grant.operation, grant.seconds
    )
    return replace(
        before, balance_seconds=balance + later, spent_seconds=before.spent_seconds + counted + later
    )


def ticked(before: Reading, seconds: int) -> Reading:
    return replace(
        before,
        balance_seconds=before.balance_seconds + seconds,
        spent_seconds=before.spent_seconds + seconds,
        last_checked=before.last_checked + timedelta(seconds=seconds),
    )


def change(field: str, after: Json) -> Change:
    return Change(
        id=1,
        request_id="r",
        server="kids-pc",
        user="alice",
        field=field,
        state=ChangeState.QUEUED,
        before=None,
        after=after,
        day=date(2026, 11, 18),
        reason=None,
        account="mum",
        source=Source.PAGE,
        created_at=datetime(2026, 11, 18, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("field", "after", "grant"),
    [
        ("grant.time", {"seconds": 900}, Grant(GrantKind.TIME, "+", 900)),
        ("grant.time", {"seconds": -900}, Grant(GrantKind.TIME, "-", 900)),
        ("grant.playtime", {"left_seconds": 0}, Grant(GrantKind.PLAYTIME, "=", 0)),
        (
            "grant.playtime",
            {"seconds": -900, "unused_only": True},
            Grant(GrantKind.PLAYTIME, "-", 900, unused_only=True),
        ),
        ("grant.time", {"seconds": -900, "unused_only": False}, Grant(GrantKind.TIME, "-", 900)),
    ],
)
def test_a_change_says_which_grant_it_is(field: str, after: Json, grant: Grant) -> None:
    assert grant_of(change(field, after)) == grant


@pytest.mark.parametrize(
    ("balance", "limit", "taken"),
    [
        (0, 2 * HOUR, 1_800),
        (2 * HOUR - 600, 2 * HOUR, 600),
        (2 * HOUR, 2 * HOUR, 0),
        (3 * HOUR, 2 * HOUR, 0),  # overdrawn
        (-1_800, 0, 1_800),  # a day without a limit of its own, and half an hour given
    ],
)
def test_what_is_taken_back_is_at_most_what_is_not_used_yet(balance: int, limit: int, taken: int) -> None:
    assert decided(time("-", 1_800, unused_only=True), reading(balance, limit)).seconds == taken


def test_what_is_simply_taken_is_taken_whole() -> None:
    assert decided(time("-", 1_800), reading(2 * HOUR)).seconds == 1_800


balances = st.integers(-DAY, DAY)
grants = st.builds(
    Grant, st.just(GrantKind.TIME), st.sampled_from(["+", "-", "="]), st.integers(0, DAY), st.booleans()
)


@given(balances, st.integers(0, DAY), st.integers(0, DAY), st.integers(0, 7_200))
def test_taking_back_never_takes_what_was_used(balance: int, limit: int, seconds: int, ticks: int) -> None:
    before = reading(balance, limit)
    grant = decided(time("-", seconds, unused_only=True), before)
    assert moves(grant, before) == -grant.seconds or grant.seconds == 0
    assert before.unused_seconds - grant.seconds >= 0


@given(grants, balances, st.integers(0, DAY), st.integers(0, 7_200))
def test_a_grant_that_arrived_is_known_however_long_the_user_goes_on(
    grant: Grant, balance: int, limit: int, ticks: int
) -> None:
    before = reading(balance, limit)
    assert outcome(grant, before, ticked(arrived(grant, before), ticks)) is Outcome.ARRIVED


@given(grants, balances, st.integers(0, DAY), st.integers(0, 7_200))
def test_a_grant_that_moves_something_and_never_arrived_is_not_taken_for_one_that_did(
    grant: Grant, balance: int, limit: int, ticks: int
) -> None:
    before = reading(balance, limit)
    if moves(grant, before) != 0:
        assert outcome(grant, before, ticked(before, ticks)) is not Outcome.ARRIVED
    if moves(grant, before) > 0 or moves(grant, before, ticks) < 0:
        assert outcome(grant, before, ticked(before, ticks)) is Outcome.NOT_ARRIVED


@given(grants, balances, st.integers(0, DAY), st.integers(0, 60), st.integers(0, 7_200))
def test_a_grant_that_arrived_is_never_sent_again_whatever_was_saved_before_it_did(
    grant: Grant, balance: int, limit: int, counted: int, later: int
) -> None:
    before = reading(balance, limit)
    after = arrived(grant, before, counted, later)
    assert outcome(grant, before, after) in (
        {Outcome.ARRIVED, Outcome.CANNOT_TELL}
        if moved_between(before, after) or counted
        else {Outcome.ARRIVED}
    )
    assert moved_besides(grant, before, after) == 0


@given(balances, st.integers(1, HOUR), st.integers(1, HOUR))
def test_two_grants_at_one_moment_are_not_taken_for_one(balance: int, ours: int, theirs: int) -> None:
    before = reading(balance, DAY)
    grant = time("+", ours)
    after = arrived(time("+", theirs), arrived(grant, before))
    if moves(grant, before) == ours and moved_between(before, after) == ours + theirs:  # nothing is clamped
        assert outcome(grant, before, after) is Outcome.CANNOT_TELL
        assert moved_besides(grant, before, after) == theirs


def test_a_reading_of_another_day_tells_nothing() -> None:
    before = reading(HOUR)
    assert outcome(time("+", 900), before, ticked(before, 13 * HOUR)) is Outcome.DAY_OVER


def test_playtime_under_an_override_that_was_switched_in_between_tells_nothing() -> None:
    before = replace(reading(600), override=True, spent_seconds=0)
    assert outcome(time("+", 900), before, reading(600)) is Outcome.CANNOT_TELL


def test_readings_are_kept_as_json() -> None:
    for each in (reading(-600), replace(reading(600, spent=0), override=True)):
        assert Reading.from_json(each.to_json()) == each
    old = {name: value for name, value in reading(600).to_json().items() if name != "override"}
    assert Reading.from_json(old) == reading(600)
