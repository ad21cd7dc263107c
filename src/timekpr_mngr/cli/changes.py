"""`changes`: what waits, and what became of what was asked for."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli import words
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show


def changes(
    state: Annotated[
        str | None, typer.Option("--state", help="queued, applied, refused, conflict, …")
    ] = None,
    server: Annotated[str | None, typer.Option("--server")] = None,
    user: Annotated[str | None, typer.Option("--user")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many at most.")] = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", help="`next` of the answer before.")] = None,
    cancel: Annotated[int | None, typer.Option("--cancel", metavar="ID", help="Take this one back.")] = None,
    retry: Annotated[
        int | None, typer.Option("--retry", metavar="ID", help="Ask for this one again.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List changes, newest first; cancel one that waits, or ask for one again."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        if cancel is not None:
            show(service.delete("changes", str(cancel)), as_json, lambda item: [words.change(item)])
            return
        if retry is not None:
            show(service.post("changes", str(retry), "retry"), as_json, _accepted)
            return
        answer = service.get("changes", state=state, server=server, user=user, limit=limit, cursor=cursor)
        show(answer, as_json, _listed)


def _accepted(answer: Any) -> list[str]:
    return [words.change(item) for item in answer["changes"]]


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield "There are no such changes."
    for item in answer["items"]:
        when = item["created_at"][:16].replace("T", " ")
        yield f"{when}Z  {words.change(item)}  ({item['account']}, {item['source']})"
    if answer["next"]:
        yield f"There are more: --cursor {answer['next']}"
