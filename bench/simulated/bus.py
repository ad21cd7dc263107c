"""A simulated computer's system bus in bytes, with everybody on it whom we ask.

It is as quick as can be, so that a measurement sees us and not it: what is asked again and again in the same bytes is
read once, and answers that are the same everywhere are kept.
"""

import itertools
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jeepney import HeaderFields, Message, MessageFlag, MessageType, Parser
from jeepney.low_level import Endianness, Header

from timekpr_mngr.domain.snapshot import Session
from timekpr_mngr.simulator.daemon import BusError
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.simulator.signals import BusSignal
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.interface import Call

DBUS, LOGIN1 = "org.freedesktop.DBus", "org.freedesktop.login1"
LOGIN1_MANAGER = f"{LOGIN1}.Manager"
OWNERS = {timekpr.BUS_NAME: ":1.5", LOGIN1: ":1.4"}
OURS = ":1.9"
SIGNED_IN = b"DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n"
KEPT = {"", "s", "o", "v", "is"}  # answers without anything that changes
ANSWER_OF = {"getUserList": "isaas", "getUserInformation": "isa{sv}", "getTimekprConfiguration": "isa{sv}"}
STANDARD_USER = 0
FIRST_UID = 1000
UNIT = {
    "ActiveState": ("s", "active"),
    "ActiveEnterTimestamp": ("t", 1_700_000_000_000_000),
    "UnitFileState": ("s", "enabled"),
}
PLACE = 0x7E7D7C7B  # stands for the number of the call until an answer is sent

Answer = tuple[str, tuple[Any, ...]]
"""A signature and what fits it."""


class SimulatedBus:
    """One conversation. Feed it with what comes; it calls `write` with what goes out, until `leave`."""

    def __init__(self, machine: Machine, write: Callable[[bytes], None]) -> None:
        self._machine = machine
        self._write = write
        self._buffer = bytearray()
        self._is_signed_in = False
        self._serials = itertools.count(1)
        self.leave = machine.listen(self._heard, self._sessions_moved, self._daemon_moved)

    def feed(self, data: bytes) -> None:
        """Takes some bytes, and answers every call that is whole."""
        self._buffer += data
        if not self._is_signed_in:
            _, found, rest = bytes(self._buffer).partition(b"BEGIN\r\n")
            if not found:
                return
            self._is_signed_in = True
            self._buffer = bytearray(rest)
            self._write(SIGNED_IN)
        out = []
        while len(self._buffer) >= 16:
            body, serial, fields = struct.unpack_from("<4xIII", self._buffer)
            size = 16 + fields + -fields % 8 + body
            if len(self._buffer) < size:
                break
            message = bytes(self._buffer[:size])
            del self._buffer[:size]
            out.append(self._answered(serial, message[:8] + b"\1\0\0\0" + message[12:]))
        if out:
            self._write(b"".join(out))

    def _answered(self, serial: int, message: bytes) -> bytes:
        call = _call(message)
        try:
            signature, body = self._answer(*call)
        except BusError as problem:
            answer = _error(problem.name, str(problem))
        else:
            make = _kept if signature in KEPT else _made
            answer = make(OWNERS.get(call[0], DBUS), signature, body)
        return answer.replace(_PLACE, struct.pack("<I", serial), 1)

    def _answer(self, name: str, path: str, interface: str, member: str, signature: str, args: Any) -> Answer:
        match name:
            case timekpr.BUS_NAME:
                return self._of_timekpr(Call(interface, member, signature, args))
            case "org.freedesktop.login1":
                return self._of_login1(path, member)
            case "org.freedesktop.timedate1" if args[1] == "Timezone":
                return "v", (("s", self._machine.time_zone.key),)
            case "org.freedesktop.timedate1":
                return "v", (("t", int(self._machine.aware_now().timestamp() * 1_000_000)),)
            case "org.freedesktop.systemd1":
                return "v", (UNIT[args[1]],)
            case "org.freedesktop.Accounts" if member == "FindUserByName":
                return "o", (f"/org/freedesktop/Accounts/{args[0]}",)
            case "org.freedesktop.Accounts":
                return "v", (("i", STANDARD_USER),)
        return self._of_bus(member, args)

    def _of_timekpr(self, call: Call) -> Answer:
        reply = self._machine.call(call)
        if (signature := ANSWER_OF.get(call.member)) is not None:
            return signature, (reply.code, reply.message, reply.data)
        return "is", (reply.code, reply.message)

    def _of_login1(self, path: str, member: str) -> Answer:
        sessions = self._machine.sessions
        if member == "ListSessions":
            return "a(susso)", ([_listed(session) for session in sessions],)
        return "a{sv}", (
            next(_properties(session) for session in sessions if _session_path(session) == path),
        )

    def _of_bus(self, member: str, args: Any) -> Answer:
        match member:
            case "Hello":
                return "s", (OURS,)
            case "AddMatch":
                return "", ()
            case "GetNameOwner" if args[0] in OWNERS and self._owns(args[0]):
                return "s", (OWNERS[args[0]],)
            case "GetId":
                return "s", (f"{self._machine.name:0>32}",)
        raise BusError(f"{DBUS}.Error.NameHasNoOwner", f"nobody has the name that {member} asks for")

    def _owns(self, name: str) -> bool:
        return name != timekpr.BUS_NAME or self._machine.daemon is not None

    def _heard(self, signal: BusSignal) -> None:
        signature = timekpr.SIGNALS.get((timekpr.USER_LIMITS, signal.member))
        if signature is not None:
            path = timekpr.USER_PATH_PREFIX + signal.user
            self._say(
                OWNERS[timekpr.BUS_NAME], path, timekpr.USER_LIMITS, signal.member, signature, signal.body
            )

    def _sessions_moved(self) -> None:
        moved = ("c1", f"/{LOGIN1.replace('.', '/')}/session/c1")
        self._say(OWNERS[LOGIN1], "/org/freedesktop/login1", LOGIN1_MANAGER, "SessionNew", "so", moved)

    def _daemon_moved(self, is_present: bool) -> None:
        owner = OWNERS[timekpr.BUS_NAME]
        moved = (timekpr.BUS_NAME, "" if is_present else owner, owner if is_present else "")
        self._say(DBUS, "/org/freedesktop/DBus", DBUS, "NameOwnerChanged", "sss", moved)

    def _say(self, sender: str, path: str, interface: str, member: str, signature: str, body: Any) -> None:
        if not self._is_signed_in:
            return
        fields = {
            HeaderFields.path: path,
            HeaderFields.interface: interface,
            HeaderFields.member: member,
            HeaderFields.sender: sender,
            HeaderFields.signature: signature,
        }
        self._write(_message(MessageType.signal, fields, body).serialise(next(self._serials)))


@lru_cache(maxsize=65_536)
def _call(message: bytes) -> tuple[str, str, str, str, str, Any]:
    """What is called: name, path, interface, member, signature and arguments."""
    [call] = Parser().feed(message)
    fields = call.header.fields
    return (
        fields[HeaderFields.destination],
        fields[HeaderFields.path],
        fields[HeaderFields.interface],
        fields[HeaderFields.member],
        fields.get(HeaderFields.signature, ""),
        call.body,
    )


def _made(sender: str, signature: str, body: tuple[Any, ...]) -> bytes:
    fields: dict[HeaderFields, Any] = {HeaderFields.reply_serial: PLACE, HeaderFields.sender: sender}
    if signature:
        fields[HeaderFields.signature] = signature
    return bytes(_message(MessageType.method_return, fields, body).serialise(1))


_kept = lru_cache(maxsize=4096)(_made)


@lru_cache(maxsize=256)
def _error(name: str, text: str) -> bytes:
    fields = {
        HeaderFields.reply_serial: PLACE,
        HeaderFields.sender: DBUS,
        HeaderFields.error_name: name,
        HeaderFields.signature: "s",
    }
    return bytes(_message(MessageType.error, fields, (text,)).serialise(1))


def _message(kind: MessageType, fields: dict[HeaderFields, Any], body: Any) -> Message:
    return Message(Header(Endianness.little, kind, MessageFlag(0), 1, -1, -1, fields), body)


def _listed(session: Session) -> tuple[str, int, str, str, str]:
    return session.id, session.uid or FIRST_UID, session.user, "seat0", _session_path(session)


def _session_path(session: Session) -> str:
    return f"/org/freedesktop/login1/session/{session.id}"


def _properties(session: Session) -> dict[str, tuple[str, object]]:
    return {
        "Type": ("s", session.type),
        "State": ("s", session.state),
        "Class": ("s", "user"),
        "LockedHint": ("b", session.locked),
        "IdleHint": ("b", session.idle),
        "Remote": ("b", session.remote),
    }


_PLACE = struct.pack("<I", PLACE)
