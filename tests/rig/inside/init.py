"""Pid 1 of one host: builds its file system, starts and minds its services, answers the outside.

Started by rig/host.py as `init.py FOLDER [LIFELINE]`, in a fresh process: a fork of the tests' own would carry
along its threads and open files. It makes the host's namespaces and leaves pid 1 running in them. LIFELINE is an
inherited pipe that nobody writes to and whose other end the tests' process holds: with that process ends the host.
"""

import contextlib
import ctypes
import json
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from furnish import CLOCK_ENVIRONMENT, DAEMON_FOLDER, SHARE, furnish, set_time_zone
from unit import Unit

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that has dbus and gi
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID = 0x20000, 0x4000000, 0x8000000, 0x20000000
PR_CAPBSET_DROP, CAP_SYS_TIME = 24, 25
COMMANDS = {
    "dbus": ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"],
    "login1": [SYSTEM_PYTHON, SHARE + "/login1.py", SHARE + "/sessions.json", SHARE + "/calls.jsonl"],
    "machine": [SYSTEM_PYTHON, SHARE + "/machine.py", SHARE + "/services.json", SHARE + "/pretence.json"],
    "timekprd": ["/usr/bin/timekprd"],
    "sshd": ["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config.host"],
}
ON_THE_CLOCK = {"timekprd", "login1", "machine"}  # these see the moved clock of a fake_clock host
BUS_NAMES = {"login1": "org.freedesktop.login1", "machine": "org.freedesktop.hostname1"}
IDLE_SECONDS = 0.2
STOP_SECONDS = 10.0


def main() -> None:
    folder = sys.argv[1]
    lifeline = int(sys.argv[2]) if sys.argv[2:] else None
    with open(os.path.join(folder, "spec.json")) as handle:
        spec = json.load(handle)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.path.join(folder, "share", "ctl.sock"))
    listener.listen(16)
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID) != 0:
        sys.exit("unshare: " + os.strerror(ctypes.get_errno()))
    # the clock is the whole machine's: no namespace keeps a host's root from setting it
    if libc.prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0) != 0:
        sys.exit("dropping CAP_SYS_TIME: " + os.strerror(ctypes.get_errno()))
    pid = os.fork()
    if pid != 0:
        with open(os.path.join(folder, "pid"), "w") as handle:
            handle.write(str(pid))
        os._exit(0)
    log = os.open(os.path.join(folder, "share", "init.log"), os.O_WRONLY | os.O_CREAT, 0o644)
    redirect(log)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Init(spec, listener, lifeline).run()


class Init:
    def __init__(self, spec: dict[str, Any], listener: socket.socket, lifeline: int | None) -> None:
        self.spec, self.listener, self.lifeline = spec, listener, lifeline
        self.services: dict[str, int] = {}  # service name -> pid
        self.units = {name: Unit() for name in COMMANDS}
        self.wanted_ends: set[str] = set()  # services that are being stopped
        self.restart_at: float | None = None  # when systemd would start timekprd again, on time.monotonic()

    def run(self) -> None:
        ready = os.path.join(self.spec["dir"], "share", "ready.json")
        report: dict[str, Any] = {"ok": True}
        began = time.monotonic()
        try:
            furnish(self.spec)
            ready = SHARE + "/ready.json"
            self.boot()
            report["boot_seconds"] = round(time.monotonic() - began, 3)
        except BaseException:
            report = {"ok": False, "error": traceback.format_exc()}
        write_json(ready if os.path.isdir(os.path.dirname(ready)) else SHARE + "/ready.json", report)
        if not report["ok"]:
            os._exit(1)
        while True:
            self.reap()
            self.restart_if_due()
            watched = [self.listener] + ([] if self.lifeline is None else [self.lifeline])
            readable, _, _ = select.select(watched, [], [], IDLE_SECONDS)
            if self.lifeline in readable:  # closed at its other end
                os._exit(0)
            if self.listener in readable:
                self.serve_one()

    def boot(self) -> None:
        self.start("dbus")
        self.wait_for(lambda: os.path.exists("/run/dbus/system_bus_socket"), "dbus-daemon")
        self.start("login1")
        self.start("machine")
        self.start("sshd")
        self.start_and_wait("login1")
        self.start_and_wait("machine")
        self.start_and_wait("sshd")
        if self.spec.get("daemon", True):
            self.start_and_wait("timekprd")

    def serve_one(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(30)
            try:
                request = json.loads(connection.makefile().readline())
                answer = self.handle(request["verb"], request.get("args", []))
            except Exception:
                answer = {"error": traceback.format_exc()}
            with contextlib.suppress(OSError):
                connection.sendall((json.dumps(answer) + "\n").encode())
        if answer.get("bye"):
            os._exit(0)

    def handle(self, verb: str, args: list[Any]) -> dict[str, Any]:
        answers: dict[str, Callable[..., dict[str, Any] | None]] = {
            "status": lambda: {"services": self.services},
            "start": self.start_and_wait,
            "launch": self.start,
            "stop": self.stop,
            "kill": self.kill,
            "signal": lambda name, number: os.kill(self.services[name], getattr(signal, number)),
            "spawn": lambda user, *argv: {"pid": self.spawn("spawned", list(argv), user=user)},
            "alive": lambda pid: {"alive": os.path.exists(f"/proc/{pid}")},
            "time_zone": set_time_zone,
            "down": lambda: {"bye": True},  # all in its namespaces end with pid 1
        }
        return answers[verb](*args) or {}

    def start_and_wait(self, name: str) -> None:
        self.start(name)
        if name in BUS_NAMES:
            self.wait_for(lambda: on_bus(BUS_NAMES[name]), name)
        if name == "sshd":
            self.wait_for(self.sshd_listens, name)
        if name == "timekprd":
            self.wait_for(timekpr_answers, name)

    def sshd_listens(self) -> bool:
        """It writes its number when it does; that of one that was killed may still stand there."""
        try:
            with open("/run/sshd.pid") as handle:
                return handle.read().strip() == str(self.services["sshd"])
        except FileNotFoundError:
            return False

    def start(self, name: str, again: bool = False) -> None:
        if name in self.services:
            return
        folder = DAEMON_FOLDER if name == "timekprd" else "/"
        pid = self.spawn(name, COMMANDS[name], folder=folder, on_the_clock=name in ON_THE_CLOCK)
        self.services[name] = pid
        if name == "timekprd":
            self.restart_at = None
        self.units[name].started(pid, self.now_microseconds(), again)
        self.write_units()

    def restart_if_due(self) -> None:
        if self.restart_at is not None and time.monotonic() >= self.restart_at:
            self.start("timekprd", again=True)

    def stop(self, name: str) -> None:
        if name == "timekprd":
            self.restart_at = None
        self.wanted_ends.add(name)
        self.end(name, signal.SIGTERM)
        self.wanted_ends.discard(name)
        if name == "sshd":
            self.end_ssh_sessions()

    def kill(self, name: str) -> None:
        self.end(name, signal.SIGKILL)

    def end(self, name: str, with_signal: int) -> None:
        pid = self.services.get(name)
        if pid is None:
            return
        os.kill(pid, with_signal)
        os.kill(pid, signal.SIGCONT)  # a paused one hears nothing but a SIGKILL
        give_up = time.monotonic() + STOP_SECONDS
        while name in self.services:
            if time.monotonic() > give_up:
                os.kill(pid, signal.SIGKILL)
            self.reap()
            time.sleep(0.01)

    def end_ssh_sessions(self) -> None:
        """End every sshd child of this host: a machine that goes off takes its connections along."""
        for entry in os.listdir("/proc"):  # this host's own pid namespace
            if not entry.isdigit():
                continue
            with contextlib.suppress(OSError), open(f"/proc/{entry}/comm") as handle:
                if handle.read().startswith("sshd"):
                    os.kill(int(entry), signal.SIGKILL)

    def spawn(
        self,
        log_name: str,
        argv: list[str],
        user: str = "root",
        folder: str = "/",
        on_the_clock: bool = False,
    ) -> int:
        log = os.open(f"{SHARE}/{log_name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        pid = os.fork()
        if pid != 0:
            os.close(log)
            return pid
        try:
            os.setsid()
            redirect(log)
            os.closerange(3, 65536)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(folder)
            who = pwd.getpwnam(user)
            os.initgroups(user, who.pw_gid)
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
            os.execvpe(argv[0], argv, self.environment(who.pw_dir, on_the_clock))
        except BaseException:
            traceback.print_exc()
        os._exit(127)

    def environment(self, home: str, on_the_clock: bool) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        clock = CLOCK_ENVIRONMENT if on_the_clock and self.spec.get("fake_clock") else {}
        return {"PATH": path, "LANG": self.spec["lang"], "HOME": home, **clock}

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name in [name for name, its_pid in self.services.items() if its_pid == pid]:
                del self.services[name]
                self.service_ended(name, status)

    def service_ended(self, name: str, status: int) -> None:
        after_seconds = self.spec["restart_seconds"] if name == "timekprd" else None
        wanted = name in self.wanted_ends
        restarts = after_seconds is not None
        if self.units[name].ended(status, self.now_microseconds(), wanted, restarts):
            self.restart_at = time.monotonic() + after_seconds
        self.write_units()

    def write_units(self) -> None:
        write_json(SHARE + "/services.json", {name: unit.state for name, unit in self.units.items()})

    def now_microseconds(self) -> int:
        with open(SHARE + "/clock") as handle:
            offset_seconds = int(handle.read())
        return time.time_ns() // 1000 + offset_seconds * 1_000_000

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.reap()
            if condition():
                return
            time.sleep(0.02)
        raise TimeoutError(f"{what} did not come up")


def redirect(log: int) -> None:
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


def on_bus(name: str) -> bool:
    call = [
        "dbus-send",
        "--system",
        "--print-reply=literal",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.NameHasOwner",
        "string:" + name,
    ]
    return "true" in subprocess.run(call, check=False, capture_output=True, text=True).stdout


def timekpr_answers() -> bool:
    call = [
        "dbus-send",
        "--system",
        "--print-reply",
        "--reply-timeout=2000",
        "--dest=com.timekpr.server",
        "/com/timekpr/server",
        "com.timekpr.server.user.admin.getUserList",
    ]
    return subprocess.run(call, check=False, capture_output=True).returncode == 0


def write_json(path: str, value: object) -> None:
    with open(path + ".new", "w") as handle:
        json.dump(value, handle)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
