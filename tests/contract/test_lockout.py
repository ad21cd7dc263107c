"""What happens when time is up, and what keeps the daemon from doing its work at all."""

from collections.abc import Callable

from tests.contract.computers import USERS, At, Computer
from timekpr_mngr.link.session import LinkEvent, ServerSession, SessionsChanged, Ticked
from timekpr_mngr.timekpr import interface as timekpr


async def test_time_that_is_up_ends_the_session_as_the_user_is_set(
    another_kid: Callable[[], At], session: ServerSession
) -> None:
    heard: list[LinkEvent] = []
    session.listen(heard.append)
    terminated, locked, suspended, shut, spared = kids = [another_kid() for _ in range(5)]
    computer = terminated.computer
    for kid, kind in zip(kids, ("terminate", "lock", "suspend", "shutdown", "terminate"), strict=True):
        kid.set_conf(LOCKOUT_TYPE=kind)
        kid.login()
    for kid in kids:
        await counted(kid, session)
    deeds_before = len(computer.deeds())

    def deeds() -> list[tuple[str, str]]:
        return computer.deeds()[deeds_before:]

    for kid in kids:
        assert (await session.call(timekpr.set_time_left(kid.name, "=", 0))).ok
    await computer.let_pass(1)
    assert (await session.call(timekpr.set_time_left(spared.name, "+", 600))).ok
    await computer.until(lambda: ("TerminateSession", f"c_{terminated.name}") in deeds())
    await computer.until(lambda: ("Lock", f"c_{locked.name}") in deeds())
    await computer.until(lambda: ("Suspend", "") in deeds())
    await computer.until(lambda: ("PowerOff", "") in deeds())
    await computer.let_pass(2)

    assert ("TerminateSession", f"c_{spared.name}") not in deeds()
    snapshot = await session.read()
    assert not snapshot.users[terminated.name].logged_in
    assert snapshot.users[terminated.name].live is None
    assert snapshot.users[terminated.name].control is not None
    assert [other.locked for other in snapshot.users[locked.name].sessions] == [True]
    assert snapshot.users[spared.name].logged_in
    told = [event.sessions for event in heard if isinstance(event, SessionsChanged)][-1]
    assert terminated.name not in {other.user for other in told}
    assert spared.name in {other.user for other in told}
    for kid in (locked, suspended, shut, spared):
        kid.logout()


async def test_logging_in_without_time_ends_soon_and_unaccounted_time_does_not(
    another_kid: Callable[[], At],
) -> None:
    late, free, away = another_kid(), another_kid(), another_kid()
    late.set_conf(ALLOWED_HOURS_3="8;9")
    free.set_conf(LIMITS_PER_WEEKDAYS="0;0;0;0;0;0;0", ALLOWED_HOURS_3="!15")
    away.set_conf(LIMITS_PER_WEEKDAYS="0;0;0;0;0;0;0")
    for kid in (late, free, away):
        kid.login()
    away.computer.set_session(away.name, locked=True)

    await late.computer.until(lambda: ("TerminateSession", f"c_{late.name}") in late.computer.deeds())
    await late.computer.let_pass(1)

    ended = {session for deed, session in late.computer.deeds() if deed == "TerminateSession"}
    assert not ended & {f"c_{free.name}", f"c_{away.name}"}


async def test_an_excluded_user_is_not_in_memory(own_computer: Computer) -> None:
    session = await own_computer.open()
    heard: list[LinkEvent] = []
    session.listen(heard.append)
    await session.call(timekpr.set_server_excluded_users([USERS[0]]))
    own_computer.login(USERS[0])
    own_computer.login(USERS[1])

    await own_computer.until(lambda: any(isinstance(event, Ticked) for event in heard))

    read = await session.read_user(USERS[0])
    assert read is not None
    assert (read.logged_in, read.counted) == (True, False)
    assert {event.user for event in heard if isinstance(event, Ticked)} == {USERS[1]}
    await session.close()


async def test_one_users_malformed_limits_stop_the_daemon_for_the_others(own_computer: Computer) -> None:
    """A fault of timekpr-next 0.5.4, which outlives the repair of the file until the time used is set."""
    session = await own_computer.open()
    broken, other = At(own_computer, USERS[0]), At(own_computer, USERS[1])
    broken.set_conf(LIMITS_PER_WEEKDAYS="abc")
    broken.login()
    await own_computer.until(lambda: unexpected(broken, session))
    other.login()
    await own_computer.until(lambda: known(other, session))
    await own_computer.let_pass(1)
    assert await session_seconds(other, session) == 0

    repaired = await session.call(timekpr.set_time_limits_for_days(broken.name, [3600] * 7))
    await own_computer.let_pass(4)

    assert repaired.ok
    stuck = await session_seconds(other, session)
    await own_computer.let_pass(1)
    assert await session_seconds(other, session) == stuck

    assert (await session.call(timekpr.set_time_left(broken.name, "=", 600))).ok
    await own_computer.until(lambda: counted_more(other, session, stuck))
    await session.close()


async def counted(kid: At, session: ServerSession) -> None:
    await kid.computer.until(lambda: counted_more(kid, session, 0))


async def counted_more(kid: At, session: ServerSession, than: int) -> bool:
    return await session_seconds(kid, session) > than


async def session_seconds(kid: At, session: ServerSession) -> int:
    read = await session.read_user(kid.name)
    return (read.live.session_seconds or 0) if read and read.live else 0


async def known(kid: At, session: ServerSession) -> bool:
    return bool((await session.call(timekpr.get_user_information(kid.name, "R"))).data)


async def unexpected(kid: At, session: ServerSession) -> bool:
    return (await session.call(timekpr.get_user_information(kid.name, "R"))).code == -1
