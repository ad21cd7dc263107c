"""One computer of many was taken over: the service beside it lives on as if it were not there."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncssh
import pytest

from tests.link.machines import Pretence
from tests.link.pretending import USER_FILES, PretendBus, Process, sends, tar, without_end
from tests.rig import TimekprHost

from .conftest import add_server
from .service import Service

ROUNDS = 4
GRANTS_A_ROUND = 3
GROWTH_MAX_KB = 40_000  # what an archive of the largest size takes while it is read; not a round more of it
HOSTILE_USERS = ["../../x", "<script>alert(1)</script>", "emma"]


class Hostile:
    """Each conversation is another mischief: signals by the thousand, files without end, silence, nonsense."""

    def __init__(self) -> None:
        self.met = 0
        self._kinds = itertools.cycle([self._floods, self._answers_without_end, self._talks_nonsense])

    async def bus(self, process: Process) -> None:
        """Its system bus."""
        self.met += 1
        await next(self._kinds)(process)

    async def _floods(self, process: Process) -> None:
        bus = PretendBus()
        bus.answers["getUserList"] = ("isaas", (0, "", [[name, name] for name in HOSTILE_USERS]))
        flooding = asyncio.create_task(self._flood(bus, process))
        try:
            await bus(process)
        finally:
            flooding.cancel()

    async def _flood(self, bus: PretendBus, process: Process) -> None:
        while not process.is_closing():
            await asyncio.sleep(0.01)
            if bus._process is None:
                continue
            for _ in range(50):  # five thousand a second
                bus.tick(("low", {"LEFTD": 60, "LEFT": 60}))
            await process.stdout.drain()

    async def _answers_without_end(self, process: Process) -> None:
        await without_end(b"l\1\0\1" + bytes(32_768))(process)

    async def _talks_nonsense(self, process: Process) -> None:
        bus = PretendBus()
        bus.answers |= {"ListSessions": ("s", ("x" * 100_000,)), "getUserList": ("as", (["emma"] * 5_000,))}
        await bus(process)


@pytest.fixture
async def hostile(service: Service) -> AsyncIterator[Hostile]:
    """A computer that the service knows, and whose key it trusts."""
    pretence, mischief = Pretence(), Hostile()
    odd = [(f"var/lib/timekpr/config/timekpr.{name}.conf", b"x") for name in HOSTILE_USERS[:2]]
    archives = itertools.cycle([sends(tar(*USER_FILES, *odd)), without_end(bytes(32_768))])

    async def files(process: Process) -> None:
        await next(archives)(process)

    answers: dict[str, Callable[[Process], Awaitable[None]]] = {"bus": mischief.bus, "files": files}
    pretence.answers |= answers
    key = asyncssh.generate_private_key("ssh-ed25519")
    there = await pretence.listen(key)
    body = {
        "name": "taken",
        "host": "127.0.0.1",
        "port": there.port,
        "ssh_user": "x",
        "host_key": there.host_key,
    }
    await asyncio.to_thread(service.ask, "POST", "/servers", body, 201)
    yield mischief
    await asyncio.to_thread(service.kill)
    await pretence.close()


def memory_kb(service: Service) -> int:
    """What the service holds now."""
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def gives(service: Service) -> list[str]:
    """A minute for alice on the honest computer, some times: how they ended."""
    asked = [
        service.ask("POST", "/servers/kids-pc/users/alice/grants", {"seconds": 60})["changes"][0]
        for _ in range(GRANTS_A_ROUND)
    ]
    return [change["state"] for change in service.settled(asked)]


@pytest.mark.rig
@pytest.mark.timeout(300)
async def test_a_hostile_computer_takes_nothing_from_the_others(
    service: Service, kids_pc: TimekprHost, hostile: Hostile
) -> None:
    await asyncio.to_thread(add_server, service, kids_pc)
    held = []
    for _ in range(ROUNDS):
        met = hostile.met
        while hostile.met < met + 1:
            assert await asyncio.to_thread(gives, service) == ["applied"] * GRANTS_A_ROUND
            await asyncio.to_thread(service.request, "POST", "/servers/taken/sync")
        held.append(await asyncio.to_thread(memory_kb, service))

    assert max(held[2:]) - held[1] < GROWTH_MAX_KB, held
    users = await asyncio.to_thread(service.get, "/servers/taken/users")
    assert {user["name"] for user in users["items"]} <= {"emma", HOSTILE_USERS[1]}
    assert "Traceback" not in service.log.read_text()
