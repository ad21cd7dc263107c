"""One driver over two computers: the simulated one, and a pretend machine that runs the real timekprd."""

import asyncio
import configparser
import inspect
import os
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tests.rig import TimekprHost
from timekpr_mngr.domain.server import Server
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import Connector, ServerSession
from timekpr_mngr.simulator.connector import SimulatedConnector
from timekpr_mngr.simulator.machine import Machine

WEDNESDAY = "2026-11-18 15:00:00"
SETTINGS = {
    "TIMEKPR_POLLTIME": 1,
    "TIMEKPR_SAVE_TIME": 2,
    "TIMEKPR_TERMINATION_TIME": 3,
    "TIMEKPR_PLAYTIME_ENABLED": True,
}
LOG_TAIL = 3_000  # characters
PATIENCE_SECONDS = 60  # at least, with a real computer: this machine may be busy
USERS = [f"kid{number:02d}" for number in range(24)]
"""Of every computer: a reading takes the longer the more they are."""
FOR_ALL = ("Suspend", "PowerOff")
"""What login1 does to the computer and not to a session."""

Condition = Callable[[], object | Awaitable[object]]


class Computer(Protocol):
    """What a test does at the computer, besides speaking to it through a session.

    `untouched` are its users that no test has had yet.
    """

    untouched: list[str]

    def login(self, user: str, kind: str = "x11") -> None: ...
    def logout(self, user: str) -> None: ...
    def everybody_out(self) -> None: ...
    def set_session(self, user: str, *, locked: bool = False, idle: bool = False) -> None: ...
    def run_program(self, user: str, program: str) -> None: ...
    def set_clock(self, when: str) -> None: ...
    def now(self) -> datetime: ...
    def deeds(self) -> list[tuple[str, str]]: ...
    def text(self, path: str) -> str | None: ...
    def write(self, path: str, text: str) -> None: ...
    def rewrite(self, path: str, text: str) -> None: ...
    def remove(self, path: str) -> None: ...
    def stop_daemon(self) -> None: ...
    def kill_daemon(self) -> None: ...
    def start_daemon(self) -> None: ...
    async def let_pass(self, seconds: int) -> None: ...
    async def until(self, condition: Condition, seconds: int = 8) -> None: ...
    async def open(self) -> ServerSession: ...
    async def way(self) -> tuple[Connector, Server, str]: ...


class SimulatedComputer:
    """A machine in memory; its time passes when it is told to."""

    def __init__(self) -> None:
        people = dict.fromkeys([*USERS, "manager"], "")
        self.machine = Machine(
            "pc", people, now=lambda: datetime(2026, 11, 2, 9, 0, tzinfo=UTC), timekpr=SETTINGS
        )
        self.connector = SimulatedConnector([self.machine])
        self.untouched = list(USERS)

    def login(self, user: str, kind: str = "x11") -> None:
        self.machine.login(user, kind)

    def logout(self, user: str) -> None:
        self.machine.logout(user)

    def everybody_out(self) -> None:
        for user in {session.user for session in self.machine.sessions}:
            self.machine.logout(user)

    def set_session(self, user: str, *, locked: bool = False, idle: bool = False) -> None:
        self.machine.session(user, locked=locked, idle=idle)

    def run_program(self, user: str, program: str) -> None:
        self.machine.start_program(user, program)

    def set_clock(self, when: str) -> None:
        self.machine.set_clock(when)

    def now(self) -> datetime:
        return self.machine.now()

    def deeds(self) -> list[tuple[str, str]]:
        return self.machine.deeds

    def text(self, path: str) -> str | None:
        return self.machine.files.get(path)

    def write(self, path: str, text: str) -> None:
        self.machine.files[path] = text

    def rewrite(self, path: str, text: str) -> None:
        self.machine.files.rewrite(path, text)

    def remove(self, path: str) -> None:
        del self.machine.files[path]

    def stop_daemon(self) -> None:
        self.machine.stop_daemon()

    def kill_daemon(self) -> None:
        self.machine.stop_daemon()

    def start_daemon(self) -> None:
        self.machine.start_daemon()

    async def let_pass(self, seconds: int) -> None:
        self.machine.advance(seconds)

    async def until(self, condition: Condition, seconds: int = 8) -> None:
        for _ in range(seconds):
            if await holds(condition):
                return
            self.machine.advance(1)
        assert await holds(condition), f"not within {seconds} seconds"

    async def open(self) -> ServerSession:
        return await self.connector.open(server_at("pc", 22, await self.connector.host_key("pc", 22)), "")

    async def way(self) -> tuple[Connector, Server, str]:
        host_key = await self.connector.host_key("pc", 22)
        return self.connector, server_at("pc", 22, host_key), "a private key"


class RigComputer:
    """A pretend machine; its time passes by itself."""

    def __init__(self, host: TimekprHost, key: Path) -> None:
        self.host = host
        self.key = key
        self.untouched = list(USERS)

    def login(self, user: str, kind: str = "x11") -> None:
        self.host.login(user, kind)

    def logout(self, user: str) -> None:
        self.host.logout(user)

    def everybody_out(self) -> None:
        for user in {session["user"] for session in self.host.sessions()}:
            self.host.logout(user)

    def set_session(self, user: str, *, locked: bool = False, idle: bool = False) -> None:
        self.host.session(user, locked=locked, idle=idle)

    def run_program(self, user: str, program: str) -> None:
        self.host.spawn(user, program, "60")

    def set_clock(self, when: str) -> None:
        self.host.clock(when)

    def now(self) -> datetime:
        return self.host.now().replace(tzinfo=None)

    def deeds(self) -> list[tuple[str, str]]:
        return [
            (call["call"].removeprefix("Session."), "" if call["call"] in FOR_ALL else call["args"][0])
            for call in self.host.calls()
        ]

    def text(self, path: str) -> str | None:
        place = self.host.path(path)
        return place.read_text() if place.exists() else None

    def write(self, path: str, text: str) -> None:
        self.host.path(path).write_text(text)

    def rewrite(self, path: str, text: str) -> None:
        place = self.host.path(path)
        moment = place.stat().st_mtime_ns
        place.write_text(text)
        os.utime(place, ns=(moment, moment))

    def remove(self, path: str) -> None:
        self.host.path(path).unlink()

    def stop_daemon(self) -> None:
        self.host.stop("timekprd")

    def kill_daemon(self) -> None:
        self.host.kill("timekprd")

    def start_daemon(self) -> None:
        self.host.start("timekprd")

    async def let_pass(self, seconds: int) -> None:
        await asyncio.sleep(seconds)

    async def until(self, condition: Condition, seconds: int = 8) -> None:
        patience = max(PATIENCE_SECONDS, 2 * seconds)
        end = time.monotonic() + patience
        while not await holds(condition):
            assert time.monotonic() < end, f"not within {patience} seconds\n{self._told()}"
            await asyncio.sleep(0.05)

    def _told(self) -> str:
        """The end of timekprd's own log."""
        return self.host.path("/var/log/timekpr.log").read_text()[-LOG_TAIL:]

    async def open(self) -> ServerSession:
        server = server_at(self.host.address, self.host.port, self.host.host_key)
        return await SshConnector().open(server, self.key.read_text())

    async def way(self) -> tuple[Connector, Server, str]:
        server = server_at(self.host.address, self.host.port, self.host.host_key)
        return SshConnector(), server, self.key.read_text()


def server_at(host: str, port: int, host_key: str) -> Server:
    return Server("pc", host, port, "manager", "", host_key, None, None, datetime.now(UTC))


async def holds(condition: Condition) -> bool:
    result = condition()
    return bool(await result if inspect.isawaitable(result) else result)


class At:
    """A user at a computer, with nothing but defaults, and a USER.time of that very moment."""

    def __init__(self, computer: Computer, name: str) -> None:
        self.computer = computer
        self.name = name
        self.conf_path = f"/var/lib/timekpr/config/timekpr.{name}.conf"
        self.control_path = f"/var/lib/timekpr/work/{name}.time"

    @property
    def conf(self) -> dict[str, str]:
        """What stands in the conf."""
        return values_of(self.computer.text(self.conf_path) or "")

    @property
    def control(self) -> dict[str, str]:
        """What stands in USER.time. Read again where it was caught in the daemon's save, which empties it first."""
        while "PLAYTIME_SPENT_DAY" not in (values := values_of(self.computer.text(self.control_path) or "")):
            time.sleep(0.001)
        return values

    @property
    def balance(self) -> int:
        return int(self.control["TIME_SPENT_BALANCE"])

    def set_conf(self, **values: object) -> None:
        """Edits the file, the daemon unasked."""
        self._edit(self.conf_path, values)

    def set_control(self, **values: object) -> None:
        """Edits the file, the daemon unasked."""
        self._edit(self.control_path, values)

    def login(self, kind: str = "x11") -> None:
        self.computer.login(self.name, kind)

    def logout(self) -> None:
        self.computer.logout(self.name)

    def _edit(self, path: str, values: dict[str, object]) -> None:
        text = self.computer.text(path)
        assert text is not None
        for key, value in values.items():
            text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            assert found == 1, key
        self.computer.write(path, text)


def values_of(text: str) -> dict[str, str]:
    """Every key of a file with its text, of all sections together."""
    parser = configparser.RawConfigParser(allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are case-sensitive
    parser.read_string(text)
    return {
        key: value
        for section in parser.sections()
        for key, value in parser.items(section)
        if not key.startswith("#") and value is not None
    }
