"""Values as people say them: durations, moments, fields and states. No markup, no IO, no clock."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo

from timekpr_mngr import texts
from timekpr_mngr.domain import field as fields
from timekpr_mngr.domain.change import Change, ChangeState, Json
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.hours import DAY_MINUTES, Hours, Span
from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS, LockoutType
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _, counted, noop

_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]*\.?)\s*")
_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_UNIT = re.compile(r"d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?")
_FREE = {"", "none", "no", "no limit", "unlimited", "no cap", "∞", "-", "–"}

duration, exactly = texts.duration, texts.exactly

BETWEEN_FACTS = "\N{NO-BREAK SPACE}· "
"""Facts of one line: where they need two, the dot ends one and begins none."""


def signed(seconds: int) -> str:
    """`900` → `+15 min`."""
    return f"+{exactly(seconds)}" if seconds > 0 else "−" + exactly(-seconds)


def limit(seconds: int, whole: int = DAY_SECONDS) -> str:
    """A limit; as much as there is (`whole`) is none at all."""
    return _("no limit") if seconds >= whole else exactly(seconds)


def seconds_in(text: str, whole: int | None = None) -> int:
    """What a person typed as a duration: `3 h 30 min`, `3:30`, `90` (minutes), `no limit`. Raises Invalid."""
    text = text.strip().lower()
    if whole is not None and (text in _FREE or text == _("no limit").lower()):
        return whole
    if match := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text):
        return int(match[1]) * 3600 + int(match[2]) * 60
    seconds, position = 0.0, 0
    while match := _PART.match(text, position):
        # a number without a unit is minutes; after hours, as in "3 h 30", too
        unit = _unit_seconds(match[2] or "m")
        if unit is None:
            break
        seconds += float(match[1].replace(",", ".")) * unit
        position = match.end()
    if not text or position != len(text):
        raise Invalid("", _("Write it like 1 h 30 or 45 min."))
    return round(seconds)


def _unit_seconds(word: str) -> int | None:
    """How long a unit is, in English or as the language in force writes it."""
    for unit, seconds in ((texts.HOURS, 3600), (texts.MINUTES, 60), (texts.SECONDS, 1)):
        if word == _(unit).format(n="").strip().lower():
            return seconds
    return _UNITS[word[0]] if _UNIT.fullmatch(word) else None


def at(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """A moment, as short as can be understood at `now`: `17:04`, `yesterday 17:04`, `Fri 17:04`, `3 Nov 17:04`."""
    local, here = moment.astimezone(zone), now.astimezone(zone)
    time = texts.clock(local)
    days = (here.date() - local.date()).days
    if days == 0:
        return time
    if days == 1:
        return _("yesterday {time}").format(time=time)
    if days == -1:
        return _("tomorrow {time}").format(time=time)
    if -7 < days < 7:
        return _("{day} {time}").format(day=texts.weekday(local.isoweekday(), short=True), time=time)
    if local.year != here.year:
        return texts.short_date(local, year=True)
    return _("{day} {time}").format(day=texts.short_date(local), time=time)


def ago(moment: datetime, now: datetime) -> str:
    """How old something is: `just now`, `4 min ago`, `2 h ago`, `3 days ago`."""
    age = max(now - moment, timedelta())
    if age < timedelta(seconds=45):
        return _("just now")
    if age < timedelta(minutes=90):
        return _("{n} min ago").format(n=max(round(age.total_seconds() / 60), 1))
    if age < timedelta(hours=36):
        return _("{n} h ago").format(n=round(age.total_seconds() / 3600))
    return counted("{n} day ago", "{n} days ago", round(age.total_seconds() / 86_400))


def hours(spans: Hours) -> str:
    """`07:00–08:00 and 15:00–20:30 (15:00–15:30 not counted)`."""
    if not spans:
        return _("closed all day")
    if len(spans) == 1 and spans[0].start == 0 and spans[0].end == 1440 and not spans[0].unaccounted:
        return _("all day")
    return listed(map(_span, spans))


def _span(span: Span) -> str:
    words = f"{clock(span.start)}–{clock(span.end)}"
    return _("{span} (not counted)").format(span=words) if span.unaccounted else words


def clock(minute: int) -> str:
    """A minute of the day, 0 up to 1440, which is its end: `20:30`, `24:00`; or `8:30 PM`, `midnight`."""
    if minute < DAY_MINUTES:
        return texts.clock(time(*divmod(minute, 60)))
    evening = texts.clock(time(20))
    return evening.replace("20", "24") if "20" in evening else _("midnight")


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return texts.listed(list(words))


def day(weekday: int) -> str:
    """The name of an ISO weekday."""
    return texts.weekday(weekday)


def short_day(weekday: int) -> str:
    """The short name of an ISO weekday: `Mon`."""
    return texts.weekday(weekday, short=True)


def calendar_day(when: date, today: date) -> str:
    """`Today`, `Yesterday`, `Friday`, `Friday 3 Nov`, with the year where it is another than today's."""
    age = (today - when).days
    if age in (0, 1):
        return _("Yesterday") if age else _("Today")
    if 0 < age < 7:
        return day(when.isoweekday())
    return texts.weekday_date(when, year=when.year != today.year)


def short_date(when: date) -> str:
    """A day on an axis: `24 Oct`."""
    return texts.short_date(when)


def roughly(seconds: int) -> str:
    """As `duration`, in whole minutes; seconds only where there are no minutes."""
    return duration(seconds if abs(seconds) < 60 else int(seconds / 60) * 60)


def field(name: str) -> str:
    """What a field is called on the screens."""
    weekday = fields.day_of(name)
    if weekday is not None and 1 <= weekday <= 7:
        if name.startswith("playtime."):
            return _("{day}: PlayTime limit").format(day=day(weekday))
        return (_("{day}: limit") if name.endswith("limit_seconds") else _("{day}: hours")).format(
            day=day(weekday)
        )
    return _(_FIELD_WORDS.get(name, name.replace("_", " ")))


_FIELD_WORDS = {
    "week_limit_seconds": noop("Limit for a week"),
    "month_limit_seconds": noop("Limit for a month"),
    "track_inactive": noop("Count time while locked"),
    "hide_tray_icon": noop("Hide timekpr's icon"),
    "lockout": noop("When time is up"),
    "playtime.enabled": noop("PlayTime"),
    "playtime.override": noop("Only PlayTime counts"),
    "playtime.unaccounted_intervals": noop("PlayTime in free hours"),
    "playtime.activities": noop("PlayTime programs"),
    "poll_seconds": noop("Looks every"),
    "save_seconds": noop("Saves every"),
    "log_level": noop("Log"),
    "termination_seconds": noop("Countdown before the end"),
    "final_warning_seconds": noop("Final warning"),
    "final_notification_seconds": noop("Last notification"),
    "session_types": noop("Session types that count"),
    "excluded_session_types": noop("Session types that do not count"),
    "excluded_users": noop("Users who are not counted"),
    "playtime_enabled": noop("PlayTime on this server"),
    "playtime_enhanced": noop("PlayTime looks at the whole command"),
    "file": noop("The file as text"),
    "grant.time": noop("Time today"),
    "grant.playtime": noop("PlayTime today"),
}

LOCKOUTS: dict[str, tuple[str, str]] = {
    LockoutType.TERMINATE: (
        noop("End the session"),
        noop("Programs are closed; what was not saved is lost."),
    ),
    LockoutType.KILL: (
        noop("End the session by force"),
        noop("As above, and programs that will not close are killed. Needs timekpr-next 0.5.8."),
    ),
    LockoutType.LOCK: (
        noop("Lock the screen"),
        noop("Programs stay open behind the lock. Unlocking locks again at once, until there is time."),
    ),
    LockoutType.SUSPEND: (
        noop("Put the computer to sleep"),
        noop("Programs stay open. Waking it locks the screen."),
    ),
    LockoutType.SUSPENDWAKE: (
        noop("Sleep, and wake up later"),
        noop(
            "The computer sleeps and wakes by itself when time begins again, if that is between the wake hours."
        ),
    ),
    LockoutType.SHUTDOWN: (
        noop("Switch the computer off"),
        noop("For everybody who uses it at that moment; what was not saved is lost."),
    ),
}
"""What happens when time is up: a name, and what the child will see."""

LOG_LEVELS = {1: noop("normal"), 2: noop("more"), 3: noop("everything")}


def value(name: str, content: Json) -> str:
    """A field's JSON value in words; as it is where it is not what this version knows of that field."""
    if content is None:
        return _("not known")
    try:
        return _known_value(name, content)
    except (ValueError, TypeError, KeyError):
        return str(content)


def _known_value(name: str, content: Json) -> str:
    if name.startswith("grant."):
        return grant(content)
    if name.endswith("limit_seconds"):
        whole = {"week_limit_seconds": WEEK_SECONDS, "month_limit_seconds": MONTH_SECONDS}.get(
            name, DAY_SECONDS
        )
        return limit(int(str(content)), whole)
    if isinstance(content, bool):
        return _("on") if content else _("off")
    if name.endswith(".hours") and isinstance(content, list):
        return _hours_value(content)
    if name == "lockout" and isinstance(content, dict):
        return _lockout_value(content)
    if name == "playtime.activities" and isinstance(content, list):
        return _join(str(item["description"] or item["mask"]) for item in content if isinstance(item, dict))
    if name == "log_level":
        return _(LOG_LEVELS.get(int(str(content)), str(content)))
    if name.endswith("_seconds"):
        return exactly(int(str(content)))
    if isinstance(content, list):
        return _join(map(str, content))
    return str(content)


def difference(name: str, before: Json, after: Json) -> str:
    """What became of a field, on one line: `Saturday: limit: 2 h → 3 h`, `Time today: +15 min`."""
    if name.startswith("grant."):
        return _("{field}: {after}").format(field=field(name), after=value(name, after))
    return _("{field}: {before} → {after}").format(
        field=field(name), before=value(name, before), after=value(name, after)
    )


def moment(instant: datetime, zone: tzinfo) -> str:
    """A moment that is still right later: `21 Nov 2026 14:10`."""
    local = instant.astimezone(zone)
    return _("{day} {time}").format(day=texts.short_date(local, year=True), time=texts.clock(local))


def somebody_on(server: str) -> str:
    """Who changed something on a computer itself: nobody knows who it was."""
    return _("somebody on {server}").format(server=server)


def grant(content: Json) -> str:
    """What a grant gives: `+15 min`, `set to 30 min left`, or `−15 min of what is not used yet`."""
    if isinstance(content, dict) and isinstance(content.get("left_seconds"), int):
        return _("set to {time} left").format(time=exactly(int(str(content["left_seconds"]))))
    if isinstance(content, dict) and isinstance(content.get("seconds"), int):
        time = signed(int(str(content["seconds"])))
        return _("{time} of what is not used yet").format(time=time) if content.get("unused_only") else time
    return str(content)


def change(item: Change) -> str:
    """What a change wants, in a few words: `+15 min`, `Saturday: limit 3 h 30 min`."""
    return wanted(item.field, item.after)


def wanted(name: str, after: Json) -> str:
    """What is wanted of a field, or given, in a few words; `change` says it of a change."""
    if name.startswith("grant."):
        words = grant(after)
        return _("PlayTime {what}").format(what=words) if name == "grant.playtime" else words
    return f"{field(name)} {value(name, after)}"


STATES = {
    ChangeState.QUEUED: noop("waits"),
    ChangeState.SENDING: noop("on its way"),
    ChangeState.APPLIED: noop("arrived"),
    ChangeState.REFUSED: noop("refused"),
    ChangeState.CONFLICT: noop("conflict"),
    ChangeState.UNCERTAIN: noop("not certain"),
    ChangeState.SUPERSEDED: noop("replaced"),
    ChangeState.EXPIRED: noop("too late"),
    ChangeState.CANCELLED: noop("cancelled"),
}
UNDONE = noop("undone")
"""Of what had arrived."""

DRIFT_STATES = {
    DriftState.OPEN: noop("waits for an answer"),
    DriftState.ADOPTED: noop("kept"),
    DriftState.REVERTED: noop("changed back"),
    DriftState.REPLACED: noop("changed again since"),
    DriftState.GONE: noop("set back on the computer"),
}


def state(item: Change, zone: tzinfo, now: datetime) -> str:
    """What became of a change, to be read after what it wants: `arrived on kids-pc at 17:04`."""
    if item.state is ChangeState.QUEUED:
        return _("waits: {why}").format(why=item.waits_for) if item.waits_for else _("is on its way")
    if item.state is ChangeState.SENDING:
        return _("is on its way to {server}").format(server=item.server)
    if item.state is ChangeState.APPLIED:
        when = at(item.settled_at or item.created_at, zone, now)
        return _("arrived on {server} at {when}").format(server=item.server, when=when)
    words = {
        ChangeState.REFUSED: _("was refused by {server}"),
        ChangeState.CONFLICT: _("was not sent: it was changed on {server} meanwhile"),
        ChangeState.UNCERTAIN: _("may have arrived on {server}; it cannot be told"),
        ChangeState.SUPERSEDED: _("was replaced by a later edit"),
        ChangeState.EXPIRED: _("was not sent: its day is over on {server}"),
        ChangeState.CANCELLED: _("was cancelled"),
    }
    return words[item.state].format(server=item.server)


def _hours_value(content: list[Json]) -> str:
    try:
        from timekpr_mngr.domain.hours import from_json

        return hours(from_json(content))
    except Invalid:
        return _("not readable")


def _lockout_value(content: dict[str, Json]) -> str:
    kind = str(content.get("type"))
    words = _(LOCKOUTS[kind][0]).lower() if kind in LOCKOUTS else kind
    if kind == LockoutType.SUSPENDWAKE:
        words += _(", between {first}:00 and {last}:59").format(
            first=content.get("wake_from"), last=content.get("wake_to")
        )
    return words


def _join(words: Iterable[str]) -> str:
    return ", ".join(words) or _("none")
