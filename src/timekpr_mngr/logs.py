"""How the log looks: one line an event, for people (`text`) or for programs (`json`). No secret is ever logged.

What a server or a person says stands in a message as it came, so what could begin a new line, move a cursor or turn the
direction of writing round is escaped: nobody can write a line that looks like one of ours.
"""

import contextlib
import json
import logging
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

QUIET = {
    "asyncssh": logging.WARNING,
    "uvicorn": logging.WARNING,
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "socketio": logging.WARNING,
    "engineio": logging.WARNING,
    "multipart": logging.WARNING,
}
"""Others' loggers, with the least that they may say; a request's address may hold a secret, so none is logged."""

FIELDS = ("server", "user", "change", "code", "fix", "gone_seconds", "untold")
"""What a record may say besides its message, as `extra`: programs find it by name. `code` is a FailureCode."""

RECENT_MAX = 1_000
SAME_A_MINUTE = 30
COUNTED_MAX = 10_000  # sentences of which is counted what was not told
OURS = "timekpr_mngr"
MARGIN = "    | "  # before each line of a traceback: an error's own words may hold line breaks


def configure(level: str, form: str) -> None:
    """Sends everything to stderr; `form` is `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(Repeats())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for known in list(logging.root.manager.loggerDict):
        logging.getLogger(known).handlers.clear()  # some libraries bring a handler of their own
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level.upper())))


@contextlib.contextmanager
def kept_in(recents: "Recents") -> Iterator[None]:
    """Everything that is logged meanwhile is kept there too."""
    root = logging.getLogger()
    root.addHandler(recents)
    try:
        yield
    finally:
        root.removeHandler(recents)


class Repeats(logging.Filter):
    """Lets the same sentence about the same server through so often a minute and no more: no server, browser or disk
    can make the log grow without end. The next one that is let through says how many were not (`untold`).
    """

    def __init__(self, most_a_minute: int = SAME_A_MINUTE) -> None:
        super().__init__()
        self._most = most_a_minute
        self._minute = 0
        self._told: Counter[Hashable] = Counter()
        self._untold: Counter[Hashable] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is let through."""
        minute = int(record.created // 60)
        if minute != self._minute:
            self._minute = minute
            self._told.clear()
        same = (record.name, str(record.msg), getattr(record, "server", None))
        self._told[same] += 1
        if self._told[same] > self._most:
            if len(self._untold) < COUNTED_MAX:
                self._untold[same] += 1
            return False
        if untold := self._untold.pop(same, 0):
            record.untold = untold
        return True


class TextFormatter(logging.Formatter):
    """`2026-01-02T03:04:05.678Z WARNING timekpr_mngr.sync.outages: server kids-pc is gone …`, and below it the lines of
    a traceback, each behind a margin.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        untold = getattr(record, "untold", 0)
        more = f" ({untold} more like it were not told)" if untold else ""
        lines = [f"{instant(record)} {record.levelname} {record.name}: {escaped(record.getMessage())}{more}"]
        if record.exc_info:
            told = self.formatException(record.exc_info)
            lines += [MARGIN + escaped(line) for line in told.split("\n")]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger and message, those of FIELDS that there are, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The object of a record."""
        entry: dict[str, object] = {
            "time": instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return _printable(json.dumps(entry, ensure_ascii=False, default=str), _as_json)


def instant(record: logging.LogRecord) -> str:
    """When it was logged, in UTC to the millisecond."""
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def escaped(text: str) -> str:
    r"""With `\n`, `\x1b` or `\u202e` in the place of what cannot be printed: line breaks of every kind, control
    characters, and those that turn the direction of writing round.
    """
    return _printable(text, lambda letter: ascii(letter)[1:-1])


def _printable(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else escape(letter) for letter in text)


def _as_json(letter: str) -> str:
    return json.dumps(letter)[1:-1]


@dataclass(frozen=True, slots=True)
class Recent:
    """A record without anything that somebody typed or a server said, to be shown to strangers (`Recents`).

    `template` is our own sentence with its gaps; None of others' loggers, which may fill theirs in before they log.
    `at` is an instant in words. `problem` is the kind of an error, `frames` are the places in the code that it went
    through.
    """

    at: str
    level: str
    logger: str
    template: str | None
    code: str | None
    server: str | None
    problem: str | None
    frames: tuple[str, ...]


class Recents(logging.Handler):
    """Keeps what was logged last. `server` of a record is its name: who shows it has to put another in its place."""

    def __init__(self, most: int = RECENT_MAX) -> None:
        super().__init__()
        self.addFilter(Repeats())
        self._kept: deque[Recent] = deque(maxlen=most)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record."""
        is_ours = record.name.split(".")[0] == OURS
        kind, _error, trace = record.exc_info or (None, None, None)
        frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(trace)]
        failure, server = getattr(record, "code", None), getattr(record, "server", None)
        self._kept.append(
            Recent(
                at=instant(record),
                level=record.levelname.lower(),
                logger=record.name,
                template=record.msg if is_ours and isinstance(record.msg, str) else None,
                code=failure if isinstance(failure, str) else None,
                server=server if isinstance(server, str) else None,
                problem=kind.__name__ if kind is not None else None,
                frames=tuple(f"{_module(code.co_filename)}:{line} {code.co_name}" for code, line in frames),
            )
        )

    @property
    def all(self) -> list[Recent]:
        """The oldest first."""
        return list(self._kept)


def _module(path: str) -> str:
    """Where a file lies within what is installed: the folders before that may name whose computer it is."""
    for root in ("/site-packages/", "/src/", "/lib/"):
        if root in path:
            return path.rpartition(root)[2]
    return path.rpartition("/")[2]
