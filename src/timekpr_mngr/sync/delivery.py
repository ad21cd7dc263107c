"""Changes on their way: note, send, read back, decide (design: bus.md, writing).

Whatever is sent is written down first, so that any moment is a good moment to be killed. A change that was under way
when the link or this program ended is looked at again from what was noted and what the server says now:

- a setting is compared with the value read back (sync.settings_delivery);
- a grant is known by what it does to *time spent − time balance* (sync.grant_delivery);
- nothing is decided while a call of the broken link may still arrive (sync.steps).

What cannot be told ends as `uncertain`. Nothing here guesses.
"""

import logging
from collections.abc import Mapping, Sequence

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.store import StoreFailure, Work
from timekpr_mngr.sync.grant_delivery import GrantDelivery
from timekpr_mngr.sync.restoring import Restoring
from timekpr_mngr.sync.settings_delivery import SettingsDelivery
from timekpr_mngr.sync.steps import WAITS_FOR_OLD_LINK, Ports, Steps
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr import write
from timekpr_mngr.timekpr.interface import Call

log = logging.getLogger(__name__)


class Delivery:
    """Delivers what waits for one server over one session."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._steps = Steps(ports)
        self._restoring = Restoring(ports, self._steps)
        self._settings = SettingsDelivery(ports, self._steps, self._restoring)
        self._grants = GrantDelivery(ports, self._steps)

    @property
    def waiting(self) -> Mapping[int, str]:
        """Why a change was left for later, by its number."""
        return self._steps.waiting

    @property
    def again(self) -> bool:
        """Whether a change was given back that can go at once."""
        return self._steps.again

    async def deliver(self, work: Work) -> None:
        """Takes every open change of a server, in order of number, as far as it goes now.

        Raises ServerFailure or StoreFailure where it cannot go on; what was under way stays `sending`.
        """
        self._steps.begin()
        self._grants.begin(work.for_a_day)
        with_a_day = {change.user for change in work.for_a_day}
        for run in runs(work.open):
            if self._steps.is_held_back(run):
                continue
            try:
                await self._deliver_run(run, run[0].user in with_a_day)
            except (ServerFailure, StoreFailure):
                raise
            except Exception:
                numbers = [change.id for change in run]
                log.exception("changes %s could not be delivered", numbers, extra={"change": numbers})
                await self._steps.end_all(
                    run, _("timekpr-mngr stumbled over this change; its log says more.")
                )

    async def finish_weeks(self, changes: Sequence[Change], snapshot: Snapshot) -> None:
        """Brings to an end what was begun for a change that then went no further, as one whose day was over by then.

        A week that was left half in order counts with smaller limits than are meant, and says itself what they are to
        be (`timekpr.write`). Of `changes`, those that were open, one that is still under way goes on by itself.
        Raises ServerFailure or StoreFailure where it cannot go on.
        """
        half_done = [user for user in snapshot.users.values() if write.finishing_calls(user.name, user)]
        if not half_done:
            return
        now = [await self._ports.store.changes.get(change.id) for change in changes]
        under_way = {change.user for change in now if change.state is ChangeState.SENDING}
        for user in half_done:
            if user.name not in under_way:
                await self._finish_week(user.name)

    async def _finish_week(self, name: str) -> None:
        async def calls() -> Sequence[Call]:
            user = (await self._ports.read_back(name)).users.get(name)
            return write.finishing_calls(name, user) if user is not None else ()

        refusal = await self._steps.bring_about(await calls(), calls)
        await calls()
        await self._restoring.restore(name)
        if refusal is not None:
            log.warning("the week of %s could not be put in order. %s", name, refusal, extra={"user": name})

    async def _deliver_run(self, run: Sequence[Change], has_some_for_a_day: bool) -> None:
        if not await self._steps.is_decided(run[0]):
            self._steps.hold(run, _(WAITS_FOR_OLD_LINK))
            return
        user = run[0].user
        snapshot = await self._read_for(run, has_some_for_a_day)
        if user is not None and await self._restoring.restore(user):
            snapshot = await self._read_for(run, has_some_for_a_day)
        if run[0].is_grant:
            await self._grants.deliver(run[0], snapshot)
        else:
            await self._settings.deliver(run, snapshot, has_some_for_a_day)
        if user is not None:
            await self._restoring.restore(user)

    async def _read_for(self, run: Sequence[Change], has_some_for_a_day: bool) -> Snapshot:
        """What a run goes on from. Where no day counts, a user's own files are all of it."""
        user = run[0].user
        if user is None or run[0].is_grant or has_some_for_a_day:
            return await self._ports.read()
        return await self._ports.read_before(user)


def runs(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes in the order of delivery: per user in order of number, neighbouring settings together, grants alone.

    Settings that stand together are sent together: every setter pops up a message on the child's desktop.
    """
    result: list[list[Change]] = []
    latest: dict[str | None, list[Change]] = {}
    for change in changes:
        run = latest.get(change.user)
        if run is None or change.is_grant or not _goes_with(run, change):
            run = []
            result.append(run)
            latest[change.user] = run
        run.append(change)
    return result


def _goes_with(run: Sequence[Change], change: Change) -> bool:
    """Whether a setting can be sent together with those before it: a field can have one value at a time."""
    same_kind = not run[0].is_grant and run[0].state is change.state
    return same_kind and all(other.field != change.field for other in run)
