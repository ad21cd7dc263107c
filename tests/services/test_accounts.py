"""Accounts, sessions, tokens."""

from pathlib import Path

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.account import Actor, Role, Source
from timekpr_mngr.errors import (
    Exists,
    Forbidden,
    Invalid,
    NotNow,
    Throttled,
    Unauthenticated,
    UnknownAccount,
    UnknownToken,
)
from timekpr_mngr.services.accounts import SessionEnded

PASSWORD = "correct horse"


async def sign_in(
    home: House, name: str = "anna", password: str = PASSWORD, address: str = "10.0.0.7"
) -> str:
    """A session's token."""
    return await home.services.accounts.sign_in(name, password, address=address, agent="Firefox")


async def test_the_first_account_is_made_with_the_one_time_link(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    link = await accounts.setup_link()

    account = await accounts.set_up(link, "anna", PASSWORD)

    assert (account.name, account.role) == ("anna", Role.ADMIN)
    with pytest.raises(Unauthenticated):
        await accounts.set_up(link, "eve", PASSWORD)
    with pytest.raises(NotNow):
        await accounts.setup_link()


async def test_the_link_is_good_for_an_hour_and_only_the_newest_is(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    first, second = await accounts.setup_link(), await accounts.setup_link()

    with pytest.raises(Unauthenticated):
        await accounts.set_up(first, "anna", PASSWORD)
    empty_home.clock.pass_(minutes=61)
    with pytest.raises(Unauthenticated):
        await accounts.set_up(second, "anna", PASSWORD)
    assert not await accounts.has_any()


async def test_a_bad_password_does_not_use_the_link_up(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    link = await accounts.setup_link()

    with pytest.raises(Invalid):
        await accounts.set_up(link, "anna", "short")

    assert (await accounts.set_up(link, "anna", PASSWORD)).name == "anna"


async def test_the_right_password_opens_a_session_and_signing_out_ends_it(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    ended: list[SessionEnded] = []
    accounts.on_session_ended(ended.append)

    token = await sign_in(empty_home)
    account = await accounts.by_session(token)
    assert account is not None
    assert account.name == "anna"

    await accounts.sign_out(token)
    assert await accounts.by_session(token) is None
    assert [event.account for event in ended] == ["anna"]


async def test_a_session_ends_by_itself_after_a_month(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    token = await sign_in(empty_home)

    empty_home.clock.pass_(days=31)

    assert await accounts.by_session(token) is None


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(empty_home: House) -> None:
    await empty_home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
    said = []
    for name, password in (
        ("anna", "wrong horse"),
        ("nobody", PASSWORD),
        ("", ""),
        ("anna", PASSWORD + "x" * 300),
    ):
        with pytest.raises(Unauthenticated) as refusal:
            await sign_in(empty_home, name, password)
        said.append(str(refusal.value))

    assert len(set(said)) == 1


async def test_the_sixth_attempt_has_to_wait_even_with_the_right_password(empty_home: House) -> None:
    empty_home.clock.stop()
    await empty_home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(empty_home, password="wrong horse", address=f"10.0.0.{number}")

    with pytest.raises(Throttled) as refusal:
        await sign_in(empty_home, address="10.0.9.9")
    assert refusal.value.retry_seconds > 0

    empty_home.clock.pass_(seconds=refusal.value.retry_seconds)
    assert await sign_in(empty_home)


async def test_one_address_cannot_try_many_names(empty_home: House) -> None:
    empty_home.clock.stop()
    await empty_home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in(empty_home, f"name{number}")

    with pytest.raises(Throttled):
        await sign_in(empty_home)
    assert await sign_in(empty_home, address="10.0.0.8")


async def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    anna = Actor(await accounts.add(ADMIN, "anna", "admin", PASSWORD), Source.PAGE)
    here, elsewhere = await sign_in(empty_home), await sign_in(empty_home)

    with pytest.raises(Invalid) as refusal:
        await accounts.change_password(anna, "wrong horse", "battery staple", session=here)
    assert refusal.value.field == "old"
    await accounts.change_password(anna, PASSWORD, "battery staple", session=here)

    assert await accounts.by_session(here) is not None
    assert await accounts.by_session(elsewhere) is None
    assert await sign_in(empty_home, password="battery staple")


async def test_a_password_that_was_set_by_an_admin_ends_all_sessions(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    token = await sign_in(empty_home)

    await accounts.set_password(ADMIN, "anna", "battery staple")

    assert await accounts.by_session(token) is None


async def test_the_last_admin_cannot_be_removed(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    await accounts.add(ADMIN, "ben", "viewer", PASSWORD)

    with pytest.raises(NotNow):
        await accounts.remove(ADMIN, "anna")
    await accounts.remove(ADMIN, "ben")
    await accounts.add(ADMIN, "carla", "admin", PASSWORD)
    await accounts.remove(ADMIN, "anna")

    assert [account.name for account in await accounts.list(ADMIN)] == ["carla"]


async def test_a_removed_account_leaves_neither_sessions_nor_tokens(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    for name in ("anna", "carla"):
        await accounts.add(ADMIN, name, "admin", PASSWORD)
    session, token = await sign_in(empty_home), await accounts.create_token(ADMIN, "phone", "anna")

    await accounts.remove(ADMIN, "anna")

    assert await accounts.by_session(session) is None
    assert await accounts.by_token(token) is None


@pytest.mark.parametrize(
    ("name", "role", "password", "field"),
    [
        ("", "admin", PASSWORD, "name"),
        (" ", "admin", PASSWORD, "name"),
        ("a b", "admin", PASSWORD, "name"),
        ("x" * 65, "admin", PASSWORD, "name"),
        (None, "admin", PASSWORD, "name"),
        ("anna", "king", PASSWORD, "role"),
        ("anna", "admin", "1234567", "password"),
        ("anna", "admin", "x" * 257, "password"),
        ("anna", "admin", None, "password"),
        ("anna", "admin", "\ud800" * 10, "password"),
    ],
)
async def test_an_account_that_cannot_be_is_not_made(
    empty_home: House, name: object, role: object, password: object, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await empty_home.services.accounts.add(ADMIN, name, role, password)
    assert refusal.value.field == field


async def test_names_that_differ_only_in_case_are_the_same(empty_home: House) -> None:
    await empty_home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
    with pytest.raises(Exists):
        await empty_home.services.accounts.add(ADMIN, "Anna", "viewer", PASSWORD)


async def test_a_token_lets_a_program_in_until_it_is_revoked(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)

    token = await accounts.create_token(ADMIN, "home assistant", "anna")
    actor = await accounts.by_token(token)
    assert token.startswith("tkm_")
    assert actor is not None
    assert actor.account.name == "anna"
    with pytest.raises(Exists):
        await accounts.create_token(ADMIN, "home assistant", "anna")

    await accounts.revoke_token(ADMIN, "home assistant")
    assert await accounts.by_token(token) is None
    with pytest.raises(UnknownToken):
        await accounts.revoke_token(ADMIN, "home assistant")


async def test_a_token_is_for_somebody_who_exists(empty_home: House) -> None:
    with pytest.raises(UnknownAccount):
        await empty_home.services.accounts.create_token(ADMIN, "x", "nobody")


async def test_no_secret_is_kept_as_it_is(empty_home: House, tmp_path: Path) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    token, session = await accounts.create_token(ADMIN, "phone", "anna"), await sign_in(empty_home)

    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())

    for secret in (PASSWORD, token, session):
        assert secret.encode() not in kept


async def test_a_viewer_manages_only_what_is_their_own(empty_home: House) -> None:
    accounts = empty_home.services.accounts
    await accounts.add(ADMIN, "anna", "admin", PASSWORD)
    ben = Actor(await accounts.add(ADMIN, "ben", "viewer", PASSWORD), Source.PAGE)
    await accounts.create_token(ADMIN, "of anna", "anna")

    for attempt in (
        accounts.add(VIEWER, "x", "admin", PASSWORD),
        accounts.list(VIEWER),
        accounts.remove(VIEWER, "anna"),
        accounts.set_password(VIEWER, "anna", PASSWORD),
        accounts.create_token(ben, "x", "anna"),
        accounts.revoke_token(ben, "of anna"),
    ):
        with pytest.raises(Forbidden):
            await attempt
    await accounts.create_token(ben, "my own")
    assert [token.label for token in await accounts.tokens(ben)] == ["my own"]
    await accounts.revoke_token(ben, "my own")
