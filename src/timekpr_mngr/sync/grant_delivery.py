"""Grants on their way: each arrives once, whatever becomes of the answer (design: bus.md, writing)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from timekpr_mngr.domain.change import Change, ChangeState, GrantKind, Json
from timekpr_mngr.domain.grant import Grant, Outcome, Reading, grant_of, moved_between, outcome, reading_of
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.sync.gain import gain_words, gained
from timekpr_mngr.sync.steps import Ports, Steps, note_of
from timekpr_mngr.timekpr import interface, write
from timekpr_mngr.timekpr.interface import Call

WAITS_FOR_FIRST_SAVE = "waits for the day's first save"
WAITS_FOR_CLOCK = "waits until the computer tells its clock"
WAITS_FOR_DAY = "waits for the day for which it was given"
IN_ORDER = "The list of allowed days was put in order first: seven days, closed ones with 0."
CANNOT_TELL = (
    "The answer was lost, and the time balance moved by something else as well: it cannot be told whether this "
    "arrived. Look at the time left before giving it again."
)


@dataclass(frozen=True, slots=True)
class Target:
    """The user of a grant at the moment of reading. `today` is the server's own day."""

    snapshot: Snapshot
    user: UserSnapshot
    today: date

    @property
    def is_stale(self) -> bool:
        """Whether timekpr's file still speaks of an earlier day."""
        return self.user.control is not None and self.user.control.is_stale(self.today)

    def reading(self, kind: GrantKind) -> Reading | None:
        """What decides about a grant; None where it cannot be read."""
        return reading_of(self.user, kind, self.today.isoweekday())


class GrantDelivery:
    """Delivers grants, one at a time."""

    def __init__(self, ports: Ports, steps: Steps) -> None:
        self._ports = ports
        self._steps = steps

    async def deliver(self, change: Change, snapshot: Snapshot) -> None:
        """Takes a grant as far as it goes now, from what was just read of its server."""
        user = snapshot.users.get(change.user or "")
        if user is None or user.config is None:
            words = user.problem if user else f"The computer has no user {change.user}."
            await self._steps.end_all([change], words or "timekpr's file of this user cannot be read.")
            return
        if snapshot.server_time is None:
            self._steps.waiting[change.id] = WAITS_FOR_CLOCK
            return
        target = Target(snapshot, user, snapshot.server_time.date())
        was_sent = change.state is ChangeState.SENDING and "reading" in note_of(change)
        if change.day is not None and change.day < target.today:
            await self._end_late(change, target, was_sent)
        elif change.day is not None and change.day > target.today:
            self._steps.waiting[change.id] = WAITS_FOR_DAY
        elif was_sent:
            await self._resolve(change, target)
        else:
            await self._send(change, target)

    async def _end_late(self, change: Change, target: Target, was_sent: bool) -> None:
        """Its day is over. The file may still speak of that day, and tell whether what was sent arrived."""
        grant = grant_of(change)
        noted = _noted_reading(change) if was_sent else None
        found = reading_of(target.user, grant.kind, noted.weekday) if noted else None
        result = outcome(grant, noted, found) if noted and found else None
        if result is Outcome.ARRIVED:
            await self._steps.end(change, ChangeState.APPLIED, "It arrived; its day is over since.")
        elif not was_sent or result is Outcome.NOT_ARRIVED:
            await self._steps.end(change, ChangeState.EXPIRED, expiry(change))
        else:
            words = "Its day ended before it was confirmed: whether it arrived cannot be told any more."
            await self._steps.end(change, ChangeState.EXPIRED, words)

    async def _resolve(self, change: Change, target: Target) -> None:
        """The answer was lost. What was noted before and what is read now tell whether it arrived."""
        grant, noted = grant_of(change), _noted_reading(change)
        found = target.reading(grant.kind)
        result = outcome(grant, noted, found) if found else Outcome.CANNOT_TELL
        if result is Outcome.ARRIVED:
            await self._end(change, grant, noted, target)
        elif result is Outcome.NOT_ARRIVED:
            await self._steps.give_back([change])
        else:
            await self._end_uncertain(change, found)

    async def _send(self, change: Change, target: Target) -> None:
        if target.user.control is None:
            await self._steps.end(change, ChangeState.REFUSED, "timekpr keeps no time for this user yet.")
            return
        if target.is_stale and target.user.counted:
            await self._steps.hold_grant(change, WAITS_FOR_FIRST_SAVE)
            return
        grant = grant_of(change)
        if target.is_stale or _week_calls(grant.kind, target.user) or "stale" in note_of(change):
            prepared = await self._prepare(change, grant, target)
            if prepared is None:
                return
            change, target = prepared
        reading = target.reading(grant.kind)
        if reading is None or target.is_stale:
            await self._steps.hold_grant(change, WAITS_FOR_FIRST_SAVE)
            return
        started = await self._steps.start(change, {**note_of(change), "reading": reading.to_json()})
        if started is None:
            return
        reply = await self._steps.call(_call(target.user.name, grant))
        after = await self._look(target)
        if after is None:
            words = "timekpr took it; its effect could not be read." if reply.ok else reply.message
            await self._steps.end(started, ChangeState.APPLIED if reply.ok else ChangeState.UNCERTAIN, words)
        elif reply.ok:
            await self._settle_taken(started, grant, reading, after)
        else:
            await self._settle_refused(started, grant, reading, after, reply.message)

    async def _settle_taken(self, change: Change, grant: Grant, before: Reading, after: Target) -> None:
        """timekpr said yes; where what is read says no, nobody claims that it arrived."""
        found = after.reading(grant.kind)
        if found is not None and outcome(grant, before, found) is Outcome.NOT_ARRIVED:
            await self._end_uncertain(change, found, "timekpr took it, but the time balance did not move.")
            return
        await self._end(change, grant, before, after)

    async def _settle_refused(
        self, change: Change, grant: Grant, before: Reading, after: Target, words: str
    ) -> None:
        """timekpr said no; what is read tells whether it had its effect all the same (see Steps.bring_about)."""
        found = after.reading(grant.kind)
        if found is not None and moved_between(before, found) == 0:
            await self._steps.end(change, ChangeState.REFUSED, words)
        elif found is not None and outcome(grant, before, found) is Outcome.ARRIVED:
            await self._end(change, grant, before, after)
        else:
            await self._end_uncertain(change, found)

    # -- what must be so before a grant -------------------------------------------------------------------------------

    async def _prepare(self, change: Change, grant: Grant, target: Target) -> tuple[Change, Target] | None:
        """Makes the server ready for a grant: its week in order, its day begun. None where that did not succeed.

        A stale day would swallow the grant. `getUserInformation(…, "S")` rolls it over, but leaves yesterday's
        PlayTime in it, which is then set to nothing (design: bus.md, writing). The stale file goes into the note:
        it is the only record of that day, and tells after an interruption what is still to be done.
        """
        week = _week_calls(grant.kind, target.user)
        note = note_of(change)
        control = target.user.control
        if target.is_stale and control is not None:
            left_over = control.playtime_balance_seconds
            note["stale"] = {"text": target.user.control_text, "playtime_balance_seconds": left_over}
        if week:
            note["week"] = IN_ORDER
        started = await self._steps.start(change, note)
        if started is None:
            return None
        refusal = await self._steps.bring_about(week, lambda: self._week_calls_now(grant.kind, target))
        if refusal is None and target.is_stale:
            await self._steps.call(interface.get_user_information(target.user.name, "S"))
        found = await self._look(target)
        if refusal is None and found is not None and found.is_stale:  # somebody logged in at this very moment
            await self._steps.hold_grant(started, WAITS_FOR_FIRST_SAVE)
            return None
        if refusal is None and found is not None:
            refusal = await self._clear_yesterdays_playtime(started, found)
            found = await self._look(target)
        if found is None or refusal is not None:
            words = refusal or "The computer has no time for this user any more."
            await self._steps.end(started, ChangeState.REFUSED, words)
            return None
        return _day_begun(started), found

    async def _clear_yesterdays_playtime(self, change: Change, target: Target) -> str | None:
        """Takes out what the roll-over left of yesterday's PlayTime, once; gives timekpr's words where it refused."""
        stale = note_of(change).get("stale")
        left_over = stale.get("playtime_balance_seconds") if isinstance(stale, dict) else 0

        async def calls() -> Sequence[Call]:
            now = await self._look(target)
            return _clearing_calls(now, left_over)

        return await self._steps.bring_about(_clearing_calls(target, left_over), calls)

    async def _week_calls_now(self, kind: GrantKind, target: Target) -> Sequence[Call]:
        now = await self._look(target)
        return _week_calls(kind, now.user) if now is not None else ()

    # -- looking and ending -------------------------------------------------------------------------------------------

    async def _look(self, target: Target) -> Target | None:
        """The same user afresh; None where they cannot be read any more."""
        snapshot = await self._ports.read_back(target.user.name)
        user = snapshot.users.get(target.user.name)
        if user is None or user.config is None or user.control is None:
            return None
        return Target(snapshot, user, target.today)

    async def _end(self, change: Change, grant: Grant, before: Reading, target: Target) -> None:
        """The grant is on the server. Says what it really gave."""
        found = target.reading(grant.kind)
        if found is None or found.last_checked.date() != before.last_checked.date():
            words = "timekpr took it; its effect could not be read."
            await self._steps.end(change, ChangeState.APPLIED, words)
            return
        result = gained(grant, before, found, target.user, target.snapshot)
        week = note_of(change).get("week")
        said = (gain_words(grant, result), week if isinstance(week, str) else None)
        message = " ".join(words for words in said if words) or None
        await self._steps.end(change, ChangeState.APPLIED, message, gained_seconds=result.seconds)

    async def _end_uncertain(self, change: Change, found: Reading | None, words: str = CANNOT_TELL) -> None:
        note = {**note_of(change), "found": found.to_json() if found else None}
        await self._steps.end(change, ChangeState.UNCERTAIN, words, note=note)


def _day_begun(change: Change) -> Change:
    """With nothing of yesterday's PlayTime left to be taken out: what is found from now on is today's own."""
    note = note_of(change)
    stale = note.get("stale")
    if not isinstance(stale, dict):
        return change
    return replace(change, note={**note, "stale": {**stale, "playtime_balance_seconds": 0}})


def _week_calls(kind: GrantKind, user: UserSnapshot) -> list[Call]:
    calls = write.week_calls if kind is GrantKind.TIME else write.playtime_week_calls
    return calls(user.name, user)


def _clearing_calls(target: Target | None, left_over: Json) -> list[Call]:
    """[] where nothing was left over, or where it was taken out already, before an interruption."""
    if target is None or target.user.config is None or target.user.control is None or not left_over:
        return []
    if target.user.control.playtime_balance_seconds != left_over:
        return []
    limit = target.user.config.playtime.limits[target.today.isoweekday() - 1]
    name = target.user.name
    return [*write.playtime_week_calls(name, target.user), interface.set_playtime_left(name, "=", limit)]


def _noted_reading(change: Change) -> Reading:
    value = note_of(change)["reading"]
    assert isinstance(value, dict)
    return Reading.from_json(value)


def _call(user: str, grant: Grant) -> Call:
    if grant.kind is GrantKind.PLAYTIME:
        return interface.set_playtime_left(user, grant.operation, grant.seconds)
    return interface.set_time_left(user, grant.operation, grant.seconds)


def expiry(change: Change) -> str:
    """What is said of a grant whose day is over."""
    return f"It was for {change.day:%A, %d %B}; that day is over on the computer."
