"""D-Bus over any byte pipe (design: bus.md); the only import of jeepney.

`Bus` is fed with bytes and writes bytes: no task of its own, nothing to cancel. What comes is a stranger's until it is
proved: messages have a size limit, bodies are only read where their signature is the one that was expected, and a
signal counts only when it comes from the connection that owns the name of the service it is said to be from.
"""

import asyncio
import struct
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from jeepney import DBusAddress, new_method_call
from jeepney.low_level import Array, DictEntry, Endianness, HeaderFields, Struct, simple_types

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import failures
from timekpr_mngr.meters import SILENT, Meters

CALL_TIMEOUT_SECONDS = 10.0
MESSAGE_MAX = 1 << 20  # bytes; the longest honest answer (a school's list of users) has some ten thousand
HANDSHAKE_MAX = 4096  # bytes
NESTING_MAX = 16  # levels in a signature; timekpr's deepest has 4
UNASKED_MAX = (
    5_000  # messages that nobody waited for, within UNASKED_SECONDS: 100 users at play send some 350
)
UNASKED_SECONDS = 10.0
ERROR_TEXT_MAX = 300
KEPT_ARGUMENT_MAX = 256  # characters
KEPT_HEADER_MAX = 512  # bytes
FLAGS_AT, SERIAL_AT, FIELDS_AT = 2, 8, 12  # where a message's flags, number and its header's fields stand
NO_REPLY_EXPECTED = b"\x01"
LITTLE = ord("l")
REPLY_SERIAL, REPLY_SERIAL_AT = (
    b"\x05\x01u\0",
    4,
)  # how that field begins, and where between two eights after FIELDS_AT

HANDSHAKE = b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"
"""All at once, as sd-bus does it: with no name given the bus takes the uid of the process at the other end."""

DBUS = "org.freedesktop.DBus"
DBUS_PATH = "/org/freedesktop/DBus"
PROPERTIES = "org.freedesktop.DBus.Properties"
METHOD_RETURN, ERROR, SIGNAL = 2, 3, 4
OK, CANCELLED = "ok", "cancelled"  # how a call ended, beside the codes of failures

Args = tuple[object, ...]
Body = tuple[Any, ...]
Head = tuple[str, str, str, str, str, str, int | None]


class Transport(Protocol):
    """Where the bus writes to."""

    def write(self, data: bytes) -> None:
        """Sends, or keeps until it can be sent."""
        ...

    def close(self) -> None:
        """Ends it at once. May be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class Interest:
    """Which signals to be told: those of this member, from the owner of `sender`, with exactly this signature."""

    sender: str
    interface: str
    member: str
    signature: str
    path_namespace: str | None = None
    arg0: str | None = None

    @property
    def rule(self) -> str:
        """The match rule, so that the bus sends no others."""
        rule = f"type='signal',sender='{self.sender}',interface='{self.interface}',member='{self.member}'"
        if self.path_namespace is not None:
            rule += f",path_namespace='{self.path_namespace}'"
        if self.arg0 is not None:
            rule += f",arg0='{self.arg0}'"
        return rule


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that comes from who it says."""

    path: str
    member: str
    body: Body


SignalListener = Callable[[Signal], None]
OwnerListener = Callable[[str | None], None]


class ErrorReply(ServerFailure):
    """The answer to a call was an error of D-Bus; `name` is D-Bus's."""

    def __init__(self, name: str, failure: ServerFailure) -> None:
        super().__init__(failure.failure, str(failure), failure.fix)
        self.name = name


@dataclass(slots=True)
class _Waiting:
    future: asyncio.Future[Body]
    answers: Collection[str]
    what: str


class Bus:
    """One conversation with a message bus. Feed it with `received`; it is over when `closed` is set.

    Every call raises ServerFailure once the conversation is over, with the reason that `failure` holds.
    """

    def __init__(self, meters: Meters = SILENT) -> None:
        self.closed = asyncio.Event()
        self.failure: ServerFailure | None = None
        self.unique_name: str | None = None
        self.owners: dict[str, str | None] = {}
        self._meters = meters
        self._transport: Transport | None = None
        self._buffer = bytearray()
        self._said_ok = False
        self._outgoing: list[bytes] = []
        self._serial = 0
        self._waiting: dict[int, _Waiting] = {}
        self._interests: dict[tuple[str, str], list[tuple[Interest, SignalListener]]] = {}
        self._owner_listeners: dict[str, OwnerListener] = {}
        self._owner_news: dict[str, int] = {}
        self._unasked = 0
        self._unasked_since = asyncio.get_running_loop().time()

    async def hello(self, transport: Transport, timeout: float = CALL_TIMEOUT_SECONDS) -> None:
        """Signs in. Raises ServerFailure."""
        self._transport = transport
        self.check_open()
        self._send(HANDSHAKE)
        (self.unique_name,) = await self.call(DBUS, DBUS_PATH, DBUS, "Hello", answers=("s",), timeout=timeout)

    @property
    def is_open(self) -> bool:
        """Whether the bus has let us in and the conversation goes on."""
        return self._said_ok and self.failure is None

    def check_open(self) -> None:
        """Raises ServerFailure where the conversation is over."""
        if self.failure is not None:
            raise self._failure()

    async def call(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        args: Args = (),
        *,
        answers: Collection[str],
        timeout: float = CALL_TIMEOUT_SECONDS,
    ) -> Body:
        """Calls a method of the service that owns `name`. `answers` are the signatures that its result may have.

        Raises ErrorReply where the answer is an error, else ServerFailure. A call that got no answer may have had its
        effect. Any number of calls may be under way; giving one up leaves the others alone.
        """
        if self.failure is not None or self._transport is None:
            raise self._failure()
        self._serial += 1
        serial = self._serial
        message = _call_message(serial, name, path, interface, member, signature, args)
        waiting = _Waiting(asyncio.get_running_loop().create_future(), answers, member)
        self._waiting[serial] = waiting
        began, outcome = time.perf_counter(), CANCELLED
        try:
            self._send(message)
            async with asyncio.timeout(timeout):
                body = await waiting.future
            outcome = OK
            return body
        except TimeoutError:
            outcome = FailureCode.TIMEOUT.value
            raise failures.no_answer(member, timeout) from None
        except ServerFailure as failure:
            outcome = failure.code
            raise
        finally:
            self._waiting.pop(serial, None)
            self._meters.called(member, outcome, time.perf_counter() - began)

    async def subscribe(self, *listeners: tuple[Interest, SignalListener]) -> None:
        """Tells each listener every signal of its interest, from now to the end of the conversation.

        The owner of `interest.sender` has to be watched (`watch`), else none of them counts. Only the last rule is
        answered for: the bus takes them one after the other, and where it has no room for one it has none for the next.
        """
        for interest, listener in listeners:
            self._interests.setdefault((interest.interface, interest.member), []).append((interest, listener))
        *rules, last = (interest.rule for interest, _listener in listeners)
        for rule in rules:
            self._add_match(rule)
        await self.call(DBUS, DBUS_PATH, DBUS, "AddMatch", "s", (last,), answers=("",))

    async def watch(self, name: str, listener: OwnerListener | None = None) -> str | None:
        """Follows who owns `name`, in `owners`; gives the owner's unique name, None where nobody owns it.

        `listener` is told of every change after that. Whether the bus took the rule is told by a `subscribe` after it.
        """
        if listener is not None:
            self._owner_listeners[name] = listener
        self.owners.setdefault(name, None)
        news = self._owner_news.setdefault(name, 0)
        self._add_match(Interest(DBUS, DBUS, "NameOwnerChanged", "sss", arg0=name).rule)
        owner = await self.owner_of(name)
        if self._owner_news[name] == news:  # a change that was told in the meantime is newer than this answer
            self.owners[name] = owner
        return self.owners[name]

    def received(self, data: bytes) -> None:
        """Takes bytes as they come. Never raises: what cannot be understood ends the conversation."""
        if self.failure is not None:
            return
        self._buffer += data
        try:
            if not self._said_ok:
                self._read_handshake()
            if self._said_ok:
                self._read_messages()
        except ServerFailure as failure:
            self.end(failure)
        except Exception as problem:  # whatever a stranger's bytes provoke in the parser
            self.end(failures.malformed(f"broken D-Bus message ({type(problem).__name__})"))

    def end(self, failure: ServerFailure) -> None:
        """Ends the conversation; every call that waits raises `failure`. May be called twice."""
        if self.failure is not None:
            return
        self.failure = failure
        self._buffer.clear()
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(self._failure())
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()
        self.closed.set()

    def _failure(self) -> ServerFailure:
        """The reason why it is over, as a new exception: one that was raised carries its first raiser's traceback."""
        reason = self.failure or failures.bus_closed()
        return ServerFailure(reason.failure, str(reason), reason.fix)

    def _send(self, message: bytes) -> None:
        """Sends with whatever else is sent in this turn of the loop: one packet, one system call."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(message)

    def _flush(self) -> None:
        together = b"".join(self._outgoing)
        self._outgoing.clear()
        if self.failure is None and self._transport is not None:
            self._transport.write(together)

    def _add_match(self, rule: str) -> None:
        """No answer is wanted: a thousand links have seven of these each."""
        self.check_open()
        self._serial += 1
        message = _call_message(self._serial, DBUS, DBUS_PATH, DBUS, "AddMatch", "s", (rule,))
        self._send(message[:FLAGS_AT] + NO_REPLY_EXPECTED + message[FLAGS_AT + 1 :])

    async def owner_of(self, name: str) -> str | None:
        """Who has this name on the bus now; None where nobody has it. Raises ServerFailure."""
        try:
            (owner,) = await self.call(DBUS, DBUS_PATH, DBUS, "GetNameOwner", "s", (name,), answers=("s",))
        except ErrorReply as error:
            if error.name == f"{DBUS}.Error.NameHasNoOwner":
                return None
            raise
        return str(owner)

    def _read_handshake(self) -> None:
        while (end := self._buffer.find(b"\r\n", 0, HANDSHAKE_MAX)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            if line.startswith(b"OK "):
                self._said_ok = True
                return
            if line.strip() != b"DATA":
                raise failures.malformed("it does not answer as a system bus does")
        if len(self._buffer) >= HANDSHAKE_MAX:
            raise failures.malformed("it does not answer as a system bus does")

    def _read_messages(self) -> None:
        while len(self._buffer) >= 16:
            size = _message_size(self._buffer)
            if len(self._buffer) < size:
                return
            message = _Message(bytes(self._buffer[:size]))
            del self._buffer[:size]
            if message.kind == SIGNAL:
                self._take_signal(message)
            elif message.kind in (METHOD_RETURN, ERROR):
                self._take_answer(message)
            else:
                self._count_unasked()
            if self.failure is not None:
                return

    def _take_answer(self, message: "_Message") -> None:
        waiting = self._waiting.get(message.reply_serial or 0)
        if waiting is None or waiting.future.done():
            self._count_unasked()
        elif message.kind == ERROR:
            waiting.future.set_exception(_error_reply(message, waiting.what))
        elif message.signature not in waiting.answers:
            waiting.future.set_exception(failures.malformed(f"{waiting.what} has an answer of another kind"))
        else:
            waiting.future.set_result(message.body())

    def _take_signal(self, message: "_Message") -> None:
        self._count_unasked()
        if message.sender == DBUS and message.member == "NameOwnerChanged" and message.signature == "sss":
            self._take_owner(*message.body())
            return
        for interest, listener in self._interests.get((message.interface, message.member), ()):
            owner = self.owners.get(interest.sender)
            if owner is None or message.sender != owner or message.signature != interest.signature:
                continue
            if interest.path_namespace is None or _is_under(message.path, interest.path_namespace):
                listener(Signal(message.path, message.member, message.body()))

    def _take_owner(self, name: str, _: str, now: str) -> None:
        if name not in self.owners:
            return
        self._owner_news[name] += 1
        self.owners[name] = now or None
        if (listener := self._owner_listeners.get(name)) is not None:
            listener(now or None)

    def _count_unasked(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._unasked_since > UNASKED_SECONDS:
            self._unasked, self._unasked_since = 0, now
        self._unasked += 1
        if self._unasked > UNASKED_MAX:
            raise failures.malformed("it sends messages without end")


class _Message:
    """A message of which only the header is read. The header's form: D-Bus specification, "Message Format"."""

    __slots__ = (
        "_data",
        "_order",
        "_start",
        "error_name",
        "interface",
        "kind",
        "member",
        "path",
        "reply_serial",
        "sender",
        "signature",
    )

    def __init__(self, data: bytes) -> None:
        self._order = _order(data[0])
        self.kind = data[1]
        self._data = data
        (length,) = struct.unpack_from(self._order.struct_code() + "I", data, FIELDS_AT)
        header = data[: FIELDS_AT + 4 + length]
        self._start = len(header) + -len(header) % 8
        (
            self.path,
            self.interface,
            self.member,
            self.sender,
            self.signature,
            self.error_name,
            self.reply_serial,
        ) = _head(data[0], header[FIELDS_AT:])

    def body(self) -> Body:
        """The arguments; a variant is a pair of its signature and its value."""
        body, _ = _arguments(self.signature).parse_data(self._data, self._start, self._order)
        return tuple(body)


def _head(order: int, header: bytes) -> Head:
    """The same as `_fields`; what was seen before is not read again, but for the number that an answer bears."""
    if len(header) > KEPT_HEADER_MAX:
        return _fields(order, header)
    start = header.find(REPLY_SERIAL)
    if order != LITTLE or start % 8 != REPLY_SERIAL_AT:
        return _kept_fields(order, header)
    number = start + len(REPLY_SERIAL)
    head = _kept_fields(order, header[:number] + bytes(4) + header[number + 4 :])
    if head[-1] != 0:  # what was found is part of a text
        return _fields(order, header)
    return (*head[:-1], *struct.unpack_from("<I", header, number))


def _fields(order: int, header: bytes) -> Head:
    """What stands in a message's header from FIELDS_AT on."""
    pairs, _end = _HEADER_FIELDS.parse_data(bytes(FIELDS_AT) + header, FIELDS_AT, _order(order))
    fields: Mapping[int, Any] = {code: value for code, (_, value) in pairs}
    return (
        _text(fields, HeaderFields.path),
        _text(fields, HeaderFields.interface),
        _text(fields, HeaderFields.member),
        _text(fields, HeaderFields.sender),
        _text(fields, HeaderFields.signature),
        _text(fields, HeaderFields.error_name),
        fields.get(HeaderFields.reply_serial.value),
    )


_kept_fields = lru_cache(maxsize=8192)(_fields)
"""A user's ticks all have the same header, but for their number, and so have all answers of one kind."""


def _text(fields: Mapping[int, Any], field: HeaderFields) -> str:
    value = fields.get(field.value, "")
    if not isinstance(value, str):
        raise ValueError(f"header field {field.name} is no text")
    return value


def _message_size(start: bytearray) -> int:
    order = _order(start[0]).struct_code()
    (body,) = struct.unpack_from(order + "I", start, 4)
    (fields,) = struct.unpack_from(order + "I", start, 12)
    size = int(16 + fields + -fields % 8 + body)
    if size > MESSAGE_MAX:
        raise failures.malformed(f"a message is larger than {MESSAGE_MAX >> 20} MiB")
    return size


def _order(mark: int) -> Any:
    if mark == LITTLE:
        return Endianness.little
    if mark == ord("B"):
        return Endianness.big
    raise ValueError("no D-Bus message starts so")


def _call_message(
    serial: int, name: str, path: str, interface: str, member: str, signature: str, args: Args
) -> bytes:
    try:
        plain = all(type(arg) is str and len(arg) <= KEPT_ARGUMENT_MAX for arg in args)
        make = _kept_call if plain else _made_call
        message = make(name, path, interface, member, signature, args)
    except (TypeError, ValueError, struct.error) as problem:  # a value that D-Bus has no room for
        raise failures.daemon_refused(f"{member} cannot be sent with such a value ({problem}).") from None
    return message[:SERIAL_AT] + struct.pack("<I", serial) + message[SERIAL_AT + 4 :]


def _made_call(name: str, path: str, interface: str, member: str, signature: str, args: Args) -> bytes:
    address = DBusAddress(path, bus_name=name, interface=interface)
    return bytes(new_method_call(address, member, signature or None, args).serialise(1))


_kept_call = lru_cache(maxsize=1024)(_made_call)
"""What every server is asked in the same words is written once; only the number is another."""


def _error_reply(message: _Message, what: str) -> ErrorReply:
    name = message.error_name
    text = str(message.body()[0]) if message.signature == "s" else ""
    return ErrorReply(name, _meaning(name.removeprefix(f"{DBUS}.Error."), text, what))


def _meaning(name: str, text: str, what: str) -> ServerFailure:
    match name:
        case "AccessDenied" | "AuthFailed":
            return failures.not_in_group()
        case "ServiceUnknown" | "NameHasNoOwner":
            return failures.no_daemon()
        case "NoReply" | "Timeout" | "TimedOut" | "Disconnected":
            return failures.no_answer(what)
    return failures.daemon_refused(f"{what}: {last_line(text) or name}")


def last_line(text: str) -> str:
    """The last line that says something (a traceback ends with what went wrong), fit to be shown."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    return "".join(letter for letter in line if letter.isprintable())[:ERROR_TEXT_MAX]


def _is_under(path: str, namespace: str) -> bool:
    return path == namespace or path.startswith(namespace.rstrip("/") + "/")


class _CheckedVariant:
    """jeepney's Variant, but its signature is checked before it is followed."""

    alignment = 1

    def parse_data(
        self, data: bytes, position: int, order: Any, fds: tuple[()] = ()
    ) -> tuple[tuple[str, Any], int]:
        signature, position = simple_types["g"].parse_data(data, position, order)
        value, position = _single(signature).parse_data(data, position, order)
        return (signature, value), position


@lru_cache(maxsize=256)
def _single(signature: str) -> Any:
    """The reader for one complete type."""
    kind, rest = _next_type(signature, 0)
    if rest:
        raise ValueError("a variant holds one value")
    return kind


@lru_cache(maxsize=256)
def _arguments(signature: str) -> Any:
    """The reader for a message's body."""
    return Struct(_types(signature, 0)) if signature else _NOTHING


class _Nothing:
    def parse_data(
        self, data: bytes, position: int, order: Any, fds: tuple[()] = ()
    ) -> tuple[tuple[()], int]:
        return (), position


def _types(signature: str, depth: int) -> list[Any]:
    kinds = []
    while signature:
        kind, signature = _next_type(signature, depth)
        kinds.append(kind)
    return kinds


def _next_type(signature: str, depth: int) -> tuple[Any, str]:
    """The first type of a signature and the rest of it.

    jeepney's own parser follows an empty struct, of which an array has infinitely many in no bytes: a server could
    stop this program with one message. It also parses a signature anew for each value.
    """
    if depth > NESTING_MAX:
        raise ValueError("a signature is nested too deeply")
    head, rest = signature[:1], signature[1:]
    if head == "a" and rest[:1] == "{":
        inner, rest = _until(rest[1:], "{", "}")
        return Array(DictEntry(_types(inner, depth + 1))), rest
    if head == "a":
        kind, rest = _next_type(rest, depth + 1)
        return Array(kind), rest
    if head == "(":
        inner, rest = _until(rest, "(", ")")
        if not inner:
            raise ValueError("a struct without fields")
        return Struct(_types(inner, depth + 1)), rest
    if head == "v":
        return _VARIANT, rest
    if head == "h" or head not in simple_types:
        raise ValueError("a signature with an unknown type")
    return simple_types[head], rest


def _until(signature: str, opening: str, closing: str) -> tuple[str, str]:
    depth = 1
    for position, letter in enumerate(signature):
        depth += (letter == opening) - (letter == closing)
        if depth == 0:
            return signature[:position], signature[position + 1 :]
    raise ValueError("a bracket of a signature is not closed")


_VARIANT = _CheckedVariant()
_NOTHING = _Nothing()
_HEADER_FIELDS = Array(Struct([simple_types["y"], _VARIANT]))
