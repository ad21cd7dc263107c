"""`drift list|adopt|revert`: what somebody changed on the computers themselves."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.listing import Cursor, Limit, Listing, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.cli.waiting import Timeout, Wait, answered
from timekpr_mngr.texts import _, noop

app = typer.Typer(cls=Listing, help="What somebody changed on the computers themselves.")

Id = Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")]
DONE = noop("Noted. Nothing is to be sent: it stays as it is on the computer.")


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option("--state", help="open, adopted, reverted, replaced or gone.")
    ] = None,
    server: Annotated[str | None, typer.Option("--server")] = None,
    user: Annotated[str | None, typer.Option("--user")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List it, newest first. What is open asks: adopt or revert it."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.get("drift", state=state, server=server, user=user, limit=limit, cursor=cursor)
        show(answer, as_json, _listed)


@app.command("adopt")
def adopt(
    drift: Id, wait: Wait = False, timeout: Timeout = 60.0, url: Url = None, as_json: AsJson = False
) -> None:
    """Keep what was set on the computer."""
    _answered(drift, "adopt", wait, timeout, url, as_json)


@app.command("revert")
def revert(
    drift: Id, wait: Wait = False, timeout: Timeout = 60.0, url: Url = None, as_json: AsJson = False
) -> None:
    """Set it back to what was known before; of time given, take back what is not used yet."""
    _answered(drift, "revert", wait, timeout, url, as_json)


def _answered(drift: int, answer: str, wait: bool, timeout: float, url: str | None, as_json: bool) -> None:
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        answered(service, service.post("drift", str(drift), answer), as_json, wait, timeout, nothing=DONE)


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield _("There is no such drift.")
    yield from table([_row(item) for item in answer["items"]])
    if any(item["state"] == "open" for item in answer["items"]):
        yield _("What is open asks: timekpr-mngr drift adopt|revert ID")
    yield from more(answer)


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    from timekpr_mngr.cli import words

    state = (
        _("{state} by {name}").format(state=item["state"], name=item["answered_by"])
        if item["answered_by"]
        else item["state"]
    )
    by = (
        _("a change of ours, #{number}, took its place").format(number=item["change_id"])
        if item["overwritten"]
        else ""
    )
    return str(item["id"]), words.at(item["seen_at"]), words.where(item), words.moved(item), state, by
