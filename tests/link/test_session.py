"""A session with the real timekprd over the real sshd, by the restricted key and by a wider one."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.link.machines import Heard, Open, Stopwatch, of_rig, until
from tests.rig import TimekprHost
from timekpr_mngr.domain.user import Day
from timekpr_mngr.link import file_reader
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.health import health
from timekpr_mngr.link.session import DaemonChanged, LimitsChanged, SessionsChanged, Ticked
from timekpr_mngr.timekpr import interface as timekpr

BOTH_KEYS = pytest.mark.parametrize("restricted", [True, False], ids=["restricted key", "wide key"])
A_SECOND = timedelta(seconds=1)


async def until_in_memory(session: BusSession, user: str) -> None:
    """timekprd takes a user into memory at its first poll after the login."""
    async with asyncio.timeout(60):
        while not (await session.call(timekpr.get_user_information(user, "R"))).data:
            await Heard(session).wait(lambda event: isinstance(event, Ticked))


@BOTH_KEYS
async def test_everything_is_read(machine: TimekprHost, opened: Open, restricted: bool) -> None:
    session = await opened(machine, restricted)
    assert session.key_is_restricted is restricted
    await until_in_memory(session, "alice")
    before = datetime.now(UTC)
    snapshot = await session.read()

    assert snapshot.time_zone == "Europe/Vienna"
    assert snapshot.server_time is not None
    assert before - A_SECOND < snapshot.server_time < datetime.now(UTC) + A_SECOND
    assert snapshot.server_time.utcoffset() == machine.now().utcoffset()
    assert snapshot.config is not None
    assert snapshot.config.poll_seconds == 3
    assert snapshot.config_text == machine.server_conf()
    assert {"alice", "bob", "carol"} <= set(snapshot.users)

    alice, bob = snapshot.users["alice"], snapshot.users["bob"]
    assert alice.full_name == "Alice Example"
    assert alice.config_text == machine.conf("alice")
    assert alice.config is not None
    assert alice.control is not None
    assert alice.logged_in
    assert alice.counted
    assert alice.live is not None
    assert alice.live.left_day_seconds is not None
    assert alice.sessions[0].type == "x11"
    assert alice.problem is None
    assert (bob.logged_in, bob.counted, bob.live, bob.sessions) == (False, False, None, ())
    assert bob.control_text == machine.control("bob")
    assert bob.config is not None


async def test_reading_writes_nothing(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    stale = machine.control("bob").replace(f"LAST_CHECKED = {machine.now():%Y}", "LAST_CHECKED = 2019")
    machine.path("/var/lib/timekpr/work/bob.time").write_text(stale)
    before = (
        machine.conf("bob"),
        machine.control("bob"),
        machine.path("/var/lib/timekpr/work/bob.time").stat().st_mtime_ns,
    )
    snapshot = await session.read()
    await session.read_user("bob")
    assert snapshot.users["bob"].control is not None
    assert snapshot.users["bob"].control.last_checked.year == 2019
    assert before == (
        machine.conf("bob"), machine.control("bob"), machine.path("/var/lib/timekpr/work/bob.time").stat().st_mtime_ns
    )  # fmt: skip


@BOTH_KEYS
async def test_a_setting_is_set_and_read_back(machine: TimekprHost, opened: Open, restricted: bool) -> None:
    session = await opened(machine, restricted)
    seconds = 100_000 + restricted
    reply = await session.call(timekpr.set_time_limit_for_week("bob", seconds))
    assert (reply.ok, reply.message) == (True, "")
    bob = await session.read_user("bob")
    assert bob is not None
    assert bob.config is not None
    assert bob.config.week_limit_seconds == seconds
    assert bob.previous_text == machine.prev("bob")
    assert machine.userinfo("bob")["LIMIT_PER_WEEK"] == str(seconds)


async def test_files_that_were_just_read_do_for_another_user_until_something_is_called(
    machine: TimekprHost, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reader, "JUST_READ_SECONDS", 600.0)
    session = await opened(machine)
    conf, kept = machine.path("/var/lib/timekpr/config/timekpr.bob.conf"), machine.conf("bob")

    async def week(*, just_read_will_do: bool) -> int:
        bob = await session.read_user("bob", just_read_will_do=just_read_will_do)
        assert bob is not None
        assert bob.config is not None
        return bob.config.week_limit_seconds

    before = await week(just_read_will_do=False)
    conf.write_text(kept.replace(f"LIMIT_PER_WEEK = {before}", "LIMIT_PER_WEEK = 4321"))
    try:
        assert await week(just_read_will_do=True) == before
        await session.call(timekpr.set_time_limit_for_month("alice", 2_000_000))
        assert await week(just_read_will_do=True) == 4321
        conf.write_text(kept)
        assert await week(just_read_will_do=True) == 4321
        assert await week(just_read_will_do=False) == before
    finally:
        conf.write_text(kept)


async def test_a_refusal_is_a_reply_and_no_failure(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    reply = await session.call(timekpr.set_time_limit_for_week("nobody", 1))
    assert not reply.ok
    assert "nobody" in reply.message


async def test_a_user_that_the_server_has_not_is_none(machine: TimekprHost, opened: Open) -> None:
    assert await (await opened(machine)).read_user("nobody") is None


async def test_a_day_that_is_changed_is_told_as_it_is_in_force(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    await until_in_memory(session, "alice")
    days = [Day().limit_seconds - 60] * 7
    assert (await session.call(timekpr.set_time_limits_for_days("alice", days))).ok
    limits = await session.limits_in_force("alice")
    assert limits is not None
    assert limits.days[1].limit_seconds == 86_340
    assert await session.limits_in_force("bob") is None


async def test_time_ticks_for_who_is_logged_in(machine: TimekprHost, opened: Open) -> None:
    heard = Heard(await opened(machine))
    tick = await heard.wait(lambda event: isinstance(event, Ticked))
    assert tick.user == "alice"
    assert tick.live.left_day_seconds is not None


async def test_changed_limits_are_told_once(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    await until_in_memory(session, "alice")
    await session.limits_in_force("alice")
    heard = Heard(session)
    await session.limits_in_force("alice")  # asking changes nothing
    assert (
        await session.call(timekpr.set_time_limit_for_month("alice", 1_000_000 + int(time.time()) % 1000))
    ).ok
    await heard.wait(lambda event: isinstance(event, LimitsChanged) and event.user == "alice")
    assert len([event for event in heard.events if isinstance(event, LimitsChanged)]) == 1


async def test_who_logs_in_and_out_and_locks_is_told(machine: TimekprHost, opened: Open) -> None:
    heard = Heard(await opened(machine))

    def now_with(**state: object) -> object:
        def wanted(event: object) -> bool:
            if not isinstance(event, SessionsChanged):
                return False
            mine = [session for session in event.sessions if session.user == "bob"]
            return bool(mine) and all(getattr(mine[0], name) == value for name, value in state.items())

        return heard.wait(wanted)

    machine.login("bob", "wayland")
    await now_with(type="wayland", locked=False)  # type: ignore[misc]
    machine.session("bob", locked=True)
    await now_with(locked=True)  # type: ignore[misc]
    machine.logout("bob")
    await heard.wait(
        lambda e: (
            isinstance(e, SessionsChanged)
            and all(s.user != "bob" for s in e.sessions)
            and e is heard.events[-1]
        )
    )


async def test_a_childs_forged_signals_are_dropped(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    heard = Heard(session)
    me = session._bus.unique_name
    assert me is not None
    machine.forge_signal(
        "bob", "timeLeft", "sa{si}", "low", 2, "LEFTD", 77_777, "LEFT", 77_777, about="alice"
    )
    for destination in (me, "com.timekpr.server"):  # straight to us, past every match rule
        left = ("sa{si}", "low", "2", "LEFTD", "77777", "LEFT", "77777")
        path, interface = "/com/timekpr/server/user/alice", "com.timekpr.server.user.limits"
        machine.run(
            "busctl", "emit", f"--destination={destination}", path, interface, "timeLeft", *left, user="bob"
        )
    await heard.wait(lambda event: isinstance(event, Ticked))
    ticks = [event.live.left_day_seconds for event in heard.events if isinstance(event, Ticked)]
    assert ticks
    assert 77_777 not in ticks


async def test_a_listener_that_fails_or_left_holds_nobody_up(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    left: list[object] = []
    stop = session.listen(left.append)

    def failing(_: object) -> None:
        raise RuntimeError

    session.listen(failing)
    heard = Heard(session)
    stop()
    stop()
    await heard.wait(lambda event: isinstance(event, Ticked))
    assert left == []


@BOTH_KEYS
async def test_folders_of_the_servers_own_are_read(
    fragile: TimekprHost, opened: Open, restricted: bool
) -> None:
    """The wide key reads what timekpr.conf names; for the restricted one the line names it, and here does not."""
    usual = fragile.server_conf()
    folder = fragile.path("/srv/kids/config")
    folder.mkdir(parents=True, exist_ok=True)
    text = fragile.conf("alice").replace("LIMIT_PER_WEEK = 604800", "LIMIT_PER_WEEK = 4242")
    (folder / "timekpr.alice.conf").write_text(text)
    conf = fragile.path("/etc/timekpr/timekpr.conf")
    conf.write_text(
        usual.replace("TIMEKPR_CONFIG_DIR = /var/lib/timekpr/config", "TIMEKPR_CONFIG_DIR = /srv/kids/config")
    )
    try:
        snapshot = await (await opened(fragile, restricted)).read()
    finally:
        conf.write_text(usual)
    alice = snapshot.users["alice"]
    if restricted:
        assert alice.config is None
        assert alice.problem is not None
    else:
        assert alice.config is not None
        assert alice.config.week_limit_seconds == 4242


async def test_what_is_no_settings_file_is_told_and_never_taken_for_no_limits(
    fragile: TimekprHost, opened: Open
) -> None:
    session = await opened(fragile)
    path = fragile.path("/var/lib/timekpr/config/timekpr.bob.conf")
    usual = path.read_text()
    try:
        for text in ("", "no ini at all", "[bob]\nx = \xff"):
            path.write_text(text, encoding="latin-1")
            bob = (await session.read()).users["bob"]
            assert bob.config is None
            assert bob.problem is not None
            assert bob.config_text is not None
    finally:
        path.write_text(usual)


async def test_two_sessions_and_many_calls_at_once(machine: TimekprHost, opened: Open) -> None:
    one, two = await asyncio.gather(opened(machine), opened(machine, False))
    replies = await asyncio.gather(
        *(
            session.call(timekpr.get_user_information("alice", "R"))
            for session in (one, two)
            for _ in range(50)
        ),
        *(session.read() for session in (one, two) for _ in range(3)),
    )
    assert len(replies) == 106


async def test_a_cancelled_read_leaves_the_session_whole(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    for milliseconds in range(0, 12, 1):
        reading = asyncio.create_task(session.read())
        await asyncio.sleep(milliseconds / 1000)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    for _ in range(12):  # more than sshd has channels: none of them leaked
        assert "alice" in (await session.read()).users


async def test_closing_ends_it_and_may_be_done_twice(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    waiting = asyncio.create_task(session.wait_closed())
    await session.close()
    await session.close()
    async with asyncio.timeout(60):
        await waiting


async def test_the_host_key_is_learnt_as_it_is_pinned(machine: TimekprHost, opened: Open) -> None:
    learnt = await SshConnector().host_key(machine.address, machine.port)
    assert learnt == machine.host_key
    assert (await opened(of_rig(machine, host_key=learnt))).daemon_present


async def test_health_says_that_all_is_well(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    await until_in_memory(session, "alice")
    checks = {check.name: check for check in await health(session)}
    assert [name for name, check in checks.items() if check.ok is False] == []
    assert checks["service"].ok is True
    assert checks["clock"].ok is True
    assert "Europe/Vienna" in checks["time zone"].sentence
    assert checks["key"].fix is None


async def test_health_advises_to_narrow_a_wide_key(machine: TimekprHost, opened: Open) -> None:
    checks = {check.name: check for check in await health(await opened(machine, restricted=False))}
    assert checks["key"].ok is True
    assert "authorized_keys" in (checks["key"].fix or "")


async def test_health_sees_a_wrong_clock_and_a_missing_zone(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    told = fragile.share / "pretence.json"
    usual = told.read_text()
    fragile.pretend("org.freedesktop.timedate1", TimeUSec=int((time.time() + 7200) * 1e6), Timezone="")
    try:

        async def seen() -> bool:  # the stand-in looks a few times a second
            return (await session.clock()).time_zone is None

        await until(seen)
        checks = {check.name: check for check in await health(session)}
        snapshot = await session.read()
    finally:
        told.write_text(usual)
    assert (snapshot.time_zone, snapshot.server_time) == (None, None)
    assert checks["clock"].ok is False
    assert "2 h ahead" in checks["clock"].sentence
    assert checks["time zone"].ok is None


async def test_the_daemon_goes_and_comes_back(fragile: TimekprHost, opened: Open) -> None:
    session = await opened(fragile)
    heard = Heard(session)
    fragile.stop("timekprd")
    await heard.wait(lambda event: event == DaemonChanged(False))
    assert not session.daemon_present
    snapshot = await session.read()
    assert snapshot.users["alice"].config is not None
    assert snapshot.users["alice"].live is None
    checks = {check.name: check for check in await health(session)}
    assert (checks["timekpr"].ok, checks["group"].ok, checks["service"].ok) == (False, None, False)
    fragile.start("timekprd")
    await heard.wait(lambda event: event == DaemonChanged(True))
    assert (await session.call(timekpr.get_user_list())).ok


async def test_a_session_opens_without_the_daemon_and_learns_the_users_later(
    fragile: TimekprHost, opened: Open
) -> None:
    fragile.stop("timekprd")
    try:
        session = await opened(fragile)
        assert not session.daemon_present
        assert (await session.read()).users["alice"].full_name == ""
        heard = Heard(session)
    finally:
        fragile.start("timekprd")
    await heard.wait(lambda event: event == DaemonChanged(True))

    async def learnt() -> bool:
        return (await session.read()).users["alice"].full_name == "Alice Example"

    await until(learnt)


async def test_a_read_takes_a_blink(machine: TimekprHost, opened: Open) -> None:
    session = await opened(machine)
    await session.read()
    seconds = []
    for _ in range(10):
        with Stopwatch() as watch:
            await session.read()
        seconds.append(watch.seconds)
    assert min(seconds) < 0.25  # the others may have waited for what else this machine does
