"""The queue over a whole story: what waits, what gives way, and that no grant is ever lost or merged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.queue import bases_of, chained, note_of

QUARTER: Json = {"seconds": 900}
FIELDS = ["days.1.limit_seconds", "days.2.limit_seconds", "week_limit_seconds"]


@dataclass(frozen=True)
class Ask:
    """One request: a value for each of some fields, made against what the person sees, and some grants."""

    values: Mapping[str, int]
    seen: int
    grants: int


@dataclass(frozen=True)
class Send:
    """What waits longest is on its way from now on."""


@dataclass(frozen=True)
class Answer:
    """What is on its way arrived, or is proven not to have."""

    arrived: bool


Step = Ask | Send | Answer
asks = st.builds(
    Ask,
    st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 4), max_size=3),
    st.integers(0, 4),
    st.integers(0, 2),
)
stories: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(asks, asks, st.builds(Send), st.builds(Answer, st.booleans())), max_size=14
)


class Queue:
    """The changes of one user, kept as the store keeps them."""

    def __init__(self) -> None:
        self.changes: dict[int, Change] = {}

    def of(self, field: str, *states: ChangeState) -> list[Change]:
        return [one for one in self.changes.values() if one.field == field and one.state in states]

    def open(self) -> list[Change]:
        return [one for one in self.changes.values() if one.state.is_open]

    def move(self, number: int, state: ChangeState) -> None:
        self.changes[number] = replace(self.changes[number], state=state)

    def ask(self, ask: Ask) -> None:
        drafts = [Draft(field, ask.seen, value) for field, value in ask.values.items()]
        drafts += [Draft("grant.time", None, QUARTER)] * ask.grants
        result = chained(self.open(), drafts)
        assert len(set(result.superseded)) == len(result.superseded)
        for number in result.superseded:
            assert self.changes[number].state is ChangeState.QUEUED
            self.move(number, ChangeState.SUPERSEDED)
        for draft, bases in result.drafts:
            number = len(self.changes) + 1
            self.changes[number] = Change(
                number, "r", "pc", "emma", draft.field, ChangeState.QUEUED, draft.before, draft.after, None, None,
                "mum", Source.PAGE, datetime(2026, 11, 17, tzinfo=UTC), note=note_of(bases),
            )  # fmt: skip

    def send(self) -> None:
        waiting = [one for one in self.open() if one.state is ChangeState.QUEUED]
        for one in waiting[:1]:
            self.move(one.id, ChangeState.SENDING)

    def answer(self, arrived: bool) -> None:
        for one in self.open():
            if one.state is ChangeState.SENDING:
                self.move(one.id, ChangeState.APPLIED if arrived else ChangeState.QUEUED)


def play(queue: Queue, step: Step) -> None:
    match step:
        case Ask():
            queue.ask(step)
        case Send():
            queue.send()
        case Answer(arrived):
            queue.answer(arrived)


@settings(deadline=None)
@given(stories, asks)
def test_of_a_field_that_is_asked_for_only_the_last_value_waits(story: list[Step], last: Ask) -> None:
    queue = Queue()
    for step in story:
        play(queue, step)
    under_way = [one for one in queue.open() if one.state is ChangeState.SENDING]
    queue.ask(last)
    for field, value in last.values.items():
        assert [one.after for one in queue.of(field, ChangeState.QUEUED)] == [value]
    assert all(queue.changes[one.id] == one for one in under_way)


@settings(deadline=None)
@given(stories, asks)
def test_what_waits_may_replace_what_the_server_may_have_and_what_its_author_saw(
    story: list[Step], last: Ask
) -> None:
    """Of all that gave way to it, and of what is on its way: nothing that anybody saw is forgotten or invented."""
    queue = Queue()
    for step in story:
        play(queue, step)
    known: dict[str, list[Json]] = {field: [last.seen] for field in last.values}
    for one in queue.open():
        if one.field in known:
            known[one.field] += bases_of(one)
            known[one.field] += [one.after] if one.state is ChangeState.SENDING else []
    first = {field: queue.of(field, ChangeState.QUEUED)[:1] for field in last.values}
    queue.ask(last)
    for field in last.values:
        [made] = queue.of(field, ChangeState.QUEUED)
        assert set(map(repr, bases_of(made))) == set(map(repr, known[field]))
        assert made.before == (first[field][0].before if first[field] else last.seen)


@settings(deadline=None)
@given(stories)
def test_grants_are_never_superseded_and_each_stays_what_it_was(story: list[Step]) -> None:
    queue = Queue()
    for step in story:
        play(queue, step)
    grants = [one for one in queue.changes.values() if one.is_grant]
    assert len(grants) == sum(step.grants for step in story if isinstance(step, Ask))
    assert all(one.after == QUARTER and one.note is None for one in grants)
    assert all(one.state is not ChangeState.SUPERSEDED for one in grants)


def test_two_that_wait_add_up() -> None:
    queue = Queue()
    for _ in range(2):
        queue.ask(Ask({}, 0, 1))
    assert [one.after for one in queue.of("grant.time", ChangeState.QUEUED)] == [QUARTER, QUARTER]
