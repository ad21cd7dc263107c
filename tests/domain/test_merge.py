"""Merging field by field: once is as good as twice, in any order, and a stranger's value is never lost unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.domain.strategies import configs
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Json
from timekpr_mngr.domain.field import USER_FIELDS, user_values, with_user_values
from timekpr_mngr.domain.merge import merge
from timekpr_mngr.domain.user import UserConfig

FIELDS = sorted(USER_FIELDS)


@dataclass(frozen=True)
class Edit:
    """A stranger's edit of one field."""

    field: str
    value: Json


def change(field: str, before: Json, after: Json) -> Change:
    return Change(
        1, "r", "pc", "emma", field, ChangeState.QUEUED, before, after, None, None, "mum", Source.PAGE,
        datetime(2026, 11, 17, tzinfo=UTC),
    )  # fmt: skip


def delivered(config: UserConfig, change: Change) -> tuple[UserConfig, ChangeState]:
    """What a delivery makes of a change, in short: look, merge, set."""
    verdict = merge(change, user_values(config)[change.field])
    if verdict == "conflict":
        return config, ChangeState.CONFLICT
    return with_user_values(config, {change.field: change.after}), ChangeState.APPLIED


def played(config: UserConfig, story: Sequence[Change | Edit]) -> tuple[UserConfig, dict[str, ChangeState]]:
    """The configuration after all of it, and what became of each of our changes."""
    states: dict[str, ChangeState] = {}
    for item in story:
        if isinstance(item, Edit):
            config = with_user_values(config, {item.field: item.value})
        else:
            config, states[item.field] = delivered(config, item)
    return config, states


Story = list[Change | Edit]
Case = tuple[UserConfig, dict[str, Json], dict[str, Json], Story]


@st.composite
def two_people(draw: st.DrawFn, apart: bool = False, meet: bool = False) -> Case:
    """A configuration, the fields that we set, those that a stranger sets, and all of it in some order."""
    start, wish, theirs_too = draw(configs), draw(configs), draw(configs)
    ours = draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=6))
    theirs = draw(st.sets(st.sampled_from(sorted(ours) if meet else FIELDS), min_size=int(meet), max_size=6))
    theirs -= ours if apart else set()
    before = user_values(start)
    our_values = {field: user_values(wish)[field] for field in ours}
    their_values = {field: user_values(theirs_too)[field] for field in theirs}
    items: list[Change | Edit] = [
        *(change(field, before[field], value) for field, value in our_values.items()),
        *(Edit(field, value) for field, value in their_values.items()),
    ]
    return start, our_values, their_values, draw(st.permutations(items))


@settings(max_examples=40, deadline=None)
@given(two_people(apart=True))
def test_independent_edits_end_in_the_same_configuration_in_any_order(
    case: Case,
) -> None:
    start, ours, theirs, story = case
    config, states = played(start, story)
    assert user_values(config) == {**user_values(start), **ours, **theirs}
    assert set(states.values()) <= {ChangeState.APPLIED}


@settings(max_examples=40, deadline=None)
@given(two_people())
def test_what_is_delivered_twice_is_as_if_delivered_once(
    case: Case,
) -> None:
    start, _, _, story = case
    twice = [item for one in story for item in ([one] if isinstance(one, Edit) else [one, one])]
    assert played(start, twice) == played(start, story)


@settings(max_examples=40, deadline=None)
@given(two_people(meet=True))
def test_a_stranger_s_value_is_overwritten_by_nobody_who_has_not_seen_it(
    case: Case,
) -> None:
    """Whoever comes last, a field holds the stranger's value, or ours and the stranger's came after it."""
    start, ours, theirs, story = case
    before = user_values(start)
    config, states = played(start, story)
    after = user_values(config)
    for field in set(ours) & set(theirs) - {same for same in theirs if theirs[same] == before[same]}:
        event("both set one field")
        assert after[field] == theirs[field]
        came_first = story.index(Edit(field, theirs[field])) < story.index(
            change(field, before[field], ours[field])
        )
        agreed = theirs[field] == ours[field]
        assert states[field] is (ChangeState.CONFLICT if came_first and not agreed else ChangeState.APPLIED)
