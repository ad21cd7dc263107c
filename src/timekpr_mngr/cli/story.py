"""What has happened in the demo's family before somebody looks: edits, time given, and what asks for an answer."""

import asyncio
import logging
from collections.abc import Callable

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import TimekprMngrError
from timekpr_mngr.services import Services
from timekpr_mngr.services.live import ChangeMoved, Event
from timekpr_mngr.services.views import Accepted
from timekpr_mngr.simulator import somebody
from timekpr_mngr.simulator.connector import SimulatedConnector

PATIENCE_SECONDS = 30
MINUTE, HOUR = 60, 3600
log = logging.getLogger(__name__)


async def tell(services: Services, actor: Actor, family: SimulatedConnector) -> None:
    """Goes through it, each step when the one before has arrived. The computers were added before.

    What does not succeed (in time) is left out: the demo goes on without.
    """
    story = _Story(services, actor, family)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await story.tell()
    except (TimeoutError, TimekprMngrError) as problem:
        log.warning("the demo begins with a part of its story: %s", str(problem) or "it took too long")


class _Story:
    def __init__(self, services: Services, actor: Actor, family: SimulatedConnector) -> None:
        self._services, self._actor = services, actor
        self._family = family

    async def tell(self) -> None:
        """Two edits and a grant; somebody on kids-pc lifts a limit and gives time; a conflict; Emma is one person on
        both computers; an answer is lost.
        """
        pc, living_room = self._family.machines["kids-pc.home"], self._family.machines["living-room.home"]
        await self._read("kids-pc")
        other, another = await self._other_days("kids-pc", "emma")
        await self._limit("kids-pc", "emma", other, 3 * HOUR)
        await self._arrived(
            await self._services.limits.change_user(
                self._actor, "kids-pc", "noah", {"week_limit_seconds": 12 * HOUR}
            )
        )
        await self._give("kids-pc", "noah", 15 * MINUTE, "Helped with the dishes")
        somebody.sets_limit(pc, "noah", other, 24 * HOUR)
        somebody.gives(pc, "noah", 45 * MINUTE)
        await self._read("kids-pc")
        somebody.edits_limit(pc, "emma", another, 5 * HOUR)
        await self._limit("kids-pc", "emma", another, 4 * HOUR)
        await self._read("living-room")
        await self._services.people.join(self._actor, [("kids-pc", "emma"), ("living-room", "emma")])
        somebody.comes_between(living_room, self._family.line("living-room.home"), "mia", 10 * MINUTE)
        await self._give("living-room", "mia", 30 * MINUTE, None)

    async def _other_days(self, server: str, user: str) -> tuple[int, int]:
        """Two days that are not today, so that what is left today stays as it is."""
        today = (await self._services.limits.user(self._actor, server, user)).today
        weekday = today.isoweekday() if today is not None else 1
        return weekday % 7 + 1, (weekday + 1) % 7 + 1

    async def _read(self, server: str) -> None:
        await self._services.fleet.sync(self._actor, server, PATIENCE_SECONDS)

    async def _limit(self, server: str, user: str, weekday: int, seconds: int) -> None:
        body = {"days": [{"day": weekday, "limit_seconds": seconds}]}
        await self._arrived(await self._services.limits.change_user(self._actor, server, user, body))

    async def _give(self, server: str, user: str, seconds: int, reason: str | None) -> None:
        await self._arrived(
            await self._services.grants.give(self._actor, server, user, seconds=seconds, reason=reason)
        )

    async def _arrived(self, accepted: Accepted) -> None:
        """Waits until everything has ended, well or not."""
        moved = asyncio.Event()
        stop: Callable[[], None] = self._services.live.subscribe(lambda event: _set(moved, event))
        try:
            for change in accepted.changes:
                while (await self._services.changes.get(self._actor, change.id)).state.is_open:
                    await moved.wait()
                    moved.clear()
        finally:
            stop()


def _set(moved: asyncio.Event, event: Event) -> None:
    if isinstance(event, ChangeMoved):
        moved.set()
