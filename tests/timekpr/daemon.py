"""The real daemon of a pretend machine, spoken to by a program on that machine: no link of ours in between."""

import json
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.rig import TimekprHost
from timekpr_mngr.domain.snapshot import UserSnapshot
from timekpr_mngr.timekpr.files import control, user_config
from timekpr_mngr.timekpr.interface import Call, Reply, reply_of

PROGRAM = (Path(__file__).parent / "on_the_host.py").read_text()


@dataclass(frozen=True)
class Heard:
    """What the daemon said within some seconds. `at` is the host's clock when `information` was asked for."""

    at: dict[str, datetime]
    information: dict[str, dict[str, Any]]
    signals: list[tuple[str, str, list[Any]]]


class Daemon:
    """timekprd on a host. One program stays there, from the first call to `close`."""

    def __init__(self, host: TimekprHost) -> None:
        self.host = host
        command = f"exec /usr/bin/python3 -c {shlex.quote(PROGRAM)}"
        self._there = subprocess.Popen(
            [*host.ssh_argv(), command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """Ends the program."""
        assert self._there.stdin is not None
        self._there.stdin.close()
        self._there.wait(10)

    def call(self, calls: Iterable[Call]) -> list[Reply]:
        """Makes calls one after the other; a D-Bus error counts as the reply -2."""
        wanted = [[c.interface, c.member, c.signature, list(c.args)] for c in calls]
        return [reply_of(answer) for answer in self._ask({"calls": wanted})]

    def must(self, calls: Iterable[Call]) -> None:
        """The same; every one must be done."""
        calls = list(calls)
        for call, reply in zip(calls, self.call(calls), strict=True):
            assert reply.ok, f"{call}: {reply}"

    def hear(self, users: Sequence[str], seconds: float = 1.5) -> Heard:
        """Listens for `seconds`, asks for every user's limits, and then what is left for each ("R")."""
        said = self._ask({"hear": seconds, "users": list(users)})
        at = {user: datetime.fromisoformat(text) for user, text in said["at"].items()}
        return Heard(
            at, said["information"], [(path, member, body) for path, member, body in said["signals"]]
        )

    def snapshot(self, user: str) -> UserSnapshot:
        """The user as the files have it."""
        text = self.host.file(f"/var/lib/timekpr/config/timekpr.{user}.conf")
        time_text = self.host.file(f"/var/lib/timekpr/work/{user}.time")
        file = user_config.parse(text, user)
        return UserSnapshot(
            name=user,
            config=file.config,
            week=file.week,
            playtime_week=file.playtime_week,
            control=control.parse(time_text, user),
            config_text=text,
            control_text=time_text,
            problem=" ".join(file.problems) or None,
        )

    def write_config(self, user: str, *replacements: tuple[str, str]) -> None:
        """Writes a logged-out user's file with keys replaced: (key, value)."""
        path = self.host.path(f"/var/lib/timekpr/config/timekpr.{user}.conf")
        lines = path.read_text().splitlines()
        for key, value in replacements:
            lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in lines]
        path.write_text("\n".join(lines) + "\n")

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._there.stdin is not None
        assert self._there.stdout is not None
        self._there.stdin.write(json.dumps(request) + "\n")
        self._there.stdin.flush()
        return json.loads(self._there.stdout.readline())
