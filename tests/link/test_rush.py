"""With very many servers to connect to, links come first, and nobody waits who need not."""

import asyncio
import contextlib

import pytest

from timekpr_mngr.link import rush
from timekpr_mngr.link.rush import HANDSHAKES_AT_ONCE, Rush


class Crowd:
    """Handshakes that take until they are let go."""

    def __init__(self, of: Rush, count: int) -> None:
        self.inside = 0
        self.let_go = asyncio.Event()
        self.tasks = [asyncio.create_task(self._shake(of)) for _ in range(count)]

    async def _shake(self, of: Rush) -> None:
        async with of:
            self.inside += 1
            await self.let_go.wait()


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_no_more_than_so_many_shake_hands_at_once() -> None:
    crowd = Crowd(Rush(), HANDSHAKES_AT_ONCE + 30)
    await settled()
    assert crowd.inside == HANDSHAKES_AT_ONCE
    crowd.let_go.set()
    await asyncio.gather(*crowd.tasks)
    assert crowd.inside == HANDSHAKES_AT_ONCE + 30


async def test_a_house_is_no_rush() -> None:
    of = Rush()
    crowd = Crowd(of, HANDSHAKES_AT_ONCE)
    await settled()
    assert not of.is_on
    await of.over()
    crowd.let_go.set()
    await asyncio.gather(*crowd.tasks)


async def test_it_is_over_when_nobody_waits_for_a_turn() -> None:
    of = Rush()
    crowd = Crowd(of, HANDSHAKES_AT_ONCE + 1)
    await settled()
    assert of.is_on
    waiting = asyncio.create_task(of.over())
    await settled()
    assert not waiting.done()
    crowd.let_go.set()
    await asyncio.gather(waiting, *crowd.tasks)
    assert not of.is_on


async def test_who_gives_up_while_waiting_is_waited_for_no_more() -> None:
    of = Rush()
    crowd = Crowd(of, HANDSHAKES_AT_ONCE + 1)
    await settled()
    crowd.tasks[-1].cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await crowd.tasks[-1]
    assert not of.is_on
    crowd.let_go.set()
    await asyncio.gather(*crowd.tasks[:-1])


async def test_a_rush_without_end_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "OVER_MOST_SECONDS", 0.01)
    of = Rush()
    crowd = Crowd(of, HANDSHAKES_AT_ONCE + 1)
    await settled()
    await of.over()
    assert of.is_on
    crowd.let_go.set()
    await asyncio.gather(*crowd.tasks)
