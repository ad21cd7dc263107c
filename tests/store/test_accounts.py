"""Accounts, what signs them in, and how long somebody who guesses has to wait."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.store.samples import NOW
from timekpr_mngr.domain.account import Account, Role, Token
from timekpr_mngr.errors import Exists, UnknownAccount, UnknownToken
from timekpr_mngr.store import SignIn, Store

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def anna(store: Store) -> Account:
    """An admin."""
    return await store.accounts.add("anna", Role.ADMIN, "$argon2id$1", NOW)


async def sign_in(store: Store, token_hash: str, account: str = "anna") -> None:
    """Signs in for a day."""
    await store.sign_ins.add(token_hash, account, NOW, NOW + DAY, "192.0.2.1", "Firefox")


async def test_an_account_comes_back_as_it_was_added(store: Store, anna: Account) -> None:
    assert anna == Account("anna", Role.ADMIN, NOW)
    assert await store.accounts.get("anna") == anna
    assert await store.accounts.password_hash("anna") == "$argon2id$1"
    assert await store.accounts.password_hash("bert") is None


async def test_accounts_are_counted_and_listed_by_name(store: Store, anna: Account) -> None:
    assert await store.accounts.count() == 1
    adam = await store.accounts.add("adam", Role.VIEWER, None, NOW)
    assert await store.accounts.list() == [adam, anna]
    assert await store.accounts.count() == 2


async def test_two_accounts_cannot_have_the_same_name(store: Store, anna: Account) -> None:
    with pytest.raises(Exists, match="anna"):
        await store.accounts.add("anna", Role.VIEWER, "other", NOW)
    assert await store.accounts.get("anna") == anna


async def test_an_unknown_account_is_said_to_be_unknown(store: Store) -> None:
    for call in (
        store.accounts.get("bert"),
        store.accounts.remove("bert"),
        store.accounts.set_password("bert", "hash"),
        store.tokens.add("phone", "bert", "hash", NOW),
        sign_in(store, "hash", "bert"),
    ):
        with pytest.raises(UnknownAccount, match="bert"):
            await call


async def test_a_password_is_replaced(store: Store, anna: Account) -> None:
    await store.accounts.set_password("anna", "$argon2id$2")
    assert await store.accounts.password_hash("anna") == "$argon2id$2"


async def test_a_removed_account_takes_its_tokens_and_sign_ins_along(store: Store, anna: Account) -> None:
    await store.accounts.add("adam", Role.ADMIN, None, NOW)
    await sign_in(store, "cookie")
    await store.tokens.add("phone", "anna", "token", NOW)
    await store.accounts.remove("anna")
    assert await store.sign_ins.account("cookie", NOW) is None
    assert await store.tokens.found("token", NOW) is None
    await store.accounts.add("anna", Role.ADMIN, None, NOW)
    assert (await store.tokens.list(), await store.sign_ins.list("anna")) == ([], [])


async def test_a_session_lasts_until_it_expires(store: Store, anna: Account) -> None:
    await sign_in(store, "cookie")
    assert await store.sign_ins.account("cookie", NOW + DAY - MINUTE) == anna
    assert await store.sign_ins.account("cookie", NOW + DAY) is None
    assert await store.sign_ins.account("another", NOW) is None


async def test_the_use_of_a_session_is_noted_at_most_once_a_minute(store: Store, anna: Account) -> None:
    await sign_in(store, "cookie")
    for seconds, noted in [(59, 0), (60, 60), (119, 60), (120, 120)]:
        await store.sign_ins.account("cookie", NOW + timedelta(seconds=seconds))
        [session] = await store.sign_ins.list("anna")
        assert session.last_used_at == NOW + timedelta(seconds=noted)
    assert session == SignIn("cookie", "anna", NOW, NOW + DAY, NOW + 2 * MINUTE, "192.0.2.1", "Firefox")


async def test_sessions_end_one_by_one_or_all_but_one(store: Store, anna: Account) -> None:
    for cookie in ("a", "b", "c", "d"):
        await sign_in(store, cookie)
    await store.sign_ins.remove("a")
    await store.sign_ins.remove("never there")
    await store.sign_ins.remove_all("anna", except_hash="c")
    assert [session.token_hash for session in await store.sign_ins.list("anna")] == ["c"]
    await store.sign_ins.remove_all("anna")
    assert await store.sign_ins.account("c", NOW) is None


async def test_expired_sessions_are_forgotten_with_the_next_sign_in(store: Store, anna: Account) -> None:
    await sign_in(store, "old")
    await store.sign_ins.add("new", "anna", NOW + DAY, NOW + 2 * DAY, None, None)
    assert [session.token_hash for session in await store.sign_ins.list("anna")] == ["new"]


async def test_a_token_is_found_by_its_hash_and_its_use_is_noted(store: Store, anna: Account) -> None:
    token = await store.tokens.add("phone", "anna", "hash", NOW)
    assert token == Token(1, "phone", "anna", NOW, None)
    assert await store.tokens.found("hash", NOW) == (anna, token)
    assert await store.tokens.found("hash", NOW + MINUTE / 2) == (anna, replace(token, last_used_at=NOW))
    assert await store.tokens.list("anna") == [Token(1, "phone", "anna", NOW, NOW)]
    assert await store.tokens.list("bert") == []
    assert await store.tokens.found("other", NOW) is None


async def test_no_two_tokens_have_the_same_label(store: Store, anna: Account) -> None:
    await store.tokens.add("phone", "anna", "hash", NOW)
    with pytest.raises(Exists, match="phone"):
        await store.tokens.add("phone", "anna", "other", NOW)


async def test_a_token_is_revoked_by_label_or_number(store: Store, anna: Account) -> None:
    tokens = [await store.tokens.add(label, "anna", label, NOW) for label in ("a", "b", "c", "1")]
    await store.tokens.revoke("b")
    await store.tokens.revoke(tokens[2].id)
    await store.tokens.revoke("1")  # the label, not the number of "a"
    assert [token.label for token in await store.tokens.list()] == ["a"]
    await store.tokens.revoke("1")
    assert await store.tokens.found("a", NOW) is None
    for unknown in ("b", 3, "99999999999999999999"):
        with pytest.raises(UnknownToken):
            await store.tokens.revoke(unknown)


async def test_a_revoked_tokens_number_is_never_given_again(store: Store, anna: Account) -> None:
    first = await store.tokens.add("a", "anna", "a", NOW)
    await store.tokens.revoke(first.id)
    assert (await store.tokens.add("b", "anna", "b", NOW)).id > first.id


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 5), (6, 10), (7, 20), (12, 640), (13, 900), (40, 900)],
)
async def test_the_wait_doubles_from_the_fifth_failure_up_to_a_quarter_of_an_hour(
    store: Store, data_dir: Path, failures: int, seconds: int
) -> None:
    for _ in range(failures):
        await store.throttle.failed("anna", NOW)
    assert await store.throttle.wait_seconds("anna", NOW) == seconds
    reopened = await Store.open(data_dir)
    assert await reopened.throttle.wait_seconds("anna", NOW + timedelta(seconds=1.5)) == max(0, seconds - 1)
    assert await reopened.throttle.wait_seconds("anna", NOW + timedelta(seconds=seconds)) == 0
    await reopened.close()


async def test_a_success_ends_the_wait_and_keys_wait_for_themselves(store: Store) -> None:
    for key in ("anna", "bert"):
        for _ in range(6):
            await store.throttle.failed(key, NOW)
    await store.throttle.succeeded("anna")
    assert await store.throttle.wait_seconds("anna", NOW) == 0
    assert await store.throttle.wait_seconds("bert", NOW) == 10


async def test_failures_are_forgotten_after_a_day(store: Store) -> None:
    for _ in range(9):
        await store.throttle.failed("anna", NOW)
    await store.throttle.failed("anna", NOW + DAY)
    assert await store.throttle.wait_seconds("anna", NOW + DAY) == 0


async def test_a_clock_that_was_set_back_makes_nobody_wait_longer(store: Store) -> None:
    for _ in range(20):
        await store.throttle.failed("anna", NOW)
    assert await store.throttle.wait_seconds("anna", NOW - 365 * DAY) == 900


async def test_the_set_up_link_is_good_until_it_expires_or_another_is_made(store: Store) -> None:
    await store.setup.put("first", NOW + DAY)
    assert await store.setup.check("first", NOW + DAY - MINUTE)
    assert not await store.setup.check("first", NOW + DAY)
    await store.setup.put("second", NOW + DAY)
    assert not await store.setup.check("first", NOW)
    assert await store.setup.check("second", NOW)
    await store.setup.clear()
    assert not await store.setup.check("second", NOW)
