"""A change on its way: note, send, read back, decide (design: bus.md, writing).

Whatever is sent is written down first, so that any moment is a good moment to be killed. A change that was under way
when the link or this program ended is looked at again from what was noted and what the server says now:

- a setting is compared with the value read back;
- a grant is known by what it does to *time spent − time balance* (domain.grant);
- the preparation of a stale day is begun again where it was left.

What cannot be told ends as `uncertain`. Nothing here guesses.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from timekpr_mngr.domain.change import Change, ChangeState, GrantKind, Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, server_values, user_values
from timekpr_mngr.domain.grant import Grant, Operation, Outcome, Reading, grant_of, outcome, reading_of
from timekpr_mngr.domain.merge import merge
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import FailureCode, Invalid, ServerFailure
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.store import Store
from timekpr_mngr.sync.gain import gain_words, gained
from timekpr_mngr.timekpr import interface, write
from timekpr_mngr.timekpr.interface import Call, Reply

log = logging.getLogger(__name__)

WAITS_FOR_FIRST_SAVE = "waits for the day's first save"
WAITS_FOR_CLOCK = "waits until the computer tells its clock"
WAITS_FOR_OLD_LINK = "waits until the computer has noticed that the connection broke"
WAITS_FOR_DAY = "waits for the day for which it was given"


OLD_LINK_SECONDS = 60  # by then nothing of a broken connection can arrive any more (link.ssh)


@dataclass(frozen=True, slots=True)
class Ports:
    """What delivery works with. `moved` is called after every step of a change; `read` reads the server afresh,
    `read_back` one user of it, with the rest, and its clock, as last read: what a press waits for is not asked twice.
    """

    store: Store
    session: ServerSession
    read: Callable[[], Awaitable[Snapshot]]
    read_back: Callable[[str], Awaitable[Snapshot]]
    moved: Callable[[Change], None]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a user or a server: as they are now, the calls that change them, and how to look again.

    `passing` are the values that a field holds for a moment while those calls are made.
    """

    theirs: Mapping[str, Json]
    calls: Callable[[Mapping[str, Json]], Sequence[Call]]
    passing: Callable[[Mapping[str, Json]], Mapping[str, Json]]
    read_back: Callable[[], Awaitable[Mapping[str, Json] | None]]


class Delivery:
    """Delivers what waits for one server over one session.

    `waiting` says, by number, why a change was left for later; `again` that one was given back and can go at once.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.waiting: dict[int, str] = {}
        self.again = False

    async def deliver(self, changes: Sequence[Change]) -> None:
        """Takes every open change of a server, in order of number, as far as it goes now.

        Raises ServerFailure when the server cannot be spoken to any more; what was under way stays `sending`.
        """
        self.waiting.clear()
        self.again = False
        for run in runs(changes):
            try:
                await self._deliver_run(run)
            except ServerFailure:
                raise
            except Exception:
                log.exception("changes %s could not be delivered", [change.id for change in run])
                await self._end_all(run, "timekpr-mngr stumbled over this change; its log says more.")

    async def _deliver_run(self, run: Sequence[Change]) -> None:
        if not await self._is_decided(run[0]):
            self.waiting.update((change.id, WAITS_FOR_OLD_LINK) for change in run)
            return
        snapshot = await self._ports.read()
        if run[0].user is None:
            await self._deliver_server_settings(run, snapshot)
            return
        user = snapshot.users.get(run[0].user)
        if user is None:
            await self._end_all(run, f"The computer has no user {run[0].user}.")
        elif user.config is None:
            await self._end_all(run, user.problem or "timekpr's file of this user cannot be read.")
        elif run[0].is_grant:
            await self._deliver_grant(run[0], snapshot, user)
        else:
            await self._deliver_user_settings(run, user)

    # -- settings -----------------------------------------------------------------------------------------------------

    async def _deliver_user_settings(self, run: Sequence[Change], user: UserSnapshot) -> None:
        name = user.name

        async def read_back() -> Mapping[str, Json] | None:
            found = (await self._ports.read_back(name)).users.get(name)
            return user_values(found.config) if found and found.config else None

        assert user.config is not None
        settings = Settings(
            theirs=user_values(user.config),
            calls=lambda wanted: write.user_calls(name, user, wanted),
            passing=lambda wanted: write.passing_values(user, wanted),
            read_back=read_back,
        )
        await self._deliver_settings(run, settings)

    async def _deliver_server_settings(self, run: Sequence[Change], snapshot: Snapshot) -> None:
        if snapshot.config is None:
            await self._end_all(run, "timekpr's settings on this computer cannot be read.")
            return

        async def read_back() -> Mapping[str, Json] | None:
            config = (await self._ports.read()).config
            return server_values(config) if config else None

        settings = Settings(server_values(snapshot.config), write.server_calls, lambda _: {}, read_back)
        await self._deliver_settings(run, settings)

    async def _deliver_settings(self, run: Sequence[Change], settings: Settings) -> None:
        """Merges each field, sends what differs with the fewest calls, and believes what is then read back.

        Where timekpr refuses a call, those whose value did not come about are sent once more, each alone: so a refused
        one takes no other along, and each shows timekpr's own words for it.
        """
        sending = [change for change in run if (await self._merged(change, settings.theirs)) is not None]
        if not sending:
            return
        wanted = {change.field: change.after for change in sending}
        passing = settings.passing(wanted)
        started = [await self._start(change, _with_base(change, passing)) for change in sending]
        under_way = [change for change in started if change is not None]
        if len(under_way) < len(sending):  # somebody cancelled one in this very moment: look again
            await self._give_back(under_way)
            return
        refusal = await self._send(settings.calls(wanted))
        found = await settings.read_back()
        if refusal is not None and len(under_way) > 1:
            await self._give_back([change for change in under_way if not _is_there(change, found)])
            await self._settle_all([change for change in under_way if _is_there(change, found)], found, None)
            await self._deliver_one_by_one(under_way)
            return
        await self._settle_all(under_way, found, refusal)

    async def _deliver_one_by_one(self, changes: Sequence[Change]) -> None:
        for change in changes:
            current = await self._ports.store.changes.get(change.id)
            if current.state is ChangeState.QUEUED:
                await self._deliver_run([current])

    async def _send(self, calls: Sequence[Call]) -> str | None:
        """Sends the calls in order, up to the first that is refused; gives timekpr's words for that."""
        for call in calls:
            if not (reply := await self._call(call)).ok:
                return reply.message or "timekpr refused it without a word."
        return None

    async def _settle_all(
        self, changes: Sequence[Change], found: Mapping[str, Json] | None, refusal: str | None
    ) -> None:
        for change in changes:
            await self._settle_setting(change, found, refusal)

    async def _merged(self, change: Change, theirs: Mapping[str, Json]) -> Change | None:
        """The change if it is to be sent; else it is ended here."""
        if not _is_known(change):
            await self._end(change, ChangeState.REFUSED, "This version does not know that setting.")
            return None
        here = theirs[change.field]
        verdict = merge(change, here)
        if verdict == "already":
            await self._end(change, ChangeState.APPLIED, None)
        elif verdict == "conflict":
            note = {**_note(change), "theirs": here}
            await self._end(
                change, ChangeState.CONFLICT, "It was changed on the computer in the meantime.", note=note
            )
        elif (problem := _refusal(change)) is not None:
            await self._end(change, ChangeState.REFUSED, problem)
        else:
            return change
        return None

    async def _settle_setting(
        self, change: Change, found: Mapping[str, Json] | None, refusal: str | None
    ) -> None:
        if _is_there(change, found):
            await self._end(change, ChangeState.APPLIED, None)
        elif refusal is not None:
            await self._end(change, ChangeState.REFUSED, refusal)
        elif found is None:
            await self._end(change, ChangeState.UNCERTAIN, "timekpr took it, but it could not be read back.")
        else:
            note = {**_note(change), "theirs": found.get(change.field)}
            words = "timekpr took it, but something else stands there now."
            await self._end(change, ChangeState.CONFLICT, words, note=note)

    # -- grants -------------------------------------------------------------------------------------------------------

    async def _deliver_grant(self, change: Change, snapshot: Snapshot, user: UserSnapshot) -> None:
        today = self._today(change, snapshot)
        if today is None:
            return
        if change.day is not None and change.day < today:
            await self._end(change, ChangeState.EXPIRED, _expiry(change))
            return
        if change.day is not None and change.day > today:
            self.waiting[change.id] = WAITS_FOR_DAY
            return
        if change.state is ChangeState.SENDING and "reading" in _note(change):
            await self._resolve_grant(change, snapshot, user)
            return
        await self._send_grant(change, snapshot, user, today)

    def _today(self, change: Change, snapshot: Snapshot) -> date | None:
        if snapshot.server_time is None:
            self.waiting[change.id] = WAITS_FOR_CLOCK
            return None
        return snapshot.server_time.date()

    async def _resolve_grant(self, change: Change, snapshot: Snapshot, user: UserSnapshot) -> None:
        """The answer was lost. What was noted before and what is read now tell whether it arrived."""
        grant, weekday = grant_of(change), _weekday(snapshot)
        noted = _noted_reading(change)
        found = reading_of(user, grant.kind, weekday)
        if found is None:
            await self._end(change, ChangeState.UNCERTAIN, "The time balance could not be read any more.")
            return
        match outcome(grant, noted, found):
            case Outcome.ARRIVED:
                await self._end_grant(change, grant, noted, snapshot, user)
            case Outcome.NOT_ARRIVED:
                await self._give_back([change])
            case Outcome.DAY_OVER:
                await self._end(change, ChangeState.EXPIRED, "Its day ended before it was confirmed.")
            case Outcome.CANNOT_TELL if grant.operation == "=":
                await self._give_back([change])  # saying once more what should be left does no harm
            case Outcome.CANNOT_TELL:
                note = {**_note(change), "found": found.to_json()}
                words = (
                    "The answer was lost, and the time balance moved by something else as well: "
                    "it cannot be told whether this arrived. Look at the time left before giving it again."
                )
                await self._end(change, ChangeState.UNCERTAIN, words, note=note)

    async def _send_grant(self, change: Change, snapshot: Snapshot, user: UserSnapshot, today: date) -> None:
        grant = grant_of(change)
        if user.control is None:
            await self._end(change, ChangeState.REFUSED, "timekpr keeps no time for this user yet.")
            return
        if user.control.is_stale(today) and user.counted:
            self.waiting[change.id] = WAITS_FOR_FIRST_SAVE
            return
        week = write.week_calls if grant.kind is GrantKind.TIME else write.playtime_week_calls
        preparation = [*week(user.name, user)]
        if user.control.is_stale(today) or preparation or "stale" in _note(change):
            if (prepared := await self._prepare(change, user, today, preparation)) is None:
                return
            change, snapshot, user = prepared
        reading = reading_of(user, grant.kind, _weekday(snapshot))
        if reading is None or reading.last_checked.date() != today:
            await self._give_back([change])
            self.again = False
            self.waiting[change.id] = WAITS_FOR_FIRST_SAVE
            return
        started = await self._start(change, {**_note(change), "reading": reading.to_json()})
        if started is None:
            return
        try:
            reply = await self._ports.session.call(_grant_call(user.name, grant))
        except ServerFailure as failure:
            if failure.failure is not FailureCode.DAEMON_REFUSED:
                raise
            await self._settle_failed_grant(started, grant, reading, str(failure))
            return
        if not reply.ok:
            await self._end(started, ChangeState.REFUSED, reply.message)
            return
        after = await self._ports.read_back(user.name)
        await self._end_grant(started, grant, reading, after, after.users.get(user.name))

    async def _settle_failed_grant(self, change: Change, grant: Grant, before: Reading, words: str) -> None:
        """timekpr stumbled over the call: what is read now tells whether it had its effect all the same."""
        snapshot = await self._ports.read()
        user = snapshot.users.get(change.user or "")
        found = reading_of(user, grant.kind, _weekday(snapshot)) if user else None
        result = outcome(grant, before, found) if found else Outcome.CANNOT_TELL
        if result is Outcome.ARRIVED:
            await self._end_grant(change, grant, before, snapshot, user)
        elif result is Outcome.NOT_ARRIVED:
            await self._end(change, ChangeState.REFUSED, words)
        else:
            await self._end(change, ChangeState.UNCERTAIN, words)

    async def _prepare(
        self, change: Change, user: UserSnapshot, today: date, week: Sequence[Call]
    ) -> tuple[Change, Snapshot, UserSnapshot] | None:
        """Makes the server ready for a grant: its week in order, its day begun. None where that did not succeed.

        A stale day would swallow the grant. `getUserInformation(…, "S")` rolls it over, but leaves yesterday's
        PlayTime in it, which is then set to nothing (design: bus.md, writing). The stale file goes into the note:
        it is the only record of that day, and tells after an interruption what is still to be done.
        """
        assert user.control is not None
        note = _note(change)
        if user.control.is_stale(today):
            note = {
                **note,
                "stale": {
                    "text": user.control_text,
                    "playtime_balance_seconds": user.control.playtime_balance_seconds,
                },
            }
        if week:
            note = {
                **note,
                "week": "The list of allowed days was put in order first: seven days, closed ones with 0.",
            }
        started = await self._start(change, note)
        if started is None:
            return None
        for call in week:
            if not (reply := await self._call(call)).ok:
                await self._end(started, ChangeState.REFUSED, reply.message)
                return None
        if user.control.is_stale(today):
            await self._call(interface.get_user_information(user.name, "S"))
        snapshot = await self._ports.read()
        found = snapshot.users.get(user.name)
        if found is None or found.control is None:
            await self._end(started, ChangeState.REFUSED, "The computer has no time for this user any more.")
            return None
        if not await self._clear_yesterdays_playtime(started, found, snapshot):
            return None
        snapshot = await self._ports.read()
        return started, snapshot, snapshot.users.get(user.name) or found

    async def _clear_yesterdays_playtime(
        self, change: Change, user: UserSnapshot, snapshot: Snapshot
    ) -> bool:
        """Takes out what the roll-over left of yesterday's PlayTime, once. False where timekpr refused."""
        note = _note(change)
        stale = note.get("stale")
        left_over = stale.get("playtime_balance_seconds") if isinstance(stale, dict) else 0
        if not isinstance(left_over, int) or not left_over or user.control is None:
            return True
        if user.control.playtime_balance_seconds != left_over:
            return True  # taken out already, before an interruption
        limit = user.config.playtime.limits[_weekday(snapshot) - 1] if user.config else 0
        for call in [
            *write.playtime_week_calls(user.name, user),
            interface.set_playtime_left(user.name, "=", limit),
        ]:
            if not (reply := await self._call(call)).ok:
                await self._end(change, ChangeState.REFUSED, reply.message)
                return False
        return True

    async def _end_grant(
        self, change: Change, grant: Grant, before: Reading, snapshot: Snapshot, user: UserSnapshot | None
    ) -> None:
        """The grant is on the server. Says what it really gave."""
        found = reading_of(user, grant.kind, _weekday(snapshot)) if user else None
        if user is None or found is None or found.last_checked.date() != before.last_checked.date():
            await self._end(change, ChangeState.APPLIED, "timekpr took it; its effect could not be read.")
            return
        result = gained(grant, before, found, user, snapshot)
        words = [gain_words(grant, result)]
        week = _note(change).get("week")
        if isinstance(week, str):
            words.append(week)
        message = " ".join(word for word in words if word) or None
        await self._end(change, ChangeState.APPLIED, message, gained_seconds=result.seconds)

    async def _is_decided(self, change: Change) -> bool:
        """Whether what was sent over an earlier link has arrived by now, if it arrives at all."""
        note = _note(change)
        conversation, sent_at = note.get("conversation"), note.get("sent_at")
        if not isinstance(conversation, str) or not isinstance(sent_at, str):
            return True
        if change.state is not ChangeState.SENDING or conversation == self._ports.session.conversation:
            return True
        if await self._ports.session.has_ended(conversation):
            return True
        return (self._ports.now() - datetime.fromisoformat(sent_at)).total_seconds() > OLD_LINK_SECONDS

    # -- steps --------------------------------------------------------------------------------------------------------

    async def _call(self, call: Call) -> Reply:
        """A setting's call. What timekpr stumbles over counts as a refusal: the value read back decides anyway."""
        try:
            return await self._ports.session.call(call)
        except ServerFailure as failure:
            if failure.failure is not FailureCode.DAEMON_REFUSED:
                raise
            return Reply(-1, str(failure))

    async def _start(self, change: Change, note: Mapping[str, Json] | None = None) -> Change | None:
        """On disk as `sending`, with what was noted; None when somebody cancelled it first."""
        kept: dict[str, Json] = {
            **(note if note is not None else _note(change)),
            "conversation": self._ports.session.conversation,
            "sent_at": self._ports.now().isoformat(),
        }
        if change.state is ChangeState.SENDING:
            await self._ports.store.changes.write_note(change.id, kept)
            return replace(change, note=kept)
        stepped = await self._ports.store.changes.step(
            change.id,
            ChangeState.SENDING,
            expected={ChangeState.QUEUED},
            note=kept,
            now=self._ports.now(),
        )
        if stepped is not None:
            self._ports.moved(stepped)
        return stepped

    async def _give_back(self, changes: Sequence[Change]) -> None:
        """Proven not to have arrived: it waits again, and what was read before it was sent counts no more."""
        self.again = True
        for change in changes:
            note = {key: value for key, value in _note(change).items() if key != "reading"}
            stepped = await self._ports.store.changes.step(
                change.id,
                ChangeState.QUEUED,
                expected={ChangeState.SENDING},
                note=note,
                now=self._ports.now(),
            )
            if stepped is not None:
                self._ports.moved(stepped)

    async def _end(
        self,
        change: Change,
        state: ChangeState,
        message: str | None,
        *,
        gained_seconds: int | None = None,
        note: Mapping[str, Json] | None = None,
    ) -> None:
        stepped = await self._ports.store.changes.step(
            change.id,
            state,
            expected={ChangeState.QUEUED, ChangeState.SENDING},
            message=message,
            gained_seconds=gained_seconds,
            note=dict(note) if note is not None else _note(change),
            now=self._ports.now(),
        )
        if stepped is not None:
            self._ports.moved(stepped)

    async def _end_all(self, changes: Sequence[Change], message: str) -> None:
        """Ends changes that cannot go on. What may have reached the server is uncertain, the rest refused."""
        for change in changes:
            current = await self._ports.store.changes.get(change.id)
            if not current.state.is_open:
                continue
            under_way = current.state is ChangeState.SENDING
            await self._end(current, ChangeState.UNCERTAIN if under_way else ChangeState.REFUSED, message)


def runs(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes in the order of delivery: per user in order of number, neighbouring settings together, grants alone.

    Settings that stand together are sent together: every setter pops up a message on the child's desktop.
    """
    result: list[list[Change]] = []
    latest: dict[str | None, list[Change]] = {}
    for change in changes:
        run = latest.get(change.user)
        if run is None or change.is_grant or run[0].is_grant or run[0].state is not change.state:
            run = []
            result.append(run)
            latest[change.user] = run
        run.append(change)
    return result


def _is_there(change: Change, found: Mapping[str, Json] | None) -> bool:
    return found is not None and found.get(change.field) == change.after


def _with_base(change: Change, passing: Mapping[str, Json]) -> dict[str, Json]:
    """The change's note, with the value on the way to the wanted one as one more that it may go on from."""
    note = _note(change)
    if change.field not in passing:
        return note
    kept = note.get("bases")
    return {**note, "bases": [*(kept if isinstance(kept, list) else ()), passing[change.field]]}


def _is_known(change: Change) -> bool:
    return change.field in (SERVER_FIELDS if change.user is None else USER_FIELDS)


def _refusal(change: Change) -> str | None:
    """Why this value must not be sent, by this version's rules: it may have been queued by an older one."""
    fields: Mapping[str, object] = SERVER_FIELDS if change.user is None else USER_FIELDS
    field = fields[change.field]
    try:
        field.load(change.after, change.field)  # type: ignore[attr-defined]
    except Invalid as problem:
        return str(problem)
    return None


def _note(change: Change) -> dict[str, Json]:
    return dict(change.note) if isinstance(change.note, dict) else {}


def _noted_reading(change: Change) -> Reading:
    value = _note(change)["reading"]
    assert isinstance(value, dict)
    return Reading.from_json(value)


def _weekday(snapshot: Snapshot) -> int:
    assert snapshot.server_time is not None
    return snapshot.server_time.isoweekday()


def _grant_call(user: str, grant: Grant) -> Call:
    operation: Operation = grant.operation
    if grant.kind is GrantKind.PLAYTIME:
        return interface.set_playtime_left(user, operation, grant.seconds)
    return interface.set_time_left(user, operation, grant.seconds)


def _expiry(change: Change) -> str:
    return (
        f"It was for {change.day:%A, %d %B}; that day is over on the computer."
        if change.day
        else "Its day is over."
    )
