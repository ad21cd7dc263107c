"""Servers, hidden users, and what stays of a server that is removed."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from tests.store.samples import NOW, PRIVATE_KEY, grant, queued, server, week_limit
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import Exists, UnknownServer
from timekpr_mngr.store import ChangeQuery, Store


async def test_a_server_comes_back_as_it_was_added(store: Store) -> None:
    assert await store.servers.get("kids-pc") == server()
    assert await store.servers.private_key("kids-pc") == PRIVATE_KEY


async def test_servers_are_listed_by_name(store: Store) -> None:
    await store.servers.add(server("attic"), PRIVATE_KEY)
    assert [one.name for one in await store.servers.list()] == ["attic", "kids-pc"]


async def test_two_servers_cannot_have_the_same_name(store: Store) -> None:
    with pytest.raises(Exists, match="kids-pc"):
        await store.servers.add(server(), PRIVATE_KEY)
    await store.servers.add(server("attic"), PRIVATE_KEY)
    with pytest.raises(Exists, match="kids-pc"):
        await store.servers.replace("attic", server())
    assert len(await store.servers.list()) == 2


async def test_an_unknown_server_is_said_to_be_unknown(store: Store) -> None:
    for call in (
        store.servers.get("attic"),
        store.servers.private_key("attic"),
        store.servers.remove("attic"),
        store.servers.replace("attic", server("attic")),
        store.users.hide("attic", "emma", True),
        queued(store, grant(), name="attic"),
    ):
        with pytest.raises(UnknownServer, match="attic"):
            await call


async def test_a_renamed_server_keeps_its_key_its_changes_and_its_hidden_users(store: Store) -> None:
    [change] = await queued(store, grant())
    await store.users.hide("kids-pc", "guest", True)
    await store.servers.replace("kids-pc", replace(server(), name="den", port=2222))
    assert await store.servers.get("den") == replace(server(), name="den", port=2222)
    assert await store.servers.private_key("den") == PRIVATE_KEY
    assert await store.changes.open("den") == [replace(change, server="den")]
    assert await store.users.hidden("den") == {"guest"}
    with pytest.raises(UnknownServer):
        await store.servers.get("kids-pc")


async def test_a_server_may_get_another_private_key(store: Store) -> None:
    await store.servers.replace("kids-pc", server(), "another key")
    assert await store.servers.private_key("kids-pc") == "another key"


async def test_removing_a_server_cancels_what_waits_and_keeps_what_was(store: Store) -> None:
    waiting, sending, applied = await queued(store, grant(1), grant(2), grant(3))
    for change in (sending, applied):
        await store.changes.step(change.id, ChangeState.SENDING, expected={ChangeState.QUEUED}, now=NOW)
    await store.changes.step(applied.id, ChangeState.APPLIED, expected={ChangeState.SENDING}, now=NOW)
    later = NOW + timedelta(hours=1)
    await store.servers.remove("kids-pc", later)
    assert [change.state for change in await store.changes.list(ChangeQuery(server="kids-pc"))] == [
        ChangeState.APPLIED,
        ChangeState.UNCERTAIN,
        ChangeState.CANCELLED,
    ]
    ended = await store.changes.get(waiting.id)
    assert (ended.settled_at, ended.message) == (later, "The computer was removed before this was sent.")
    assert await store.changes.pending() == {}
    assert await store.servers.list() == []


async def test_a_server_may_be_added_again_under_its_old_name(store: Store) -> None:
    await queued(store, grant())
    await store.users.hide("kids-pc", "guest", True)
    await store.servers.remove("kids-pc")
    await store.servers.add(server(), "a new key")
    assert await store.servers.private_key("kids-pc") == "a new key"
    assert await store.changes.open("kids-pc") == []
    assert await store.users.hidden("kids-pc") == set()
    await queued(store, week_limit(3600))
    assert await store.changes.pending() == {"kids-pc": 1}


async def test_users_are_hidden_and_shown_again(store: Store) -> None:
    for _ in range(2):
        await store.users.hide("kids-pc", "guest", True)
    await store.users.hide("kids-pc", "emma", True)
    assert await store.users.hidden("kids-pc") == {"guest", "emma"}
    for _ in range(2):
        await store.users.hide("kids-pc", "guest", False)
    assert await store.users.hidden("kids-pc") == {"emma"}
    assert await store.users.hidden("attic") == set()


async def test_an_instant_without_a_time_zone_is_refused(store: Store) -> None:
    naive = replace(server("attic"), created_at=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="needs its time zone"):
        await store.servers.add(naive, PRIVATE_KEY)
    assert len(await store.servers.list()) == 1


async def test_an_instant_of_another_zone_comes_back_in_utc_to_the_microsecond(store: Store) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    await store.servers.add(replace(server("attic"), created_at=there), PRIVATE_KEY)
    created_at = (await store.servers.get("attic")).created_at
    assert created_at == there
    assert created_at.utcoffset() == timedelta()
