"""A file of timekpr as a text that somebody edited: what it says, and what is wrong with which line. No IO.

Such a text is never sent. What it says is read as fields, by the daemon's own rules, and the fields that differ are
sent like any other edit. A line that is as it was is not judged, only told of: what the daemon cannot read there, it
could not read before.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.field import SERVER_FIELDS, USER_FIELDS, Field, server_values, user_values
from timekpr_mngr.domain.user import DAY_SECONDS, WEEKDAYS
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files import hour_items, server_config, user_config
from timekpr_mngr.timekpr.files.ini import MAX_CHARACTERS
from timekpr_mngr.timekpr.files.lines import Line, LineKind, lines_of
from timekpr_mngr.timekpr.files.written import (
    ACTIVITY,
    SERVER_KEYS,
    USER_KEYS,
    Place,
    server_text,
    user_text,
)
from timekpr_mngr.timekpr.malformed import Malformed

DOCUMENTATION = "DOCUMENTATION"
DIRECTORIES = ("TIMEKPR_CONFIG_DIR", "TIMEKPR_WORK_DIR", "TIMEKPR_SHARED_DIR", "TIMEKPR_LOGFILE_DIR")

Check = Callable[[str], None]
"""Raises Invalid for what a key may not hold; the place in it is of no use here."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said of a line, which counts from 1. While there is an error, nothing of the text is sent."""

    line: int
    message: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class RawReading:
    """What an edited text says. `values` has every field; it is None where a line has an error."""

    values: dict[str, Json] | None
    notes: tuple[Note, ...]

    @property
    def errors(self) -> tuple[Note, ...]:
        """What has to be put right first."""
        return tuple(note for note in self.notes if note.is_error)


class RawFormat(Protocol):
    """One of the files that can be edited as a text."""

    def read(self, base: str, text: str) -> RawReading:
        """What `text` says, which was `base` before somebody edited it."""
        ...

    def with_values(self, text: str, values: Mapping[str, Json]) -> str:
        """The text with these fields in it. Raises Invalid where the text cannot be read, or a value breaks a rule."""
        ...


@dataclass(frozen=True, slots=True)
class UserFormat:
    """timekpr.USER.conf."""

    user: str

    def read(self, base: str, text: str) -> RawReading:
        """As `RawFormat` says."""
        return read_user(base, text, self.user)

    def with_values(self, text: str, values: Mapping[str, Json]) -> str:
        """As `RawFormat` says."""
        try:
            return user_text(text, self.user, values)
        except Malformed as problem:
            raise Invalid("", str(problem)) from None


class ServerFormat:
    """timekpr.conf."""

    def read(self, base: str, text: str) -> RawReading:
        """As `RawFormat` says."""
        return read_server(base, text)

    def with_values(self, text: str, values: Mapping[str, Json]) -> str:
        """As `RawFormat` says."""
        try:
            return server_text(text, values)
        except Malformed as problem:
            raise Invalid("", str(problem)) from None


def read_user(base: str, text: str, user: str) -> RawReading:
    """`text`, which was `base` before somebody edited it, as the file of `user`."""
    playtime = f"{user}.PLAYTIME"
    file = _File(_user_checks(user), playtime, (user, playtime), activities=True)

    def values(content: str) -> dict[str, Json]:
        return user_values(user_config.parse(content, user).config)

    return _read(file, base, text, values, USER_FIELDS)


def read_server(base: str, text: str) -> RawReading:
    """The same for timekpr.conf."""
    checks = {place: _server_check(name) for name, place in SERVER_KEYS.items()}
    checks |= {("DIRECTORIES", key): _not_to_be_set for key in DIRECTORIES}
    file = _File(checks, "", ("GENERAL", "SESSION", "DIRECTORIES", "PLAYTIME"), activities=False)

    def values(content: str) -> dict[str, Json]:
        return server_values(server_config.parse(content).config)

    return _read(file, base, text, values, SERVER_FIELDS)


@dataclass(frozen=True, slots=True)
class _File:
    """What such a file has: keys with what they may hold, and sections; `activities` where keys are numbered."""

    checks: Mapping[Place, Check]
    activity_section: str
    sections: tuple[str, ...]
    activities: bool

    def check(self, line: Line) -> Check | None:
        """What a key may hold; None for one that timekpr does not know there."""
        if self.is_activity(line):
            return _activity
        return self.checks.get(line.place)

    def is_activity(self, line: Line) -> bool:
        """Whether it names a PlayTime program."""
        return self.activities and line.section == self.activity_section and ACTIVITY in line.key


def _read(
    file: _File,
    base: str,
    text: str,
    values: Callable[[str], dict[str, Json]],
    fields: Mapping[str, Field[Any]],
) -> RawReading:
    if len(text) > MAX_CHARACTERS:
        return _failed([_error(1, _("The text is longer than any file of timekpr's."))])
    lines, before = lines_of(text), lines_of(base)
    if broken := list(_structure(lines)):
        return _failed(broken)
    notes = [*_missing(file, lines, before), *_keys(file, lines, before), *_comments(lines, before)]
    if not any(note.is_error for note in notes):
        notes += _weeks(file, lines, before)
    found: dict[str, Json] | None = None
    if not any(note.is_error for note in notes):
        try:
            found, were = values(text), values(base)
        except Malformed as problem:
            return _failed([_error(1, str(problem))])
        notes += _unsendable(found, were, fields)
    notes.sort(key=lambda note: (note.line, not note.is_error))
    return RawReading(None if any(note.is_error for note in notes) else found, tuple(notes))


def _failed(notes: list[Note]) -> RawReading:
    return RawReading(None, tuple(notes))


def _error(line: int, message: str) -> Note:
    return Note(line, message, is_error=True)


def _remark(line: int, message: str) -> Note:
    return Note(line, message, is_error=False)


def _structure(lines: list[Line]) -> Iterator[Note]:
    """For what the daemon throws the whole file away."""
    seen: dict[tuple[str | None, str], int] = {}
    for line in lines:
        if any("\ud800" <= letter <= "\udfff" for letter in line.text):
            yield _error(line.number, _("This line holds bytes that are no text."))
        elif line.kind is LineKind.OTHER:
            yield _error(
                line.number,
                _("timekpr cannot read this line: it is no [section], no KEY = value and no # comment."),
            )
        elif line.kind in (LineKind.SECTION, LineKind.KEY):
            place = (line.section, line.key)
            if place in seen:
                what = line.key or f"[{line.section}]"
                yield _error(
                    line.number,
                    _("{what} stands in line {line} already; with it twice timekpr reads nothing.").format(
                        what=what, line=seen[place]
                    ),
                )
            seen.setdefault(place, line.number)
        elif line.kind is LineKind.MORE and _key_above(lines, line).value is None:
            yield _error(line.number, _("This line goes on after a key that has no value."))


def _key_above(lines: list[Line], line: Line) -> Line:
    return next(one for one in reversed(lines[: line.number]) if one.kind is LineKind.KEY)


def _missing(file: _File, lines: list[Line], before: list[Line]) -> Iterator[Note]:
    """A key that is not there means timekpr's default, which is no limit: nobody takes one away by accident."""
    there = {line.place for line in lines if line.kind is LineKind.KEY}
    were = {line.place for line in before if line.kind is LineKind.KEY}
    begins = {line.section: line.number for line in reversed(lines) if line.kind is LineKind.SECTION}
    for section in file.sections:
        gone = [key for at, key in file.checks if at == section and (at, key) not in there]
        gone = [key for key in gone if (section, key) in were]
        if not gone:
            continue
        if section not in begins:
            message = _("The section [{section}] is missing: put it back, with what stood in it.")
            yield _error(1, message.format(section=section))
            continue
        message = _("Missing here: {keys}. Without it timekpr goes by its default; put it back.")
        yield _error(begins[section], message.format(keys=words.listed(gone)))


def _keys(file: _File, lines: list[Line], before: list[Line]) -> Iterator[Note]:
    were = {line.place: line.value for line in before if line.kind is LineKind.KEY}
    activities = {line.value for line in before if file.is_activity(line)}
    for line in lines:
        if line.kind is LineKind.SECTION and line.section not in (*file.sections, DOCUMENTATION):
            yield _remark(line.number, _("timekpr does not know this section; nothing of it is sent."))
        if line.kind is not LineKind.KEY or line.section not in file.sections:
            continue
        check = file.check(line)
        if check is None:
            yield _remark(line.number, _unknown(file, line))
            continue
        is_old = (
            line.value in activities
            if file.is_activity(line)
            else line.place in were and were[line.place] == line.value
        )
        try:
            _checked(check, line.value)
        except Invalid as problem:
            if is_old and check is _not_to_be_set:
                continue
            if is_old:
                message = _("As it was, and not sent. {problem}").format(problem=problem)
                yield _remark(line.number, message)
            else:
                yield _error(line.number, str(problem))


def _checked(check: Check, value: str | None) -> None:
    if value is None:
        raise Invalid("", _("A value is missing: it is written like KEY = value."))
    if check is not _not_to_be_set:
        if "%" in value:
            raise Invalid("", _("A % stops timekpr at this line, and then nobody's time is limited."))
        if "\n" in value:
            raise Invalid(
                "",
                _("The next line begins with a space, and so goes on with this value: take the space away."),
            )
    check(value)


def _unknown(file: _File, line: Line) -> str:
    sections = [section for section, key in file.checks if key == line.key]
    if sections:
        return _("{key} belongs in [{section}]; here it means nothing and is not sent.").format(
            key=line.key, section=sections[0]
        )
    known = [key for section, key in file.checks if section == line.section]
    close = difflib.get_close_matches(line.key, known, 1) if len(line.key) < 100 else []
    if close:
        return _("timekpr does not know this key, and it is not sent. Is {key} meant?").format(key=close[0])
    return _("timekpr does not know this key, and it is not sent.")


def _comments(lines: list[Line], before: list[Line]) -> Iterator[Note]:
    old = {line.text.strip() for line in before if line.kind is LineKind.COMMENT}
    for line in lines:
        if line.kind is LineKind.COMMENT and line.text.strip() not in old:
            yield _remark(line.number, _("A comment is not sent: the file keeps those that it has."))


def _weeks(file: _File, lines: list[Line], before: list[Line]) -> Iterator[Note]:
    """Days and limits are paired by their position in two lists."""
    now = {line.place: line for line in lines if line.kind is LineKind.KEY}
    were = {line.place: line.value for line in before if line.kind is LineKind.KEY}
    for section, key in file.checks:
        limits = (section, key.replace("ALLOWED_WEEKDAYS", "LIMITS_PER_WEEKDAYS"))
        if not key.endswith("ALLOWED_WEEKDAYS") or (section, key) not in now or limits not in now:
            continue
        days_line, limits_line = now[section, key], now[limits]
        if all(were.get(line.place) == line.value for line in (days_line, limits_line)):
            continue
        days, count = _items(days_line.value), len(_items(limits_line.value))
        if count != len(days):
            message = _("{key} has {days} days, and here are {limits} limits: each day has one.")
            yield _error(limits_line.number, message.format(key=days_line.key, days=len(days), limits=count))
        for weekday in WEEKDAYS:
            hours = now.get((section, f"ALLOWED_HOURS_{weekday}"))
            if hours is not None and str(weekday) not in days and were.get(hours.place) != hours.value:
                message = _("{day} is not among {key}: its hours mean nothing and are not sent.")
                yield _remark(hours.number, message.format(day=words.day(weekday), key=days_line.key))


def _unsendable(
    values: Mapping[str, Json], were: Mapping[str, Json], fields: Mapping[str, Field[Any]]
) -> Iterator[Note]:
    """What the lines alone do not show, should there be any."""
    for name, value in values.items():
        if value == were[name]:
            continue
        try:
            fields[name].load(value, name)
        except Invalid as problem:
            yield _error(1, _("{field}: {problem}").format(field=words.field(name), problem=problem))


def _items(value: str | None) -> list[str]:
    return [item.strip() for item in (value or "").strip().strip(";").split(";") if item != ""]


def _user_checks(user: str) -> dict[Place, Check]:
    """By place, in the order of the file."""
    playtime = f"{user}.PLAYTIME"
    checks: dict[Place, Check] = {(user, f"ALLOWED_HOURS_{weekday}"): _hours for weekday in WEEKDAYS}
    checks |= {(user, "ALLOWED_WEEKDAYS"): _weekdays, (user, "LIMITS_PER_WEEKDAYS"): _limits}
    checks |= {
        (playtime if name.startswith("playtime.") else user, key): _field_check(USER_FIELDS[name])
        for name, key in USER_KEYS.items()
    }
    checks |= {
        (user, "LOCKOUT_TYPE"): _lockout_type,
        (user, "WAKEUP_HOUR_INTERVAL"): _wake_hours,
        (playtime, "PLAYTIME_ALLOWED_WEEKDAYS"): _weekdays,
        (playtime, "PLAYTIME_LIMITS_PER_WEEKDAYS"): _limits,
    }
    return checks


def _field_check(field: Field[Any]) -> Check:
    """For a key that holds one field: a switch where the field takes one, else a number."""

    def check(value: str) -> None:
        if field.name.endswith("_seconds") or field.name == "log_level":
            field.load(_number(value), "")
        else:
            _switch(value)

    return check


def _server_check(name: str) -> Check:
    field = SERVER_FIELDS[name]
    if name not in ("session_types", "excluded_session_types", "excluded_users"):
        return _field_check(field)

    def check(value: str) -> None:
        field.load(_items(value), "")

    return check


def _not_to_be_set(value: str) -> None:
    del value
    raise Invalid("", _("timekpr offers no way to set its directories; this cannot be sent."))


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise Invalid("", _("This is a whole number.")) from None


def _switch(value: str) -> None:
    if value.lower() not in ("1", "yes", "true", "on", "0", "no", "false", "off"):
        raise Invalid("", _("This is either True or False."))


def _hours(value: str) -> None:
    seen: set[int] = set()
    for item in value.split(";"):
        if item == "":
            continue
        spans, dropped = hour_items.parse(item)
        if dropped:
            raise Invalid("", _("“{item}”: {problem}").format(item=item[:40], problem=_hour_problem(item)))
        hour = spans[0].start // 60
        if hour in seen:
            raise Invalid("", _("Hour {hour} stands here twice; timekpr keeps one.").format(hour=hour))
        seen.add(hour)


def _hour_problem(item: str) -> str:
    bare = item.removeprefix("!")
    hour, bracket, minutes = bare.partition("[")
    if " " in item or "\t" in item:
        return _("There is a space in it; timekpr then keeps the hour closed.")
    if not (hour.isascii() and hour.isdigit()):
        return _("An hour is written like 15, 15[0-30] or !15, with ; between hours.")
    if int(hour[:4]) > 23:
        return _("The hours of a day are 0 to 23.")
    if not bracket:
        return _("An hour is written without a zero before it.")
    first, _mark, last = minutes.removesuffix("]").replace(":", "-").partition("-")
    if first.isdigit() and last.isdigit() and minutes.endswith("]"):
        return _("Its minutes begin before they end, and are 0 to 60.")
    return _("An hour is written like 15, 15[0-30] or !15, with ; between hours.")


def _weekdays(value: str) -> None:
    seen = set()
    for item in _items(value):
        if item not in map(str, WEEKDAYS):
            raise Invalid(
                "",
                _("“{item}” is no day: they are 1 (Monday) to 7, with ; between them.").format(
                    item=item[:40]
                ),
            )
        if item in seen:
            raise Invalid("", _("Day {item} stands here twice.").format(item=item))
        seen.add(item)


def _limits(value: str) -> None:
    for item in _items(value):
        try:
            rules.whole(_number(item), "", 0, DAY_SECONDS, _("A day's limit in seconds"))
        except Invalid as problem:
            raise Invalid("", _("“{item}”: {problem}").format(item=item[:40], problem=problem)) from None


def _lockout_type(value: str) -> None:
    rules.lockout(value, 0, 23, "")


def _wake_hours(value: str) -> None:
    parts = _items(value)
    if len(parts) != 2:
        raise Invalid("", _("These are two hours, from 0 to 23, with a ; between them."))
    for part in parts:
        rules.whole(_number(part), "", 0, 23, _("A wake hour"))


def _activity(value: str) -> None:
    activity = user_config.activity_of(value)
    if activity is None:
        raise Invalid("", _("The mask of a program has at least two characters."))
    after = value.partition("]")[2]
    if after:
        raise Invalid("", _("Nothing stands after the ] of the description; timekpr would leave it out."))
    rules.activity(activity.mask, activity.description, "")
