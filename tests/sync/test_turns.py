"""Only a few are delivered to at once: in their order, with those in a hurry first, and nobody holds up the others."""

import asyncio

import pytest

from timekpr_mngr.sync import turns
from timekpr_mngr.sync.turns import AT_ONCE, Turns


class Queue:
    """Servers that each take a turn until they are let go; `begun` are those that had one, in that order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.news = asyncio.Event()
        self.turns = Turns()
        self.ends = dict[str, asyncio.Event]()
        self._tasks = dict[str, asyncio.Task[None]]()

    async def wants(self, *names: str, hurry: bool = False) -> None:
        for name in names:
            self.ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._take(name, hurry))
            await asyncio.sleep(0)

    async def full(self) -> None:
        """All turns are taken."""
        await self.wants(*(f"first {number}" for number in range(AT_ONCE)))
        self.begun.clear()

    async def done(self, name: str) -> None:
        self.ends[name].set()
        await self._tasks[name]
        await asyncio.sleep(0)

    async def cancelled(self, *names: str) -> None:
        for name in names:
            self._tasks[name].cancel()
        await asyncio.gather(*(self._tasks[name] for name in names), return_exceptions=True)
        await asyncio.sleep(0)

    async def _take(self, name: str, hurry: bool) -> None:
        async with self.turns.one(hurry):
            self.begun.append(name)
            self.news.set()
            await self.ends[name].wait()


@pytest.fixture
async def queue() -> Queue:
    found = Queue()
    await found.full()
    return found


async def test_those_in_a_hurry_come_first_and_the_others_in_their_order(queue: Queue) -> None:
    await queue.wants("a", "b")
    await queue.wants("press", hurry=True)
    assert queue.begun == []
    for number in range(3):
        await queue.done(f"first {number}")
    assert queue.begun == ["press", "a", "b"]


async def test_a_silent_server_holds_up_the_others_no_longer_than_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MOST_SECONDS", 0.01)
    queue = Queue()
    await queue.full()
    queue.news.clear()
    await queue.wants("a")
    await asyncio.wait_for(queue.news.wait(), 20)
    assert queue.begun == ["a"]
    for number in range(AT_ONCE):  # they end at last, and no turn is given twice for that
        await queue.done(f"first {number}")
    monkeypatch.setattr(turns, "MOST_SECONDS", 60)
    await queue.done("a")
    await queue.full()
    await queue.wants("b")
    assert queue.begun == []


async def test_who_is_stopped_gives_the_turn_back_also_in_the_moment_of_getting_it(queue: Queue) -> None:
    await queue.wants("a", "b", "c")
    await queue.cancelled("a", "first 0")
    assert queue.begun == ["b"]
    queue.ends["first 1"].set()
    await asyncio.sleep(0)  # its turn is c's from now on, who does not know yet
    await queue.cancelled("c")
    await queue.wants("d")
    assert queue.begun == ["b", "d"]


async def test_in_a_rush_of_presses_only_what_is_in_a_hurry_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "RUSH_SECONDS", 60)
    queue = Queue()
    queue.turns.pressed()
    await queue.wants("a lone press")
    queue.turns.pressed()
    await queue.wants("edit")
    await queue.wants("grant", hurry=True)
    assert queue.begun == ["a lone press", "grant"]


async def test_when_the_rush_is_over_or_has_lasted_long_enough_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, seconds in (("RUSH_SECONDS", 0.01), ("PATIENCE_SECONDS", 0.01)):
        monkeypatch.setattr(turns, "RUSH_SECONDS", 60)
        monkeypatch.setattr(turns, name, seconds)
        queue = Queue()
        queue.turns.pressed()
        queue.turns.pressed()
        await queue.wants("edit")
        await asyncio.wait_for(queue.news.wait(), 20)
        assert queue.begun == ["edit"]
