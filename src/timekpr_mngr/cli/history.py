"""`history`: who changed what, from where, and what became of it."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli import typed
from timekpr_mngr.cli.listing import Cursor, Limit, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.texts import _

Whose = Annotated[
    str, typer.Argument(metavar="SERVER[/USER]", help="Without a user: the server's own settings.")
]
Search = Annotated[str, typer.Option("--search", metavar="WORDS", help="All of them stand in it.")]


def nothing_found() -> str:
    """What is said where a search finds nothing."""
    return _("Nothing here has all these words.")


def history(
    whose: Whose,
    search: Search = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List who changed what, here or on the computer, newest first."""
    from timekpr_mngr.cli.client import Service

    place = typed.whose(whose)
    with ending(as_json):
        answer = Service.of(url or SAID.url).get(*place, "history", search=search, limit=limit, cursor=cursor)
        show(answer, as_json, lambda it: _listed(it, search))


def _listed(answer: Any, search: str) -> Iterator[str]:
    if not answer["items"]:
        yield nothing_found() if search else _("Nothing was changed yet.")
    yield from table([_row(entry) for entry in answer["items"]])
    yield from more(answer)


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    from timekpr_mngr.cli import words

    number = (
        f"#{entry['change']['id']}"
        if entry["change"]
        else _("drift {number}").format(number=entry["drift"]["id"])
    )
    who = f"{entry['who']}, {entry['source']}" if entry["who"] else _("on the computer")
    undo = _("can be undone") if entry["can_undo"] else ""
    return words.at(entry["at"]), number, who, entry["sentence"], entry["state"], undo
