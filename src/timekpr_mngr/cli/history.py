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


def history(
    whose: Whose, limit: Limit = 50, cursor: Cursor = None, url: Url = None, as_json: AsJson = False
) -> None:
    """List who changed what, here or on the computer, newest first."""
    from timekpr_mngr.cli.client import Service

    place = typed.whose(whose)
    with ending(as_json):
        answer = Service.of(url or SAID.url).get(*place, "history", limit=limit, cursor=cursor)
        show(answer, as_json, _listed)


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield _("Nothing was changed yet.")
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
