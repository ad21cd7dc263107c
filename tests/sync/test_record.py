"""What was seen and sent is kept once, also where the program is stopped while it is being kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.sync.conftest import World, setting
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.simulator.files import USER_CONF
from timekpr_mngr.sync.record import MESSAGE_MAX
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call, Reply

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
    await asyncio.wait_for(slow.began.wait(), 60)
    ending = asyncio.create_task(world.engine.edited(world.machine.name))
    await asyncio.sleep(0)  # its task is cancelled now
    await asyncio.sleep(0)
    slow.go_on.set()
    await ending
    await world.online()
    for _ in range(2):
        assert await world.engine.sync(world.machine.name, 60)


async def test_time_that_somebody_gave_is_told_once_though_we_are_stopped_as_it_is_kept(world: World) -> None:
    world.machine.call(interface.get_user_information("alice", "S"))
    for _ in range(2):
        assert await world.engine.sync(world.machine.name, 60)
    slow = Slow(world.store.sightings.add, lambda _server, unsaved: bool(unsaved.seen))
    world.store.sightings.add = slow  # type: ignore[method-assign]
    world.machine.call(interface.set_time_left("alice", "+", 1800))
    await world.engine.sync(world.machine.name, 5)
    await begun_anew(world, slow)
    [found] = await world.store.drift.list()
    assert (found.field, found.after) == ("grant.time", {"seconds": 1800})


async def test_what_was_sent_is_told_once_though_we_are_stopped_as_its_change_ends(world: World) -> None:
    await world.online()

    def ends(*_: Any, **kwargs: Any) -> bool:
        return bool(kwargs["unsaved"].sent)

    slow = Slow(world.store.changes.step, ends)
    world.store.changes.step = slow  # type: ignore[method-assign]
    [change] = await world.ask(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    await begun_anew(world, slow)
    assert (await world.store.changes.get(change.id)).state is ChangeState.APPLIED
    assert [call.member for call in await world.store.sent_log.list()] == ["setTimeLimitForWeek"]
    versions = await world.store.history.list(world.machine.name, "alice")
    assert [version.change_ids for version in versions] == [(change.id,), ()]
    assert await world.store.drift.list() == []


async def test_a_server_lives_on_though_what_was_seen_cannot_be_kept(world: World) -> None:
    """Twice: as it is kept at the end of a pass, and as its link is given up for that."""
    await world.online()
    assert await world.engine.sync(world.machine.name, 60)
    keep, left = world.store.sightings.add, 2

    async def add(*args: Any) -> None:
        nonlocal left
        if left:
            left -= 1
            raise ValueError("a defect of ours")
        await keep(*args)

    world.store.sightings.add = add  # type: ignore[method-assign, assignment]
    world.machine.call(interface.set_time_limit_for_month("alice", 9 * HOUR))
    await world.engine.sync(world.machine.name)
    await world.offline()
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    assert change.state is ChangeState.APPLIED
    assert [found.field for found in await world.store.drift.list()] == ["month_limit_seconds"]


async def test_what_a_server_says_without_end_is_kept_short(world: World) -> None:
    await world.online()
    daemon = world.machine.daemon
    assert daemon is not None
    plain: Callable[[Call], Reply] = daemon.call

    def call(asked: Call) -> Reply:
        return Reply(-1, "no\0" * 200_000) if asked.member == "setTimeLimitForWeek" else plain(asked)

    daemon.call = call  # type: ignore[method-assign, assignment]
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    [logged] = await world.store.sent_log.list()
    assert change.state is ChangeState.REFUSED
    assert change.message == logged.message == ("no" * MESSAGE_MAX)[:MESSAGE_MAX]


async def test_what_ours_did_while_nobody_could_read_it_is_no_strangers(world: World) -> None:
    await world.online()
    daemon = world.machine.daemon
    assert daemon is not None
    plain: Callable[[Call], Reply] = daemon.call
    path, files = USER_CONF.path("alice"), world.machine.files
    done: list[str] = []

    def call(asked: Call) -> Reply:
        reply = plain(asked)
        if asked.member == "setTimeLimitForWeek":
            done.append(files[path])
            files[path] = "no file of timekpr's"
        return reply

    daemon.call = call  # type: ignore[method-assign, assignment]
    [change] = await world.done(setting("week_limit_seconds", 7 * DAY, 5 * HOUR))
    assert change.state is ChangeState.UNCERTAIN
    daemon.call = plain  # type: ignore[method-assign, assignment]
    files[path] = done[0]
    for _ in range(2):
        assert await world.engine.sync(world.machine.name, 60)
    assert await world.store.drift.list() == []
    latest, _ = await world.store.history.list(world.machine.name, "alice")
    assert latest.change_ids == (change.id,)
    for seconds in (6 * HOUR, 5 * HOUR):
        world.machine.call(interface.set_time_limit_for_week("alice", seconds))
        for _ in range(2):
            assert await world.engine.sync(world.machine.name, 60)
    back, there = await world.store.drift.list()
    assert (there.after, back.after) == (6 * HOUR, 5 * HOUR)
