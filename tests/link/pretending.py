"""What a pretended computer says: its system bus and everybody on it, and its files."""

import itertools
import tarfile
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import asyncssh
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    Parser,
    new_error,
    new_method_return,
    new_signal,
)

from timekpr_mngr.link import bus as bus_module
from timekpr_mngr.timekpr import interface as timekpr

Process = asyncssh.SSHServerProcess[bytes]
Answer = tuple[str | None, Any]
BUS = "org.freedesktop.DBus"


class PretendBus:
    """A system bus and everybody on it: what a method answers is what the test says."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Exception] = {
            "Hello": ("s", (":1.9",)),
            "AddMatch": (None, ()),
            "GetNameOwner": ("s", (":1.5",)),
            "getUserList": ("isaas", (0, "", [["emma", "Emma"]])),
            "getUserInformation": ("isa{sv}", (0, "", {})),
            "getTimekprConfiguration": ("isa{sv}", (0, "", {})),
            "ListSessions": (
                "a(susso)",
                ([("1", 1000, "emma", "seat0", "/org/freedesktop/login1/session/_31")],),
            ),
            "GetAll": ("a{sv}", ({"Type": ("s", "x11"), "Class": ("s", "user")},)),
            "Get": ("v", (("s", "UTC"),)),
            "setTimeLeft": ("is", (0, "")),
        }
        self._serials = itertools.count(1)
        self._process: Process | None = None

    async def __call__(self, process: Process) -> None:
        self._process = process
        parser = Parser()
        while data := await process.stdin.read(65_536):
            if data.startswith(b"\0AUTH"):
                process.stdout.write(b"DATA\r\nOK 00\r\n")
                data = data.removeprefix(bus_module.HANDSHAKE)
            for call in parser.feed(data):
                self._answer(call)

    def say(self, message: Message, sender: str = ":1.5") -> None:
        assert self._process is not None
        message.header.fields[HeaderFields.sender] = sender
        self._process.stdout.write(message.serialise(next(self._serials)))

    def tick(self, body: Any, path: str = "/com/timekpr/server/user/emma") -> None:
        address = DBusAddress(path, interface=timekpr.USER_LIMITS)
        self.say(new_signal(address, "timeLeft", "sa{si}", body))

    def _answer(self, call: Message) -> None:
        if call.header.flags & MessageFlag.no_reply_expected:
            return
        answer = self.answers.get(call.header.fields[HeaderFields.member])
        if answer is None:
            self.say(new_error(call, f"{BUS}.Error.UnknownMethod", "s", ("no",)))
        elif not isinstance(answer, Exception):
            self.say(new_method_return(call, *answer))


def tar(*members: tuple[str, bytes]) -> bytes:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return out.getvalue()


def sends(data: bytes, status: int = 0) -> Callable[[Process], Awaitable[None]]:
    async def answer(process: Process) -> None:
        process.stdout.write(data)
        await process.stdout.drain()
        process.exit(status)

    return answer


def without_end(data: bytes) -> Callable[[Process], Awaitable[None]]:
    async def answer(process: Process) -> None:
        while not process.is_closing():
            process.stdout.write(data)
            await process.stdout.drain()

    return answer


async def silence(process: Process) -> None:
    await process.stdin.read()


USER_FILES = [
    ("etc/timekpr/timekpr.conf", b"[GENERAL]\nTIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED = 0\n"),
    (
        "var/lib/timekpr/config/timekpr.emma.conf",
        b"[emma]\n[emma.PLAYTIME]\nPLAYTIME_LIMITS_PER_WEEKDAYS = 0\n",
    ),
    (
        "var/lib/timekpr/work/emma.time",
        b"[emma]\nLAST_CHECKED = 2026-11-22 10:00:00\n[emma.PLAYTIME]\nPLAYTIME_SPENT_DAY = 0\n",
    ),
]
