"""`sent`: the log of everything that was sent to the computers."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.listing import Cursor, Limit, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.texts import _


def sent(
    server: Annotated[str | None, typer.Option("--server")] = None,
    user: Annotated[str | None, typer.Option("--user")] = None,
    search: Annotated[
        str | None,
        typer.Option("--search", metavar="WORDS", help="All of them stand in what was sent or answered."),
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the calls to timekpr of the last 90 days, newest first."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.get("sent", server=server, user=user, search=search, limit=limit, cursor=cursor)
        show(answer, as_json, _listed)


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield _("There are no such calls.")
    yield from table([_row(call) for call in answer["items"]])
    yield from more(answer)


def _row(call: dict[str, Any]) -> tuple[str, ...]:
    import json

    from timekpr_mngr.cli import words

    arguments = ", ".join(json.dumps(part, ensure_ascii=False) for part in call["arguments"])
    message = f" – {call['message']}" if call["message"] else ""
    return (
        words.at(call["at"], words.SECOND),
        words.where(call),
        f"{call['duration_ms']:.0f} ms",
        _("no answer") if call["code"] is None else str(call["code"]),
        f"{call['member']}({arguments}){message}",
    )
