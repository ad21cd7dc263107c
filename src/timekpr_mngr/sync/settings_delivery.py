"""Settings on their way: merged field by field, sent with the fewest calls, believed when they are read back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs, Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, Field, server_values, user_values
from timekpr_mngr.domain.lasting import lasting
from timekpr_mngr.domain.merge import merge
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import Invalid
from timekpr_mngr.sync.drift import values_before
from timekpr_mngr.sync.grant_delivery import WAITS_FOR_CLOCK
from timekpr_mngr.sync.restoring import TRIES_MAX, Restoring
from timekpr_mngr.sync.steps import Ports, Steps, note_of
from timekpr_mngr.sync.taking_back import LEFT_ALONE, too_late
from timekpr_mngr.texts import _, noop
from timekpr_mngr.timekpr import write
from timekpr_mngr.timekpr.interface import Call

PUT_BACK = noop("timekpr dropped other settings of this user as it saved this; they were put back.")


@dataclass(frozen=True, slots=True)
class Found:
    """The settings of a user or a server as they were read, and the calls that would change them.

    `previous` gives the values right before timekpr's last save, None where that is not known: they are seldom asked
    for. `passing` are those that a field holds for a moment while the calls are made.
    """

    values: Mapping[str, Json]
    previous: Callable[[], Mapping[str, Json] | None]
    calls: Callable[[Mapping[str, Json]], Sequence[Call]]
    passing: Callable[[Mapping[str, Json]], Mapping[str, Json]]


Look = Callable[[], Awaitable[Found | None]]
"""Reads the settings afresh; None where they cannot be read."""


class SettingsDelivery:
    """Delivers changes of fields: of one user, or of the server itself."""

    def __init__(self, ports: Ports, steps: Steps, restoring: Restoring) -> None:
        self._ports = ports
        self._steps = steps
        self._restoring = restoring

    async def deliver(self, changes: Sequence[Change], snapshot: Snapshot, has_some_for_a_day: bool) -> None:
        """Takes changes of one and the same user (or of the server) from what was just read of it.

        Where `has_some_for_a_day` is False, none of them and nothing of the same user holds for a day only.
        """
        if snapshot.server_time is None and any(change.until is not None for change in changes):
            self._steps.hold(changes, _(WAITS_FOR_CLOCK))
            return
        user = changes[0].user
        found = _server_settings(snapshot) if user is None else _user_settings(snapshot.users.get(user))
        if found is None:
            await self._steps.end_all(changes, _why_unread(snapshot, user))
            return

        async def look() -> Found | None:
            if user is None:
                return _server_settings(await self._ports.read())
            return _user_settings((await self._ports.read_back(user)).users.get(user))

        today = snapshot.server_time.date() if snapshot.server_time is not None else None
        in_time = [change for change in changes if not await self._is_too_late(change, found, today)]
        staying = await self._staying(in_time, found.values) if has_some_for_a_day else found.values
        await self._deliver(in_time, found, staying, look)

    async def _staying(self, changes: Sequence[Change], values: Mapping[str, Json]) -> Mapping[str, Json]:
        """The values as they stay once all that holds for a day only has been taken back."""
        if not changes or changes[0].user is None:
            return values
        for_a_day = await self._ports.store.changes.for_a_day(changes[0].server)
        return lasting(values, [change for change in for_a_day if change.user == changes[0].user])

    async def _is_too_late(self, change: Change, found: Found, today: date | None) -> bool:
        """Ends a change that was to hold for a day that is over, unless it had arrived before."""
        if today is None or change.until is None or change.until >= today:
            return False
        if change.state is ChangeState.SENDING and found.values.get(change.field) == change.after:
            return False
        await self._steps.end(change, ChangeState.EXPIRED, too_late(change))
        return True

    async def _deliver(
        self, changes: Sequence[Change], found: Found, staying: Mapping[str, Json], look: Look
    ) -> Found | None:
        """Merges each field, and sends what differs; gives what was read last.

        Where timekpr refuses a call, those whose value did not come about are sent once more, each alone: so a refused
        one takes no other along, and each shows timekpr's own words for it. Each goes on from what was read after the
        one before it: one call sets the limits of all seven days.
        """
        sending = [change for change in changes if await self._is_to_be_sent(change, found.values, staying)]
        if not sending:
            return found
        wanted = {change.field: change.after for change in sending}
        passing = found.passing(wanted)
        started = [
            await self._steps.start(
                change, _with_stood(change, _with_base(change, passing), found.values, staying)
            )
            for change in sending
        ]
        under_way = [change for change in started if change is not None]
        if len(under_way) < len(sending):  # somebody cancelled one in this very moment: look again
            await self._steps.give_back(under_way)
            return found

        async def still_to_call() -> Sequence[Call] | None:
            now = await look()
            return now.calls(_still_wanted(under_way, now.values)) if now is not None else None

        refusal = await self._steps.bring_about(found.calls(wanted), still_to_call)
        after = await look()
        was_restored = await self._restored(under_way[0].user)
        if was_restored:
            after = await look()
        missing = [change for change in under_way if not _is_there(change, after)]
        for change in under_way:
            if change not in missing:
                await self._steps.end(change, ChangeState.APPLIED, _(PUT_BACK) if was_restored else None)
        if after is not None and refusal is None:
            lost = [change for change in missing if was_restored or _was_dropped(change, after)]
            again = [_with_one_try_more(change) for change in lost if _may_be_tried_again(change, after)]
            await self._steps.give_back(again)
            missing = [change for change in missing if change.id not in {given.id for given in again}]
        if refusal is None or len(under_way) == 1 or after is None:
            for change in missing:
                await self._end_missing(change, after, refusal)
            return after
        for change in missing:
            if after is None:  # it has not arrived, and what it would go on from is not known
                await self._steps.give_back([change])
            else:
                after = await self._deliver([change], after, staying, look)
        return after

    async def _restored(self, user: str | None) -> bool:
        """Whether timekprd itself had dropped settings of the user, which were put back."""
        return user is not None and await self._restoring.restore(user)

    async def _is_to_be_sent(
        self, change: Change, values: Mapping[str, Json], staying: Mapping[str, Json]
    ) -> bool:
        """Whether the merge says so; else the change is ended here."""
        if change.field not in _fields(change):
            await self._steps.end(change, ChangeState.REFUSED, _("This version does not know that setting."))
            return False
        theirs = values[change.field]
        verdict = merge(change, theirs)
        if verdict == "already":
            note = _with_stood(change, note_of(change), values, staying)
            await self._steps.end(change, ChangeState.APPLIED, None, note=note)
        elif verdict == "conflict" and _takes_back_by_itself(change):
            await self._steps.end(change, ChangeState.SUPERSEDED, _(LEFT_ALONE))
        elif verdict == "conflict":
            words = _("It was changed on the computer in the meantime.")
            await self._steps.end(
                change, ChangeState.CONFLICT, words, note={**note_of(change), "theirs": theirs}
            )
        elif (problem := _broken_rule(change)) is not None:
            await self._steps.end(change, ChangeState.REFUSED, problem)
        else:
            return True
        return False

    async def _end_missing(self, change: Change, after: Found | None, refusal: str | None) -> None:
        """Ends a change whose value is not what was read back."""
        if after is None and refusal is not None:
            words = _("timekpr refused it ({refusal}), and what stands there now cannot be read.")
            words = words.format(refusal=refusal.rstrip("."))
            await self._steps.end(change, ChangeState.UNCERTAIN, words)
        elif refusal is not None:
            await self._steps.end(change, ChangeState.REFUSED, refusal)
        elif after is None:
            words = _("timekpr took it, but it could not be read back.")
            await self._steps.end(change, ChangeState.UNCERTAIN, words)
        else:
            words = _("Something else stands there now: it was changed on the computer in the meantime.")
            note = {**note_of(change), "theirs": after.values[change.field]}
            await self._steps.end(change, ChangeState.CONFLICT, words, note=note)


def _user_settings(user: UserSnapshot | None) -> Found | None:
    if user is None or user.config is None:
        return None
    return Found(
        user_values(user.config),
        lambda: values_before(user),
        lambda wanted: write.user_calls(user.name, user, wanted),
        lambda wanted: write.passing_values(user, wanted),
    )


def _server_settings(snapshot: Snapshot) -> Found | None:
    if snapshot.config is None:
        return None
    values = server_values(snapshot.config)
    return Found(
        values,
        lambda: None,
        lambda wanted: write.server_calls({name: to for name, to in wanted.items() if values[name] != to}),
        lambda _wanted: {},
    )


def _still_wanted(under_way: Sequence[Change], values: Mapping[str, Json]) -> dict[str, Json]:
    """What is still to be set: not where somebody was quicker between two calls."""
    return {
        change.field: change.after
        for change in under_way
        if merge(change, values[change.field]) != "conflict"
    }


def _why_unread(snapshot: Snapshot, user: str | None) -> str:
    if user is None:
        return _("timekpr's settings on this computer cannot be read.")
    if (found := snapshot.users.get(user)) is None:
        return _("The computer has no user {user}.").format(user=user)
    return found.problem or _("timekpr's file of this user cannot be read.")


def _fields(change: Change) -> Mapping[str, Field[Any]]:
    return SERVER_FIELDS if change.user is None else USER_FIELDS


def _broken_rule(change: Change) -> str | None:
    """Why this value must not be sent, by this version's rules: it may have been queued by an older one."""
    try:
        _fields(change)[change.field].load(change.after, change.field)
    except Invalid as problem:
        return str(problem)
    return None


def _is_there(change: Change, found: Found | None) -> bool:
    return found is not None and found.values[change.field] == change.after


def _was_dropped(change: Change, after: Found) -> bool:
    """Whether timekprd did not keep what it said yes to: a copy of it would show where somebody set it back since."""
    previous = after.previous()
    return previous is not None and previous[change.field] != change.after


def _may_be_tried_again(change: Change, after: Found) -> bool:
    """Whether what stands there now is what the change goes on from, and not for the third time."""
    return merge(change, after.values[change.field]) == "send" and _tries(change) < TRIES_MAX


def _tries(change: Change) -> int:
    tries = note_of(change).get("tries", 1)
    return tries if isinstance(tries, int) else TRIES_MAX


def _with_one_try_more(change: Change) -> Change:
    return replace(change, note={**note_of(change), "tries": _tries(change) + 1})


def _with_base(change: Change, passing: Mapping[str, Json]) -> dict[str, Json]:
    """The change's note, with the value on the way to the wanted one as one more that it may go on from."""
    note = note_of(change)
    if change.field not in passing:
        return note
    kept = note.get("bases")
    return {**note, "bases": [*(kept if isinstance(kept, list) else ()), passing[change.field]]}


def _with_stood(
    change: Change, note: dict[str, Json], values: Mapping[str, Json], staying: Mapping[str, Json]
) -> dict[str, Json]:
    """The note of a change with what it takes the place of.

    To `stood` goes back what holds for a day. `beneath` is what would have stayed: to that goes back what is to stay.
    """
    if change.state is not ChangeState.QUEUED:
        return note
    stood, beneath = values[change.field], staying[change.field]
    noted = note if change.until is None else {**note, "stood": stood}
    return noted if beneath == stood else {**noted, "beneath": beneath}


def _takes_back_by_itself(change: Change) -> bool:
    """Whether nobody asked for it now, so that nobody is asked either where somebody changed the field since."""
    return change.follows_as is FollowsAs.BACK and change.state is ChangeState.QUEUED
