"""What was asked for and what became of it."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from timekpr_mngr import texts
from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import ANSWERS, Answer, Change, ChangeState, Draft, FollowsAs, Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, Field, server_values, user_values
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.undo import inverse
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.errors import Invalid, NeverRead, NotCancellable, NotNow, UnknownChange, UnknownServer
from timekpr_mngr.services import audit, clock, words
from timekpr_mngr.services.allowance import in_words, most_of
from timekpr_mngr.services.change_search import query_of
from timekpr_mngr.services.limits import Target, config_of, known_user, new_request_id, queued
from timekpr_mngr.services.paging import before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.people import People
from timekpr_mngr.services.permission import Permission, among
from timekpr_mngr.services.views import Accepted, ChangePage
from timekpr_mngr.store import Follows, Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import ChangeMoved, DriftSeen
from timekpr_mngr.texts import _, noop

ID_MAX = 2**53 - 1  # what every JSON reader can hold
CAN_BE_RETRIED = {ChangeState.REFUSED, ChangeState.EXPIRED, ChangeState.CANCELLED}
TRIED_AGAIN = {ChangeState.CONFLICT: Answer.OURS, ChangeState.UNCERTAIN: Answer.AGAIN}
"""What asks is tried again by this answer."""
SENDS_NOTHING = {Answer.THEIRS, Answer.ARRIVED}
_DID = {
    FollowsAs.RETRY: noop("tried again change {number}: {field}"),
    FollowsAs.UNDO: noop("undid change {number}: {field}"),
}
ANSWERED = noop("answered {answer} to change {number}: {field}")


class Changes:
    """The list of changes. What waits can be cancelled, what asks is answered, what was applied can be undone."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        people: People,
        permission: Permission,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._permission = permission
        self._engine = engine
        self._people = people
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        server: str | None = None,
        user: str | None = None,
        person: str | None = None,
        account: str | None = None,
        kind: str | None = None,
        search: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> ChangePage:
        """What fits everything given, newest first. `state` may be `open`, too: what waits or is under way; or `asks`:
        what waits for an answer. `person` is an id, `account` who asked for it, `kind` a ChangeKind; all words of
        `search` stand in what is shown of it.

        `cursor` is the `next` of the page before. Raises Invalid, UnknownPerson.
        """
        of_person = None if person is None else await self._people.users_of(actor, person)
        query = query_of(
            state=state,
            server=server,
            user=user,
            users=among(await self._permission.rights(actor), of_person),
            account=account,
            kind=kind,
            search=search,
        )
        found = await self._store.changes.list(query, before_id(cursor), checked_limit(limit) + 1)
        page = page_of(found, limit, by_id)
        return ChangePage(await self._told(page.items), page.next)

    async def accounts(self, actor: Actor) -> Sequence[str]:
        """Who has ever asked for a change that may be seen, by name."""
        return await self._store.changes.accounts(among(await self._permission.rights(actor), None))

    def today(self, server: str) -> date | None:
        """The server's own day; None where it is not known, or where there is no such server."""
        try:
            snapshot = self._engine.snapshot(server)
        except UnknownServer:
            return None
        local = clock.local_now(snapshot, self._now()) if snapshot is not None else None
        return local.date() if local is not None else None

    async def asking(self, actor: Actor) -> dict[str, int]:
        """How many wait for an answer, by server; servers without any are not in it."""
        return await self._store.changes.asking(among(await self._permission.rights(actor), None))

    async def get(self, actor: Actor, change_id: int) -> Change:
        """One change. Raises UnknownChange."""
        [change] = await self._told([await self._seen(actor, change_id)])
        return change

    async def cancel(self, actor: Actor, change_id: int) -> Change:
        """Takes back what still waits, with what was to be opened up for it. Raises Forbidden, UnknownChange,
        NotCancellable."""
        change = await self._theirs(actor, change_id)
        now = self._now()
        cancelled = await self._store.changes.step(
            change_id, ChangeState.CANCELLED, expected={ChangeState.QUEUED}, now=now
        )
        if cancelled is None:
            state = (await self._store.changes.get(change_id)).state
            raise NotCancellable(
                _("This change ({state}) waits no longer, so it cannot be cancelled.").format(
                    state=_(words.STATES[state])
                )
            )
        target = Target(change.server, change.user)
        self._engine.events.publish(ChangeMoved(cancelled))
        self._engine.wake(change.server)
        await audit.note(
            self._store,
            actor,
            _("cancelled change {number}: {field}").format(number=change.id, field=change.field),
            str(target),
            now,
        )
        await self._close_again(actor, change)
        return cancelled

    async def keep(self, actor: Actor, change_id: int) -> Change:
        """Makes lasting what was to be taken back by itself after a day; what waits to do so is cancelled.

        Raises Forbidden, UnknownChange, NotNow where it was for no day only, or is taken back already.
        """
        change = await self._seen(actor, change_id)
        await self._permission.must(actor, Power.LIMITS, change.server, change.user)
        moved = await self._store.changes.keep(change.id, message=None, now=self._now())
        for one in moved:
            self._engine.events.publish(ChangeMoved(one))
        await self._note(actor, change, _("keeps for good change {number}: {field}"))
        return self._with_words(moved[0])

    async def retry(self, actor: Actor, change_id: int) -> Accepted:
        """Asks for the same again as a new change, against what the server says today; pressed twice, once.

        Of what asks it is an answer: `ours` to a conflict, `again` to what is uncertain.

        Raises Forbidden, UnknownChange, UnknownServer, UnknownUser, NeverRead, Invalid, NotNow.
        """
        change = await self._theirs(actor, change_id)
        if (answer := TRIED_AGAIN.get(change.state)) is not None:
            return await self.answer(actor, change_id, answer.value)
        if change.state not in CAN_BE_RETRIED:
            raise NotNow(
                _("This change ({state}) leaves nothing to try again.").format(
                    state=_(words.STATES[change.state])
                )
            )
        return await self._follow(actor, change, self._again(change), FollowsAs.RETRY)

    async def answer(self, actor: Actor, change_id: int, answer: object, value: object = None) -> Accepted:
        """Says what is to become of a change that asks; pressed twice, once.

        To a conflict: `theirs` keeps what the server has, and adopts the drift that it is; `ours` sets what was wanted
        all the same; `edit` sets `value`, in the shape of the field's own. To what is uncertain: `arrived` takes it for
        done, `again` asks for the same once more, a grant for the server's present day. Where nothing is to be sent,
        there are no changes in what is given back.
        Raises Forbidden, UnknownChange, UnknownServer, UnknownUser, NeverRead, Invalid, and NotNow where it asks
        nothing, or was answered otherwise.
        """
        change = await self._theirs(actor, change_id)
        said = _answer(change, answer)
        if said is not Answer.EDIT and value is not None:
            raise Invalid("value", _("A value goes with the answer edit alone."))
        if said in SENDS_NOTHING:
            return await self._take(actor, change, said)
        return await self._follow(actor, change, self._answering(change, said, value), FollowsAs.ANSWER, said)

    async def undo(self, actor: Actor, change_id: int) -> Accepted:
        """Queues what takes an applied change back; pressed twice, once.

        A setting goes back to what it was, and ends as a conflict where somebody has moved it since. Of time given,
        what is not used yet is taken back, on the same day, and what was opened up for it with it.

        Raises Forbidden, UnknownChange, UnknownServer, UnknownUser, NeverRead, NotNow.
        """
        change = await self._theirs(actor, change_id)
        today = self._today(Target(change.server, change.user)) if change.is_grant else None
        draft = replace(inverse(change, today), until=await self._until_of_undone(change))
        undone = await self._follow(actor, change, draft, FollowsAs.UNDO)
        closed = await self._close_again(actor, change)
        return replace(undone, changes=(*undone.changes, *closed))

    async def _close_again(self, actor: Actor, grant: Change) -> tuple[Change, ...]:
        """Takes back, or no longer sends, what was to be open for a day for the sake of this grant.

        Gives what was queued for that, the newest of each field first.
        """
        if not grant.is_grant:
            return ()
        queued: tuple[Change, ...] = ()
        together = await self._store.changes.by_request(grant.request_id)
        later = await self._store.changes.taken_back_later([change.id for change in together])
        for change in reversed([one for one in together if one.id in later]):
            if change.state is ChangeState.QUEUED:
                with contextlib.suppress(
                    NotCancellable
                ):  # it left in this very moment, and goes after its day
                    await self.cancel(actor, change.id)
            elif change.state is ChangeState.APPLIED:
                with contextlib.suppress(NotNow):  # it was so before
                    undone = await self._follow(actor, change, inverse(change, None), FollowsAs.UNDO)
                    queued += undone.changes
        return queued

    async def _until_of_undone(self, change: Change) -> date | None:
        """To take back what took back something for a day makes that hold for its day again, and no longer."""
        if change.follows is None or change.follows_as is not FollowsAs.UNDO:
            return None
        return self._until(await self._found(change.follows))

    async def _take(self, actor: Actor, change: Change, answer: Answer) -> Accepted:
        """Notes an answer for which nothing is sent."""
        now = self._now()
        answered = await self._store.changes.answer(change.id, answer, account=actor.account.name, now=now)
        if (answered.answered_by, answered.answered_at) == (actor.account.name, now):
            self._engine.events.publish(ChangeMoved(answered))
            if answer is Answer.THEIRS:
                self._engine.events.publish(DriftSeen(answered.server, answered.user))
            await self._note(actor, answered, _(ANSWERED), answer)
        return Accepted(new_request_id(), ())

    async def _follow(
        self, actor: Actor, change: Change, draft: Draft, kind: FollowsAs, answer: Answer | None = None
    ) -> Accepted:
        """Queues what is made after another change, once."""
        target, request_id = Target(change.server, change.user), new_request_id()
        most_seconds = most_of(actor, await self._permission.rights(actor), target, draft)
        with in_words(most_seconds):
            accepted = await queued(
                self._store,
                self._engine,
                actor,
                target,
                [draft],
                self._now(),
                request_id=request_id,
                follows=Follows(change.id, kind, answer),
                most_seconds=most_seconds,
            )
        if accepted.request_id != request_id:  # it was pressed before
            return accepted
        if answer is not None:
            self._engine.events.publish(ChangeMoved(await self._store.changes.get(change.id)))
        await self._note(actor, change, _(_DID[kind] if answer is None else ANSWERED), answer)
        return accepted

    def _again(self, change: Change) -> Draft:
        """The same once more, against what the server says today."""
        target = Target(change.server, change.user)
        until = self._until(change)
        return Draft(
            change.field,
            before=None if change.is_grant else self._value_now(target, change.field),
            after=change.after,
            day=self._today(target) if change.is_grant else None,
            reason=change.reason,
            until=until,
        )

    def _until(self, change: Change) -> date | None:
        """The day until which it is to hold, None for good. Raises NotNow where that day is over on the server."""
        if change.until is None:
            return None
        if change.until < self._today(Target(change.server, change.user)):
            raise NotNow(
                _(
                    "It was to hold until the end of {day}; that day is over on the computer. Nothing was changed."
                ).format(day=texts.full_date(change.until))
            )
        return change.until

    def _answering(self, change: Change, answer: Answer, value: object) -> Draft:
        """What is sent for an answer. A conflict is answered by somebody who saw what the server has."""
        if answer is Answer.AGAIN:
            return self._again(change)
        until = self._until(change)
        after = self._edited(change, value) if answer is Answer.EDIT else change.after
        before = change.theirs
        if before is None:
            before = self._value_now(Target(change.server, change.user), change.field)
        return Draft(change.field, before, after, reason=change.reason, until=until)

    def _edited(self, change: Change, value: object) -> Json:
        """Another value for the same field, as the field itself would show it."""
        if value is None:
            raise Invalid("value", _("The answer edit needs the value that is to be set."))
        config = config_of(self._engine.snapshot(change.server), change.user)
        fields = USER_FIELDS if isinstance(config, UserConfig) else SERVER_FIELDS
        if config is None or change.field not in fields:
            raise _nothing_to_base_on(Target(change.server, change.user))
        field: Field[Any] = fields[change.field]
        return field.dump(field.put(config, field.load(value, "value")))

    async def _note(self, actor: Actor, change: Change, did: str, answer: Answer | None = None) -> None:
        target = Target(change.server, change.user)
        what = did.format(number=change.id, field=change.field, answer=answer and answer.value)
        await audit.note(self._store, actor, what, str(target), self._now())

    async def _theirs(self, actor: Actor, change_id: int) -> Change:
        """One on which somebody may act. Raises UnknownChange, Forbidden."""
        change = await self._seen(actor, change_id)
        await self._permission.must_move(actor, change)
        return change

    async def _seen(self, actor: Actor, change_id: int) -> Change:
        """One that somebody may see. Raises UnknownChange."""
        change = await self._found(change_id)
        if (await self._permission.rights(actor)).power(change.server, change.user) is None:
            raise _unknown(change_id)
        return change

    async def _found(self, change_id: int) -> Change:
        if not 0 < change_id <= ID_MAX:
            raise _unknown(change_id)
        return await self._store.changes.get(change_id)

    def _value_now(self, target: Target, field: str) -> Json:
        config = config_of(self._engine.snapshot(target.server), target.user)
        if isinstance(config, UserConfig) and field in USER_FIELDS:
            return user_values(config)[field]
        if isinstance(config, ServerConfig) and field in SERVER_FIELDS:
            return server_values(config)[field]
        raise _nothing_to_base_on(target)

    def _today(self, target: Target) -> date:
        assert target.user is not None
        snapshot, _user = known_user(self._engine, target.server, target.user)
        return clock.today(snapshot, target.server, self._now())

    async def _told(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """With why each waits, and of what holds for a day when it is taken back."""
        ids = [change.id for change in changes if change.until is not None]
        later = await self._store.changes.taken_back_later(ids) if ids else set()
        return tuple(
            replace(change, waits_for=self._until_words(change))
            if change.id in later and not change.state.is_open
            else self._with_words(change)
            for change in changes
        )

    def _until_words(self, change: Change) -> str:
        assert change.until is not None
        snapshot = self._engine.snapshot(change.server)
        local = clock.local_now(snapshot, self._now()) if snapshot is not None else None
        if local is None:
            return _("is taken back after {day}").format(day=texts.full_date(change.until))
        if local.date() > change.until:
            return _("is taken back when {server} is next seen").format(server=change.server)
        return _("is taken back after today")

    def _with_words(self, change: Change) -> Change:
        return replace(change, waits_for=self._engine.waits_for(change))


def _answer(change: Change, value: object) -> Answer:
    """The answer, if it is one to what this change asks. Raises Invalid, NotNow."""
    if not isinstance(value, str) or value not in set(Answer):
        raise Invalid("answer", _("An answer is one of {answers}.").format(answers=", ".join(Answer)))
    if change.state not in ANSWERS:
        raise NotNow(
            _("This change ({state}) asks nothing. Nothing was changed.").format(
                state=_(words.STATES[change.state])
            )
        )
    possible = ANSWERS[change.state]
    if value not in possible:
        answers = ", ".join(answer for answer in Answer if answer in possible)
        raise Invalid(
            "answer",
            _("To this change ({state}) the answer is one of {answers}.").format(
                state=_(words.STATES[change.state]), answers=answers
            ),
        )
    return Answer(value)


def _unknown(change_id: int) -> UnknownChange:
    return UnknownChange(_("There is no change {number}.").format(number=change_id))


def _nothing_to_base_on(target: Target) -> NeverRead:
    return NeverRead(
        _(
            "{target} was not read yet, so there is nothing to base the change on. Nothing was changed."
        ).format(target=target)
    )
