"""What must be true after a run: a small model of its own, which knows nothing of how changes are delivered.

`judge` takes what was asked, what was done to the computer, what the program says became of each change, and what the
computer's files say, and gives every sentence that is not as it must be. Time is counted as *spent − balance*: both
tick together, so that only grants move it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, Literal

DAY_SECONDS = 86_400
OPEN = ("queued", "sending")
LISTS = (("days.", ".limit_seconds"), ("playtime.days.", ".limit_seconds"))
"""Fields that timekpr can only set seven at a time."""
LINK_ASKED = "has the old link ended: answered"
READINGS = ("read: before", "read back: before")
WAITS_FOR_FIRST_SAVE = "waits for the day's first save"


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as it ended. `after` and `before` are JSON values."""

    id: int
    user: str | None
    field: str
    state: str
    after: Any
    before: Any = None
    bases: tuple[Any, ...] = ()
    day: date | None = None
    message: str | None = None
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """One kind of time on one day of the computer."""

    day: date
    spent: int
    balance: int

    @property
    def moved(self) -> int:
        return self.spent - self.balance


@dataclass(frozen=True, slots=True)
class Files:
    """What the computer's files say; `fields` and `server_fields` by name."""

    fields: Mapping[str, Any]
    server_fields: Mapping[str, Any]
    week: tuple[tuple[int, ...], tuple[int, ...]]
    time: Balance
    playtime: Balance
    other: object = None


@dataclass(frozen=True, slots=True)
class Drifted:
    """What the program says that somebody else did: a field's new value, or `{"seconds": n}` that were given."""

    field: str
    after: Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A whole run. `limits` are those of the day on which it began and of the next one.

    `journal` has an entry for each labelled step ("at") and for each thing that was done ("act"), in order. `wished` is
    how many changes were asked for; `ticks`: the child was logged in for some of the time; `set_back`: the clock was.
    `logged` are the lines of the log of what was sent, None where they were not looked at. `dropped` says what
    timekprd itself lost of the child's files, by its own log (domain.dropped): `config`, `control`. `interrupted`: a
    conversation was, so that it could not be known as timekprd's doing.
    """

    today: date
    limits: tuple[int, ...]
    playtime_limits: tuple[int, ...]
    wished: int
    before: Files
    after: Files
    changes: Sequence[Asked]
    journal: Sequence[Mapping[str, Any]]
    ticks: bool
    drift: Sequence[Drifted] = ()
    logged: Sequence[str] | None = None
    set_back: bool = False
    dropped: frozenset[str] = frozenset()
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that must not be. `kind` is counted."""

    kind: Literal["lost", "doubled", "moved", "state", "flattened", "field", "week", "count", "drift", "log"]
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


def judge(run: Evidence) -> list[Wrong]:
    """Everything that is not as it must be, but for what timekprd itself did to it."""
    return [wrong for wrong in _judged(run) if wrong.kind not in _excused(run)]


def _judged(run: Evidence) -> Iterator[Wrong]:
    yield from _counted(run)
    for change in run.changes:
        yield from _state(run, change)
    yield from _time(run)
    yield from _playtime(run)
    yield from _fields(run, None, run.before.server_fields, run.after.server_fields)
    yield from _fields(run, "kid", run.before.fields, run.after.fields)
    yield from _week(run)
    yield from _drift(run)
    yield from _strange_grants(run)
    yield from _log(run)
    if run.before.other != run.after.other:
        yield Wrong("field", "another user's files are others now")


def _excused(run: Evidence) -> set[str]:
    """What cannot be held against us: time that timekprd lost, which nobody can put back, and settings where it cannot
    be told any more from somebody who lifts all limits."""
    excused = {"lost", "doubled", "moved", "state", "drift"} if "control" in run.dropped else set()
    if "config" in run.dropped and run.interrupted:
        excused |= {"lost", "state", "field", "week", "drift"}
    return excused


# -- states -----------------------------------------------------------------------------------------------------------


def _counted(run: Evidence) -> Iterator[Wrong]:
    ids = {change.id for change in run.changes}
    if len(ids) != len(run.changes) or len(ids) != run.wished:
        yield Wrong("count", f"{run.wished} changes were asked for, and there are {len(run.changes)}")


def _state(run: Evidence, change: Asked) -> Iterator[Wrong]:
    """Whether something can have led to this state."""
    acts = {entry["act"] for entry in run.journal if "act" in entry}
    said = f"change {change.id} ({change.field} → {change.after})"
    if _waits_for_a_save(run, change):
        return
    if change.state in OPEN:
        yield Wrong("state", f"{said} never ended: {change.state}, {change.waits}")
        return
    why: dict[str, bool] = {
        "applied": True,
        "conflict": any(entry["field"] == change.field for entry in _acts(run, "foreign-setting")),
        "refused": _is_bad(change) or "disk-there" in acts,
        "superseded": not _is_grant(change) and any(_follows(change, other) for other in run.changes),
        "expired": change.day is not None and "clock" in acts,
        "cancelled": any(entry["done"] and entry["id"] == change.id for entry in _acts(run, "cancel")),
        "uncertain": _may_be_uncertain(run, change, acts),
    }  # fmt: skip
    if not why[change.state]:
        yield Wrong("state", f"{said} ended {change.state} for no reason: {change.message}")
    if _is_bad(change) and change.state == "applied":
        yield Wrong("state", f"{said} cannot be applied")


def _waits_for_a_save(run: Evidence, change: Asked) -> bool:
    """Whether it still waits for timekprd's first save of a day, which comes an hour later where the clock went back
    an hour before it (seen in the rig: nothing is saved until the clock is past the last time again)."""
    stale = run.before.time.day < run.today
    return stale and run.set_back and (change.state, change.waits) == ("queued", WAITS_FOR_FIRST_SAVE)


def _follows(change: Asked, other: Asked) -> bool:
    return other.id > change.id and (other.user, other.field) == (change.user, change.field)


def _is_bad(change: Asked) -> bool:
    return change.field == "week_limit_seconds" and change.after > 7 * DAY_SECONDS


def _may_be_uncertain(run: Evidence, change: Asked, acts: set[str]) -> bool:
    """Only where something else moved the balance too, or its day changed, can an answer that was lost not be told; and
    where timekpr cannot write its files."""
    if "disk-there" in acts:
        return True
    if not _is_grant(change):
        return False
    if "foreign-grant" in acts or _turned(run) is not None:
        return True
    ticking = run.ticks or bool(acts & {"login", "logout"})
    at_the_limit = any("left_seconds" in other.after for other in run.changes if _is_grant(other))
    return ticking and (at_the_limit or "daemon-killed" in acts)


# -- time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What may have moved a balance. `sure` is None where both are possible."""

    operation: str
    seconds: int
    sure: bool | None
    where: int
    whose: int | None = None


def granted(balance: int, limit: int, operation: str, seconds: int) -> int:
    """The balance that timekprd leaves behind."""
    start = limit if operation == "=" else min(balance, limit)
    after = start + seconds if operation == "-" else start - seconds
    return max(-DAY_SECONDS, min(after, DAY_SECONDS))


def _time(run: Evidence) -> Iterator[Wrong]:
    before, after = run.before.time, run.after.time
    strangers = [
        Effect(entry["operation"], entry["seconds"], _is_sure(run, entry), index)
        for index, entry in enumerate(run.journal)
        if entry.get("act") == "foreign-grant"
    ]
    yield from _balance(run, "grant.time", "setTimeLeft", before, after, run.limits, strangers)


def _is_sure(run: Evidence, stranger: Mapping[str, Any]) -> bool | None:
    """Whether a stranger's grant surely counts beside ours. The very same amount as one of ours whose answer was lost
    is taken for that one: nothing tells them apart, and what was asked for is there. The same amount the other way
    hides that ours arrived."""
    return True if stranger["done"] and not _is_taken_for_ours(run, stranger) else None


def _is_taken_for_ours(run: Evidence, stranger: Mapping[str, Any]) -> bool:
    words = [f"'{operation}', {stranger['seconds']})" for operation in "+-"]
    ours = [
        entry
        for entry in run.journal
        if entry.get("member") == "setTimeLeft" and any(word in entry["call"] for word in words)
    ]
    steps = Counter(str(entry["at"]).rpartition(": ")[2] for entry in ours)
    return steps["sent"] > steps["answered"]


def _playtime(run: Evidence) -> Iterator[Wrong]:
    before, after = run.before.playtime, run.after.playtime
    prepared = any(entry.get("member") == "getUserInformation" for entry in run.journal)
    given = any(change.state in ("applied", "uncertain") for change in run.changes if _is_grant(change))
    if any(change.state == "refused" for change in run.changes) and _acts(run, "disk-there"):
        given = False  # for a first grant which then could not be written
    if before.day < run.today and after.day > before.day and prepared and not given:
        return  # the day was begun for a grant that then expired: nobody is served by what is left of yesterday
    yield from _balance(run, "grant.playtime", "setPlayTimeLeft", before, after, run.playtime_limits, [])


def _balance(
    run: Evidence,
    field: str,
    member: str,
    before: Balance,
    after: Balance,
    limits: tuple[int, ...],
    strangers: Sequence[Effect],
) -> Iterator[Wrong]:
    ours = [
        effect
        for change in run.changes
        if change.field == field and (effect := _effect(run, change, member, after.day)) is not None
    ]
    if after.day < run.today and (given := [e.whose for e in ours if e.sure]):
        yield Wrong("lost", f"{field}: {given} went to {after.day}, which is over")
        return
    start = before if before.day == after.day else Balance(after.day, 0, 0)
    if before.day == after.day and before.day < run.today:
        strangers = []  # what comes to a day that has not begun is thrown away with it, or stays in the old one
    elif after.day > before.day:  # what came to the day before is thrown away when the next one begins
        strangers = [Effect(s.operation, s.seconds, None, s.where) for s in strangers]
    effects = sorted([*ours, *strangers], key=lambda effect: effect.where)
    which = limits if _turned(run) is not None else limits[:1]
    allowed = [
        outcome
        for limit in which
        for outcome in _outcomes(start, effects, limit, max(after.spent, start.spent))
    ]
    if any(low <= after.moved <= high for low, high in allowed):
        return
    kind = _kind(after.moved, allowed, effects)
    spans = sorted({str(low) if low == high else f"{low}…{high}" for low, high in allowed})
    yield Wrong(kind, f"{field} moved by {after.moved - start.moved} from {start.moved} to {after.moved}, not to "
                      f"{' or '.join(spans)}")  # fmt: skip


def _effect(run: Evidence, change: Asked, member: str, day: date) -> Effect | None:
    """What a grant did to the balance of `day`; None for nothing."""
    operation, seconds = _operation(change)
    words = f"'{operation}', {seconds})"
    sent = [
        index
        for index, entry in enumerate(run.journal)
        if entry.get("member") == member
        and str(entry.get("at")).endswith(": sent")
        and words in entry["call"]
    ]
    if not sent:
        return Effect(operation, seconds, True, 0, change.id) if change.state == "applied" else None
    sure = {"applied": True, "uncertain": None, "expired": False}.get(change.state, False)
    if (turned := _turned(run)) is not None:
        in_flight = any(_answered_after(run, index) >= turned for index in sent)
        if in_flight and change.state in ("applied", "uncertain", "expired"):
            sure = None
        elif change.day != day:
            return None
    return Effect(operation, seconds, sure, sent[-1], change.id) if sure is not False else None


def _turned(run: Evidence) -> int | None:
    """Where in the journal a midnight was."""
    for index, entry in enumerate(run.journal):
        if entry.get("act") == "clock" and date.fromisoformat(entry["to"][:10]) > run.today:
            return index
    return None


def _outcomes(
    start: Balance, effects: Sequence[Effect], limit: int, spent_at_the_end: int
) -> Iterator[tuple[int, int]]:
    """Spans in which *spent − balance* may be, one for each way in which what is not sure may have gone.

    A stranger's grant may have come before or after one of ours that was held up on its way.
    """
    open_ones = [effect for effect in effects if effect.sure is None]
    strangers = [effect for effect in effects if effect.whose is None]
    ours = [effect for effect in effects if effect.whose is not None]
    for happened in product((True, False), repeat=len(open_ones)):
        left_out = {id(effect) for effect, did in zip(open_ones, happened, strict=True) if not did}
        for order in (effects, [*strangers, *ours], [*ours, *strangers]):
            played = [effect for effect in order if id(effect) not in left_out]
            yield _played(played, start, limit, spent_at_the_end)


def _played(effects: Sequence[Effect], start: Balance, limit: int, spent_at_the_end: int) -> tuple[int, int]:
    """Plays effects in order. Time may have ticked between any two of them, up to `spent_at_the_end`."""
    low = high = start.moved
    for effect in effects:
        ends = [
            spent - granted(spent - moved, limit, effect.operation, effect.seconds)
            for spent in (start.spent, spent_at_the_end)
            for moved in (low, high)
        ]
        low, high = min(ends), max(ends)
    return low, high


def _kind(
    moved: int, allowed: Sequence[tuple[int, int]], effects: Sequence[Effect]
) -> Literal["lost", "doubled", "moved"]:
    """What it looks like: one of ours is missing, or there twice, or something else."""
    for effect in effects:
        if effect.whose is None or effect.operation == "=":
            continue
        by = effect.seconds if effect.operation == "+" else -effect.seconds
        if any(low <= moved + by <= high for low, high in allowed):
            return "lost"
        if any(low <= moved - by <= high for low, high in allowed):
            return "doubled"
    return "moved"


def _operation(change: Asked) -> tuple[str, int]:
    if "left_seconds" in change.after:
        return "=", change.after["left_seconds"]
    seconds = change.after["seconds"]
    return ("+" if seconds > 0 else "-"), abs(seconds)


# -- settings ---------------------------------------------------------------------------------------------------------


def _fields(
    run: Evidence, user: str | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Wrong]:
    for field in before:
        ours = [
            change
            for change in run.changes
            if change.field == field and (change.user is None) == (user is None)
        ]
        theirs = [(index, entry) for index, entry in _strange_settings(run, user) if entry["field"] == field]
        found = after[field]
        if theirs:
            yield from _shared_field(run, field, before[field], found, ours, theirs)
        elif found not in (allowed := list(_own(before[field], ours))):
            if not ours:
                yield Wrong("field", f"nobody asked for {field}: {before[field]} → {found}")
            else:
                yield Wrong("lost", f"{field} is {found} and not {' or '.join(map(str, allowed))}")


def _own(before: Any, ours: Sequence[Asked]) -> Iterator[Any]:
    """The values that a field may have where nobody else changed it: the last that was applied, or a later doubt."""
    value = before
    doubts: list[Any] = []
    for change in ours:
        if change.state == "applied":
            value, doubts = change.after, []
        elif change.state in ("uncertain", "conflict"):
            doubts.append(change.after)
    yield value
    yield from doubts


def _shared_field(
    run: Evidence,
    field: str,
    before: Any,
    found: Any,
    ours: Sequence[Asked],
    theirs: Sequence[tuple[int, Mapping[str, Any]]],
) -> Iterator[Wrong]:
    """A stranger changed the field as well. Theirs is only overwritten by what was under way already, or knew it."""
    index, entry = theirs[-1]
    value = entry["value"]
    if not entry["done"]:
        return
    if found == value:
        return
    applied = [change for change in ours if change.state == "applied" and change.after == found]
    window = _in_window(run, index, _members_of(field))
    if applied and (window or any(value in (change.before, *change.bases) for change in applied)):
        return
    if found == before and window and _is_in_list(field):
        return  # set in the same moment, seven days at a time
    kind: Literal["flattened", "lost"] = (
        "flattened" if found in [*[c.after for c in ours], before] else "lost"
    )
    yield Wrong(kind, f"somebody else set {field} to {value}, and it is {found} ({[c.state for c in ours]})")


def _in_window(run: Evidence, index: int, members: Sequence[str]) -> bool:
    """Whether a call that sets the field was between the reading that was merged and its answer at that moment."""
    latest = reading = None
    for at, entry in enumerate(run.journal):
        label = str(entry.get("at", ""))
        if label in READINGS:
            latest = at
        if label in ("step sending: before", "note: before"):
            reading = latest
        sets = entry.get("member") in members and label.endswith(": sent")
        if sets and reading is not None and reading <= index <= _answered_after(run, at):
            return True
    return False


def _answered_after(run: Evidence, sent: int) -> int:
    """Where the call that was sent there was answered. Where it never was, the first reading after its link had ended:
    until then it may arrive."""
    later = range(sent + 1, len(run.journal))
    labels = {at: str(run.journal[at].get("at", "")) for at in later}
    answers = [at for at in later if labels[at].startswith("call ") and labels[at].endswith(": answered")]
    readings = [at for at in later if labels[at] == "read: before"]
    end = min([*answers[:1], *readings[:1]], default=len(run.journal))
    if end in answers:
        return end
    asked = [at for at in later if labels[at] == LINK_ASKED and at < min(answers, default=len(run.journal))]
    over = [at for at in asked if run.journal[at]["ended"]]
    if not asked:
        return end
    afresh = (at for at in later if labels[at] in READINGS)
    return next((at for at in afresh if over and at > over[0]), len(run.journal))


def _members_of(field: str) -> Sequence[str]:
    if field.startswith("playtime.days."):
        return ("setPlayTimeLimitsForDays",)
    if field.startswith("days."):
        return (
            ("setTimeLimitForDays", "setAllowedDays")
            if field.endswith("limit_seconds")
            else ("setAllowedHours",)
        )
    return _SETTERS[field]


_SETTERS = {
    "week_limit_seconds": ("setTimeLimitForWeek",),
    "month_limit_seconds": ("setTimeLimitForMonth",),
    "track_inactive": ("setTrackInactive",),
    "hide_tray_icon": ("setHideTrayIcon",),
    "lockout": ("setLockoutType",),
    "playtime.enabled": ("setPlayTimeEnabled",),
}


def _is_in_list(field: str) -> bool:
    return any(field.startswith(start) and field.endswith(end) for start, end in LISTS)


def _week(run: Evidence) -> Iterator[Wrong]:
    """The list of allowed days is as it was, or in order: never what stood there for a moment in between."""
    days, limits = run.after.week
    if run.after.week == run.before.week or (days == (1, 2, 3, 4, 5, 6, 7) and len(limits) == 7):
        return
    if days == run.before.week[0] and _acts(run, "foreign-setting"):
        return
    yield Wrong("week", f"the week was left with days {days} and limits {limits}, from {run.before.week}")


def _strange_settings(run: Evidence, user: str | None) -> list[tuple[int, Mapping[str, Any]]]:
    if user is None:
        return []
    return [(i, entry) for i, entry in enumerate(run.journal) if entry.get("act") == "foreign-setting"]


def _acts(run: Evidence, act: str) -> list[Mapping[str, Any]]:
    return [entry for entry in run.journal if entry.get("act") == act]


# -- drift -------------------------------------------------------------------------------------------------------------


def _drift(run: Evidence) -> Iterator[Wrong]:
    """What strangers did is told once, and nothing else is said to be a stranger's."""
    told = [(one.field, one.after) for one in run.drift if not one.field.startswith("grant.")]
    for field, value in [one for one in told if told.count(one) > 1]:
        yield Wrong("drift", f"{field} → {value} is told more than once")
    strange = _strange_settings(run, "kid")
    for field, value in told:
        if not any((entry["field"], entry["value"]) == (field, value) for _, entry in strange):
            yield Wrong("drift", f"{field} → {value} was no stranger's")
    for index, entry in strange:
        said = entry["field"], entry["value"]
        ours = any((change.field, change.after) == said for change in run.changes)
        if entry["done"] and _is_known(run, index) and not ours and said not in told:
            yield Wrong("drift", f"{said[0]} → {said[1]} by a stranger is not told")


def _strange_grants(run: Evidence) -> Iterator[Wrong]:
    """The same for time that strangers gave, as far as it can be told: it adds up."""
    told = sum(one.after["seconds"] for one in run.drift if one.field == "grant.time")
    given = 0
    for index, entry in enumerate(run.journal):
        if entry.get("act") != "foreign-grant" or not entry["done"]:
            continue
        if not _is_known(run, index):
            return
        given += entry["seconds"] if entry["operation"] == "+" else -entry["seconds"]
    doubtful = any(
        change.state == "uncertain" or "left_seconds" in str(change.after) for change in run.changes
    )
    overdrawn = run.before.time.balance > run.limits[0]
    one_day = run.before.time.day == run.after.time.day
    alike = any(_is_taken_for_ours(run, entry) for entry in _acts(run, "foreign-grant"))
    if told != given and one_day and not (doubtful or overdrawn or alike):
        yield Wrong("drift", f"strangers gave {given} s, and {told} s are told")


def _is_known(run: Evidence, index: int) -> bool:
    """Whether a reading was kept before that moment, with the first step of a change after it, and one came later."""
    labels = [str(entry.get("at", "")) for entry in run.journal[:index]]
    if "read: done" not in labels or not any(
        entry.get("at") == "read: before" for entry in run.journal[index:]
    ):
        return False
    later = labels[labels.index("read: done") :]
    return any(label.startswith("step ") and label.endswith(": noted") for label in later)


# -- the log of what was sent -----------------------------------------------------------------------------------------


def _log(run: Evidence) -> Iterator[Wrong]:
    """Every call has its line, and no other line is there. One that was under way as the program was killed may have
    none."""
    if run.logged is None:
        return
    calls = [(i, e) for i, e in enumerate(run.journal) if str(e.get("at", "")).startswith("call ")]
    made = Counter(entry["logged"] for _, entry in calls if entry["at"].endswith(": before"))
    sure = Counter(
        entry["logged"]
        for index, entry in calls
        if entry["at"].endswith(": sent") and _was_kept_after(run, index, entry["turn"])
    )
    lines = Counter(run.logged)
    for line in (sure - lines).elements():
        yield Wrong("log", f"{line} was sent and has no line")
    for line in (lines - made).elements():
        yield Wrong("log", f"{line} has a line and was not sent")


def _was_kept_after(run: Evidence, index: int, turn: int) -> bool:
    """Whether a step of a change was kept later in the same life, or that life came to its end."""
    later = [entry for entry in run.journal[index:] if entry.get("turn") == turn]
    if turn == max(entry.get("turn", 0) for entry in run.journal):
        return True
    labels = [str(entry["at"]) for entry in later]
    answered = next((at for at, label in enumerate(labels) if label.endswith(": answered")), None)
    noted = [at for at, label in enumerate(labels) if label.startswith("step ") and label.endswith(": noted")]
    return bool(noted) and noted[-1] > (answered or 0)


def _is_grant(change: Asked) -> bool:
    return change.field.startswith("grant.")


def ended(changes: Sequence[Asked]) -> Counter[str]:
    """How many changes ended in which state."""
    return Counter(change.state for change in changes)
