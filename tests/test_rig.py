"""The rig is what it says: the real timekprd, bus and sshd on computers that keep to themselves."""

import contextlib
import io
import json
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.rig import HostError, TimekprHost
from tests.rig.host import ended, wait_until

MakeHost = Callable[..., TimekprHost]

FAST = {"TIMEKPR_POLLTIME": "1", "TIMEKPR_SAVE_TIME": "1", "TIMEKPR_TERMINATION_TIME": "3"}
SYSTEMD, TIMEDATE, HOSTNAME, LOGIN = (
    f"org.freedesktop.{name}" for name in ("systemd1", "timedate1", "hostname1", "login1")
)
UNIT = "/org/freedesktop/systemd1/unit/timekpr_2eservice"
CAP_SYS_TIME = 1 << 25
SOON = 60  # seconds in which something is there; a machine with much else to do is slow, and not wrong


@pytest.fixture(scope="module")
def computer(shared_host: MakeHost) -> TimekprHost:
    return shared_host("computer", timekpr=FAST, restart_seconds=1)


@pytest.fixture(scope="module")
def moved(shared_host: MakeHost) -> TimekprHost:
    """A computer whose clock can be moved."""
    return shared_host("moved", timekpr=FAST, fake_clock=True)


@pytest.fixture
def alice_at_the_desktop(computer: TimekprHost) -> Iterator[TimekprHost]:
    computer.login("alice")
    yield computer
    computer.logout("alice")


def test_computers_made_at_once_get_addresses_of_their_own(make_host: MakeHost) -> None:
    with ThreadPoolExecutor(3) as pool:
        hosts = list(pool.map(lambda _: make_host(daemon=False), range(3)))
    assert len({host.address for host in hosts}) == 3
    assert [host.ssh("hostname").stdout.strip() for host in hosts] == [host.name for host in hosts]


def test_an_address_is_not_given_twice(computer: TimekprHost, make_host: MakeHost) -> None:
    computer.stop("sshd")
    try:
        with pytest.raises(HostError, match="no free address"):
            make_host(address=computer.address)
    finally:
        computer.start("sshd")


def test_a_setting_lands_in_the_files_of_its_computer_alone(
    computer: TimekprHost, moved: TimekprHost
) -> None:
    assert computer.timekpra("--settimelimits", "bob", "3600;3600;3600;3600;3600;3600;3600") == ""
    assert "LIMITS_PER_WEEKDAYS = 3600;3600" in computer.conf("bob")
    assert "LIMITS_PER_WEEKDAYS = 86400;" in computer.prev("bob")
    assert "LIMITS_PER_WEEKDAYS = 86400;" in moved.conf("bob")
    assert not Path("/var/lib/timekpr/config/timekpr.bob.conf").exists()


def test_time_is_counted_for_who_is_logged_in(alice_at_the_desktop: TimekprHost) -> None:
    host = alice_at_the_desktop
    assert wait_until(lambda: int(host.userinfo("alice").get("ACTUAL_TIME_SPENT_DAY", 0)) > 0, SOON)
    assert wait_until(lambda: "\nTIME_SPENT_DAY = 0\n" not in host.control("alice"), SOON)
    assert "ACTUAL_TIME_SPENT_DAY" not in host.userinfo("bob")


def test_a_session_without_time_left_is_terminated(make_host: MakeHost) -> None:
    host = make_host(timekpr=FAST)
    host.timekpra("--settimeleft", "bob", "=", "0")
    host.login("bob")
    assert wait_until(lambda: not host.sessions(), SOON)
    assert [call["call"] for call in host.calls()] == ["TerminateSession"]


def test_a_member_of_the_group_may_administer_and_a_child_may_not(computer: TimekprHost) -> None:
    assert "alice" in computer.ssh("timekpra --userlist", user="manager").stdout.split()
    assert "alice" not in computer.run("timekpra", "--userlist", user="bob").stdout.split()


def test_a_moved_clock_is_everyones_on_that_computer_only(computer: TimekprHost, moved: TimekprHost) -> None:
    moved.clock("2026-03-01 12:00:00")
    assert moved.ssh("date +%F").stdout.strip() == "2026-03-01"
    assert moved.now().date().isoformat() == "2026-03-01"
    assert moved.run("date", "+%F").stdout.strip() == "2026-03-01"
    assert abs(get(moved, TIMEDATE, "TimeUSec") / 1_000_000 - moved.now().timestamp()) < 2
    assert computer.ssh("date +%F").stdout.strip() != "2026-03-01"


def test_userinfo_writes_a_stale_control_file(moved: TimekprHost) -> None:
    moved.clock("2026-03-02 12:00:00")
    moved.userinfo("bob")
    assert "LAST_CHECKED = 2026-03-02" in moved.control("bob")
    moved.clock("2026-03-03 12:00:00")
    assert "LAST_CHECKED = 2026-03-02" in moved.control("bob")
    moved.userinfo("bob")
    assert "LAST_CHECKED = 2026-03-03" in moved.control("bob")


def test_the_clock_of_this_machine_is_out_of_a_computers_reach(computer: TimekprHost) -> None:
    # a computer's root that may set the clock sets everybody's: there is no namespace for it
    command = "grep CapBnd /proc/self/status"
    for done in (computer.ssh(command), computer.run(*command.split())):
        assert int(done.stdout.split()[1], 16) & CAP_SYS_TIME == 0


def test_timekprd_follows_a_new_time_zone_at_once(make_host: MakeHost) -> None:
    host = make_host(timekpr=FAST)
    before = host.now()
    host.login("alice")
    # 14 hours ahead or 11 behind: either way another day
    zone = "Pacific/Kiritimati" if before.hour >= 10 else "Pacific/Pago_Pago"
    host.time_zone(zone)
    assert host.now().date() != before.date()
    assert wait_until(lambda: get(host, TIMEDATE, "Timezone") == zone, SOON)
    assert wait_until(lambda: f"LAST_CHECKED = {host.now():%Y-%m-%d}" in host.control("alice"), SOON)


def test_without_timekprd_the_tool_says_so_and_exits_with_0(computer: TimekprHost) -> None:
    computer.stop("timekprd")
    try:
        done = computer.run("timekpra", "--userlist")
    finally:
        computer.start("timekprd")
    assert "FAILED to obtain connection" in done.stdout
    assert done.returncode == 0


def test_a_paused_timekprd_answers_when_it_is_resumed(computer: TimekprHost) -> None:
    call = [
        "busctl",
        "--timeout=1",
        "call",
        "com.timekpr.server",
        "/com/timekpr/server",
        "com.timekpr.server.user.admin",
        "getUserList",
    ]
    computer.pause("timekprd")
    try:
        assert computer.run(*call).returncode != 0
        assert get(computer, SYSTEMD, "ActiveState", UNIT, ".Unit") == "active"
    finally:
        computer.resume("timekprd")
    assert computer.run(*call).returncode == 0


def test_a_stopped_sshd_takes_its_connections_along(computer: TimekprHost) -> None:
    command = [*computer.ssh_argv(), "echo here; sleep 60"]
    held = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert held.stdout
    assert held.stdout.readline() == b"here\n"
    computer.stop("sshd")
    try:
        assert held.wait(5) == 255
        assert computer.ssh("true").returncode == 255
    finally:
        computer.start("sshd")


def test_systemd_tells_that_timekprd_is_stopped_and_since_when_it_runs(computer: TimekprHost) -> None:
    computer.stop("timekprd")
    stopped = unit_state(computer)
    computer.start("timekprd")
    assert stopped == ("inactive", "dead", 0)
    assert unit_state(computer) == ("active", "running", 0)
    assert abs(get(computer, SYSTEMD, "ActiveEnterTimestamp", UNIT, ".Unit") / 1_000_000 - time.time()) < 5


def test_systemd_starts_a_killed_timekprd_again(computer: TimekprHost) -> None:
    computer.kill("timekprd")
    assert unit_state(computer)[:2] == ("activating", "auto-restart")
    assert wait_until(lambda: unit_state(computer) == ("active", "running", 1), SOON)
    computer.restart("timekprd")
    assert unit_state(computer) == ("active", "running", 0)


def test_systemd_knows_no_other_unit(computer: TimekprHost) -> None:
    call = ["busctl", "call", SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD + ".Manager"]
    assert "timekpr_2eservice" in computer.run(*call, "GetUnit", "s", "timekpr.service", user="bob").stdout
    assert "Unit nope.service not loaded." in computer.run(*call, "GetUnit", "s", "nope.service").stderr
    assert computer.run(*call, "LoadUnit", "s", "nope.service").returncode == 0
    assert (
        get(computer, SYSTEMD, "LoadState", "/org/freedesktop/systemd1/unit/nope_2eservice", ".Unit")
        == "not-found"
    )


def test_systemd_signals_a_change_to_its_subscribers_only(computer: TimekprHost) -> None:
    with listening(computer, f"type='signal',path='{UNIT}'") as heard:
        computer.restart("timekprd")
        time.sleep(0.5)
        assert heard() == ""
        subscriber = computer.spawn("manager", "/usr/bin/python3", "-c", SUBSCRIBE_AND_STAY)
        assert wait_until(lambda: "subscribed" in computer.log("spawned"), SOON)
        computer.stop("timekprd")
        assert wait_until(lambda: '"inactive"' in heard(), SOON)
    computer.run("kill", str(subscriber))
    computer.start("timekprd")


def test_what_timedate_and_hostname_tell_can_be_pretended(computer: TimekprHost) -> None:
    assert get(computer, HOSTNAME, "StaticHostname") == computer.name
    assert get(computer, TIMEDATE, "NTPSynchronized") is True
    computer.pretend(TIMEDATE, NTPSynchronized=False)
    assert wait_until(lambda: get(computer, TIMEDATE, "NTPSynchronized") is False, SOON)
    computer.pretend(TIMEDATE, NTPSynchronized=True)


def test_logind_signals_sessions_and_what_changes_in_them(computer: TimekprHost) -> None:
    with listening(computer, f"type='signal',sender='{LOGIN}'") as heard:
        sid = computer.login("bob", "wayland")
        assert wait_until(lambda: "SessionNew" in heard() and "UserNew" in heard(), SOON)
        computer.session("bob", locked=True)
        assert wait_until(lambda: '"LockedHint"' in heard(), SOON)
        computer.session("bob", idle=True)
        assert wait_until(lambda: heard().count('"IdleHint"') >= 2, SOON)  # the session's and the user's
        computer.session("bob", state="online")
        assert wait_until(lambda: '"Active"' in heard(), SOON)
        session = f"/org/freedesktop/login1/session/{sid.replace('_', '_5f')}"
        assert get(computer, LOGIN, "State", session, ".Session") == "online"
        assert get(computer, LOGIN, "Type", session, ".Session") == "wayland"
        computer.logout("bob")
        assert wait_until(lambda: "SessionRemoved" in heard() and "UserRemoved" in heard(), SOON)
        assert '"State"' not in heard()


def test_logind_locks_for_root_only(alice_at_the_desktop: TimekprHost) -> None:
    call = [
        "busctl",
        "call",
        LOGIN,
        "/org/freedesktop/login1",
        LOGIN + ".Manager",
        "LockSession",
        "s",
        "c_alice",
    ]
    refused = alice_at_the_desktop.run(*call, user="manager")
    assert "Interactive authentication required" in refused.stderr
    assert alice_at_the_desktop.run(*call).returncode == 0
    assert alice_at_the_desktop.sessions()[0]["locked"] is True


def test_anybody_can_forge_a_signal_and_only_its_sender_tells(computer: TimekprHost) -> None:
    pattern = "type='signal',member='timeLeft',path='/com/timekpr/server/user/alice'"
    with (
        listening(computer, pattern) as anyone,
        listening(computer, pattern + ",sender='com.timekpr.server'") as real,
    ):
        computer.forge_signal("bob", "timeLeft", "sa{si}", "alice", 1, "LEFTD", -99999, about="alice")
        assert wait_until(lambda: "-99999" in anyone(), SOON)
        time.sleep(0.2)
        assert real() == ""


@pytest.fixture(scope="module")
def restricted(computer: TimekprHost, key: Path) -> TimekprHost:
    """A computer where `manager` has the two words and nothing else, by `key`."""
    computer.authorize("manager", key)
    return computer


def test_the_restricted_key_opens_the_bus(restricted: TimekprHost, key: Path) -> None:
    done = restricted.ssh("bus", user="manager", key=key, input="\0AUTH EXTERNAL\r\nDATA\r\n")
    assert "OK " in done.stdout


def test_the_restricted_key_reads_timekprs_files(restricted: TimekprHost, key: Path) -> None:
    command = [*restricted.ssh_argv("manager", key=key), "files"]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
    assert "etc/timekpr/timekpr.conf" in names
    assert "var/lib/timekpr/work/alice.time" in names


@pytest.mark.parametrize("command", ["id", "bus; id", "files /etc/shadow", "sh", "echo bus"])
def test_the_restricted_key_runs_no_other_command(restricted: TimekprHost, key: Path, command: str) -> None:
    assert restricted.ssh(command, user="manager", key=key, input="id\n").stdout == ""


def test_the_restricted_key_opens_no_shell(restricted: TimekprHost, key: Path) -> None:
    argv = restricted.ssh_argv("manager", "-tt", key=key)
    done = subprocess.run(argv, check=False, capture_output=True, text=True, input="id\n", timeout=10)
    assert done.stdout == ""
    assert "PTY allocation request failed" in done.stderr


def test_the_restricted_key_transfers_no_file(restricted: TimekprHost, key: Path) -> None:
    argv = [
        "sftp",
        *restricted.ssh_options(key),
        "-P",
        str(restricted.port),
        "-b",
        "-",
        f"manager@{restricted.address}",
    ]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, input="ls /\n", timeout=10)
    assert done.returncode != 0
    assert "etc" not in done.stdout


def test_the_restricted_key_forwards_no_connection(
    restricted: TimekprHost, key: Path, tmp_path: Path
) -> None:
    def ssh(*options: str) -> subprocess.CompletedProcess[str]:
        argv = restricted.ssh_argv("manager", "-o", "ExitOnForwardFailure=yes", *options, key=key)
        return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=10)

    tcp = ssh("-W", f"{restricted.address}:{restricted.port}")
    assert "administratively prohibited" in tcp.stderr
    for listener in ("127.0.0.1:0:127.0.0.1:22", f"/tmp/there:{tmp_path}/here"):
        assert "remote port forwarding failed" in ssh("-N", "-R", listener).stderr


def test_the_restricted_key_forwards_no_socket(restricted: TimekprHost, key: Path, tmp_path: Path) -> None:
    spot = tmp_path / "bus"
    argv = restricted.ssh_argv("manager", "-N", "-L", f"{spot}:/run/dbus/system_bus_socket", key=key)
    forwarding = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(10)
            assert wait_until(lambda: connects(link, spot), SOON)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.sendall(b"\0AUTH EXTERNAL\r\nDATA\r\n")
                assert link.recv(100) == b""
    finally:
        forwarding.kill()
        forwarding.wait()
    assert "refused streamlocal port forward" in restricted.log("sshd")


def connects(link: socket.socket, spot: Path) -> bool:
    """ssh makes the file before it listens on it."""
    return spot.exists() and link.connect_ex(str(spot)) == 0


def test_a_wide_key_has_a_shell(computer: TimekprHost, key: Path) -> None:
    computer.authorize("alice", key, restricted=False)
    assert computer.ssh("id -un", user="alice", key=key).stdout.strip() == "alice"


def test_a_computer_ends_with_the_process_that_made_it(rig_folder: Path) -> None:
    code = (
        "from tests.rig import TimekprHost; import time\n"
        "host = TimekprHost('orphan', daemon=False, die_with_parent=True)\n"
        "print(host.pid, flush=True); time.sleep(60)"
    )
    maker = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    assert maker.stdout
    pid = int(maker.stdout.readline())
    assert not ended(pid)
    maker.kill()
    maker.wait()
    assert wait_until(lambda: ended(pid), SOON)
    TimekprHost.existing("orphan").down()


def get(host: TimekprHost, service: str, name: str, path: str | None = None, interface: str = "") -> Any:
    """A property, as an ordinary member of the group reads it."""
    path = path or "/" + service.replace(".", "/")
    done = host.run(
        "busctl", "--json=short", "get-property", service, path, service + interface, name, user="manager"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]


def unit_state(host: TimekprHost) -> tuple[str, str, int]:
    return (
        get(host, SYSTEMD, "ActiveState", UNIT, ".Unit"),
        get(host, SYSTEMD, "SubState", UNIT, ".Unit"),
        get(host, SYSTEMD, "NRestarts", UNIT, ".Service"),
    )


@contextlib.contextmanager
def listening(host: TimekprHost, pattern: str) -> Iterator[Callable[[], str]]:
    """The signals that a program of `manager` gets by this match rule."""
    done = host.run("mktemp", "/tmp/heard.XXXXXX", user="manager")
    spot = done.stdout.strip()
    pid = host.spawn("manager", "sh", "-c", 'exec dbus-monitor --system "$1" > "$2"', "sh", pattern, spot)

    def heard() -> str:
        """What was heard, less what the bus itself says to a new connection."""
        messages = host.file(spot).split("\nsignal ")
        return "".join(message for message in messages if "sender=org.freedesktop.DBus " not in message)

    assert wait_until(lambda: "NameAcquired" in host.file(spot), SOON)
    time.sleep(0.1)  # its match rule follows its name
    yield heard
    host.run("kill", str(pid))


SUBSCRIBE_AND_STAY = """
import dbus, time
bus = dbus.SystemBus()
bus.call_blocking("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                  "Subscribe", "", ())
print("subscribed", flush=True)
time.sleep(30)
"""
