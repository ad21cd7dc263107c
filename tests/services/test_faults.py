"""Two people at once, and a database that fails in the middle: nothing is undone, doubled, or said that is not so."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.services.house import ADMIN, House
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import Throttled, Unauthenticated
from timekpr_mngr.store.failure import StoreFailure


async def fails(*_: Any, **__: Any) -> None:
    raise StoreFailure("The disk that holds the database is full. Nothing of this request was saved.")


async def test_what_was_done_is_never_called_lost_because_the_audit_could_not_be_kept(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is told that nothing was saved presses again."""
    home.line.switch_off()
    await home.until_away()
    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    monkeypatch.setattr(home.store.audit, "add", fails)
    cancelled = await home.services.changes.cancel(ADMIN, accepted.changes[0].id)
    assert cancelled.state is ChangeState.CANCELLED


async def test_two_edits_of_a_server_at_once_both_count(home: House) -> None:
    fleet = home.services.fleet
    await asyncio.gather(
        fleet.edit(ADMIN, "kids-pc", port=2222), fleet.edit(ADMIN, "kids-pc", ssh_user="somebody")
    )
    server = await home.store.servers.get("kids-pc")
    assert (server.port, server.ssh_user) == (2222, "somebody")


async def test_a_server_that_could_not_be_removed_is_spoken_to_again(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home.store.servers, "remove", fails)
    with pytest.raises(StoreFailure):
        await home.services.fleet.remove(ADMIN, "kids-pc")
    await home.read()


async def test_the_list_of_servers_is_whole_while_one_is_renamed(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = home.engine.edited
    shown: list[int] = []

    async def slowly(server: str, new_name: str | None = None) -> None:
        shown.append(len(await home.services.fleet.servers(ADMIN)))
        await edited(server, new_name)

    monkeypatch.setattr(home.engine, "edited", slowly)
    await home.services.fleet.edit(ADMIN, "kids-pc", new_name="den-pc")
    assert shown == [0]  # it is neither of the two at this moment; the others would be there
    assert [server.name for server in await home.services.fleet.servers(ADMIN)] == ["den-pc"]


async def test_guesses_at_once_meet_the_throttle_too(home: House) -> None:
    home.clock.stop()  # five wrong ones make everybody wait for seconds
    accounts = home.services.accounts
    await accounts.add(ADMIN, "mum", "admin", "the right one")

    async def guess(password: str) -> str:
        try:
            await accounts.sign_in("mum", password, address="192.0.2.1", agent="")
        except Throttled:
            return "throttled"
        except Unauthenticated:
            return "refused"
        return "in"

    guesses = [*(f"wrong number {number}" for number in range(20)), "the right one"]
    assert Counter(await asyncio.gather(*map(guess, guesses))) == {"refused": 5, "throttled": 16}


async def test_an_error_of_the_database_shows_no_values(home: House) -> None:
    def goes_wrong(connection: Connection) -> None:
        connection.execute(text("INSERT INTO nowhere VALUES (:x)"), {"x": "a secret"})

    with pytest.raises(StoreFailure) as error:
        await home.store._database.write(goes_wrong)
    assert "a secret" not in f"{error.value} {error.value.__cause__}"
