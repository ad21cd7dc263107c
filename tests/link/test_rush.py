"""With very many servers to connect to, links come first, and nobody waits who need not."""

import asyncio

import pytest

from timekpr_mngr.link import rush
from timekpr_mngr.link.rush import HANDSHAKES_AT_ONCE, Rush


class Crowd:
    """Links that take until they are let go."""

    def __init__(self, of: Rush, count: int, network: str = "10.0.0") -> None:
        self.inside = 0
        self.let_go = asyncio.Event()
        self.tasks = [asyncio.create_task(self._shake(of, f"{network}.{n}")) for n in range(count)]

    async def gone(self) -> None:
        self.let_go.set()
        await asyncio.gather(*self.tasks)

    async def _shake(self, of: Rush, host: str) -> None:
        with of.arrival((host, 22)) as handshakes:
            async with handshakes:
                self.inside += 1
                await self.let_go.wait()


class Readers:
    """Who would read now; `reading` are those who may."""

    def __init__(self, of: Rush, count: int = 1) -> None:
        self.reading = self.most = 0
        self.tasks = [asyncio.create_task(self._read(of)) for _ in range(count)]

    async def done(self) -> None:
        async with asyncio.timeout(20):
            await asyncio.gather(*self.tasks)

    async def _read(self, of: Rush) -> None:
        async with of.after():
            self.reading += 1
            self.most = max(self.most, self.reading)
            await settled()
            self.reading -= 1


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_no_more_than_so_many_shake_hands_at_once() -> None:
    crowd = Crowd(Rush(), HANDSHAKES_AT_ONCE + 30)
    await settled()
    assert crowd.inside == HANDSHAKES_AT_ONCE
    await crowd.gone()
    assert crowd.inside == HANDSHAKES_AT_ONCE + 30


async def test_a_house_is_no_rush() -> None:
    of = Rush()
    crowd = Crowd(of, rush.CROWD)
    await settled()
    await Readers(of, 3).done()
    await crowd.gone()


async def test_reading_waits_until_all_but_a_few_links_are_made() -> None:
    of = Rush()
    crowd, late, few = Crowd(of, rush.CROWD), Crowd(of, 1, "10.0.1"), Crowd(of, rush.FEW, "10.0.2")
    await settled()
    readers = Readers(of, 200)
    await crowd.gone()
    await settled()
    assert readers.most == 0
    await late.gone()
    await readers.done()
    assert readers.most == rush.READS_AFTER_IT
    await few.gone()


async def test_who_gives_up_is_waited_for_no_more() -> None:
    of = Rush()
    crowd = Crowd(of, rush.CROWD + 1)
    await settled()
    readers = Readers(of)
    for task in crowd.tasks:
        task.cancel()
    await asyncio.wait(crowd.tasks)
    await readers.done()


async def test_nobody_waits_for_long_for_servers_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "FOR_SECONDS", 0.01)
    of = Rush()
    crowd = Crowd(of, rush.CROWD + 1)
    await settled()
    await Readers(of).done()
    await crowd.gone()


async def test_who_waits_for_their_turn_to_shake_hands_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "HANDSHAKES_AT_ONCE", 1)
    monkeypatch.setattr(rush, "FOR_SECONDS", 0.01)
    of = Rush()
    crowd = Crowd(of, rush.CROWD + 1)
    await asyncio.sleep(0.1)  # many times what a silent one is waited for
    assert of.is_on
    await crowd.gone()
    assert not of.is_on


async def test_servers_that_were_not_there_before_make_no_rush() -> None:
    of = Rush()
    gone = Crowd(of, rush.CROWD * 2)
    await settled()
    for task in gone.tasks:
        task.cancel()
    await asyncio.wait(gone.tasks)
    again = Crowd(of, rush.CROWD * 2)
    await settled()
    await Readers(of).done()
    await again.gone()
    back = Crowd(of, rush.CROWD + 1)  # they answered, so they are waited for as others are
    await settled()
    readers = Readers(of)
    await settled()
    assert readers.most == 0
    await back.gone()
    await readers.done()


async def test_a_rush_without_end_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "OVER_MOST_SECONDS", 0.01)
    of = Rush()
    crowd = Crowd(of, rush.CROWD + 1)
    await settled()
    await Readers(of).done()
    await crowd.gone()
