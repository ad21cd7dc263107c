"""The steps of a change on its way, each on disk before anything else happens."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from timekpr_mngr.domain.change import Change, ChangeState, Json
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.store import Store
from timekpr_mngr.sync.record import Record, shortened
from timekpr_mngr.texts import _, noop
from timekpr_mngr.timekpr.interface import Call, Reply

WAITS_FOR_OLD_LINK = noop("waits until the computer has noticed that the connection broke")
WAITS_FOR_EARLIER = noop("waits for the change before it")
OLD_LINK_SECONDS = 60  # by then nothing of a broken connection can arrive any more (link.tcp)
OF_AN_ATTEMPT = {
    "reading",
    "found",
    "amount_seconds",
    "unsaved",
    "taken",
}  # what a note says of one attempt alone
CALLS_MAX = 60  # for one change; more than that would be going round in circles


@dataclass(frozen=True, slots=True)
class Ports:
    """What delivery works with. `moved` is called after every step of a change; `read` reads the server afresh,
    `read_back` one user of it, with the rest, and its clock, as last read: what a press waits for is not asked twice;
    `read_before` the same before anything is sent, where what was just read for another user will do.
    `record` is what was seen and sent meanwhile.
    """

    store: Store
    session: ServerSession
    read: Callable[[], Awaitable[Snapshot]]
    read_back: Callable[[str], Awaitable[Snapshot]]
    read_before: Callable[[str], Awaitable[Snapshot]]
    moved: Callable[[Change], None]
    record: Record
    now: Callable[[], datetime]


class Steps:
    """Moves changes on, and calls the daemon.

    `waiting` says, by number, why a change was left for later; `again` that one was given back and can go at once.
    What is left for later holds back what comes after it for the same user: their order counts, and two that are under
    way at once could be taken for each other.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.waiting: dict[int, str] = {}
        self.again = False
        self._held: dict[str | None, str] = {}
        self._held_grants: dict[str | None, str] = {}

    def begin(self) -> None:
        """Another pass over all that is open."""
        self.waiting.clear()
        self.again = False
        self._held.clear()
        self._held_grants.clear()

    def is_held_back(self, changes: Sequence[Change]) -> bool:
        """Whether changes of one user have to wait for one before them; then they wait for the same."""
        first = changes[0]
        reason = self._held.get(first.user)
        if reason is None and first.is_grant:
            reason = self._held_grants.get(first.user)
        if reason is not None:
            self.waiting.update((change.id, reason) for change in changes)
        return reason is not None

    def hold(self, changes: Sequence[Change], reason: str) -> None:
        """Leaves changes of one user for later, and all that comes after them."""
        self.waiting.update((change.id, reason) for change in changes)
        self._held[changes[0].user] = reason

    async def hold_grant(self, change: Change, reason: str) -> None:
        """Leaves a grant for later, and the grants that come after it."""
        await self._queue_again(change)
        self.waiting[change.id] = reason
        self._held_grants[change.user] = reason

    async def call(self, call: Call) -> Reply:
        """One call. What timekpr stumbles over counts as a refusal: what is read back decides anyway."""
        at, began = self._ports.now(), time.monotonic()
        code, said = None, _("No answer came.")
        try:
            reply = await self._ports.session.call(call)
            code, said = reply.code, shortened(reply.message)
        except ServerFailure as failure:
            said = str(failure)
            if failure.failure is not FailureCode.DAEMON_REFUSED:
                raise
            return Reply(-1, said)
        finally:
            self._ports.record.sent(call, at, code, said, time.monotonic() - began)
        return replace(reply, message=said)

    async def bring_about(
        self, calls: Sequence[Call], look_again: Callable[[], Awaitable[Sequence[Call] | None]]
    ) -> str | None:
        """Makes the calls one after the other; gives timekpr's words where it truly refused one.

        Between two calls `look_again` reads, and says what is still to be called: so nothing is sent over what somebody
        set meanwhile, and what they set just before a call shows in `.prev` until the next one. So that is kept before
        the next one: were we killed behind it, nothing would show it any more.

        timekpr says no to calls that it then does carry out (seen in the rig: once an hour with a cut end was closed
        for a logged-in user, every setter answers -1 until logout). So after a no `look_again` says what is still to
        be called, and only a call that stands there first again was refused. It says None where nothing can be read:
        then nothing more is called, and a no was one.
        """
        left, made = list(calls), []
        for _turn in range(CALLS_MAX):
            if not left:
                return None
            reply = await self.call(left[0])
            if reply.ok:
                made.append(left.pop(0))
                if left:
                    left = [call for call in await look_again() or () if call not in made]
                    await self._keep_what_strangers_did()
                continue
            still = await look_again()
            if still is None or (still and still[0] == left[0]):
                return reply.message or _("timekpr refused it without a word.")
            left = list(still)
        return _("timekpr never came to an end with it.")

    async def _keep_what_strangers_did(self) -> None:
        if any(sighting.foreign for sighting in self._ports.record.watch.unsaved):
            await self._ports.record.keep(self._ports.store)

    async def start(self, change: Change, note: Mapping[str, Json] | None = None) -> Change | None:
        """On disk as `sending`, with what was noted; None when somebody cancelled it first."""
        kept: dict[str, Json] = {
            **(note if note is not None else note_of(change)),
            "conversation": self._ports.session.conversation,
            "sent_at": self._ports.now().isoformat(),
        }
        if change.state is ChangeState.SENDING:
            await self._ports.store.changes.write_note(change.id, kept)
            noted = replace(change, note=kept)
            self._ports.record.watch.moved(noted)
            return noted
        return await self._step(change, ChangeState.SENDING, {ChangeState.QUEUED}, kept)

    async def give_back(self, changes: Sequence[Change]) -> None:
        """Proven not to have arrived: they wait again, and may go at once, before what came after them."""
        for change in changes:
            await self._queue_again(change)
            self._held[change.user] = _(WAITS_FOR_EARLIER)
        self.again = self.again or bool(changes)

    async def _queue_again(self, change: Change) -> None:
        """What was read before it was sent counts no more."""
        if change.state is ChangeState.SENDING:
            note = {key: value for key, value in note_of(change).items() if key not in OF_AN_ATTEMPT}
            await self._step(change, ChangeState.QUEUED, {ChangeState.SENDING}, note)

    async def end(
        self,
        change: Change,
        state: ChangeState,
        message: str | None,
        *,
        gained_seconds: int | None = None,
        note: Mapping[str, Json] | None = None,
    ) -> None:
        """The last step of a change."""
        await self._step(
            change,
            state,
            {ChangeState.QUEUED, ChangeState.SENDING},
            dict(note) if note is not None else note_of(change),
            message=message,
            gained_seconds=gained_seconds,
        )

    async def end_all(self, changes: Sequence[Change], message: str) -> None:
        """Ends changes that cannot go on. What may have reached the server is uncertain, the rest refused."""
        for change in changes:
            current = await self._ports.store.changes.get(change.id)
            if current.state.is_open:
                under_way = current.state is ChangeState.SENDING
                await self.end(current, ChangeState.UNCERTAIN if under_way else ChangeState.REFUSED, message)

    async def is_decided(self, change: Change) -> bool:
        """Whether what was sent over an earlier link has arrived by now, if it arrives at all."""
        note = note_of(change)
        conversation, sent_at = note.get("conversation"), note.get("sent_at")
        if not isinstance(conversation, str) or not isinstance(sent_at, str):
            return True
        if change.state is not ChangeState.SENDING or conversation == self._ports.session.conversation:
            return True
        if await self._ports.session.has_ended(conversation):
            return True
        return (self._ports.now() - datetime.fromisoformat(sent_at)).total_seconds() > OLD_LINK_SECONDS

    async def _step(
        self,
        change: Change,
        state: ChangeState,
        expected: set[ChangeState],
        note: dict[str, Json],
        *,
        message: str | None = None,
        gained_seconds: int | None = None,
    ) -> Change | None:
        record = self._ports.record
        stepped = await record.with_it(
            lambda unsaved: self._ports.store.changes.step(
                change.id,
                state,
                expected=expected,
                message=message,
                gained_seconds=gained_seconds,
                note=note or None,
                now=self._ports.now(),
                unsaved=unsaved,
            )
        )
        if stepped is not None:
            record.watch.moved(stepped)
            self._ports.moved(stepped)
        return stepped


def note_of(change: Change) -> dict[str, Json]:
    """What was noted of a change; empty where nothing was."""
    return dict(change.note) if isinstance(change.note, dict) else {}
