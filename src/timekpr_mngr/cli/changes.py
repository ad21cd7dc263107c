"""`changes list|cancel|retry|answer|undo|keep`: what was asked for, what became of it, and what is to become of it."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli import typed
from timekpr_mngr.cli.listing import Cursor, Limit, Listing, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show
from timekpr_mngr.cli.waiting import Timeout, Wait, answered, lines
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _, noop

app = typer.Typer(cls=Listing, help="What waits, what was applied, what was not, and what asks.")

Id = Annotated[int, typer.Argument(metavar="ID", help="The number behind #.")]
KEPT = noop("Nothing is to be sent: it stays as it is on the computer.")


@app.command("list")
def list_(
    state: Annotated[
        str | None,
        typer.Option("--state", help="queued, applied, refused, …; asks: what waits for an answer."),
    ] = None,
    server: Annotated[str | None, typer.Option("--server")] = None,
    user: Annotated[str | None, typer.Option("--user")] = None,
    person: Annotated[str | None, typer.Option("--person", help="An id: p3, or kids-pc/emma.")] = None,
    account: Annotated[str | None, typer.Option("--by", help="Who asked for it.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="grant, user or server.")] = None,
    search: Annotated[str, typer.Option("--search", help="Words that stand in it.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    cancel: Annotated[int | None, typer.Option("--cancel", metavar="ID", hidden=True)] = None,
    retry: Annotated[int | None, typer.Option("--retry", metavar="ID", hidden=True)] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List changes, newest first."""
    from timekpr_mngr.cli.client import Service

    if cancel is not None:  # the older way to say it
        cancel_(cancel, url, as_json)
        return
    if retry is not None:
        retry_(retry, url=url, as_json=as_json)
        return
    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.get(
            "changes",
            state=state,
            server=server,
            user=user,
            person=person,
            account=account,
            kind=kind,
            search=search,
            limit=limit,
            cursor=cursor,
        )
        show(answer, as_json, _listed)


@app.command("cancel")
def cancel_(change: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Take back what still waits; of a grant with what was to be opened up for it."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        cancelled = Service.of(url or SAID.url).delete("changes", str(change))
        show(cancelled, as_json, lambda item: lines([item]))


@app.command("retry")
def retry_(
    change: Id, wait: Wait = False, timeout: Timeout = 60.0, url: Url = None, as_json: AsJson = False
) -> None:
    """Ask again for what was refused, came too late or was cancelled."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        answered(service, service.post("changes", str(change), "retry"), as_json, wait, timeout)


@app.command("answer")
def answer_(
    change: Id,
    answer: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER",
            help="To a conflict: theirs (what the computer has stays), ours (set what was asked for) or "
            "edit (set VALUE). To what is uncertain: arrived (take it for done) or again (ask once more).",
        ),
    ],
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="3h, 9:00-12:30,14-20, on, lock, or JSON.")
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Answer a change that ended as a conflict, or as uncertain."""
    from timekpr_mngr.cli.client import Service

    if (answer == "edit") != (value is not None):
        raise Invalid("", _("A value stands behind edit, and behind nothing else: changes answer 12 edit 3h"))
    with ending(as_json):
        service = Service.of(url or SAID.url)
        body: dict[str, Any] = {"answer": answer}
        if value is not None:
            field = service.get("changes", str(change))["field"]
            body["value"] = typed.value(field, value)
        accepted = service.post("changes", str(change), "answer", body=body)
        answered(service, accepted, as_json, wait, timeout, nothing=KEPT)


@app.command("undo")
def undo(
    change: Id, wait: Wait = False, timeout: Timeout = 60.0, url: Url = None, as_json: AsJson = False
) -> None:
    """Take back what was applied; of time given, what is not used yet, and what was opened up for it."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        answered(service, service.post("changes", str(change), "undo"), as_json, wait, timeout)


@app.command("keep")
def keep(change: Id, url: Url = None, as_json: AsJson = False) -> None:
    """Make lasting what was to be taken back by itself after its day."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        kept = Service.of(url or SAID.url).post("changes", str(change), "keep")
        show(kept, as_json, lambda item: lines([item]))


def _listed(answer: Any) -> Iterator[str]:
    from timekpr_mngr.cli import words

    if not answer["items"]:
        yield _("There are no such changes.")
    for item in answer["items"]:
        yield f"{words.at(item['created_at'])}  {words.change(item)}  ({item['account']}, {item['source']})"
        yield from words.question(item)
    yield from more(answer)
