"""The queue: what is superseded, what adds up, who wins, and what the same request twice does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.samples import NOW, TODAY, grant, queued, server, week_limit
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import LEGAL_STEPS, Change, ChangeState, Draft, Json
from timekpr_mngr.domain.change_kind import ChangeKind
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import IdempotencyMismatch, UnknownChange
from timekpr_mngr.store import ChangeQuery, SearchWord, Store

QUEUED, SENDING, APPLIED = ChangeState.QUEUED, ChangeState.SENDING, ChangeState.APPLIED
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
async def second(store: Store, data_dir: Path) -> AsyncIterator[Store]:
    """The same store, opened once more."""
    other = await Store.open(data_dir)
    yield other
    await other.close()


async def test_a_queued_change_is_just_what_was_asked(store: Store) -> None:
    assert await queued(store, grant(), request_id="r-7") == [
        Change(
            id=1,
            request_id="r-7",
            server="kids-pc",
            user="emma",
            field="grant.time",
            state=QUEUED,
            before=None,
            after={"seconds": 900},
            day=TODAY,
            reason="homework is done",
            account="anna",
            source=Source.PAGE,
            created_at=NOW,
        )
    ]
    assert await store.changes.by_request("r-7") == [await store.changes.get(1)]


@pytest.mark.parametrize(
    "value",
    [None, True, 0, 1.5, "", "Zoë — ½ \U0001f3ae", [], {}, [{"from": "07:00", "to": "24:00"}], {"a": [None]}],
    ids=repr,
)
async def test_any_value_of_a_field_comes_back_as_it_was(store: Store, value: Json) -> None:
    [change] = await queued(store, Draft("playtime.activities", value, value))
    assert await store.changes.get(change.id) == change
    assert (change.before, change.after) == (value, value)


async def test_a_later_edit_of_the_same_field_takes_the_place_of_the_one_that_waits(store: Store) -> None:
    [first] = await queued(store, week_limit(3600, before=7200))
    [second] = await queued(store, week_limit(1800, before=3600), now=LATER)
    earlier = await store.changes.get(first.id)
    assert (earlier.state, earlier.settled_at) == (ChangeState.SUPERSEDED, LATER)
    assert (second.before, second.after, second.note) == (7200, 1800, {"bases": [3600]})
    assert await store.changes.open("kids-pc") == [second]


async def test_what_gave_way_is_told_with_what_took_its_place_and_the_audit_is_kept_with_it(
    store: Store,
) -> None:
    def noted(change: Change) -> tuple[str, str]:
        return f"{change.field}: {change.after}", "kids-pc/emma"

    def drafts(waiting: Sequence[Change], for_a_day: Sequence[Change]) -> list[Draft]:
        assert ([change.id for change in waiting], for_a_day) == ([first.id], [])
        return [week_limit(1800)]

    def nothing(_waiting: Sequence[Change], _for_a_day: Sequence[Change]) -> list[Draft]:
        return []

    async def asked(
        drafts: Callable[[Sequence[Change], Sequence[Change]], list[Draft]],
        noting: Callable[[Change], tuple[str, str]],
    ) -> tuple[list[Change], list[Change]]:
        found = await store.changes.queue(
            "kids-pc",
            "emma",
            drafts,
            request_id="r-2",
            account="anna",
            source=Source.API,
            now=LATER,
            noting=noting,
        )
        return found.changes, found.replaced

    [first] = await queued(store, week_limit(3600))
    assert await asked(nothing, noted) == ([], [])
    with pytest.raises(ZeroDivisionError):
        await asked(drafts, lambda _change: 1 / 0)  # type: ignore[arg-type, return-value]
    assert [change.state for change in await store.changes.list()] == [QUEUED]
    [second], [earlier] = await asked(drafts, noted)
    assert (earlier.id, earlier.state, earlier.settled_at) == (first.id, ChangeState.SUPERSEDED, LATER)
    assert await store.changes.open("kids-pc") == [second]
    [line] = await store.audit.list()
    assert (line.what, line.account, line.at) == ("week_limit_seconds: 1800", "anna", LATER)


async def test_an_edit_behind_one_that_is_being_sent_may_be_made_against_either_value(store: Store) -> None:
    [first] = await queued(store, week_limit(3600, before=7200))
    await store.changes.step(first.id, SENDING, expected={QUEUED}, now=NOW)
    [second] = await queued(store, week_limit(1800, before=7200))
    assert (await store.changes.get(first.id)).state is SENDING
    assert second.note == {"bases": [3600]}
    assert [change.id for change in await store.changes.open("kids-pc")] == [first.id, second.id]


async def test_edits_of_other_fields_users_and_servers_leave_each_other_alone(store: Store) -> None:
    await store.servers.add(server("attic"), "key")
    await queued(store, week_limit(1))
    await queued(store, week_limit(2), user="tom")
    await queued(store, week_limit(3), name="attic")
    await queued(store, Draft("month_limit_seconds", 1, 4))
    await queued(store, Draft("poll_seconds", 3, 5), user=None)
    await queued(store, Draft("poll_seconds", 3, 6), user=None)
    assert await store.changes.pending() == {"kids-pc": 4, "attic": 1}
    [settled] = await store.changes.list(ChangeQuery(states={ChangeState.SUPERSEDED}))
    assert settled.after == 5


async def test_grants_never_take_each_others_place(store: Store) -> None:
    for _ in range(2):
        await queued(store, grant(900))
    assert [change.after for change in await store.changes.open("kids-pc")] == [{"seconds": 900}] * 2


async def test_all_drafts_of_a_request_are_kept_or_none(store: Store) -> None:
    unstorable = Draft("month_limit_seconds", 1, object())  # type: ignore[arg-type]
    await queued(store, week_limit(1))
    with pytest.raises(Exception, match="not JSON serializable"):
        await queued(store, week_limit(2), unstorable)
    [only] = await store.changes.list()
    assert (only.after, only.state) == (1, QUEUED)


async def test_a_step_from_another_state_than_expected_does_nothing(store: Store) -> None:
    [change] = await queued(store, grant())
    assert await store.changes.step(change.id, APPLIED, expected={SENDING}, now=NOW) is None
    assert await store.changes.get(change.id) == change


async def test_only_one_of_two_who_step_at_once_wins(store: Store, second: Store) -> None:
    changes = await queued(store, *[grant(n) for n in range(1, 21)])
    for change in changes:
        cancel = store.changes.step(change.id, ChangeState.CANCELLED, expected={QUEUED}, now=NOW)
        send = second.changes.step(change.id, SENDING, expected={QUEUED}, now=NOW)
        cancelled, sending = await asyncio.gather(cancel, send)
        assert (cancelled is None) != (sending is None)
        assert await store.changes.get(change.id) == (cancelled or sending)


@pytest.mark.parametrize("state", ChangeState)
@pytest.mark.parametrize("to", ChangeState)
async def test_no_step_is_taken_that_the_domain_does_not_have(
    store: Store, state: ChangeState, to: ChangeState
) -> None:
    [change] = await queued(store, grant())
    if state is not QUEUED:
        await store.changes.step(change.id, SENDING, expected={QUEUED}, now=NOW)
    if not state.is_open:
        from_ = SENDING if state in LEGAL_STEPS[SENDING] else QUEUED
        if from_ is QUEUED:
            [change] = await queued(store, grant())
        await store.changes.step(change.id, state, expected={from_}, now=NOW)
    assert (await store.changes.get(change.id)).state is state
    if to in LEGAL_STEPS.get(state, ()):
        stepped = await store.changes.step(change.id, to, expected={state}, now=LATER)
        assert stepped is not None
        assert stepped.settled_at == (None if to.is_open else LATER)
        return
    with pytest.raises(ValueError, match="No change goes to"):
        await store.changes.step(change.id, to, expected={state}, now=LATER)
    assert (await store.changes.get(change.id)).state is state


async def test_an_expected_state_without_a_way_to_the_new_one_is_left_alone(store: Store) -> None:
    [change] = await queued(store, grant())
    step = store.changes.step(change.id, ChangeState.UNCERTAIN, expected={QUEUED, SENDING}, now=NOW)
    assert await step is None
    assert (await store.changes.get(change.id)).state is QUEUED


async def test_a_step_keeps_note_and_value_unless_others_are_given(store: Store) -> None:
    [change] = await queued(store, week_limit(3600))
    sending = await store.changes.step(
        change.id, SENDING, expected={QUEUED}, note={"balance_seconds": 5}, now=NOW
    )
    assert sending is not None
    assert sending.note == {"balance_seconds": 5}
    applied = await store.changes.step(
        change.id, APPLIED, expected={SENDING}, message="all of it", gained_seconds=0, after=1800, now=LATER
    )
    assert applied is not None
    assert (applied.note, applied.after) == ({"balance_seconds": 5}, 1800)
    assert (applied.message, applied.gained_seconds, applied.settled_at) == ("all of it", 0, LATER)


async def test_a_note_may_be_taken_away(store: Store) -> None:
    [change] = await queued(store, grant())
    await store.changes.step(change.id, SENDING, expected={QUEUED}, note={"sent": True}, now=NOW)
    back = await store.changes.step(change.id, QUEUED, expected={SENDING}, note=None, now=NOW)
    assert back is not None
    assert (back.note, back.settled_at) == (None, None)


async def test_a_note_is_written_only_while_the_change_is_being_sent(store: Store) -> None:
    [change] = await queued(store, grant())
    assert await store.changes.write_note(change.id, {"early": True}) is False
    await store.changes.step(change.id, SENDING, expected={QUEUED}, now=NOW)
    assert await store.changes.write_note(change.id, {"sent": True}) is True
    assert (await store.changes.get(change.id)).note == {"sent": True}


async def test_an_unknown_change_is_said_to_be_unknown(store: Store) -> None:
    with pytest.raises(UnknownChange, match="7"):
        await store.changes.get(7)
    with pytest.raises(UnknownChange, match="7"):
        await store.changes.step(7, SENDING, expected={QUEUED}, now=NOW)


async def test_changes_are_listed_newest_first_page_by_page(store: Store) -> None:
    await queued(store, *[grant(n) for n in range(1, 6)])
    first = await store.changes.list(limit=2)
    rest = await store.changes.list(limit=9, before_id=first[-1].id)
    assert [change.id for change in [*first, *rest]] == [5, 4, 3, 2, 1]


async def test_changes_are_listed_by_state_server_and_user(store: Store) -> None:
    await store.servers.add(server("attic"), "key")
    [emma] = [change.id for change in await queued(store, grant())]
    [tom] = [change.id for change in await queued(store, grant(), user="tom")]
    [attic] = [change.id for change in await queued(store, grant(), name="attic")]
    await store.changes.step(tom, SENDING, expected={QUEUED}, now=NOW)

    async def ids(**filters: object) -> list[int]:
        return [change.id for change in await store.changes.list(ChangeQuery(**filters))]  # type: ignore[arg-type]

    assert await ids(server="kids-pc") == [tom, emma]
    assert await ids(user="emma") == [attic, emma]
    assert await ids(states={SENDING}) == [tom]
    assert await ids(states={SENDING, QUEUED}, server="kids-pc", user="emma") == [emma]
    assert await ids(server="cellar") == []


async def test_changes_are_found_by_person_author_kind_and_words(store: Store) -> None:
    await store.servers.add(server("attic"), "key")
    [given] = [change.id for change in await queued(store, grant())]
    [week] = [change.id for change in await queued(store, week_limit(3600), user="tom")]
    [attic] = [change.id for change in await queued(store, week_limit(60), name="attic")]
    [settings] = [change.id for change in await queued(store, Draft("log_level", 1, 2), user=None)]

    async def ids(**filters: object) -> list[int]:
        return [change.id for change in await store.changes.list(ChangeQuery(**filters))]  # type: ignore[arg-type]

    async def said(*words: str, fields: tuple[str, ...] = ()) -> list[int]:
        return await ids(search=[SearchWord(word, fields) for word in words])

    assert await ids(users=[UserName("kids-pc", "emma"), UserName("attic", "emma")]) == [attic, given]
    assert await ids(users=[UserName("gone", "emma")]) == []
    assert await ids(users=[]) == []
    assert await ids(account="anna") == [settings, attic, week, given]
    assert await ids(account="ann") == []
    assert await ids(kind=ChangeKind.GRANT) == [given]
    assert await ids(kind=ChangeKind.USER) == [attic, week]
    assert await ids(kind=ChangeKind.SERVER) == [settings]
    assert await said("TOM") == [week]
    assert await said("homework", "emm") == [given]
    assert await said("homework", "tom") == []
    assert await said("month", fields=("week_limit_seconds",)) == [attic, week]
    assert await said("%") == await said("_") == await said("\\") == []
    assert await store.changes.accounts() == ["anna"]


async def test_the_same_request_twice_within_a_day_is_one(store: Store) -> None:
    [first] = await queued(store, grant(), request_id="r-1", idempotency=("key", "hash"))
    await store.changes.step(first.id, SENDING, expected={QUEUED}, now=NOW)
    again = await queued(
        store, grant(), request_id="r-2", idempotency=("key", "hash"), now=NOW + timedelta(hours=23)
    )
    assert again == [await store.changes.get(first.id)]
    assert await store.idempotency.find("anna", "key", NOW) == ("hash", "r-1")
    assert len(await store.changes.list()) == 1


async def test_a_key_of_another_request_is_refused_and_queues_nothing(store: Store) -> None:
    await queued(store, grant(), idempotency=("key", "hash"))
    with pytest.raises(IdempotencyMismatch, match="another request"):
        await queued(store, grant(60), idempotency=("key", "other"))
    assert len(await store.changes.list()) == 1


async def test_a_key_is_forgotten_after_a_day(store: Store) -> None:
    await queued(store, grant(), request_id="r-1", idempotency=("key", "hash"))
    tomorrow = NOW + timedelta(hours=24)
    assert await store.idempotency.find("anna", "key", tomorrow) is None
    await queued(store, grant(), request_id="r-2", idempotency=("key", "other"), now=tomorrow)
    assert len(await store.changes.list()) == 2
    assert await store.idempotency.find("anna", "key", tomorrow) == ("other", "r-2")


async def test_twins_that_come_at_once_are_one_request(store: Store, second: Store) -> None:
    twins = [
        queued(one, grant(), request_id=f"r-{n}", idempotency=("key", "hash"))
        for n, one in enumerate([store, second] * 5)
    ]
    answers = await asyncio.gather(*twins)
    assert answers == [await store.changes.list()] * 10


async def test_a_request_that_failed_leaves_its_key_free(store: Store) -> None:
    unstorable = Draft("grant.time", None, object())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not JSON serializable"):
        await queued(store, unstorable, idempotency=("key", "hash"))
    assert await store.idempotency.find("anna", "key", NOW) is None
