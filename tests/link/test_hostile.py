"""A server that means harm, or was broken into: nothing of what it says is believed, and it holds up nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncssh
import pytest
from asyncssh.constants import MSG_CHANNEL_OPEN, MSG_IGNORE
from jeepney import DBusAddress, new_signal

from tests.link.machines import Heard, Pretence, failure_of
from tests.link.pretending import USER_FILES, Answer, PretendBus, sends, silence, tar, without_end
from timekpr_mngr.errors import FailureCode
from timekpr_mngr.link import bus as bus_module
from timekpr_mngr.link import file_reader, files, ssh_keys
from timekpr_mngr.link.bus_session import BusSession
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import Ticked
from timekpr_mngr.timekpr import interface as timekpr

KEY = ssh_keys.make_key("k")[0]
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def bus(pretence: Pretence) -> PretendBus:
    """What the server's bus says; its files are those of an honest server."""
    one = PretendBus()
    pretence.answers |= {"bus": one, "files": sends(tar(*USER_FILES))}
    return one


Opens = Callable[[], Awaitable[BusSession]]


@pytest.fixture
async def opened(pretence: Pretence) -> AsyncIterator[Opens]:
    """`await opened()`: a session with the pretender."""
    sessions: list[BusSession] = []
    server = await pretence.listen(HOST_KEY)

    async def open_it() -> BusSession:
        sessions.append(await SshConnector().open(server, KEY))
        return sessions[-1]

    yield open_it
    for session in sessions:
        await session.close()


class Lag:
    """The longest that the loop was held up, seconds."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def __aenter__(self) -> "Lag":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            before = time.thread_time()  # not what others on this machine take
            await asyncio.sleep(0.005)
            self.worst = max(self.worst, time.thread_time() - before)


async def test_an_honest_pretender_is_read(bus: PretendBus, opened: Opens) -> None:
    session = await opened()
    emma = (await session.read()).users["emma"]
    assert emma.config is not None
    assert emma.logged_in
    assert emma.problem is None or "cannot read" in emma.problem


async def test_nothing_is_sent_that_says_nothing(
    bus: PretendBus, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty message costs as much as one that says something: each would be sent twice for nothing."""
    received: list[int] = []

    def log(_self: object, pkttype: int, *_: object) -> None:
        received.append(pkttype)

    monkeypatch.setattr(asyncssh.SSHServerConnection, "log_received_packet", log)
    session = await opened()
    received.clear()
    await session.read()
    assert MSG_CHANNEL_OPEN in received
    assert MSG_IGNORE not in received


@pytest.mark.parametrize(
    "answer",
    {
        "junk": sends(b"\xde\xad\xbe\xef" * 1000),
        "a greeting": sends(b"Welcome to Ubuntu!\r\n"),
        "nothing": sends(b""),
        "an error": sends(b"", status=1),
        "junk without end": without_end(b"\xff" * 32_768),
        "lines without end": without_end(b"DATA" * 8_192),
    }.items(),
    ids=lambda item: item[0],
)
async def test_who_is_no_bus_is_told_so_at_once(pretence: Pretence, opened: Opens, answer: Any) -> None:
    pretence.answers |= {"bus": answer[1], "systemd-stdio-bridge": answer[1]}
    async with Lag() as lag, asyncio.timeout(60):
        failure = await failure_of(opened())
    assert failure.failure is FailureCode.NO_BUS
    assert lag.worst < 0.5


async def test_a_bus_that_says_nothing_runs_out_of_time(
    pretence: Pretence, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module.Bus.hello, "__defaults__", (0.3,))
    pretence.answers["bus"] = silence
    failure = await failure_of(opened())
    assert failure.failure is FailureCode.TIMEOUT


@pytest.mark.parametrize(
    "data",
    {
        "nothing": b"",
        "junk": b"\xde\xad\xbe\xef" * 10_000,
        "an error in words": b"tar: etc/timekpr: Cannot open: Permission denied\n" * 20,
        "half of it": tar(*USER_FILES)[:1700],
    }.items(),
    ids=lambda item: item[0],
)
async def test_files_that_are_none_are_told(
    bus: PretendBus, pretence: Pretence, opened: Opens, data: Any
) -> None:
    pretence.answers["files"] = sends(data[1])
    session = await opened()
    failure = await failure_of(session.read())
    assert failure.failure is FailureCode.NO_BUS
    assert "files" in failure.message


async def test_files_without_end_come_to_an_end(
    bus: PretendBus, pretence: Pretence, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_reader, "ARCHIVE_MAX", 1 << 20)
    pretence.answers["files"] = without_end(bytes(32_768))
    session = await opened()
    failure = await failure_of(session.read())
    assert "more than" in failure.message
    assert (await session.call(timekpr.set_time_left("emma", "+", 1))).ok  # the rest of it still works


async def test_a_swarm_of_files_holds_nobody_up(bus: PretendBus, pretence: Pretence, opened: Opens) -> None:
    pretence.answers["files"] = sends(tar(*((f"x{n}", b"") for n in range(files.MEMBERS_MAX + 100))))
    session = await opened()
    async with Lag() as lag:
        failure = await failure_of(session.read())
    assert "too many" in failure.message
    assert lag.worst < 0.5


async def test_a_user_with_a_hostile_name_is_no_user(
    bus: PretendBus, pretence: Pretence, opened: Opens
) -> None:
    names = ["../../x", "a/b", "", ".", "..", "a\nb", "emma;x", "[x]", "%s", " x", "x" * 1000, "emma"]
    bus.answers["getUserList"] = (
        "isaas",
        (0, "", [[name, "<b>\n\x1b[31m" + "y" * 5000] for name in names] + [[]]),
    )
    bus.answers["ListSessions"] = ("a(susso)", ([(name, 1, name, "s", "/a") for name in names],))
    pretence.answers["files"] = sends(
        tar(*USER_FILES, *((f"var/lib/timekpr/config/timekpr.{name}.conf", b"x") for name in names[:-1]))
    )
    failure = await failure_of(_read(opened))
    assert failure.failure is FailureCode.NO_BUS  # a list with an entry that is no user is no list
    bus.answers["getUserList"] = ("isaas", (0, "", [[name, "<b>\n\x1b[31m" + "y" * 5000] for name in names]))
    users = (await _read(opened)).users
    assert set(users) == {"emma"}
    assert "\x1b" not in users["emma"].full_name
    assert len(users["emma"].full_name) < 300


async def _read(opened: Opens) -> Any:
    return await (await opened()).read()


@pytest.mark.parametrize(
    ("member", "answer"),
    [
        ("getUserInformation", ("isa{sv}", (0, "", {"ACTUAL_TIME_LEFT_DAY": ("s", "much")}))),
        ("getUserInformation", ("isa{sv}", (0, "", {"ACTUAL_TIME_LEFT_DAY": ("av", [("av", [])])}))),
        ("GetAll", ("a{sv}", ({"Type": ("u", 7), "LockedHint": ("s", "True"), "State": ("as", [])},))),
        ("GetAll", ("a{sv}", ({},))),
        ("GetAll", ("s", ("x",))),
        ("ListSessions", ("as", ([],))),
        ("Get", ("v", (("s", "../../../etc/passwd"),))),
        ("Get", ("v", (("s", "/etc/localtime"),))),
        ("Get", ("v", (("t", 2**64 - 1),))),
        ("Get", ("v", (("as", []),))),
        ("Get", ("s", ("x",))),
        ("getTimekprConfiguration", ("isa{sv}", (0, "", {"TIMEKPR_POLLTIME": ("s", "x")}))),
    ],
)
async def test_wrong_types_are_not_known_values(
    bus: PretendBus, opened: Opens, member: str, answer: Answer
) -> None:
    bus.answers[member] = answer
    session = await opened()
    snapshot = await session.read()
    await session.unit()
    assert snapshot.users["emma"].config is not None
    live = snapshot.users["emma"].live
    assert live is None or live.left_day_seconds is None
    if member == "Get":
        assert snapshot.server_time is None


@pytest.mark.parametrize(
    "answer", [("is", (0, "")), ("s", ("x",)), ("isa{sv}", (0, "", {})), ("isaas", (-1, "no", []))]
)
async def test_a_list_of_users_of_another_kind_gives_none(
    bus: PretendBus, opened: Opens, answer: Answer
) -> None:
    bus.answers["getUserList"] = answer
    if answer[1][0] == -1:
        assert set((await _read(opened)).users) == {"emma"}
    else:
        assert (await failure_of(_read(opened))).failure is FailureCode.NO_BUS


@pytest.mark.parametrize("answer", [(None, ()), ("s", ("0",)), ("bs", (True, ""))])
async def test_a_setters_answer_that_is_none_is_not_taken_for_done(
    bus: PretendBus, opened: Opens, answer: Answer
) -> None:
    session = await opened()
    bus.answers["setTimeLeft"] = answer
    failure = await failure_of(session.call(timekpr.set_time_left("emma", "+", 1)))
    assert failure.failure is FailureCode.NO_BUS


async def test_ticks_about_nobody_or_of_nothing_are_dropped(bus: PretendBus, opened: Opens) -> None:
    session = await opened()
    heard = Heard(session)
    for body in (("low", {}), ("low", {"LEFTD": 2**31 - 1}), ("low", {"LEFT": 1})):
        bus.tick(body)
    for path in ("/com/timekpr/server/user/leo", "/com/timekpr/server/user", "/x"):
        bus.tick(("low", {"LEFTD": 1, "LEFT": 1}), path)
    bus.tick(("low", {"LEFTD": 60, "LEFT": 60}))
    tick = await heard.wait(lambda event: isinstance(event, Ticked))
    assert tick.live.left_day_seconds == 60
    assert len(heard.events) == 1


async def test_signals_without_end_end_the_conversation_and_hold_nobody_up(
    bus: PretendBus, opened: Opens
) -> None:
    session = await opened()

    async def flood() -> None:
        while not session._bus.closed.is_set():
            for _ in range(50):
                bus.tick(("low", {"LEFTD": 60, "LEFT": 60}))
            await asyncio.sleep(0)

    async with asyncio.timeout(100):
        flooding = asyncio.create_task(flood())
        await session.wait_closed()
        flooding.cancel()
    assert (await failure_of(session.read())).failure is FailureCode.NO_BUS


async def test_a_call_that_hangs_holds_up_no_other(bus: PretendBus, opened: Opens) -> None:
    bus.answers["setTimeLeft"] = Exception("never")
    session = await opened()
    hanging = asyncio.create_task(session.call(timekpr.set_time_left("emma", "+", 1)))
    assert (await session.read()).users["emma"].config is not None
    hanging.cancel()
    bus.answers["setTimeLeft"] = ("is", (0, ""))
    assert (await session.call(timekpr.set_time_left("emma", "+", 1))).ok


async def test_users_who_come_and_go_are_not_remembered_for_ever(
    pretence: Pretence, bus: PretendBus, opened: Opens
) -> None:
    session = await opened()
    for number in range(5):
        name = f"somebody{number}"
        file = (f"var/lib/timekpr/config/timekpr.{name}.conf", f"[{name}]\nx = {'y' * 1000}\n".encode())
        pretence.answers["files"] = sends(tar(*USER_FILES, file))
        assert name in (await session.read()).users
    assert {user for _, user in session._parsed} == {"", "emma", "somebody4"}


async def test_limits_of_nobody_are_not_remembered(bus: PretendBus, opened: Opens) -> None:
    session = await opened()
    heard = Heard(session)
    signature = timekpr.SIGNALS[timekpr.USER_LIMITS, "timeLimits"]
    for number in range(100):
        address = DBusAddress(f"/com/timekpr/server/user/n{number}", interface=timekpr.USER_LIMITS)
        bus.say(new_signal(address, "timeLimits", signature, ("low", {})))
    bus.tick(("low", {"LEFTD": 60, "LEFT": 60}))
    await heard.wait(lambda event: isinstance(event, Ticked))
    assert session._limits == {}


async def test_settings_that_timekpr_cannot_tell_hide_no_user(
    pretence: Pretence, bus: PretendBus, opened: Opens
) -> None:
    """It stumbles over an empty list of its own (timekpr.conf is not there to be read)."""
    del bus.answers["getTimekprConfiguration"]
    pretence.answers["files"] = sends(tar(*USER_FILES[1:]))
    snapshot = await (await opened()).read()
    assert snapshot.config is None
    assert snapshot.users["emma"].config is not None
