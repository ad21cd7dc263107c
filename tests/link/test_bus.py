"""The bus, fed by hand: what an honest one says, what a forger says, and what only means harm."""

import asyncio
import itertools
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import (
    DBusAddress,
    Endianness,
    Header,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    Parser,
    new_error,
    new_method_return,
    new_signal,
)

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import bus as bus_module
from timekpr_mngr.link.bus import FIELDS_AT, Bus, ErrorReply, Head, Interest, Signal, _fields, _head
from timekpr_mngr.meters import SILENT, Meters

DAEMON = "com.timekpr.server"
LIMITS = "com.timekpr.server.user.limits"
TICK = Interest(DAEMON, LIMITS, "timeLeft", "sa{si}")
OWNER = ":1.7"


def _no_answer(_: Message) -> Message | None:
    return None


class Wire:
    """A message bus of the test's own: it sees what is sent and answers what the test says."""

    def __init__(self, meters: Meters = SILENT) -> None:
        self.bus = Bus(meters)
        self.sent: list[Message] = []
        self.answers: dict[str, Callable[[Message], Message | None]] = {
            "Hello": lambda call: new_method_return(call, "s", (":1.99",)),
            "AddMatch": new_method_return,
            "GetNameOwner": lambda call: new_method_return(call, "s", (OWNER,)),
        }
        self.closed = False
        self._parser = Parser()
        self._serials = itertools.count(1)

    async def open(self) -> "Wire":
        await self.bus.hello(self)
        return self

    def write(self, data: bytes) -> None:
        if data.startswith(b"\0AUTH"):
            data = data.removeprefix(bus_module.HANDSHAKE)
            self.bus.received(b"DATA\r\nOK 0123456789abcdef\r\n")
        for message in self._parser.feed(data):
            self.sent.append(message)
            answer = self.answers.get(message.header.fields[HeaderFields.member], _no_answer)(message)
            if answer is not None and not message.header.flags & MessageFlag.no_reply_expected:
                self.say(answer, DAEMON)

    def close(self) -> None:
        self.closed = True

    def say(self, message: Message, sender: str) -> None:
        message.header.fields[HeaderFields.sender] = sender
        self.bus.received(message.serialise(next(self._serials)))

    def signal(self, sender: str, member: str = "timeLeft", signature: str = "sa{si}", body: Any = ("low", {"LEFT": 9}),
               path: str = "/com/timekpr/server/user/emma", interface: str = LIMITS) -> None:  # fmt: skip
        self.say(new_signal(DBusAddress(path, interface=interface), member, signature, body), sender)

    def owner_changes(self, new: str, sender: str = "org.freedesktop.DBus", name: str = DAEMON) -> None:
        self.signal(
            sender,
            "NameOwnerChanged",
            "sss",
            (name, OWNER, new),
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
        )

    async def ask(self, member: str, answers: tuple[str, ...] = ("is",), timeout: float = 2.0) -> Any:
        return await self.bus.call(
            DAEMON, "/com/timekpr/server", LIMITS, member, answers=answers, timeout=timeout
        )


async def wire() -> Wire:
    return await Wire().open()


async def listening(w: Wire) -> list[Signal]:
    heard: list[Signal] = []
    await w.bus.watch(DAEMON)
    await w.bus.subscribe((TICK, heard.append))
    return heard


async def test_it_signs_in_and_learns_its_name() -> None:
    w = await wire()
    assert w.bus.unique_name == ":1.99"
    assert w.bus.is_open


async def test_calls_made_at_once_are_sent_together_and_matched_by_serial() -> None:
    w = await wire()
    calls: list[Message] = []
    w.answers["get"] = calls.append
    asked = [asyncio.create_task(w.ask("get")) for _ in range(5)]
    await asyncio.sleep(0)  # they are made
    await asyncio.sleep(0)  # and sent
    for number, call in reversed(list(enumerate(calls))):
        w.say(new_method_return(call, "is", (number, "")), OWNER)
    assert [body[0] for body in await asyncio.gather(*asked)] == [0, 1, 2, 3, 4]


async def test_a_call_without_an_answer_ends_in_time() -> None:
    w = await wire()
    with pytest.raises(ServerFailure, match="no answer") as caught:
        await w.ask("sleep", timeout=0.05)
    assert caught.value.failure is FailureCode.TIMEOUT
    assert w.bus.is_open


async def test_every_call_is_told_once_with_how_it_ended_in_words_of_ours() -> None:
    class Told(Meters):
        def called(self, member: str, outcome: str, seconds: float) -> None:
            assert 0 <= seconds < 60
            told.append((member, outcome))

    told: list[tuple[str, str]] = []
    w = await Wire(Told()).open()
    w.answers |= {
        "right": lambda call: new_method_return(call, "is", (0, "")),
        "other": lambda call: new_method_return(call, "s", ("what somebody made up",)),
        "error": lambda call: new_error(call, "org.what.Somebody.Made.Up", "s", ("text",)),
    }
    await w.ask("right")
    for member in ("other", "error"):
        with pytest.raises(ServerFailure):
            await w.ask(member)
    with pytest.raises(ServerFailure):
        await w.ask("sleep", timeout=0.01)
    given_up = asyncio.create_task(w.ask("sleep"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait({given_up})

    assert told == [
        ("Hello", "ok"),
        ("right", "ok"),
        ("other", "no-bus"),
        ("error", "daemon-refused"),
        ("sleep", "timeout"),
        ("sleep", "cancelled"),
    ]


async def test_a_late_answer_is_dropped() -> None:
    w = await wire()
    late: list[Message] = []
    w.answers["slow"] = late.append
    with pytest.raises(ServerFailure):
        await w.ask("slow", timeout=0.01)
    w.say(new_method_return(late[0], "is", (0, "")), OWNER)
    w.answers["next"] = lambda call: new_method_return(call, "is", (5, ""))
    assert (await w.ask("next"))[0] == 5


async def test_a_cancelled_call_leaves_the_others_alone() -> None:
    w = await wire()
    calls: list[Message] = []
    w.answers["get"] = calls.append
    given_up, kept = asyncio.create_task(w.ask("get")), asyncio.create_task(w.ask("get"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up.cancel()
    for call in calls:
        w.say(new_method_return(call, "is", (0, "done")), OWNER)
    assert (await kept) == (0, "done")
    with pytest.raises(asyncio.CancelledError):
        await given_up


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("org.freedesktop.DBus.Error.AccessDenied", FailureCode.NOT_IN_GROUP),
        ("org.freedesktop.DBus.Error.ServiceUnknown", FailureCode.NO_DAEMON),
        ("org.freedesktop.DBus.Error.NameHasNoOwner", FailureCode.NO_DAEMON),
        ("org.freedesktop.DBus.Error.NoReply", FailureCode.TIMEOUT),
        ("org.freedesktop.DBus.Error.UnknownMethod", FailureCode.DAEMON_REFUSED),
        ("org.freedesktop.DBus.Python.ValueError", FailureCode.DAEMON_REFUSED),
        ("", FailureCode.DAEMON_REFUSED),
    ],
)
async def test_an_error_is_one_of_the_closed_list(name: str, code: FailureCode) -> None:
    w = await wire()
    w.answers["fail"] = lambda call: new_error(
        call, name, "s", ("Traceback\n  File x\nValueError: no such day\n",)
    )
    with pytest.raises(ErrorReply) as caught:
        await w.ask("fail")
    assert (caught.value.failure, caught.value.name) == (code, name)
    assert caught.value.fix
    assert "Traceback" not in str(caught.value)
    if code is FailureCode.DAEMON_REFUSED:
        assert "no such day" in str(caught.value)


@pytest.mark.parametrize(
    ("signature", "body"), [("s", ("0",)), ("ii", (0, 0)), ("isas", (0, "", [])), (None, ())]
)
async def test_an_answer_of_another_kind_is_not_read(signature: str | None, body: Any) -> None:
    w = await wire()
    w.answers["get"] = lambda call: new_method_return(call, signature, body)
    with pytest.raises(ServerFailure, match="another kind") as caught:
        await w.ask("get")
    assert caught.value.failure is FailureCode.NO_BUS


async def test_a_value_that_dbus_cannot_hold_is_refused_before_it_is_sent() -> None:
    w = await wire()
    before = len(w.sent)
    with pytest.raises(ServerFailure) as caught:
        await w.bus.call(DAEMON, "/x", LIMITS, "set", "i", (2**31,), answers=("is",))
    assert caught.value.failure is FailureCode.DAEMON_REFUSED
    await asyncio.sleep(0)
    assert len(w.sent) == before


async def test_signals_of_the_owner_are_heard() -> None:
    w = await wire()
    heard = await listening(w)
    w.signal(OWNER)
    assert [signal.body for signal in heard] == [("low", {"LEFT": 9})]


async def test_a_signal_from_anybody_else_is_dropped() -> None:
    w = await wire()
    heard = await listening(w)
    for forger in (":1.66", DAEMON, "", ":1.77"):
        w.signal(forger)
    assert heard == []


@pytest.mark.parametrize(
    "forged",
    [{"signature": "s", "body": ("low",)}, {"member": "timeLimits"}, {"interface": "com.timekpr.other"}],
)
async def test_a_signal_of_another_form_is_dropped(forged: dict[str, Any]) -> None:
    w = await wire()
    heard = await listening(w)
    w.signal(OWNER, **forged)
    assert heard == []


async def test_what_is_wanted_is_asked_for_in_order_and_only_the_last_is_answered() -> None:
    w = await wire()
    await w.bus.watch(DAEMON)
    await w.bus.subscribe((TICK, print), (Interest(DAEMON, LIMITS, "timeLimits", "a{ss}"), print))
    rules = [
        (message.body[0], bool(message.header.flags & MessageFlag.no_reply_expected))
        for message in w.sent
        if message.header.fields[HeaderFields.member] == "AddMatch"
    ]
    assert [is_quiet for _rule, is_quiet in rules] == [True, True, False]
    for (rule, _is_quiet), member in zip(rules, ("NameOwnerChanged", "timeLeft", "timeLimits"), strict=True):
        assert f"member='{member}'" in rule


async def test_a_bus_that_takes_no_more_rules_is_an_error() -> None:
    w = await wire()
    w.answers["AddMatch"] = lambda call: new_error(
        call, "org.freedesktop.DBus.Error.LimitsExceeded", "s", ("too many",)
    )
    with pytest.raises(ServerFailure, match="too many"):
        await w.bus.subscribe((TICK, print), (TICK, print))


async def test_signals_count_only_under_their_own_path() -> None:
    w = await wire()
    heard: list[Signal] = []
    await w.bus.watch(DAEMON)
    await w.bus.subscribe(
        (Interest(DAEMON, LIMITS, "timeLeft", "sa{si}", path_namespace="/com/timekpr/a"), heard.append)
    )
    for path in ("/com/timekpr/ab", "/com/timekpr/b", "/com/timekpr/a/b", "/com/timekpr/a"):
        w.signal(OWNER, path=path)
    assert [signal.path for signal in heard] == ["/com/timekpr/a/b", "/com/timekpr/a"]


async def test_a_new_owner_is_believed_and_the_old_one_no_longer() -> None:
    w = await wire()
    heard = await listening(w)
    told: list[str | None] = []
    await w.bus.watch(DAEMON, told.append)
    w.owner_changes("")
    w.signal(OWNER)
    w.owner_changes(":1.8")
    w.signal(OWNER)
    assert heard == []
    w.signal(":1.8")
    assert len(heard) == 1
    assert told == [None, ":1.8"]


async def test_only_the_bus_itself_says_who_owns_a_name() -> None:
    w = await wire()
    heard = await listening(w)
    w.owner_changes(":1.66", sender=":1.66")
    w.signal(":1.66")
    assert heard == []
    assert w.bus.owners[DAEMON] == OWNER


async def test_a_change_of_owner_is_newer_than_the_answer_on_its_way() -> None:
    w = await wire()

    def answer(call: Message) -> Message | None:
        w.say(new_method_return(call, "s", (OWNER,)), "org.freedesktop.DBus")
        w.owner_changes(":1.8")
        return None

    w.answers["GetNameOwner"] = answer
    assert await w.bus.watch(DAEMON) == ":1.8"


async def test_nobody_may_own_the_name() -> None:
    w = await wire()
    w.answers["GetNameOwner"] = lambda call: new_error(
        call, "org.freedesktop.DBus.Error.NameHasNoOwner", "s", ("x",)
    )
    assert await w.bus.watch(DAEMON) is None


def raw(kind: int, signature: str, body: bytes, reply_to: int = 2) -> bytes:
    """A message with any bytes for a body; it answers the second call, the first after Hello."""
    fields: dict[Any, Any] = {
        HeaderFields.reply_serial: reply_to,
        HeaderFields.signature: signature,
        HeaderFields.sender: OWNER,
    }
    if kind == 4:
        fields |= {HeaderFields.interface: LIMITS, HeaderFields.member: "timeLeft", HeaderFields.path: "/x"}
    header = Header(Endianness.little, MessageType(kind), 0, 1, len(body), 1, fields)
    start = bytes(header.serialise())
    return start + bytes(-len(start) % 8) + body


HARMFUL = {
    "garbage": b"\xde\xad\xbe\xef" * 100,
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "an endless message": b"l\x02\0\x01" + struct.pack("<III", 2**31, 1, 16),
    "endless header fields": b"l\x02\0\x01" + struct.pack("<III", 16, 1, 2**31),
    "an array of nothing": raw(2, "a()", struct.pack("<I4x", 8) + bytes(8)),
    "nothing in a variant": raw(2, "v", b"\x03a()\0" + bytes(3) + struct.pack("<I4x", 8) + bytes(8)),
    "a nest of variants": raw(2, "v", b"\x01v\0" * 50_000),
    "a nest of arrays": raw(2, "v", b"\xf0" + b"a" * 239 + b"y\0" + bytes(100)),
    "an unknown type": raw(2, "v", b"\x01!\0" + bytes(4)),
    "a file handle": raw(2, "v", b"\x01h\0" + bytes(9)),
    "two values in a variant": raw(2, "v", b"\x02yy\0" + bytes(9)),
    "an open bracket": raw(2, "v", b"\x02(y\0" + bytes(9)),
    "a dictionary of one": raw(2, "v", b"\x04a{y}\0" + bytes(9)),
    "a string that ends elsewhere": raw(2, "v", b"\x01s\0\0" + struct.pack("<I", 2**30) + b"x\0"),
    "bytes that are no text": raw(2, "v", b"\x01s\0\0" + struct.pack("<I", 2) + b"\xff\xfe\0"),
    "an array longer than its message": raw(2, "v", b"\x02ai\0" + struct.pack("<I", 2**20) + bytes(40)),
}


@pytest.mark.parametrize("harm", HARMFUL.values(), ids=HARMFUL)
async def test_what_means_harm_ends_the_conversation_at_once_with_a_reason(harm: bytes) -> None:
    w = await wire()
    asked = asyncio.create_task(w.ask("get", answers=("a()", "v")))
    await asyncio.sleep(0)
    started = time.process_time()
    w.bus.received(harm)
    w.bus.received(bytes(64))
    assert time.process_time() - started < 0.5
    with pytest.raises(ServerFailure) as caught:
        await asked
    assert caught.value.failure is FailureCode.NO_BUS
    assert w.closed


@pytest.mark.parametrize(
    "start", [b"REJECTED EXTERNAL\r\n", b"SSH-2.0-x\r\n", b"x" * 10_000, b"DATA\r\nDATA\r\nERROR\r\n"]
)
async def test_who_is_no_bus_is_told_so(start: bytes) -> None:
    bus = Bus()

    class Other:
        def write(self, data: bytes) -> None:
            bus.received(start)

        def close(self) -> None: ...

    with pytest.raises(ServerFailure, match="system bus") as caught:
        await bus.hello(Other(), timeout=60)
    assert caught.value.failure is FailureCode.NO_BUS


async def test_messages_without_end_end_the_conversation() -> None:
    w = await wire()
    heard = await listening(w)
    for _ in range(bus_module.UNASKED_MAX + 10):
        w.signal(":1.66")
    assert heard == []
    assert w.closed
    with pytest.raises(ServerFailure, match="without end"):
        await w.ask("get")


async def test_a_message_may_come_in_pieces() -> None:
    w = await wire()
    heard = await listening(w)
    message = new_signal(DBusAddress("/x", interface=LIMITS), "timeLeft", "sa{si}", ("low", {}))
    message.header.fields[HeaderFields.sender] = OWNER
    for byte in message.serialise(1):
        w.bus.received(bytes([byte]))
    assert len(heard) == 1


async def test_the_end_reaches_every_call_and_is_told_once() -> None:
    w = await wire()
    asked = [asyncio.create_task(w.ask("get")) for _ in range(3)]
    await asyncio.sleep(0)
    w.bus.end(ServerFailure(FailureCode.UNREACHABLE, "gone", "wait"))
    w.bus.end(ServerFailure(FailureCode.NO_BUS, "another", "x"))
    for task in asked:
        with pytest.raises(ServerFailure, match="gone"):
            await task
    with pytest.raises(ServerFailure, match="gone"):
        await w.ask("get")
    assert w.bus.closed.is_set()
    assert w.closed


def _outcome(read: Callable[[int, bytes], Head], header: bytes) -> Head | None:
    try:
        return read(ord("l"), header)
    except Exception:  # whatever jeepney's parser meets; it ends the conversation
        return None


@given(
    serials=st.lists(st.integers(1, 2**32 - 1), min_size=2, max_size=3),
    error=st.none() | st.text(max_size=8) | st.just("x\x05\x01u\x00xxxx"),
    sender=st.sampled_from([":1.5", "\x05\x01u", "org.freedesktop.DBus"]),
    broken=st.none() | st.tuples(st.integers(0, 60), st.integers(0, 255)),
)
def test_a_header_that_was_seen_before_says_the_same_as_one_that_is_read(
    serials: list[int], error: str | None, sender: str, broken: tuple[int, int] | None
) -> None:
    for serial in serials:
        fields = {HeaderFields.reply_serial: serial, HeaderFields.sender: sender}
        if error is not None:
            fields[HeaderFields.error_name] = error
        header = Header(Endianness.little, MessageType.method_return, 0, 1, 0, 1, fields)
        read = bytearray(header.serialise()[FIELDS_AT:])
        if broken is not None and broken[0] < len(read):
            read[broken[0]] = broken[1]
        assert _outcome(_head, bytes(read)) == _outcome(_fields, bytes(read))
