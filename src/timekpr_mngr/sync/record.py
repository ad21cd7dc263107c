"""What was seen on a server and sent to it, until it is in the store: with a change's next step, or by itself."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from timekpr_mngr.errors import UnknownServer
from timekpr_mngr.store import SentCall, Store, StoreFailure, Unsaved
from timekpr_mngr.sync.drift import Watch
from timekpr_mngr.timekpr.interface import SERVER_ADMIN, Call

log = logging.getLogger(__name__)

T = TypeVar("T")

MESSAGE_MAX = 500  # timekpr's own sentences are far shorter
KEPT_MAX = 1_000  # calls, while the store is in trouble


class Record:
    """Of one server. `drift_seen` is called with the users (None for the server itself) whose drift is another now."""

    def __init__(self, server: str, watch: Watch, drift_seen: Callable[[str | None], None]) -> None:
        self.watch = watch
        self._server = server
        self._drift_seen = drift_seen
        self._sent: list[SentCall] = []
        self._writing: asyncio.Task[object] | None = None

    def sent(self, call: Call, at: datetime, code: int | None, message: str, duration_seconds: float) -> None:
        """A call was made; `code` is None where no answer came."""
        user = None if call.interface == SERVER_ADMIN else str(call.args[0])
        if user is not None and call.sets_limits and code == 0:
            self.watch.called(user)
        arguments = json.loads(json.dumps(call.args))
        said = SentCall(
            self._server,
            user,
            at,
            call.member,
            arguments,
            code,
            shortened(message),
            round(duration_seconds * 1000, 3),
        )
        self._sent = [*self._sent[-KEPT_MAX:], said]

    @property
    def unsaved(self) -> Unsaved:
        """What is not in the store yet, as it is now."""
        return Unsaved(tuple(self.watch.unsaved), tuple(self._sent))

    def saved(self, what: Unsaved) -> None:
        """This is in the store now."""
        del self.watch.unsaved[: len(what.seen)]
        kept = set(map(id, what.sent))
        self._sent = [call for call in self._sent if id(call) not in kept]
        for user in what.drift_of:
            self._drift_seen(user)

    async def with_it(self, write: Callable[[Unsaved], Coroutine[Any, Any, T]]) -> T:
        """Makes a write that keeps what is unsaved together with its own, and gives what that gives.

        It comes to its end even where the caller is cancelled. So does the database's transaction, and what that kept
        must not be kept a second time: time that a stranger gave once would be told twice.
        """
        writing = asyncio.create_task(self._made(write))
        self._writing = writing
        return await asyncio.shield(writing)

    async def keep(self, store: Store) -> None:
        """Puts what is left into the store by itself. What cannot be kept now stays for the next time."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        if not self.watch.unsaved and not self._sent:
            return
        try:
            await self.with_it(lambda what: store.sightings.add(self._server, what))
        except UnknownServer:
            return
        except StoreFailure as problem:
            log.debug("server %s: what was seen could not be kept. %s", self._server, problem)

    async def _made(self, write: Callable[[Unsaved], Coroutine[Any, Any, T]]) -> T:
        what = self.unsaved
        result = await write(what)
        self.saved(what)
        return result


def shortened(message: str) -> str:
    """What a server says, fit to be kept: there is no end to what a hostile one may say."""
    return message.replace("\0", "")[:MESSAGE_MAX]
