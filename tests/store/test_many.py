"""What many users are to have, queued in one transaction: the same as if it were asked of one after the other."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.samples import NOW, TODAY, grant, server
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.store import Order, Store, queueing

USERS = [UserName("kids-pc", "emma"), UserName("kids-pc", "ben"), UserName("laptop", "emma")]
FIELDS = ["week_limit_seconds", "month_limit_seconds"]
LATER = NOW + timedelta(minutes=5)
BY_ANNA: dict[str, Any] = {"account": "anna", "source": Source.API, "now": LATER}

edits = st.builds(
    Draft,
    st.sampled_from(FIELDS),
    st.sampled_from([60, 120]),
    st.sampled_from([60, 120, 180]),
    until=st.sampled_from([None, TODAY]),
)
earlier_ones = st.lists(
    st.tuples(st.sampled_from(USERS), edits | st.builds(grant), st.booleans()), max_size=6
)
drafts = st.lists(edits, max_size=2, unique_by=lambda draft: draft.field)
wishes = st.permutations(USERS).flatmap(
    lambda users: st.tuples(*(st.tuples(st.just(user), drafts) for user in users))
)


def noted(change: Change) -> tuple[str, str]:
    return f"{change.field}: {change.after}", f"{change.server}/{change.user}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(earlier=earlier_ones, wanted=wishes)
async def test_it_is_the_same_as_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory,
    earlier: list[tuple[UserName, Draft, bool]],
    wanted: Sequence[tuple[UserName, list[Draft]]],
) -> None:
    async def one_by_one(store: Store) -> list[list[Change]]:
        found = [
            await store.changes.queue(*user, asked, request_id="r-2", noting=noted, **BY_ANNA)
            for user, asked in wanted
        ]
        return [list(chain(*(one.changes for one in found))), list(chain(*(one.replaced for one in found)))]

    async def at_once(store: Store) -> list[list[Change]]:
        orders = [Order(user, asked) for user, asked in wanted]
        found = await store.changes.queue_all(orders, request_id="r-2", noting=noted, **BY_ANNA)
        return [found.changes, found.replaced]

    outcomes = []
    for ask in (one_by_one, at_once):
        store = await with_earlier(tmp_path_factory.mktemp("store"), earlier)
        told = [sorted(changes, key=lambda change: change.id) for changes in await ask(store)]
        outcomes.append((told, await store.changes.list(limit=100), await store.audit.list()))
        await store.close()
    assert outcomes[0] == outcomes[1]


async def with_earlier(folder: Path, earlier: Sequence[tuple[UserName, Draft, bool]]) -> Store:
    """A store of two computers in which this was asked before; what is marked is being sent."""
    store = await Store.open(folder)
    for name in ("kids-pc", "laptop"):
        await store.servers.add(server(name), "key")
    for user, asked, is_sent in earlier:
        [change] = (
            await store.changes.queue(*user, [asked], request_id="r-1", **{**BY_ANNA, "now": NOW})
        ).changes
        if is_sent:
            await store.changes.step(change.id, ChangeState.SENDING, expected={ChangeState.QUEUED}, now=NOW)
    return store


async def test_each_is_asked_with_what_waits_for_them(store: Store) -> None:
    await store.servers.add(server("laptop"), "key")
    held = Draft("week_limit_seconds", 60, 120, until=TODAY)
    await store.changes.queue(*USERS[0], [held, grant()], request_id="r-1", **BY_ANNA)
    asked: dict[UserName, list[list[str]]] = {}

    def drafting(user: UserName) -> Order:
        def drafts(waiting: Sequence[Change], for_a_day: Sequence[Change]) -> list[Draft]:
            asked[user] = [[change.field for change in some] for some in (waiting, for_a_day)]
            return []

        return Order(user, drafts)

    found = await store.changes.queue_all(
        [drafting(user) for user in USERS], request_id="r-2", noting=noted, **BY_ANNA
    )
    assert (found.changes, found.replaced) == ([], [])
    assert asked == {
        USERS[0]: [["week_limit_seconds", "grant.time"], ["week_limit_seconds"]],
        USERS[1]: [[], []],
        USERS[2]: [[], []],
    }


async def test_where_a_computer_is_not_there_nothing_is_queued(store: Store) -> None:
    orders = [Order(user, [grant()]) for user in USERS]
    with pytest.raises(UnknownServer, match="laptop"):
        await store.changes.queue_all(orders, request_id="r-2", noting=noted, **BY_ANNA)
    assert await store.changes.list() == []
    assert await store.audit.list() == []


async def test_more_give_way_than_fit_into_one_statement(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "IDS_AT_ONCE", 2)
    await store.servers.add(server("laptop"), "key")
    orders = [Order(user, [Draft(field, 60, 120) for field in FIELDS]) for user in USERS]
    first = await store.changes.queue_all(orders, request_id="r-1", noting=noted, **BY_ANNA)
    second = await store.changes.queue_all(orders, request_id="r-2", noting=noted, **BY_ANNA)
    assert [change.id for change in second.replaced] == [change.id for change in first.changes]
    assert {change.state for change in second.replaced} == {ChangeState.SUPERSEDED}
    assert await store.changes.open("kids-pc") == second.changes[:4]
