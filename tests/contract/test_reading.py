"""What a session reads, and that reading leaves no trace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.computers import USERS, At, Computer
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Session
from timekpr_mngr.domain.usage import Control
from timekpr_mngr.domain.user import UserConfig, WeekLayout
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import DaemonChanged, LinkEvent, ServerSession, SessionsChanged
from timekpr_mngr.timekpr import interface as timekpr


async def test_a_fresh_computer_is_read_whole(own_computer: Computer) -> None:
    session = await own_computer.open()

    snapshot = await session.read()

    assert list(snapshot.users) == sorted([*USERS, "manager"])
    assert snapshot.time_zone == "UTC"
    assert snapshot.config == ServerConfig(
        poll_seconds=1,
        save_seconds=2,
        termination_seconds=3,
        playtime_enabled=True,
        excluded_users=("testtimekpr", "gdm", "kdm", "lightdm", "mdm", "lxdm", "xdm", "sddm", "cdm"),
    )
    assert snapshot.config_text == own_computer.text("/etc/timekpr/timekpr.conf")
    user = snapshot.users[USERS[0]]
    assert user.config == UserConfig()
    assert user.week == WeekLayout()
    assert user.playtime_week == WeekLayout(limits=(0,) * 7)
    assert user.control is not None
    assert user.control == Control(0, 0, 0, 0, user.control.last_checked)
    assert (user.live, user.sessions, user.problem) == (None, (), None)
    assert (user.logged_in, user.counted) == (False, False)
    assert user.previous_text is None
    await session.close()


async def test_the_servers_own_clock_is_read(computer: Computer, session: ServerSession) -> None:
    snapshot = await session.read()

    assert snapshot.server_time is not None
    assert abs(snapshot.server_time.replace(tzinfo=None) - computer.now()) < timedelta(seconds=3)


async def test_reading_leaves_a_stale_file_as_it_is(kid: At, session: ServerSession) -> None:
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", TIME_SPENT_BALANCE=500, PLAYTIME_SPENT_BALANCE=50)
    before = kid.computer.text(kid.conf_path), kid.computer.text(kid.control_path)

    await session.read()
    read = await session.read_user(kid.name)

    assert read is not None
    assert read.control is not None
    assert read.control.balance_seconds == 500
    assert (kid.computer.text(kid.conf_path), kid.computer.text(kid.control_path)) == before
    assert (read.config_text, read.control_text) == before


async def test_one_user_alone_reads_as_among_all(kid: At, session: ServerSession) -> None:
    kid.set_conf(ALLOWED_HOURS_3="15;!16[10-20]", LIMIT_PER_WEEK=3600)

    alone = await session.read_user(kid.name)

    assert alone == (await session.read()).users[kid.name]


async def test_nobody_is_read_for_an_unknown_name(session: ServerSession) -> None:
    assert await session.read_user("nobody9") is None


async def test_a_broken_file_is_told_and_hides_nothing_else(kid: At, session: ServerSession) -> None:
    kid.computer.write(kid.control_path, "no section here\n")

    read = await session.read_user(kid.name)

    assert read is not None
    assert read.config == UserConfig()
    assert read.control is None
    assert read.problem is not None
    assert read.problem.startswith("The time used cannot be read: ")


async def test_sessions_are_read_and_told_as_they_change(kid: At, session: ServerSession) -> None:
    heard: list[LinkEvent] = []
    session.listen(heard.append)

    def told(expected: tuple[Session, ...]) -> bool:
        events = [event for event in heard if isinstance(event, SessionsChanged)]
        return bool(events) and without_uids(events[-1].sessions) == expected

    here = Session(f"c_{kid.name}", kid.name, "wayland")
    kid.login("wayland")
    await kid.computer.until(lambda: told((here,)))
    kid.computer.set_session(kid.name, locked=True, idle=True)
    away = Session(f"c_{kid.name}", kid.name, "wayland", locked=True, idle=True)
    await kid.computer.until(lambda: told((away,)))
    read = await session.read_user(kid.name)
    assert read is not None
    assert without_uids(read.sessions) == (away,)
    kid.logout()
    await kid.computer.until(lambda: told(()))


def without_uids(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
    """The simulator has no numbers for its users."""
    return tuple(replace(session, uid=None) for session in sessions)


async def test_without_the_daemon_files_are_read_and_calls_fail(own_computer: Computer) -> None:
    session = await own_computer.open()
    heard: list[LinkEvent] = []
    session.listen(heard.append)

    own_computer.stop_daemon()
    await own_computer.until(lambda: DaemonChanged(False) in heard)

    assert not session.daemon_present
    snapshot = await session.read()
    assert snapshot.users[USERS[0]].config == UserConfig()
    assert snapshot.users[USERS[0]].live is None
    with pytest.raises(ServerFailure) as failed:
        await session.call(timekpr.get_user_list())
    assert failed.value.failure == FailureCode.NO_DAEMON
    with pytest.raises(ServerFailure) as failed:
        await session.limits_in_force(USERS[0])
    assert failed.value.failure == FailureCode.NO_DAEMON

    own_computer.start_daemon()
    await own_computer.until(lambda: DaemonChanged(True) in heard)
    assert (await session.call(timekpr.get_user_list())).ok
    await session.close()


async def test_a_session_can_be_opened_while_the_daemon_is_stopped(own_computer: Computer) -> None:
    own_computer.stop_daemon()

    session = await own_computer.open()

    assert list((await session.read()).users) == sorted([*USERS, "manager"])
    await session.close()


async def test_a_new_login_of_the_computer_is_listed_when_it_is_asked_for(
    computer: Computer, session: ServerSession
) -> None:
    reply = await session.call(timekpr.get_user_list())

    assert timekpr.user_list(reply.data) == [(name, "") for name in sorted([*USERS, "manager"])]


async def test_a_closed_session_says_so_and_may_be_closed_again(computer: Computer) -> None:
    session = await computer.open()
    await session.close()
    await session.close()

    await session.wait_closed()
    with pytest.raises(ServerFailure) as failed:
        await session.call(timekpr.get_user_list())
    assert failed.value.failure == FailureCode.UNREACHABLE
