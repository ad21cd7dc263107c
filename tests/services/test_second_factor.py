"""The second factor, sessions, and what tokens may."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio

from tests.services.house import ADMIN, Clock, House, house
from timekpr_mngr.domain.account import Actor, Power, Source
from timekpr_mngr.errors import (
    CodeNeeded,
    Forbidden,
    Invalid,
    NotNow,
    Throttled,
    Unauthenticated,
    UnknownSession,
)
from timekpr_mngr.services.second_factor import _step_of

PASSWORD = "correct horse"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest_asyncio.fixture
async def anna(empty_home: House) -> Actor:
    """Somebody without a second factor."""
    return Actor(await empty_home.services.accounts.add(ADMIN, "anna", "admin", PASSWORD), Source.PAGE)


async def switched_on(home: House, actor: Actor) -> tuple[str, Sequence[str]]:
    """The seed and the recovery codes of a second factor that is on; the present code is used up with it."""
    factors = home.services.accounts.second_factors
    seed = (await factors.begin(actor, PASSWORD)).seed
    return seed, await factors.confirm(actor, code_of(home, seed))


def code_of(home: House, seed: str) -> str:
    """What an authenticator shows now."""
    return pyotp.TOTP(seed).at(home.clock())


async def sign_in(home: House, address: str = "10.0.0.7") -> str:
    """A session's token; or a ticket, where a code is asked for."""
    try:
        return await home.services.accounts.sign_in("anna", PASSWORD, address=address, agent=FIREFOX)
    except CodeNeeded as needed:
        return needed.ticket


async def with_code(home: House, ticket: str, code: str, address: str = "10.0.0.7") -> str:
    """A session's token."""
    return await home.services.accounts.sign_in_with_code(ticket, code, address=address, agent=FIREFOX)


async def test_who_has_one_signs_in_with_the_password_and_a_code_that_counts_once(
    empty_home: House, anna: Actor
) -> None:
    seed, _codes = await switched_on(empty_home, anna)
    ticket = await sign_in(empty_home)
    assert await empty_home.services.accounts.by_session(ticket) is None

    with pytest.raises(CodeNeeded):
        await with_code(empty_home, ticket, code_of(empty_home, seed))
    empty_home.clock.pass_(seconds=30)
    code = code_of(empty_home, seed)
    session = await with_code(empty_home, ticket, f" {code[:3]} {code[3:]} ")

    assert await empty_home.services.accounts.by_session(session) is not None
    with pytest.raises(Unauthenticated):
        await with_code(empty_home, ticket, code)
    with pytest.raises(CodeNeeded):
        await with_code(empty_home, await sign_in(empty_home), code)


async def test_a_recovery_code_counts_once_and_new_ones_end_the_old(empty_home: House, anna: Actor) -> None:
    _seed, codes = await switched_on(empty_home, anna)
    factors = empty_home.services.accounts.second_factors
    assert len(set(codes)) == 10

    assert await with_code(empty_home, await sign_in(empty_home), codes[0].upper().replace("-", " "))
    assert (await factors.state(anna)).recovery_codes_left == 9
    with pytest.raises(CodeNeeded):
        await with_code(empty_home, await sign_in(empty_home), codes[0])
    fresh = await factors.new_recovery_codes(anna, PASSWORD)
    with pytest.raises(CodeNeeded):
        await with_code(empty_home, await sign_in(empty_home), codes[1])
    assert await with_code(empty_home, await sign_in(empty_home), fresh[0])


async def test_codes_are_throttled_and_the_right_password_does_not_end_that(
    empty_home: House, anna: Actor
) -> None:
    empty_home.clock.stop()
    seed, codes = await switched_on(empty_home, anna)
    for number in range(5):
        with pytest.raises(CodeNeeded):
            await with_code(empty_home, await sign_in(empty_home), "000000", f"10.0.1.{number}")
    ticket = await sign_in(empty_home, "10.0.2.1")
    for code in (codes[0], code_of(empty_home, seed)):
        with pytest.raises(Throttled) as refusal:
            await with_code(empty_home, ticket, code, "10.0.2.1")
    empty_home.clock.pass_(seconds=refusal.value.retry_seconds)
    assert await with_code(empty_home, ticket, codes[0], "10.0.2.1")


async def test_the_throttle_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    clock.stop()
    async with house(tmp_path / "data", server=False, clock=clock) as before:
        await before.services.accounts.add(ADMIN, "anna", "admin", PASSWORD)
        for _number in range(5):
            with pytest.raises(Unauthenticated):
                await before.services.accounts.sign_in("anna", "wrong", address="10.0.0.9", agent="")
    async with house(tmp_path / "data", server=False, clock=clock) as after:
        for address in ("10.0.0.9", "10.0.0.10"):
            with pytest.raises(Throttled):
                await after.services.accounts.sign_in("anna", PASSWORD, address=address, agent="")


async def test_a_ticket_is_good_for_five_minutes_and_ends_with_the_password(
    empty_home: House, anna: Actor
) -> None:
    _seed, codes = await switched_on(empty_home, anna)
    late, ended = await sign_in(empty_home), await sign_in(empty_home)
    empty_home.clock.pass_(minutes=5)
    with pytest.raises(Unauthenticated, match="too long"):
        await with_code(empty_home, late, codes[0])
    ended = await sign_in(empty_home)
    await empty_home.services.accounts.set_password(ADMIN, "anna", PASSWORD)
    with pytest.raises(Unauthenticated, match="too long"):
        await with_code(empty_home, ended, codes[0])


async def test_to_switch_it_off_takes_the_password_and_a_code(empty_home: House, anna: Actor) -> None:
    _seed, codes = await switched_on(empty_home, anna)
    factors = empty_home.services.accounts.second_factors
    with pytest.raises(NotNow):
        await factors.begin(anna, PASSWORD)
    for password, code, field in (("wrong", codes[0], "password"), (PASSWORD, "000000", "code")):
        with pytest.raises(Invalid) as refusal:
            await factors.switch_off(anna, password, code)
        assert refusal.value.field == field

    await factors.switch_off(anna, PASSWORD, codes[0])

    assert not (await factors.state(anna)).is_on
    assert await empty_home.services.accounts.by_session(await sign_in(empty_home)) is not None


async def test_nothing_is_asked_for_before_a_code_was_right(empty_home: House, anna: Actor) -> None:
    factors = empty_home.services.accounts.second_factors
    with pytest.raises(Invalid):
        await factors.begin(anna, "wrong")
    seed = (await factors.begin(anna, PASSWORD)).seed
    with pytest.raises(Invalid):
        await factors.confirm(anna, "abc")
    assert not (await factors.state(anna)).is_on
    await factors.confirm(anna, code_of(empty_home, seed))
    with pytest.raises(NotNow):
        await factors.confirm(anna, code_of(empty_home, seed))


async def test_an_admin_takes_anothers_away(empty_home: House, anna: Actor) -> None:
    await switched_on(empty_home, anna)
    factors = empty_home.services.accounts.second_factors
    ben = Actor(await empty_home.services.accounts.add(ADMIN, "ben", "parent", PASSWORD), Source.PAGE)
    with pytest.raises(Forbidden):
        await factors.take_away(ben, "anna")

    await factors.take_away(ADMIN, "anna")

    assert not (await factors.state(anna)).is_on
    assert "anna (page) took the second factor away: anna" in await empty_home.audit()
    with pytest.raises(NotNow):
        await factors.take_away(ADMIN, "anna")


async def test_neither_seed_nor_recovery_code_is_kept_as_it_is(
    empty_home: House, anna: Actor, tmp_path: Path
) -> None:
    seed, codes = await switched_on(empty_home, anna)
    kept = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    for secret in (seed, codes[0], codes[0].replace("-", "")):
        assert secret.encode() not in kept
    await empty_home.store.rotate_secrets()
    found = await empty_home.store.second_factors.get("anna")
    assert found is not None
    assert found.seed == seed


@pytest.mark.parametrize(
    ("at", "code"),  # RFC 6238, appendix B, of which an authenticator shows the last six digits
    [
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds in (-30, 0, 30):
        assert _step_of(seed, code, datetime.fromtimestamp(at + seconds, UTC)) == at // 30
    assert _step_of(seed, code, datetime.fromtimestamp(at + 90, UTC)) is None


async def test_sessions_are_listed_and_ended(empty_home: House, anna: Actor) -> None:
    accounts = empty_home.services.accounts
    here, there = await sign_in(empty_home), await sign_in(empty_home, "10.0.0.8")
    found = {one.is_this: one for one in await accounts.sessions(anna, here)}
    assert (found[False].browser, found[False].address) == ("Firefox on Linux", "10.0.0.8")

    await accounts.end_session(anna, found[False].id)

    assert await accounts.by_session(there) is None
    with pytest.raises(UnknownSession):
        await accounts.end_session(anna, found[False].id)
    other = await sign_in(empty_home)
    await accounts.end_other_sessions(anna, here)
    assert [await accounts.by_session(one) is None for one in (here, other)] == [False, True]


async def test_nobody_ends_anothers_session(empty_home: House, anna: Actor) -> None:
    accounts = empty_home.services.accounts
    ben = Actor(await accounts.add(ADMIN, "ben", "viewer", PASSWORD), Source.PAGE)
    session = await sign_in(empty_home)
    [one] = await accounts.sessions(anna)
    assert await accounts.sessions(ben) == []
    with pytest.raises(UnknownSession):
        await accounts.end_session(ben, one.id)
    assert await accounts.by_session(session) is not None


async def test_a_token_is_over_after_its_days(empty_home: House, anna: Actor) -> None:
    accounts = empty_home.services.accounts
    token = await accounts.create_token(anna, "short", scope="grant", days=1)
    actor = await accounts.by_token(token)
    assert actor is not None
    assert actor.scope is Power.GRANT

    empty_home.clock.pass_(days=1)

    assert await accounts.by_token(token) is None


async def test_a_token_with_a_lesser_scope_is_not_for_the_account_itself(
    empty_home: House, anna: Actor
) -> None:
    accounts = empty_home.services.accounts
    program = Actor(anna.account, Source.API, Power.LIMITS)
    await sign_in(empty_home)
    [session] = await accounts.sessions(anna)
    for attempt in (
        accounts.create_token(program, "more"),
        accounts.end_session(program, session.id),
        accounts.end_other_sessions(program),
        accounts.change_password(program, PASSWORD, "battery staple"),
        accounts.second_factors.begin(program, PASSWORD),
        accounts.revoke_token(program, "more"),
        accounts.add(program, "eve", "admin", PASSWORD),
        empty_home.services.roles.set(program, "anna", "viewer"),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert await accounts.create_token(program, "as much", scope="limits")
    for scope, days in (("all", None), ("read", 0), ("read", 10_000)):
        with pytest.raises(Invalid):
            await accounts.create_token(anna, "x", scope=scope, days=days)


async def test_all_of_it_is_in_the_audit(empty_home: House, anna: Actor) -> None:
    _seed, codes = await switched_on(empty_home, anna)
    with pytest.raises(Unauthenticated):
        await empty_home.services.accounts.sign_in("anna", "wrong", address="10.0.0.9", agent="")
    with pytest.raises(CodeNeeded):
        await with_code(empty_home, await sign_in(empty_home), "000000")
    await with_code(empty_home, await sign_in(empty_home), codes[0])
    await empty_home.services.accounts.create_token(anna, "phone", scope="read", days=30)

    assert [line.removeprefix("anna (page) ").removesuffix(": anna") for line in await empty_home.audit()][
        1:
    ] == [
        "switched the second factor on",
        "was refused: a wrong password, from 10.0.0.9",
        "was refused: a wrong code, from 10.0.0.7",
        "signed in, from 10.0.0.7",
        "made the token phone (read)",
    ]
