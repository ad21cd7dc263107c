"""What was seen and sent is kept once, also where the program is stopped while it is being kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.sync.conftest import World, setting
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.timekpr import interface

DAY = 86_400
HOUR = 3600


class Slow:
    """A method of the store that takes its time the first time it is called as `when` says, and then does its work.

    As with the store itself, whoever waits for it may be cancelled, and the work is done all the same.
    """

    def __init__(self, method: Callable[..., Awaitable[Any]], when: Callable[..., bool]) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self._method = method
        self._when = when

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.began.is_set() or not self._when(*args, **kwargs):
            return await self._method(*args, **kwargs)
        self.began.set()
        return await asyncio.shield(asyncio.create_task(self._later(*args, **kwargs)))

    async def _later(self, *args: Any, **kwargs: Any) -> Any:
        await self.go_on.wait()
        return await self._method(*args, **kwargs)


async def begun_anew(world: World, slow: Slow) -> None:
    """The computer's link is ended in the middle of what is being kept, and begun again."""
    await asyncio.wait_for(slow.began.wait(), 20)
    ending = asyncio.create_task(world.engine.edited(world.machine.name))
    await asyncio.sleep(0)  # its task is cancelled now
    await asyncio.sleep(0)
    slow.go_on.set()
    await ending
    await world.online()
    for _ in range(2):
        assert await world.engine.sync(world.machine.name, 5)


async def test_time_that_somebody_gave_is_told_once_though_we_are_stopped_as_it_is_kept(world: World) -> None:
    world.machine.call(interface.get_user_information("alice", "S"))
    for _ in range(2):
        assert await world.engine.sync(world.machine.name, 5)
    slow = Slow(world.store.sightings.add, lambda _server, seen, _sent: bool(seen))
    world.store.sightings.add = slow  # type: ignore[method-assign]
    world.machine.call(interface.set_time_left("alice", "+", 1800))
    await world.engine.sync(world.machine.name, 5)
    await begun_anew(world, slow)
    [found] = await world.store.drift.list()
    assert (found.field, found.after) == ("grant.time", {"seconds": 1800})


async def test_what_was_sent_is_told_once_though_we_are_stopped_as_its_change_ends(world: World) -> None:
    await world.online()

    def ends(*_: Any, **kwargs: Any) -> bool:
        return bool(kwargs.get("sent"))

    slow = Slow(world.store.changes.step, ends)
    world.store.changes.step = slow  # type: ignore[method-assign]
    [change] = await world.ask(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    await begun_anew(world, slow)
    assert (await world.store.changes.get(change.id)).state is ChangeState.APPLIED
    assert [call.member for call in await world.store.sent_log.list()] == ["setTimeLimitForWeek"]
    versions = await world.store.history.list(world.machine.name, "alice")
    assert [version.change_ids for version in versions] == [(change.id,), ()]
    assert await world.store.drift.list() == []
