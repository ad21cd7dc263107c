"""What every command may be told, before or after its name, and how its answer is shown."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.ending import Answered, status_of, told
from timekpr_mngr.texts import _

Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="Where the service is (or TIMEKPR_MNGR_URL).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the REST object.")]
DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="FOLDER", help="The data folder (or TIMEKPR_MNGR_DATA_DIR)."),
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")
]


@dataclass
class Said:
    """What was said before the command's name."""

    url: str | None = None
    as_json: bool = False
    data_dir: str | None = None


SAID = Said()


def wants_json(as_json: bool) -> bool:
    """Whether the answer is JSON."""
    return as_json or SAID.as_json


def show(answer: Any, as_json: bool, in_words: Callable[[Any], Iterable[str]]) -> None:
    """Prints an answer: as it came, or in words."""
    if wants_json(as_json):
        print(_json(answer))
        return
    for line in in_words(answer):
        print(_harmless(line))


@contextmanager
def ending(as_json: bool) -> Iterator[None]:
    """The REST object of an error is printed too, where JSON is wanted."""
    try:
        yield
    except Answered as problem:
        if wants_json(as_json):
            print(_json(problem.body))
        told(problem)
        raise typer.Exit(status_of(problem)) from None


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with their columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _json(answer: Any) -> str:
    import json

    return json.dumps(answer, ensure_ascii=False, indent=2)


def _harmless(line: str) -> str:
    """A computer's own words may hold what moves a terminal's cursor or rewrites its lines."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)


def line_from_stdin() -> str:
    """One line of standard input, without its end."""
    return sys.stdin.readline().rstrip("\r\n")


def password(from_stdin: bool) -> str:
    """A password, from standard input or typed twice. Never from an argument: those are seen by everybody."""
    if from_stdin:
        return line_from_stdin()
    if not sys.stdin.isatty():
        raise typer.BadParameter(_("Use --password-stdin, or a terminal to type the password."))
    typed: str = typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    return typed
