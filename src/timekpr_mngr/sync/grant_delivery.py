"""Grants on their way: each arrives once, whatever becomes of the answer (design: bus.md, writing)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from timekpr_mngr import texts
from timekpr_mngr.domain.change import Change, ChangeState, GrantKind, Json
from timekpr_mngr.domain.grant import (
    Grant,
    Outcome,
    Reading,
    decided,
    grant_of,
    moved_besides,
    moved_between,
    moves,
    outcome,
    reading_of,
)
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.sync.gain import gain_words, gained, taken_back_words
from timekpr_mngr.sync.steps import OF_AN_ATTEMPT, Ports, Steps, note_of
from timekpr_mngr.texts import _, noop
from timekpr_mngr.timekpr import interface, write
from timekpr_mngr.timekpr.interface import Call

WAITS_FOR_FIRST_SAVE = noop("waits for the day's first save")
WAITS_FOR_CLOCK = noop("waits until the computer tells its clock")
WAITS_FOR_DAY = noop("waits for the day for which it was given")
WAITS_FOR_SAVE = noop("waits until timekpr has saved what it has in memory")
IN_ORDER = noop("The list of allowed days was put in order first: seven days, closed ones with 0.")
CANNOT_TELL = noop(
    "The answer was lost, and the time balance moved by something else as well: it cannot be told whether this "
    "arrived. Look at the time left before giving it again."
)
CANNOT_TELL_OVER_MIDNIGHT = noop(
    "Its day ended as it was sent, and something moved the time balance of the new day: it cannot be told whether "
    "this counts there. Look at the time left before giving it again."
)
CANNOT_TELL_UNREADABLE = noop(
    "The answer was lost, and timekpr's file of this user cannot be read: it cannot be told whether this arrived. Look "
    "at the time left before giving it again."
)
CANNOT_TELL_UNSAVED = noop(
    "timekpr does not save what it has in memory: it cannot be told whether this arrived. Look at the time left before "
    "giving it again."
)
DAY_OVER_SINCE = noop("It arrived; its day is over since.")
DID_NOT_MOVE = noop("timekpr took it, but the time balance did not move.")
SAVE_PATIENCE_SECONDS = 60  # beside twice the time between timekpr's saves
LONGEST_CALL_SECONDS = 120  # more than passes between reading the clock and reading what a call did


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
        self._with_some_for_a_day: set[str] = set()

    def begin(self, for_a_day: Sequence[Change]) -> None:
        """Another pass over all that is open, where this holds, or is to hold, for a day only."""
        self._with_some_for_a_day = {change.request_id for change in for_a_day}

    async def deliver(self, change: Change, snapshot: Snapshot) -> None:
        """Takes a grant as far as it goes now, from what was just read of its server."""
        user = snapshot.users.get(change.user or "")
        if user is None or user.config is None:
            words = user.problem if user else _("The computer has no user {user}.").format(user=change.user)
            await self._steps.end_all([change], words or _("timekpr's file of this user cannot be read."))
            return
        if snapshot.server_time is None:
            self._steps.waiting[change.id] = _(WAITS_FOR_CLOCK)
            return
        target = Target(snapshot, user, snapshot.server_time.date())
        was_sent = change.state is ChangeState.SENDING and "reading" in note_of(change)
        if change.day is not None and change.day < target.today:
            await self._end_late(change, target, was_sent)
        elif change.day is not None and change.day > target.today:
            self._steps.waiting[change.id] = _(WAITS_FOR_DAY)
        elif was_sent:
            await self._resolve(change, target)
        else:
            await self._send(change, target)

    async def _end_late(self, change: Change, target: Target, was_sent: bool) -> None:
        """Its day is over. The file may still speak of that day, and tell whether what was sent arrived."""
        if not was_sent:
            await self._steps.end(change, ChangeState.EXPIRED, expiry(change))
            return
        grant, noted = _sent(change), _noted_reading(change)
        found = reading_of(target.user, grant.kind, noted.weekday)
        result = outcome(grant, noted, found) if found else None
        note = _with_found(change, found)
        if result is Outcome.ARRIVED:
            await self._steps.end(change, ChangeState.APPLIED, _(DAY_OVER_SINCE), note=note)
        elif result is Outcome.NOT_ARRIVED:
            await self._steps.end(change, ChangeState.EXPIRED, expiry(change), note=note)
        elif result is Outcome.DAY_OVER and found is not None and _may_hold(found, noted):
            await self._steps.end(change, ChangeState.UNCERTAIN, _(CANNOT_TELL_OVER_MIDNIGHT), note=note)
        else:
            words = _("Its day ended before it was confirmed: whether it arrived cannot be told any more.")
            await self._steps.end(change, ChangeState.EXPIRED, words, note=note)

    async def _resolve(self, change: Change, target: Target) -> None:
        """The answer was lost. What was noted before and what is read now tell whether it arrived."""
        grant, noted = _sent(change), _noted_reading(change)
        found = target.reading(grant.kind)
        result = outcome(grant, noted, found) if found else Outcome.CANNOT_TELL
        if result is Outcome.ARRIVED:
            await self._end(change, grant, noted, target)
        elif found is None:
            await self._end_uncertain(change, None, _(CANNOT_TELL_UNREADABLE))
        elif result is not Outcome.NOT_ARRIVED:
            await self._end_uncertain(change, found)
        elif not _is_saved(change, target, noted, found):
            await self._wait_for_save(change, target, found)
        elif _was_taken(change):
            await self._end_uncertain(change, found, _(DID_NOT_MOVE))
        else:
            await self._steps.give_back([change])

    async def _wait_for_save(
        self, change: Change, target: Target, found: Reading | None, *, taken: bool = False
    ) -> None:
        """The file tells of no grant, and it may be in the daemon's memory all the same.

        The daemon saves in another thread than it answers in: a save that had begun when the grant came writes what was
        before it (seen in the rig: 4 of 8,688 grants to a user who was saved every second), and only the next one what
        is in memory. Until then nothing else is sent: a grant goes by the file, and would undo the one before it.
        """
        unsaved = note_of(change).get("unsaved")
        if not isinstance(unsaved, dict):
            there = (await self._ports.read()).server_time
            if there is not None:
                unsaved = {
                    "there": there.replace(tzinfo=None).isoformat(),
                    "since": self._ports.now().isoformat(),
                    "taken": taken,
                }
                await self._ports.store.changes.write_note(change.id, {**note_of(change), "unsaved": unsaved})
        elif self._ports.now() > _patience_end(unsaved, target):
            await self._end_uncertain(change, found, _(CANNOT_TELL_UNSAVED))
            return
        self._steps.hold([change], _(WAITS_FOR_SAVE))

    async def _send(self, change: Change, target: Target) -> None:
        if target.user.control_text == "":
            target = await self._restored(target)
        if target.user.control is None and target.user.counted:
            await self._steps.hold_grant(change, _(WAITS_FOR_SAVE))
            return
        if target.user.control is None:
            await self._steps.end(change, ChangeState.REFUSED, _("timekpr keeps no time for this user yet."))
            return
        if target.is_stale and target.user.counted:
            await self._steps.hold_grant(change, _(WAITS_FOR_FIRST_SAVE))
            return
        grant = grant_of(change)
        if target.is_stale or _week_calls(grant.kind, target.user) or "stale" in note_of(change):
            prepared = await self._prepare(change, grant, target)
            if prepared is None:
                return
            change, target = prepared
        reading = target.reading(grant.kind)
        if reading is None or target.is_stale:
            await self._steps.hold_grant(change, _(WAITS_FOR_FIRST_SAVE))
            return
        earlier = {name: value for name, value in note_of(change).items() if name not in OF_AN_ATTEMPT}
        grant, note = decided(grant, reading), {**earlier, "reading": reading.to_json()}
        if grant.unused_only:
            note["amount_seconds"] = grant.seconds
            if grant.seconds == 0:
                note["found"] = reading.to_json()
                words = taken_back_words(grant_of(change), grant)
                await self._steps.end(change, ChangeState.APPLIED, words, gained_seconds=0, note=note)
                return
        started = await self._steps.start(change, note)
        if started is not None:
            await self._make_the_call(started, grant, target, reading)

    async def _make_the_call(self, change: Change, grant: Grant, target: Target, before: Reading) -> None:
        reply = await self._steps.call(_call(target.user.name, grant))
        try:
            after = await self._look(target)
        except ServerFailure:
            if reply.ok:
                await self._note_taken(change)
            raise
        if reply.ok:
            await self._settle_taken(change, grant, before, after)
        else:
            await self._settle_refused(change, grant, before, after, reply.message)

    async def _note_taken(self, change: Change) -> None:
        """timekpr said yes, and the link ended before it could be read: it is not sent again, whatever is read then.

        Somebody may have taken just as much as we gave (seen in the rig); then nothing shows that ours arrived.
        """
        await self._ports.store.changes.write_note(change.id, {**note_of(change), "taken": True})

    async def _settle_taken(
        self, change: Change, grant: Grant, before: Reading, after: Target | None
    ) -> None:
        """timekpr said yes; where what is read says no, nobody claims that it arrived."""
        found = after.reading(grant.kind) if after is not None else None
        if after is None or found is None:
            words = _("timekpr took it; its effect could not be read.")
            await self._steps.end(change, ChangeState.APPLIED, words, note=_with_found(change, None))
            return
        result = outcome(grant, before, found)
        if result is Outcome.DAY_OVER:
            await self._settle_over_midnight(change, grant, after)
        elif result is not Outcome.NOT_ARRIVED:
            await self._end(change, grant, before, after)
        elif _is_saved(change, after, before, found):
            await self._end_uncertain(change, found, _(DID_NOT_MOVE))
        else:
            await self._wait_for_save(change, after, found, taken=True)

    async def _settle_over_midnight(self, change: Change, grant: Grant, target: Target) -> None:
        """timekpr said yes, and the file speaks of another day since. What it tells is of that day alone."""
        snapshot = await self._ports.read()  # the clock, too
        user = snapshot.users.get(target.user.name)
        now = Target(snapshot, user, snapshot.server_time.date()) if user and snapshot.server_time else None
        found = now.reading(grant.kind) if now is not None else None
        if now is None or found is None:
            await self._end_uncertain(change, found, _(CANNOT_TELL_OVER_MIDNIGHT))
            return
        begun = replace(found, balance_seconds=found.spent_seconds)
        if moved_between(begun, found) == 0:
            words = _("Its day ended on the computer as it was sent, and it ended with that day.")
            await self._steps.end(change, ChangeState.EXPIRED, words, note=_with_found(change, found))
        elif outcome(grant, begun, found) is Outcome.ARRIVED:
            await self._end(
                change, grant, begun, now, _("It arrived as its day ended, and counts for the new day.")
            )
        else:
            await self._end_uncertain(change, found, _(CANNOT_TELL_OVER_MIDNIGHT))

    async def _settle_refused(
        self, change: Change, grant: Grant, before: Reading, after: Target | None, words: str
    ) -> None:
        """timekpr said no; what is read tells whether it had its effect all the same (see Steps.bring_about)."""
        found = after.reading(grant.kind) if after is not None else None
        result = outcome(grant, before, found) if found is not None else None
        if found is not None and result is not Outcome.DAY_OVER and moved_between(before, found) == 0:
            if after is not None and _in_memory(after, grant.kind) == _gap(before) + moves(grant, before):
                await self._wait_for_save(change, after, found, taken=True)
                return
            await self._steps.end(change, ChangeState.REFUSED, words, note=_with_found(change, found))
        elif after is not None and result is Outcome.ARRIVED:
            await self._end(change, grant, before, after)
        else:
            said = _("timekpr refused it ({words}), but whether it had its effect cannot be told.").format(
                words=words.rstrip(".")
            )
            await self._end_uncertain(change, found, said)

    async def _restored(self, target: Target) -> Target:
        """With the time used of somebody whose file is empty, as after a full disk.

        timekpr makes it anew of the copy before it when it is next asked; of somebody whom it counts it has all in
        memory, and saves it.
        """
        if target.user.counted:
            return target
        await self._steps.call(interface.get_user_information(target.user.name, "S"))
        return await self._look(target) or target

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
            note["stale"] = {
                "text": target.user.control_text,
                "playtime_balance_seconds": control.playtime_balance_seconds,
                "playtime_spent_seconds": control.playtime_spent_day_seconds,
            }
        if week:
            note["week"] = _(IN_ORDER)
        started = await self._steps.start(change, note)
        if started is None:
            return None
        refusal = await self._steps.bring_about(week, lambda: self._week_calls_now(grant.kind, target))
        if refusal is None and target.is_stale:
            await self._steps.call(interface.get_user_information(target.user.name, "S"))
        found = await self._look(target)
        if refusal is None and found is not None and found.is_stale:  # somebody logged in at this very moment
            await self._steps.hold_grant(started, _(WAITS_FOR_FIRST_SAVE))
            return None
        if refusal is None and found is not None:
            refusal = await self._clear_yesterdays_playtime(started, found)
            found = await self._look(target)
        if found is None or refusal is not None:
            words = refusal or _("The computer has no time for this user any more.")
            await self._steps.end(started, ChangeState.REFUSED, words)
            return None
        return _day_begun(started), found

    async def _clear_yesterdays_playtime(self, change: Change, target: Target) -> str | None:
        """Takes out what the roll-over left of yesterday's PlayTime, once; gives timekpr's words where it refused."""
        stale = note_of(change).get("stale")
        if not isinstance(stale, dict):
            return None

        async def calls() -> Sequence[Call]:
            return _clearing_calls(await self._look(target), stale)

        return await self._steps.bring_about(_clearing_calls(target, stale), calls)

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

    async def _end(
        self, change: Change, grant: Grant, before: Reading, target: Target, first_words: str | None = None
    ) -> None:
        """The grant is on the server. Says what it really gave."""
        found = target.reading(grant.kind)
        assert found is not None
        note = _with_found(change, found)
        others = moved_besides(grant, before, found)
        today = await self._today(target, in_doubt=others != 0)
        if others and not _is_by_the_limit_of(today, grant, before, found, target):
            day = found.last_checked.date()
            self._ports.record.watch.given_by_others(target.user.name, grant.kind, day, others)
        if today > target.today:
            await self._steps.end(change, ChangeState.APPLIED, _(DAY_OVER_SINCE), note=note)
            return
        stood = await self._stood(change)
        result = gained(grant, before, found, target.user, target.snapshot, stood)
        week = note.get("week")
        said = (
            first_words,
            taken_back_words(grant_of(change), grant) if grant.unused_only else None,
            gain_words(grant, before, found, result),
            week if isinstance(week, str) else None,
        )
        message = " ".join(words for words in said if words) or None
        await self._steps.end(change, ChangeState.APPLIED, message, gained_seconds=result.seconds, note=note)

    async def _stood(self, grant: Change) -> dict[str, Json]:
        """What the fields held that were changed for the day for the sake of this grant."""
        if grant.request_id not in self._with_some_for_a_day:
            return {}
        together = await self._ports.store.changes.by_request(grant.request_id)
        return {
            change.field: change.stood
            for change in together
            if change.until is not None and change.state is ChangeState.APPLIED
        }

    async def _today(self, target: Target, *, in_doubt: bool) -> date:
        """The server's own day, read afresh where it may have ended since its clock was read."""
        clock = target.snapshot.server_time
        assert clock is not None
        is_late = (clock + timedelta(seconds=LONGEST_CALL_SECONDS)).date() > clock.date()
        if is_late or in_doubt:
            clock = (await self._ports.read()).server_time or clock
        return max(clock.date(), target.today)

    async def _end_uncertain(self, change: Change, found: Reading | None, words: str | None = None) -> None:
        await self._steps.end(
            change, ChangeState.UNCERTAIN, words or _(CANNOT_TELL), note=_with_found(change, found)
        )


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


def _clearing_calls(target: Target | None, stale: Mapping[str, Json]) -> list[Call]:
    """What takes yesterday's PlayTime out of the balance and leaves what was played today.

    [] where nothing of it is in there: none was left over, it was taken out before an interruption, or a login began
    the day, which forgets it.
    """
    if target is None or target.user.config is None or target.user.control is None:
        return []
    left_over, spent = stale.get("playtime_balance_seconds"), stale.get("playtime_spent_seconds")
    if not isinstance(left_over, int) or not isinstance(spent, int) or left_over == 0:
        return []
    played = target.user.control.playtime_balance_seconds - left_over
    if not _holds_yesterday(target, played, left_over, spent):
        return []
    limit = target.user.config.playtime.limits[target.today.isoweekday() - 1]
    name = target.user.name
    return [
        *write.playtime_week_calls(name, target.user),
        interface.set_playtime_left(name, "=", limit - played),
    ]


def _holds_yesterday(target: Target, played: int, left_over: int, spent: int) -> bool:
    """Whether both PlayTime figures go on from yesterday's, by what was `played` since.

    A login begins both with 0. Where yesterday's were the same number that looks alike once as much was played today
    as then; nothing is taken out of that.
    """
    assert target.user.config is not None
    assert target.user.control is not None
    if target.user.config.playtime.override:  # what is played is not in the balance
        return played == 0
    goes_on = played >= 0 and target.user.control.playtime_spent_day_seconds - spent == played
    return goes_on and (left_over != spent or played < spent)


def _noted_reading(change: Change) -> Reading:
    value = note_of(change)["reading"]
    assert isinstance(value, dict)
    return Reading.from_json(value)


def _with_found(change: Change, found: Reading | None) -> dict[str, Json]:
    """The note with both readings: before it was sent, and now."""
    return {**note_of(change), "found": found.to_json() if found else None}


def _sent(change: Change) -> Grant:
    """The grant as it was sent: of what is taken back, the amount that was noted."""
    grant, amount = grant_of(change), note_of(change).get("amount_seconds")
    return replace(grant, seconds=amount) if grant.unused_only and isinstance(amount, int) else grant


def _gap(reading: Reading) -> int:
    return reading.spent_seconds - reading.balance_seconds


def _in_memory(target: Target, kind: GrantKind) -> int | None:
    """*Time spent − time balance* as the daemon has it in memory; None where it does not tell, as of PlayTime."""
    live = target.user.live
    if kind is GrantKind.PLAYTIME or live is None:
        return None
    if live.spent_day_seconds is None or live.balance_seconds is None:
        return None
    return live.spent_day_seconds - live.balance_seconds


def _is_saved(change: Change, target: Target, before: Reading, found: Reading) -> bool:
    """Whether a file that tells of no grant can be believed: there is none in the daemon's memory either."""
    if not target.user.counted or _in_memory(target, _sent(change).kind) == _gap(before):
        return True
    unsaved = note_of(change).get("unsaved")
    there = unsaved.get("there") if isinstance(unsaved, dict) else None
    return isinstance(there, str) and found.last_checked > datetime.fromisoformat(there)


def _was_taken(change: Change) -> bool:
    """Whether timekpr said yes."""
    note = note_of(change)
    unsaved = note.get("unsaved")
    return note.get("taken") is True or (isinstance(unsaved, dict) and unsaved.get("taken") is True)


def _patience_end(unsaved: Mapping[str, Json], target: Target) -> datetime:
    """When it is no longer waited for a save, by our own clock: it may not come, as after a clock was set back."""
    between = target.snapshot.config.save_seconds if target.snapshot.config else 0
    since = datetime.fromisoformat(str(unsaved["since"]))
    return since + timedelta(seconds=2 * max(between, 0) + SAVE_PATIENCE_SECONDS)


def _may_hold(found: Reading, noted: Reading) -> bool:
    """Whether a grant that was sent as its day ended may be in the day after it, which began with none."""
    next_day = found.last_checked.date() - noted.last_checked.date() == timedelta(days=1)
    return next_day and found.spent_seconds != found.balance_seconds


def _is_by_the_limit_of(day: date, grant: Grant, before: Reading, found: Reading, target: Target) -> bool:
    """Whether nobody else moved the balance: the daemon forgave what was over the limit of the day that had begun.

    Sent just before midnight, a grant may come just after it. Of a user who is not there the file still speaks of the
    day before, and the daemon goes by that balance and by the new day's limit (seen in the rig).
    """
    if day == target.today:
        return False
    now = reading_of(target.user, grant.kind, day.isoweekday())
    return (
        now is not None and moved_besides(grant, replace(before, limit_seconds=now.limit_seconds), found) == 0
    )


def _call(user: str, grant: Grant) -> Call:
    if grant.kind is GrantKind.PLAYTIME:
        return interface.set_playtime_left(user, grant.operation, grant.seconds)
    return interface.set_time_left(user, grant.operation, grant.seconds)


def expiry(change: Change) -> str:
    """What is said of a grant whose day is over."""
    assert change.day is not None
    return _("It was for {day}; that day is over on the computer.").format(day=texts.full_date(change.day))
