"""Making pretend machines and doing things to them, from the outside."""

import contextlib
import datetime
import fcntl
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .inside.furnish import CLOCK_ENVIRONMENT, SHARE

INSIDE = Path(__file__).parent / "inside"
INIT_PYTHON = "/usr/bin/python3"  # a host sees this machine's /usr, maybe not the tests' own Python
BOOT_SECONDS = 60.0
ROUND_SECONDS = 5.0  # timekprd's rounds take some 10 ms
CLOCK_NANOSLEEP = {"x86_64": 230, "aarch64": 115}  # the system call in which Python sleeps
USUAL_PORT, OTHER_PORT = 22, 2222  # the other one where this machine's own sshd listens everywhere
RESTRICTED_LINE = (
    'restrict,command="case $SSH_ORIGINAL_COMMAND in bus) exec systemd-stdio-bridge;; '
    'files) exec tar --format=posix -cf - -C / {folders};; esac" {key}\n'
)


SESSION_DEFAULTS: dict[str, Any] = {
    "type": "x11",
    "class": "user",
    "seat": "seat0",
    "vtnr": 7,
    "tty": "",
    "display": "",
    "state": "active",
    "idle": False,
    "locked": False,
    "remote": False,
    "remote_host": "",
    "service": "",
    "desktop": "",
    "leader": 0,
}
SESSION_KINDS: dict[str, dict[str, Any]] = {
    "x11": {"display": ":0", "service": "lightdm"},
    "wayland": {"type": "wayland", "tty": "tty2", "vtnr": 2, "service": "gdm-password"},
    "tty": {"type": "tty", "tty": "tty3", "vtnr": 3, "service": "login"},
    "ssh": {
        "type": "tty",
        "tty": "pts/0",
        "vtnr": 0,
        "seat": "",
        "service": "sshd",
        "remote": True,
        "remote_host": "192.0.2.7",
    },
}


class HostError(Exception):
    """A host could not do what was asked; the text says why."""


class TimekprHost:
    """One pretend machine, up from its making until `down()` or the end of a `with` block.

    users, admins: names, or dicts of name, uid, full, home, shell, mkhome, ssh (True: the rig's key gets in).
    options: lang, src (another timekpr source tree), fake_clock (its wall clock can be moved), timekpr (values
    for the server's configuration), files (path -> text), daemon (False: timekprd is not started), max_sessions,
    restart_seconds (after which a timekprd that failed is started again, as systemd does; None: never).
    die_with_parent: the host ends with the process that made it, however that ends.
    """

    def __init__(
        self,
        name: str,
        users: Iterable[str | dict[str, Any]] = ("alice", "bob"),
        admins: Iterable[str | dict[str, Any]] = ("manager",),
        address: str | None = None,
        port: int | None = None,
        tz: str = "UTC",
        die_with_parent: bool = False,
        **options: Any,
    ) -> None:
        self.name = name
        people = [person(user, 1000 + n, full=True) for n, user in enumerate(users, 1)]
        people += [person(user, 5000 + n) | {"admin": True, "ssh": True} for n, user in enumerate(admins)]
        defaults = {"lang": "C.UTF-8", "restart_seconds": 30}
        self.folder = hosts_dir() / name
        self.spec: dict[str, Any] = (
            defaults
            | options
            | {
                "name": name,
                "dir": str(self.folder),
                "users": people,
                "tz": tz,
                "address": address,
                "port": port,
            }
        )
        self._up(die_with_parent)

    @classmethod
    def existing(cls, name: str) -> "TimekprHost":
        self = cls.__new__(cls)
        self.name = name
        self.folder = hosts_dir() / name
        self.spec = json.loads((self.folder / "spec.json").read_text())
        return self

    def __enter__(self) -> "TimekprHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    # Where it is

    @property
    def address(self) -> str:
        return str(self.spec["address"])

    @property
    def port(self) -> int:
        return int(self.spec["port"])

    @property
    def host_key(self) -> str:
        """Its public host key, "ssh-ed25519 AAAA…"."""
        return " ".join((self.share / "host_key.pub").read_text().split()[:2])

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def key(self) -> Path:
        """The private key that root and the admins accept, with a shell."""
        return rig_key()

    @property
    def share(self) -> Path:
        return self.folder / "share"

    @property
    def pid(self) -> int:
        return int((self.folder / "pid").read_text())

    @property
    def root(self) -> Path:
        """The host's own file system, seen from here."""
        return Path(f"/proc/{self.pid}/root")

    # Life

    def _up(self, die_with_parent: bool) -> None:
        if os.geteuid() != 0:
            raise HostError("hosts need root (mount and pid namespaces)")
        key = rig_key()
        try:
            self.share.mkdir(parents=True)
        except FileExistsError:
            raise HostError(f"host {self.name} exists already") from None
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.down)
            reservation = reserve_address(self.spec)
            with reservation:
                self._write_share(key)
                command = [INIT_PYTHON, str(INSIDE / "init.py"), str(self.folder)]
                inherited = [reservation.fileno()]  # held by pid 1 as long as it lives
                if die_with_parent:
                    inherited.append(lifeline())
                    command.append(str(lifeline()))
                booted = subprocess.run(
                    command, check=False, capture_output=True, text=True, pass_fds=inherited
                )
            if booted.returncode != 0:
                raise HostError("could not make the namespaces:\n" + booted.stderr)
            ready = self.share / "ready.json"
            if not wait_until(ready.exists, BOOT_SECONDS):
                raise HostError(f"host {self.name} did not get ready")
            report = json.loads(ready.read_text())
            if not report["ok"]:
                logs = "".join(f"\n{log.stem}: {log.read_text()}" for log in self.share.glob("*.log"))
                raise HostError(report["error"] + logs)
            on_failure.pop_all()

    def _write_share(self, key: Path) -> None:
        (self.folder / "spec.json").write_text(json.dumps(self.spec, indent=1))
        shutil.copy(public_half(key), self.share / "authorized_key")
        make_key(self.share / "host_key")
        spot = self.address if self.port == 22 else f"[{self.address}]:{self.port}"
        self.known_hosts.write_text(f"{spot} {self.host_key}\n")
        (self.share / "sessions.json").write_text("[]")
        (self.share / "pretence.json").write_text("{}")
        (self.share / "clock").write_text("0\n")
        if self.spec.get("fake_clock"):
            shutil.copy(clock_library(), self.share / "hostclock.so")

    def running(self) -> bool:
        try:
            return (self.root / SHARE.lstrip("/")).exists()
        except (OSError, ValueError):
            return False

    def down(self) -> None:
        if self.running():
            pid = self.pid
            with contextlib.suppress(OSError, HostError, ValueError):
                self.ask("down")
            if not wait_until(lambda: ended(pid), 3.0):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # pid 1 of a namespace: all in it go with it
                wait_until(lambda: ended(pid), 3.0)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Services: timekprd, sshd, dbus, login1, machine (systemd1, timedate1 and hostname1)

    def start(self, service: str) -> None:
        """Start it and wait until it works."""
        self.ask("start", service)

    def launch(self, service: str) -> None:
        """Start it, whether it comes to work or not."""
        self.ask("launch", service)

    def stop(self, service: str) -> None:
        """Stop it as systemd would; sshd takes its open connections along."""
        self.ask("stop", service)

    def restart(self, service: str) -> None:
        self.stop(service)
        self.start(service)

    def kill(self, service: str) -> None:
        """It dies of a SIGKILL; timekprd is started again after `restart_seconds`."""
        self.ask("kill", service)

    def pause(self, service: str) -> None:
        """It hangs: it holds its name and its connections and answers nothing."""
        self.ask("signal", service, "SIGSTOP")

    def resume(self, service: str) -> None:
        self.ask("signal", service, "SIGCONT")

    def services(self) -> dict[str, int]:
        """The running ones, with their pid in the host."""
        return dict(self.ask("status")["services"])

    def log(self, service: str = "timekprd") -> str:
        path = self.share / f"{service}.log"
        return path.read_text() if path.exists() else ""

    def ask(self, verb: str, *args: object) -> dict[str, Any]:
        """One request to the host's pid 1."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(60)
            link.connect(str(self.share / "ctl.sock"))
            link.sendall((json.dumps({"verb": verb, "args": list(args)}) + "\n").encode())
            answer: dict[str, Any] = json.loads(link.makefile().readline())
        if "error" in answer:
            raise HostError(answer["error"])
        return answer

    # People at the computer

    def login(self, user: str, kind: str = "x11", sid: str | None = None, **more: Any) -> str:
        """Log user in; returns the session's id.

        kind: x11, wayland, tty or ssh. more: other values for the session, named as in SESSION_KINDS.
        """
        sid = sid or f"c_{user}"
        session = (
            {"id": sid, "user": user, "uid": self.uid(user)} | SESSION_DEFAULTS | SESSION_KINDS[kind] | more
        )
        self._edit_sessions(lambda sessions: [s for s in sessions if s["id"] != sid] + [session])
        return sid

    def logout(self, user: str) -> None:
        self._edit_sessions(lambda sessions: [s for s in sessions if s["user"] != user])

    def session(self, user: str, **change: Any) -> None:
        """Change the user's sessions: state="online", idle=True, locked=True, …"""
        self._edit_sessions(lambda sessions: [s | change if s["user"] == user else s for s in sessions])

    def sessions(self) -> list[dict[str, Any]]:
        return list(json.loads((self.share / "sessions.json").read_text()))

    def calls(self) -> list[dict[str, Any]]:
        """What timekprd or others asked login1 to do: {"t": …, "call": "TerminateSession", "args": […]}."""
        path = self.share / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def uid(self, user: str) -> int:
        return next(int(person["uid"]) for person in self.spec["users"] if person["name"] == user)

    def _edit_sessions(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        path = self.share / "sessions.json"
        with locked(self.share / "sessions.json.lock"):
            replace(path, json.dumps(change(json.loads(path.read_text())), indent=1))

    # Commands and files

    def run(
        self, *argv: str, user: str = "root", timeout: float = 60, input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the host as user, without ssh."""
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": self.spec["lang"],
        }
        if self.spec.get("fake_clock"):
            environment |= CLOCK_ENVIRONMENT
        enter = [
            "nsenter",
            "-t",
            str(self.pid),
            "-m",
            "-p",
            "-u",
            "-i",
            "-r",
            "-w",
            "--",
            "setpriv",
            "--reuid",
            user,
            "--regid",
            user,
            "--init-groups",
            "--bounding-set",
            "-sys_time",
            "--",
            "env",
            "-i",
            *(f"{name}={value}" for name, value in environment.items()),
        ]
        return subprocess.run(
            [*enter, *argv], check=False, capture_output=True, text=True, timeout=timeout, input=input
        )

    def spawn(self, user: str, *argv: str) -> int:
        """Start a program of user's, left running under the host's pid 1; returns its pid in the host."""
        return int(self.ask("spawn", user, *argv)["pid"])

    def alive(self, pid: int) -> bool:
        return bool(self.ask("alive", pid)["alive"])

    def ssh(
        self,
        command: str,
        user: str = "root",
        timeout: float = 60,
        input: str | None = None,
        key: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.ssh_argv(user, key=key), command],
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
            input=input,
        )

    def ssh_argv(self, user: str = "root", *options: str, key: Path | None = None) -> list[str]:
        """An OpenSSH client's command line, to be followed by a command."""
        return ["ssh", *self.ssh_options(key), "-p", str(self.port), *options, f"{user}@{self.address}"]

    def ssh_options(self, key: Path | None = None) -> list[str]:
        """What ssh and sftp alike need to get in."""
        return [
            "-F",
            "/dev/null",
            "-i",
            str(key or self.key),
            "-o",
            f"UserKnownHostsFile={self.known_hosts}",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            "BatchMode=yes",
            "-o",
            "IdentitiesOnly=yes",
        ]

    def authorize(
        self,
        user: str,
        public_key: str | Path,
        restricted: bool = True,
        folders: tuple[str, ...] = ("etc/timekpr", "var/lib/timekpr"),
    ) -> None:
        """Let a key in as user: by the forced command that answers `bus` and `files` only, or with a shell.

        public_key: its text, or the path of either half of the pair.
        """
        text = public_half(public_key).read_text() if isinstance(public_key, Path) else public_key
        text = text.strip()
        line = RESTRICTED_LINE.format(folders=" ".join(folders), key=text) if restricted else text + "\n"
        with open(self.path(f"/etc/ssh/keys/{user}"), "a") as handle:
            handle.write(line)

    def path(self, path: str) -> Path:
        """A path of the host's, as a path of this machine's."""
        return self.root / path.lstrip("/")

    def file(self, path: str) -> str:
        return self.path(path).read_text()

    # timekpr

    def userinfo(self, user: str) -> dict[str, str]:
        """What the real `timekpra --userinfo` prints. It WRITES: a stale USER.time is rolled to today."""
        lines = self.timekpra("--userinfo", user).splitlines()
        return dict(line.split(": ", 1) for line in lines if ": " in line)  # not the translated heading

    def timekpra(self, *arguments: str) -> str:
        """What timekpra prints; a setter that worked prints nothing."""
        done = self.run("timekpra", *arguments)
        if done.returncode != 0:
            raise HostError(done.stderr)
        return done.stdout

    def conf(self, user: str) -> str:
        return self.file(f"/var/lib/timekpr/config/timekpr.{user}.conf")

    def prev(self, user: str) -> str:
        """The user's configuration before the last save by timekprd."""
        return self.file(f"/var/lib/timekpr/config/timekpr.{user}.conf.prev")

    def control(self, user: str) -> str:
        return self.file(f"/var/lib/timekpr/work/{user}.time")

    def server_conf(self) -> str:
        return self.file("/etc/timekpr/timekpr.conf")

    def forge_signal(
        self,
        as_user: str,
        member: str,
        signature: str,
        *words: object,
        about: str,
        interface: str = "com.timekpr.server.user.limits",
    ) -> None:
        """A process of as_user's sends a signal that looks like one of timekprd's about a user.

        words: the arguments as busctl takes them: "timeLeft", "sa{si}", "alice", 1, "LEFTD", 9.
        """
        path = f"/com/timekpr/server/user/{about}"
        done = self.run(
            "busctl", "emit", "--", path, interface, member, signature, *map(str, words), user=as_user
        )
        if done.returncode != 0:
            raise HostError(done.stderr)

    # Time

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.file("/etc/timezone").strip())

    def now(self) -> datetime.datetime:
        """The host's wall clock, in its time zone."""
        offset = int((self.share / "clock").read_text())
        return datetime.datetime.fromtimestamp(time.time() + offset, self.zone)

    def clock(self, when: str | datetime.datetime) -> None:
        """Set the wall clock of a fake_clock host: to an instant, or to its own time as "YYYY-mm-dd HH:MM:SS"."""
        if not self.spec.get("fake_clock"):
            raise HostError("only the clock of a fake_clock host can be moved")
        if isinstance(when, str):
            when = datetime.datetime.fromisoformat(when)
        if when.tzinfo is None:
            when = when.replace(tzinfo=self.zone)
        with self._between_rounds():
            replace(self.share / "clock", f"{round(when.timestamp() - time.time())}\n")
            time.sleep(0.03)  # hostclock.so looks every 20 ms

    @contextlib.contextmanager
    def _between_rounds(self) -> Iterator[None]:
        """Meanwhile timekprd stands still, and that between two of its rounds.

        It sleeps for the poll time less what a round took by the wall clock (server/interface/dbus/daemon.py): a clock
        that is set back by days within a round has it sleep for days. Once in a hundred times it is met so, and no test
        means that. One that hangs or has not begun its rounds is left as it is.
        """
        pid = self.services().get("timekprd")
        if pid is None or "T" in self._states(pid):
            yield
            return
        self.pause("timekprd")
        try:
            end = time.monotonic() + ROUND_SECONDS
            while not self._is_asleep(pid) and time.monotonic() < end:
                self.resume("timekprd")
                time.sleep(0.005)
                self.pause("timekprd")
            yield
        finally:
            self.resume("timekprd")

    def _is_asleep(self, pid: int) -> bool:
        """Whether a thread of a process that was stopped is in time.sleep; timekprd's rounds have one of their own."""
        wait_until(lambda: self._states(pid) <= {"T"}, ROUND_SECONDS, 0.001)
        calls = [self._told_of(task, "syscall").partition(" ")[0] for task in self._tasks(pid)]
        return str(CLOCK_NANOSLEEP.get(os.uname().machine)) in calls

    def _states(self, pid: int) -> set[str]:
        """Of the threads of a process: R runs, S waits, T was stopped."""
        told = (self._told_of(task, "stat") for task in self._tasks(pid))
        return {stat.rpartition(")")[2].split()[0] for stat in told if stat}

    def _tasks(self, pid: int) -> list[Path]:
        return list(self.path(f"/proc/{pid}/task").glob("*"))

    def _told_of(self, task: Path, what: str) -> str:
        """By the kernel; nothing when the thread has ended."""
        try:
            return (task / what).read_text()
        except OSError:
            return ""

    def time_zone(self, zone: str) -> None:
        """Rewrite /etc/localtime and /etc/timezone."""
        self.ask("time_zone", zone)

    def pretend(self, interface: str, **properties: object) -> None:
        """Other values for properties of systemd1, timedate1 or hostname1.

        For instance pretend("org.freedesktop.timedate1", NTPSynchronized=False). Signalled where the real one would.
        """
        path = self.share / "pretence.json"
        pretence = json.loads(path.read_text())
        pretence[interface] = pretence.get(interface, {}) | properties
        replace(path, json.dumps(pretence))


def hosts_dir() -> Path:
    return Path(os.environ.get("TIMEKPR_HOSTS_DIR", "/tmp/timekpr-hosts"))


def hosts() -> list[TimekprHost]:
    """All hosts of this folder, dead ones too."""
    return [TimekprHost.existing(spec.parent.name) for spec in sorted(hosts_dir().glob("*/spec.json"))]


def reserve_address(spec: dict[str, Any]) -> socket.socket:
    """Fill in the spec's address and port, and hold them against every other host of this machine.

    The reservation is an abstract unix socket: the kernel gives a name to one holder only, across all folders of
    hosts and all test runs, and frees it when the last process that holds it ends.
    """
    wanted = (
        [spec["address"]]
        if spec["address"]
        else [f"127.78.{a}.{b}" for a in range(256) for b in range(1, 255)]
    )
    ports = [spec["port"]] if spec["port"] else [USUAL_PORT, OTHER_PORT]
    for address in wanted:
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reservation.bind(f"\0timekpr-host-{address}")
        except OSError:
            reservation.close()
            continue
        for port in ports:
            if can_bind(address, port):
                spec["address"], spec["port"] = address, port
                return reservation
        reservation.close()
    raise HostError(f"no free address: {spec['address'] or '127.78.0.0/16'}")


def can_bind(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


@functools.cache
def lifeline() -> int:
    """The reading end of a pipe whose writing end this process alone holds, and closes by ending."""
    reading, _ = os.pipe()
    return reading


def person(user: str | dict[str, Any], uid: int, full: bool = False) -> dict[str, Any]:
    user = {"name": user} if isinstance(user, str) else user
    return {"uid": uid, "full": f"{user['name'].capitalize()} Example,,," if full else ""} | user


def rig_key() -> Path:
    """The key pair that gets into every host of this folder; made once."""
    folder = hosts_dir() / ".keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder / "lock"):
        if not (folder / "id_ed25519").exists():
            make_key(folder / "id_ed25519")
    return folder / "id_ed25519"


def make_key(path: Path, comment: str = "timekpr-host") -> None:
    """An ed25519 key pair at path and path.pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True)


def public_half(path: Path) -> Path:
    return path if path.suffix == ".pub" else path.with_name(path.name + ".pub")


def clock_library() -> Path:
    """The preloaded library that moves a host's wall clock; compiled once."""
    source, built = INSIDE / "hostclock.c", hosts_dir() / ".keys" / "hostclock.so"
    with locked(hosts_dir() / ".keys" / "lock"):
        if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", built, source, "-ldl"], check=True)
    return built


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Callable[[], bool], seconds: float, every_seconds: float = 0.02) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every_seconds)
    return True


def replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with open(path, "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
