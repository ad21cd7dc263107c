"""Puts back what timekprd itself dropped of a user's settings (domain.dropped), before anything else is done."""

import logging
from collections.abc import Sequence

from timekpr_mngr.errors import Invalid
from timekpr_mngr.sync.steps import Ports, Steps
from timekpr_mngr.timekpr import write
from timekpr_mngr.timekpr.interface import Call

log = logging.getLogger(__name__)

TRIES_MAX = 3


class Restoring:
    """Of the users of one server, over one session."""

    def __init__(self, ports: Ports, steps: Steps) -> None:
        self._ports = ports
        self._steps = steps

    async def restore(self, user: str) -> bool:
        """Whether something was dropped. What cannot be put back is left, and told as drift.

        Raises ServerFailure or StoreFailure where it cannot go on; then what was dropped is still known.
        """
        watch = self._ports.record.watch
        if not watch.dropped(user):
            return False
        dropped = ", ".join(watch.dropped(user))
        log.warning("timekprd dropped settings of %s as it saved: %s", user, dropped, extra={"user": user})
        try:
            for _try in range(TRIES_MAX):
                await self._steps.bring_about(await self._calls(user), lambda: self._calls(user))
                await self._calls(user)
                if not watch.dropped(user):
                    return True
        except Invalid as problem:
            log.warning("what timekprd dropped of %s cannot be put back: %s", user, problem)
        watch.give_up(user)
        return True

    async def _calls(self, user: str) -> Sequence[Call]:
        """What is still to be called, from a fresh reading."""
        found = (await self._ports.read_back(user)).users.get(user)
        if found is None or found.config is None:
            return ()
        return write.user_calls(user, found, self._ports.record.watch.dropped(user))
