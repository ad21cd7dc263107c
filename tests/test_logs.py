"""Each event is a line that nobody else can write."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from timekpr_mngr.logs import QUIET, JsonFormatter, Recents, Repeats, TextFormatter, configure

HOSTILE = "x\n2026-01-01T00:00:00.000Z INFO forged: all is well\r\x1b[2J\u2028\u202e\x85end\ud800"


def record(message: str, *args: object, exc_info: object = None, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("timekpr_mngr.sync", logging.WARNING, "file", 1, message, args, exc_info)  # type: ignore[arg-type]
    made.created = 1_767_322_245.678
    made.__dict__.update(extra)
    return made


def failed(message: str) -> object:
    try:
        raise ValueError(message)
    except ValueError:
        return sys.exc_info()


def test_a_line_for_people_begins_with_the_instant_in_utc() -> None:
    line = TextFormatter().format(record("server %s is gone", "kids-pc"))

    assert line == "2026-01-02T02:50:45.678Z WARNING timekpr_mngr.sync: server kids-pc is gone"


def test_a_line_for_programs_has_what_it_is_about_by_name() -> None:
    line = JsonFormatter().format(record("server %s is gone", "kids-pc", server="kids-pc", code="timeout"))

    assert json.loads(line) == {
        "time": "2026-01-02T02:50:45.678Z",
        "level": "warning",
        "logger": "timekpr_mngr.sync",
        "message": "server kids-pc is gone",
        "server": "kids-pc",
        "code": "timeout",
    }


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_nobody_forges_a_line(formatter: logging.Formatter) -> None:
    line = formatter.format(record("it said %s", HOSTILE, server=HOSTILE))

    assert line.isprintable()
    assert len(line.splitlines()) == 1
    line.encode("utf-8")


def test_a_line_for_programs_says_exactly_what_was_said() -> None:
    assert json.loads(JsonFormatter().format(record("%s", HOSTILE)))["message"] == HOSTILE


def test_nobody_forges_a_line_by_the_words_of_an_error() -> None:
    said = TextFormatter().format(record("stumbled", exc_info=failed(HOSTILE)))
    first, *rest = said.splitlines()

    assert first.endswith("stumbled")
    assert rest
    assert all(line.startswith("    | ") and line.isprintable() for line in rest)
    assert len(JsonFormatter().format(record("stumbled", exc_info=failed(HOSTILE))).splitlines()) == 1


def test_what_is_kept_to_be_shown_to_strangers_holds_nothing_that_was_said() -> None:
    recents = Recents(most=2)
    for message in ("first", "it said %s", "it failed"):
        recents.handle(record(message, "secret", server="kids-pc", code="timeout", exc_info=failed("secret")))
    foreign = record("filled in already: secret")
    foreign.name = "uvicorn.error"
    recents.handle(foreign)

    ours, others = recents.all
    assert (ours.template, ours.code, ours.server, ours.problem) == (
        "it failed",
        "timeout",
        "kids-pc",
        "ValueError",
    )
    assert ours.frames[0].endswith(" failed")
    assert others.template is None
    assert "secret" not in repr(recents.all)


def test_the_same_about_the_same_server_is_told_so_often_a_minute_and_then_with_how_many_were_not() -> None:
    repeats, told = Repeats(most_a_minute=3), []
    for second in range(0, 180, 2):
        one = record("listener of %s failed", f"kids-pc {second}", server="kids-pc")
        one.created = 1_767_322_200.0 + second
        if repeats.filter(one):
            told.append(TextFormatter().format(one))

    assert len(told) == 3 * 3
    assert told[3].endswith("listener of kids-pc 60 failed (27 more like it were not told)")
    assert repeats.filter(record("listener of %s failed", "den-pc", server="den-pc"))


@pytest.fixture
def root_as_it_was() -> Iterator[None]:
    """What the program does to everybody's logging is undone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    logging.captureWarnings(False)
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.usefixtures("root_as_it_was")
def test_others_speak_in_the_same_form_and_less(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("socketio.server").addHandler(logging.StreamHandler())

    configure("info", "json")
    logging.getLogger("asyncssh").info("whom it speaks to")
    logging.getLogger("socketio.server").error("it\nfailed")
    logging.getLogger("uvicorn.error").warning("bad request")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["logger"], line["message"]) for line in lines] == [
        ("socketio.server", "it\nfailed"),
        ("uvicorn.error", "bad request"),
    ]
