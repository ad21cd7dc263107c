"""Pretend machines by hand: `python3 -m tests.rig up h1`, from the checkout's folder, as root."""

import argparse
import json
import os
import time
from typing import Any

from .host import TimekprHost, hosts

ACTIONS = ("start", "launch", "stop", "restart", "kill", "pause", "resume")


def main() -> None:
    arguments = vars(parser().parse_args())
    arguments.pop("act")(**arguments)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python3 -m tests.rig", description=__doc__)
    commands = top.add_subparsers(required=True)

    up_command = commands.add_parser("up", help="make hosts")
    up_command.set_defaults(act=up)
    up_command.add_argument("names", nargs="+")
    up_command.add_argument("--users", default="alice,bob")
    up_command.add_argument("--address")
    up_command.add_argument("--port", type=int)
    up_command.add_argument("--tz", default="UTC")
    up_command.add_argument("--lang", default="C.UTF-8")
    up_command.add_argument("--src", help="run timekpr from this source tree instead of the package")
    up_command.add_argument("--fake-clock", action="store_true")
    up_command.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a value for /etc/timekpr/timekpr.conf",
    )

    down_command = commands.add_parser("down", help="end hosts")
    down_command.set_defaults(act=down)
    down_command.add_argument("names", nargs="*")
    down_command.add_argument("--all", action="store_true", dest="everyone")

    commands.add_parser("list").set_defaults(act=show_all)
    commands.add_parser("ssh-config", help="a Host block for each host").set_defaults(act=show_ssh_config)

    for name, act, words in [
        ("login", login, ["user", "kind"]),
        ("logout", logout, ["user"]),
        ("session", session, ["user", "changes"]),
        ("service", service, ["action", "service"]),
        ("clock", clock, ["when"]),
        ("time-zone", time_zone, ["zone"]),
        ("calls", show_calls, []),
        ("ssh", ssh, ["command"]),
    ]:
        command = commands.add_parser(name)
        command.set_defaults(act=act)
        command.add_argument("host", type=TimekprHost.existing)
        for word in words:
            command.add_argument(word, **WORDS.get(word, {}))
    return top


WORDS: dict[str, dict[str, Any]] = {
    "kind": {"nargs": "?", "default": "x11", "help": "x11, wayland, tty or ssh"},
    "changes": {"nargs": "+", "help": "idle=true locked=true state=online …"},
    "action": {"choices": ACTIONS},
    "service": {"help": "timekprd, sshd, dbus, login1 or machine"},
    "command": {"nargs": argparse.REMAINDER},
}


def up(names: list[str], users: str, settings: list[str], **options: Any) -> None:
    for name in names:
        began = time.monotonic()
        values = dict(setting.split("=", 1) for setting in settings)
        host = TimekprHost(name, users=users.split(","), timekpr=values, **options)
        print(f"{name} up at {host.address}:{host.port} in {time.monotonic() - began:.2f} s (pid {host.pid})")


def down(names: list[str], everyone: bool) -> None:
    for host in hosts():
        if everyone or host.name in names:
            host.down()
            print(host.name, "down")


def show_all() -> None:
    for host in hosts():
        state = "up" if host.running() else "dead"
        people = ",".join(session["user"] for session in host.sessions()) or "nobody"
        print(f"{host.name:12} {state:5} {host.address}:{host.port} logged in: {people}")


def show_ssh_config() -> None:
    for host in hosts():
        print(
            f"Host {host.name}\n  HostName {host.address}\n  Port {host.port}\n  User root\n"
            f"  IdentityFile {host.key}\n  UserKnownHostsFile {host.known_hosts}\n"
        )


def login(host: TimekprHost, user: str, kind: str) -> None:
    print(host.login(user, kind))


def logout(host: TimekprHost, user: str) -> None:
    host.logout(user)


def session(host: TimekprHost, user: str, changes: list[str]) -> None:
    pairs = dict(change.split("=", 1) for change in changes)
    host.session(
        user, **{name: {"true": True, "false": False}.get(value, value) for name, value in pairs.items()}
    )


def service(host: TimekprHost, action: str, service: str) -> None:
    getattr(host, action)(service)


def clock(host: TimekprHost, when: str) -> None:
    host.clock(when)


def time_zone(host: TimekprHost, zone: str) -> None:
    host.time_zone(zone)


def show_calls(host: TimekprHost) -> None:
    for call in host.calls():
        print(json.dumps(call))


def ssh(host: TimekprHost, command: list[str]) -> None:
    os.execvp("ssh", host.ssh_argv() + command)


if __name__ == "__main__":
    main()
