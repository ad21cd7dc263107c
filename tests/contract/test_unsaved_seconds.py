"""What the daemon counted and did not save yet, when a grant comes: up to half a minute, unless set otherwise."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from tests.contract.computers import USERS, WEDNESDAY, At, Computer
from tests.contract.delivering import Delivering, readings
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.grant import moved_between
from timekpr_mngr.domain.snapshot import Live
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

HOUR = 3600
SAVE_SECONDS = 600
SOON_SECONDS = 6
UNSAVED = 2  # seconds, at least
NOT_SEEN = Live(as_of=datetime(2026, 11, 18, tzinfo=UTC))


async def test_a_daemon_that_died_loses_time_spent_and_balance_alike(
    own_computer: Computer, own_delivering: Delivering
) -> None:
    """So a grant is known all the same, whether it was killed or stopped, before or after it."""
    session = await rarely_saving(own_computer)
    kill, stop = own_computer.kill_daemon, own_computer.stop_daemon
    cases = [(kill, False, False), (kill, True, True), (stop, False, True), (stop, True, False)]
    for name, (end, is_after, is_lost) in zip(USERS, cases, strict=False):
        kid = await counted(At(own_computer, name), session)
        dies = restarting(own_computer, end)
        (own_delivering.after if is_after else own_delivering.before)("setTimeLeft", dies)
        own_delivering.after("setTimeLeft", ends_link=is_lost)

        change = await own_delivering.gives(kid, 900)

        case = (end.__name__, is_after, is_lost)
        assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900), case
        assert moved_between(*readings(change)) == 900, case
        assert spent(kid) - kid.balance == 900, case
        assert spent(kid) == HOUR, case  # what was counted is lost
        kid.logout()
    await session.close()


async def test_a_daemon_that_died_before_it_was_asked_is_asked_again(
    own_computer: Computer, own_delivering: Delivering
) -> None:
    session = await rarely_saving(own_computer)
    kid = await counted(At(own_computer, USERS[0]), session)
    own_delivering.before("setTimeLeft", restarting(own_computer, own_computer.kill_daemon), ends_link=True)

    change = await own_delivering.gives(kid, 900)

    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert spent(kid) - kid.balance == 900
    await session.close()


async def test_adding_keeps_what_is_not_saved_and_setting_drops_it_from_everything(
    own_computer: Computer, own_delivering: Delivering
) -> None:
    """Either way what the file tells of a grant is exact, also when its answer was lost."""
    session = await rarely_saving(own_computer)
    users = iter(USERS)
    for is_lost in (False, True):
        kid = await counted(At(own_computer, next(users)), session)
        own_delivering.after("setTimeLeft", ends_link=is_lost)
        change = await own_delivering.gives(kid, 900)
        assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
        now = await live(kid, session)
        assert (now.spent_day_seconds or 0) >= HOUR + UNSAVED
        assert (now.spent_day_seconds or 0) - (now.balance_seconds or 0) == 900

        own_delivering.after("setTimeLeft", ends_link=is_lost)
        change = await own_delivering.sets_left(kid, 1800)
        assert (change.state, change.message) == (ChangeState.APPLIED, None)
        assert moved_between(*readings(change)) == HOUR - 900 - 5400
        now = await live(kid, session)
        assert (now.spent_day_seconds or 0) - (now.balance_seconds or 0) == HOUR - 5400
        kid.logout()
    await session.close()


async def test_what_an_overtaken_save_leaves_in_memory_alone_is_waited_for(
    own_computer: Computer, own_delivering: Delivering
) -> None:
    """The daemon saves in another thread than it answers in: its file may have what was before a grant for a while."""
    session = await rarely_saving(own_computer)
    users = iter(USERS)
    for is_lost in (False, True):
        kid = await counted(At(own_computer, next(users)), session)
        before = own_computer.text(kid.control_path) or ""

        async def overtaken(kid: At = kid, before: str = before) -> None:
            own_computer.rewrite(kid.control_path, before)
            now = await live(kid, session)
            assert (now.spent_day_seconds or 0) - (now.balance_seconds or 0) == 900
            assert spent(kid) == kid.balance
            await session.call(timekpr.set_server_save_seconds(SOON_SECONDS))

        own_delivering.after("setTimeLeft", overtaken, ends_link=is_lost)

        passing = asyncio.create_task(time_passes(own_computer))
        change = await own_delivering.gives(kid, 900)
        passing.cancel()

        assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
        assert spent(kid) - kid.balance == 900
        kid.logout()
        await session.call(timekpr.set_server_save_seconds(SAVE_SECONDS))
    await session.close()


async def time_passes(computer: Computer) -> None:
    """Also for a computer whose time does not pass by itself."""
    while True:
        await computer.let_pass(1)
        await asyncio.sleep(0.2)


async def rarely_saving(computer: Computer) -> ServerSession:
    computer.set_clock(WEDNESDAY)
    session = await computer.open()
    assert (await session.call(timekpr.set_server_save_seconds(SAVE_SECONDS))).ok
    return session


async def counted(kid: At, session: ServerSession) -> At:
    """At the computer for a while, with two hours a day and an hour used, of which nothing more was saved."""
    kid.set_conf(LIMITS_PER_WEEKDAYS=";".join(["7200"] * 7))
    kid.set_control(
        LAST_CHECKED=WEDNESDAY,
        TIME_SPENT_BALANCE=HOUR,
        TIME_SPENT_DAY=HOUR,
        TIME_SPENT_WEEK=HOUR,
        TIME_SPENT_MONTH=HOUR,
    )
    kid.login()

    async def has_unsaved() -> bool:
        return ((await live(kid, session)).session_seconds or 0) >= UNSAVED

    await kid.computer.until(has_unsaved)
    assert spent(kid) == HOUR
    return kid


def restarting(computer: Computer, end: Callable[[], None]) -> Callable[[], None]:
    def restart() -> None:
        end()
        computer.start_daemon()

    return restart


async def live(kid: At, session: ServerSession) -> Live:
    read = await session.read_user(kid.name)
    assert read is not None
    return read.live or NOT_SEEN


def spent(kid: At) -> int:
    return int(kid.control["TIME_SPENT_DAY"])
