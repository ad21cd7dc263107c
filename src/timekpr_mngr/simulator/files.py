"""timekpr-next's files on a simulated computer: texts, read and written by the daemon's own rules.

The rules are timekpr.md, 1 and 3: a file that cannot be parsed gives way to its `.prev`, a value that cannot be read
becomes its default and the whole file is written anew, a save keeps comments, drops unknown keys and leaves the
former text in `.prev`.
"""

import configparser
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from timekpr_mngr.domain.user import DAY_SECONDS, MONTH_SECONDS, WEEK_SECONDS

SERVER_CONF = "/etc/timekpr/timekpr.conf"
CONFIG_FOLDER = "/var/lib/timekpr/config"
WORK_FOLDER = "/var/lib/timekpr/work"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

ALL_HOURS = ";".join(map(str, range(24)))
ALL_DAYS = "1;2;3;4;5;6;7"

_KEY_LINE = re.compile(r" *([A-Z]+[A-Z_]+[0-9]*) *=")
_LIST_LINE = re.compile(r"##([A-Z]+[A-Z_]+)##")
_BEFORE_LIST = "##PLAYTIME_ACTIVITIES## Do NOT remove or alter this line!"

Value = str | int | bool | datetime


class Files:
    """Texts by path. Each write gets a new stamp, which is to the daemon what an mtime is."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._stamps: dict[str, int] = {}
        self._writes = 0

    def get(self, path: str) -> str | None:
        """The text, or None where there is no such file."""
        return self._texts.get(path)

    def __getitem__(self, path: str) -> str:
        if path not in self._texts:
            raise FileNotFoundError(path)
        return self._texts[path]

    def __setitem__(self, path: str, text: str) -> None:
        self._writes += 1
        self._texts[path] = text
        self._stamps[path] = self._writes

    def __delitem__(self, path: str) -> None:
        del self._texts[path]

    def __contains__(self, path: object) -> bool:
        return path in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._texts))

    def rewrite(self, path: str, text: str) -> None:
        """Another text with the stamp of the one before: the daemon does not notice."""
        self._texts[path] = text

    def stamp(self, path: str) -> int:
        """Grows with every write of any file. Raises FileNotFoundError."""
        if path not in self._texts:
            raise FileNotFoundError(path)
        return self._stamps[path]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file: where it stands, what it is when it cannot be read, and the most that it may be."""

    name: str
    default: Value
    section: str = "{user}"
    most: int | None = None


PLAYTIME = "{user}.PLAYTIME"

USER_KEYS = (
    *(Key(f"ALLOWED_HOURS_{day}", ALL_HOURS) for day in range(1, 8)),
    Key("ALLOWED_WEEKDAYS", ALL_DAYS),
    Key("LIMITS_PER_WEEKDAYS", ";".join([str(DAY_SECONDS)] * 7)),
    Key("LIMIT_PER_WEEK", WEEK_SECONDS),
    Key("LIMIT_PER_MONTH", MONTH_SECONDS),
    Key("TRACK_INACTIVE", False),
    Key("HIDE_TRAY_ICON", False),
    Key("LOCKOUT_TYPE", "terminate"),
    Key("WAKEUP_HOUR_INTERVAL", "0;23"),
    Key("PLAYTIME_ENABLED", False, PLAYTIME),
    Key("PLAYTIME_LIMIT_OVERRIDE_ENABLED", False, PLAYTIME),
    Key("PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED", True, PLAYTIME),
    Key("PLAYTIME_ALLOWED_WEEKDAYS", ALL_DAYS, PLAYTIME),
    Key("PLAYTIME_LIMITS_PER_WEEKDAYS", "0;0;0;0;0;0;0", PLAYTIME),
)

CONTROL_KEYS = (
    Key("TIME_SPENT_BALANCE", 0, most=DAY_SECONDS),
    Key("TIME_SPENT_DAY", 0, most=DAY_SECONDS),
    Key("TIME_SPENT_WEEK", 0, most=WEEK_SECONDS),
    Key("TIME_SPENT_MONTH", 0, most=MONTH_SECONDS),
    Key("LAST_CHECKED", datetime.min),  # noqa: DTZ901 -- a server's local time, which has no zone; read as "now"
    Key("PLAYTIME_SPENT_BALANCE", 0, PLAYTIME, most=DAY_SECONDS),
    Key("PLAYTIME_SPENT_DAY", 0, PLAYTIME, most=DAY_SECONDS),
)

SERVER_KEYS = (
    Key("TIMEKPR_LOGLEVEL", 1, "GENERAL"),
    Key("TIMEKPR_POLLTIME", 3, "GENERAL"),
    Key("TIMEKPR_SAVE_TIME", 30, "GENERAL"),
    Key("TIMEKPR_TRACK_INACTIVE", False, "GENERAL"),
    Key("TIMEKPR_TERMINATION_TIME", 15, "GENERAL"),
    Key("TIMEKPR_FINAL_WARNING_TIME", 10, "GENERAL"),
    Key("TIMEKPR_FINAL_NOTIFICATION_TIME", 60, "GENERAL"),
    Key("TIMEKPR_SESSION_TYPES_CTRL", "x11;wayland;mir", "SESSION"),
    Key("TIMEKPR_SESSION_TYPES_EXCL", "tty;unspecified", "SESSION"),
    Key("TIMEKPR_USERS_EXCL", "testtimekpr;gdm;kdm;lightdm;mdm;lxdm;xdm;sddm;cdm", "SESSION"),
    Key("TIMEKPR_CONFIG_DIR", CONFIG_FOLDER, "DIRECTORIES"),
    Key("TIMEKPR_WORK_DIR", WORK_FOLDER, "DIRECTORIES"),
    Key("TIMEKPR_SHARED_DIR", "/usr/share/timekpr", "DIRECTORIES"),
    Key("TIMEKPR_LOGFILE_DIR", "/var/log", "DIRECTORIES"),
    Key("TIMEKPR_PLAYTIME_ENABLED", False, "PLAYTIME"),
    Key("TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED", False, "PLAYTIME"),
)


@dataclass(slots=True)
class Loaded:
    """What the daemon has after reading a file: a value for each key, and the PlayTime activities of a user."""

    values: dict[str, Value]
    activities: list[tuple[str, str | None]] = field(default_factory=list)

    def whole(self, key: str) -> int:
        """A number."""
        value = self.values[key]
        assert isinstance(value, int)
        return value

    def flag(self, key: str) -> bool:
        """A boolean."""
        return bool(self.values[key])

    def text(self, key: str) -> str:
        """A text."""
        return str(self.values[key])

    def words(self, key: str) -> list[str]:
        """A list parted by semicolons."""
        return [word.strip() for word in self.text(key).split(";") if word]

    def wholes(self, key: str) -> list[int]:
        """A list of numbers. Raises ValueError, as it does in the daemon, which then serves nobody."""
        return [int(word) for word in self.words(key)]

    def when(self, key: str) -> datetime:
        """The server's local time, without a zone."""
        value = self.values[key]
        assert isinstance(value, datetime)
        return value


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three files: where it lies, its keys, and how it is made afresh."""

    path: Callable[[str], str]
    keys: tuple[Key, ...]
    heading: str
    has_activities: bool = False

    def load(self, files: Files, user: str, now: datetime, create: bool = False) -> Loaded | None:
        """Reads the file as the daemon does, which may write it. None where there is none, and none is to be made.

        Raises configparser's errors where the daemon falls over them: a lone `%` in a PlayTime activity.
        """
        path = self.path(user)
        parser = _parsed(files, path)
        if parser is None:
            if not create:
                return None
            self.make(files, user, now)
            parser = _parse(files[path])
        loaded, complete = self._read(parser, user, now)
        if not complete:
            files[path] = self._text(user, loaded)
        return loaded

    def make(self, files: Files, user: str, now: datetime) -> None:
        """A file with nothing but defaults."""
        values = {key.name: now if isinstance(key.default, datetime) else key.default for key in self.keys}
        files[self.path(user)] = self._text(user, Loaded(values))

    def save(self, files: Files, user: str, loaded: Loaded, untouched: Sequence[str] = ()) -> None:
        """The daemon's save: `.prev` first, then each known key in its place. Raises FileNotFoundError."""
        path = self.path(user)
        before = files[path]
        files[path + ".prev"] = before
        values = {
            key.name: None if key.name in untouched else _written(loaded.values[key.name])
            for key in self.keys
        }
        lists = {"PLAYTIME_ACTIVITIES": _activity_lines(loaded)} if self.has_activities else {}
        files[path] = _rewritten(before, values, lists)

    def _read(self, parser: configparser.ConfigParser, user: str, now: datetime) -> tuple[Loaded, bool]:
        values: dict[str, Value] = {}
        complete = True
        for key in self.keys:
            try:
                values[key.name] = _value(parser, key.section.format(user=user), key)
            except (configparser.Error, ValueError):
                values[key.name] = now if isinstance(key.default, datetime) else key.default
                complete = False
        section = PLAYTIME.format(user=user)
        activities = _activities(parser, section) if self.has_activities else []
        return Loaded(values, activities), complete

    def _text(self, user: str, loaded: Loaded) -> str:
        lines = ["[DOCUMENTATION]", f"#### {self.heading}", ""] if self.heading else []
        section = None
        for key in self.keys:
            if key.section != section:
                lines += [""] * (section is not None) + [f"[{key.section.format(user=user)}]"]
                section = key.section
            lines.append(f"{key.name} = {_written(loaded.values[key.name])}")
        if self.has_activities:
            lines += [_BEFORE_LIST, *_activity_lines(loaded)]
        return "\n".join(lines) + "\n\n"


USER_CONF = Kind(
    lambda user: f"{CONFIG_FOLDER}/timekpr.{user}.conf", USER_KEYS, "one user's limits", has_activities=True
)
CONTROL = Kind(lambda user: f"{WORK_FOLDER}/{user}.time", CONTROL_KEYS, heading="")
SERVER = Kind(lambda user: SERVER_CONF, SERVER_KEYS, "timekpr-next's settings on this computer")
DIRECTORIES = tuple(key.name for key in SERVER_KEYS if key.section == "DIRECTORIES")


def _parsed(files: Files, path: str) -> configparser.ConfigParser | None:
    for candidate in (path, path + ".prev"):
        text = files.get(candidate)
        if not text:
            if text is not None:
                del files[candidate]
            continue
        if candidate != path:
            files[path] = text
        try:
            return _parse(text)
        except configparser.Error:
            files[candidate + ".invalid"] = text
            del files[candidate]
    return None


def _parse(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are case-sensitive
    parser.read_string(text)
    return parser


def _value(parser: configparser.ConfigParser, section: str, key: Key) -> Value:
    match key.default:
        case bool():
            return parser.getboolean(section, key.name)
        case int():
            number = parser.getint(section, key.name)
            return number if key.most is None else min(max(number, -key.most), key.most)
        case datetime():
            return datetime.strptime(parser.get(section, key.name), TIME_FORMAT)  # noqa: DTZ007 -- local time
    text = parser.get(section, key.name)
    if text is None:  # a key without "=": configparser gives None for it, and its types do not say so
        raise ValueError(key.name)
    return text if key.name.startswith("ALLOWED_HOURS_") else text.strip().strip(";")


def _activities(parser: configparser.ConfigParser, section: str) -> list[tuple[str, str | None]]:
    if not parser.has_section(section):
        return []
    texts = [text for name, text in parser.items(section) if "PLAYTIME_ACTIVITY_" in name]
    return [parts for text in texts if text and (parts := _mask_and_description(text))]


def _mask_and_description(text: str) -> tuple[str, str | None] | None:
    """`MASK[DESCRIPTION]`, a bare MASK, or the old `MASK("DESCRIPTION")`; None for a mask of one character."""
    if len(text) < 2:
        return None
    old = '("' in text
    opening, closing = text.find('("' if old else "["), text.find('")' if '")' in text else "]")
    start = opening if opening >= 0 else closing
    if start < 0:
        return text, ""
    description = text[start + (2 if old else 1) : closing if closing >= 0 else None]
    return text[:start] or text, description


def _activity_lines(loaded: Loaded) -> list[str]:
    return [
        f"PLAYTIME_ACTIVITY_{number:03d} = {mask}" + ("" if description is None else f"[{description}]")
        for number, (mask, description) in enumerate(loaded.activities, 1)
    ]


def _written(value: Value) -> str:
    return value.strftime(TIME_FORMAT) if isinstance(value, datetime) else str(value)


def _rewritten(text: str, values: Mapping[str, str | None], lists: Mapping[str, Sequence[str]]) -> str:
    """`text` with the values in the places of their keys; None keeps a line, a key that is not named goes."""
    lines: list[str] = []
    for line in io.StringIO(text, newline=None):
        if key := _KEY_LINE.match(line):
            if key[1] in values:
                value = values[key[1]]
                lines.append(line if value is None else f"{key[1]} = {value}\n")
        elif marker := _LIST_LINE.match(line):
            lines.append(line)
            lines += [f"{entry}\n" for entry in lists.get(marker[1], ())]
        else:
            lines.append(line)
    return "".join(lines)
