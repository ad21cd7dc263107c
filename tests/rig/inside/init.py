"""Pid 1 of one host: builds its file system, starts and minds its services, answers the outside.

Started by rig/host.py as `init.py FOLDER [LIFELINE]`, in a fresh process: a fork of the tests' own would carry
along its threads and open files. It makes the host's namespaces and leaves pid 1 running in them. LIFELINE is an
inherited pipe that nobody writes to and whose other end the tests' process holds: with that process ends the host.
"""
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

from furnish import CLOCK_ENVIRONMENT, DAEMON_FOLDER, SHARE, furnish, set_time_zone

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that has dbus and gi
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID = 0x20000, 0x4000000, 0x8000000, 0x20000000
COMMANDS = {
    "dbus": ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"],
    "login1": [SYSTEM_PYTHON, SHARE + "/login1.py", SHARE + "/sessions.json", SHARE + "/calls.jsonl"],
    "timekprd": ["/usr/bin/timekprd"],
    "sshd": ["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config.host"],
}
ON_THE_CLOCK = {"timekprd"}  # services that see the moved clock of a fake_clock host
STATE_FILE = SHARE + "/services.json"
IDLE_SECONDS = 0.2


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
    def __init__(self, spec: dict, listener: socket.socket, lifeline: int | None) -> None:
        self.spec, self.listener, self.lifeline = spec, listener, lifeline
        self.services: dict[str, int] = {}  # service name -> pid
        self.last_exit: dict[str, int] = {}  # service name -> return code, negative for a signal

    def run(self) -> None:
        ready = os.path.join(self.spec["dir"], "share", "ready.json")
        report: dict = {"ok": True}
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
        self.start("sshd")
        self.wait_for(lambda: on_bus("org.freedesktop.login1"), "login1")
        if self.spec.get("daemon", True):
            self.start("timekprd")
            self.wait_for(timekpr_answers, "timekprd")

    def serve_one(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(30)
            try:
                request = json.loads(connection.makefile().readline())
                answer = self.handle(request["verb"], request.get("args", []))
            except Exception:
                answer = {"error": traceback.format_exc()}
            try:
                connection.sendall((json.dumps(answer) + "\n").encode())
            except OSError:
                pass
        if answer.get("bye"):
            os._exit(0)

    def handle(self, verb: str, args: list) -> dict:
        match verb:
            case "status":
                return {"services": self.services, "last_exit": self.last_exit}
            case "start":
                self.start(args[0])
                if args[0] == "timekprd":
                    self.wait_for(timekpr_answers, "timekprd")
                return {}
            case "launch":  # start without waiting for it to work
                self.start(args[0])
                return {}
            case "stop":
                was_running = self.stop(args[0])
                if args[0] == "sshd":
                    self.end_ssh_sessions()
                return {"was_running": was_running}
            case "kill":
                return {"was_running": self.stop(args[0], signal.SIGKILL)}
            case "signal":
                os.kill(self.services[args[0]], getattr(signal, args[1]))
                return {}
            case "spawn":
                return {"pid": self.spawn("spawned", args[1:], user=args[0])}
            case "alive":
                return {"alive": os.path.exists(f"/proc/{args[0]}")}
            case "time_zone":
                set_time_zone(args[0])
                return {}
            case "down":  # all in its namespaces end with pid 1
                return {"bye": True}
        raise ValueError("unknown verb " + verb)

    def start(self, name: str) -> None:
        if name in self.services:
            return
        folder = DAEMON_FOLDER if name == "timekprd" else "/"
        self.services[name] = self.spawn(name, COMMANDS[name], folder=folder, on_the_clock=name in ON_THE_CLOCK)

    def stop(self, name: str, with_signal: int = signal.SIGTERM, patience_seconds: float = 10.0) -> bool:
        pid = self.services.get(name)
        if pid is None:
            return False
        os.kill(pid, with_signal)
        os.kill(pid, signal.SIGCONT)  # a paused one hears nothing but a SIGKILL
        end = time.monotonic() + patience_seconds
        while name in self.services:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            self.reap()
            time.sleep(0.01)
        return True

    def end_ssh_sessions(self) -> None:
        """End every sshd child of this host: a machine that goes off takes its connections along."""
        for entry in os.listdir("/proc"):  # this host's own pid namespace
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/comm") as handle:
                    if handle.read().startswith("sshd"):
                        os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass

    def spawn(self, log_name: str, argv: list[str], user: str = "root", folder: str = "/",
              on_the_clock: bool = False) -> int:
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
                self.last_exit[name] = os.waitstatus_to_exitcode(status)

    def wait_for(self, condition, what: str, seconds: float = 20.0) -> None:
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
    call = ["dbus-send", "--system", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
            "org.freedesktop.DBus.NameHasOwner", "string:" + name]
    return "true" in subprocess.run(call, capture_output=True, text=True).stdout


def timekpr_answers() -> bool:
    call = ["dbus-send", "--system", "--print-reply", "--reply-timeout=2000", "--dest=com.timekpr.server",
            "/com/timekpr/server", "com.timekpr.server.user.admin.getUserList"]
    return subprocess.run(call, capture_output=True).returncode == 0


def write_json(path: str, value: object) -> None:
    with open(path + ".new", "w") as handle:
        json.dump(value, handle)
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
