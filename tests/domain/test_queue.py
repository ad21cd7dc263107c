"""What waits, what takes its place, and against what it may be made."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.merge import merge
from timekpr_mngr.domain.queue import bases_of, chained, note_of

LIMIT = "days.6.limit_seconds"


def change(
    id: int, before: Json, after: Json, state: ChangeState = ChangeState.QUEUED, **more: Json
) -> Change:
    field = str(more.get("field", LIMIT))
    return Change(
        id, "r", "pc", "emma", field, state, before, after, None, None, "mum", Source.PAGE,
        datetime(2026, 11, 17, tzinfo=UTC), note=more.get("note"),
    )  # fmt: skip


def test_a_later_edit_takes_the_place_of_one_that_waits_and_what_it_was_made_against() -> None:
    result = chained([change(1, 60, 120)], [Draft(LIMIT, 120, 180)])
    assert result.superseded == (1,)
    assert result.drafts == ((Draft(LIMIT, 60, 180), (120,)),)


def test_other_fields_are_left_alone() -> None:
    result = chained([change(1, 60, 120, field="week_limit_seconds")], [Draft(LIMIT, 60, 180)])
    assert result == chained([], [Draft(LIMIT, 60, 180)])
    assert result.superseded == ()


def test_one_that_is_on_its_way_stays_and_both_its_values_are_bases() -> None:
    result = chained([change(1, 60, 120, ChangeState.SENDING)], [Draft(LIMIT, 60, 180)])
    assert result.superseded == ()
    assert result.drafts == ((Draft(LIMIT, 60, 180), (120,)),)


def test_bases_are_inherited_along_the_chain() -> None:
    waiting = change(2, 60, 180, note=note_of([120]))
    ((draft, bases),) = chained([waiting], [Draft(LIMIT, 60, 240)]).drafts
    assert (draft.before, bases) == (60, (120,))


def test_what_is_over_is_not_superseded() -> None:
    assert chained([change(1, 60, 120, ChangeState.APPLIED)], [Draft(LIMIT, 120, 180)]).superseded == ()


def test_grants_add_up_and_are_never_superseded() -> None:
    waiting = change(1, None, {"seconds": 900}, field="grant.time")
    for after in ({"seconds": 900}, {"left_seconds": 0}):
        draft = Draft("grant.time", None, after)  # type: ignore[arg-type]
        assert chained([waiting], [draft]) == chained([], [draft])


def test_what_is_there_already_needs_no_sending() -> None:
    assert merge(change(1, 60, 120), 120) == "already"


def test_what_it_was_made_against_may_be_replaced() -> None:
    assert merge(change(1, 60, 120), 60) == "send"
    assert merge(change(1, 60, 120, note={"bases": [90]}), 90) == "send"


def test_anything_else_is_somebody_elses() -> None:
    assert merge(change(1, 60, 120), 90) == "conflict"
    assert merge(change(1, [], [1]), None) == "conflict"


numbers = st.integers(0, 3)


@given(numbers, numbers, st.lists(numbers), numbers)
def test_merging_what_was_merged_changes_nothing(
    before: int, after: int, bases: list[int], theirs: int
) -> None:
    made = change(1, before, after, note=note_of(bases))
    found = theirs if merge(made, theirs) == "conflict" else after
    assert merge(made, found) == ("already" if found == after else "conflict")
    assert bases_of(made) == [before, *bases]
