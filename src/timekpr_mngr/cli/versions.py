"""`versions list|show|bring-back`: the settings as they were seen on a computer."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli import typed
from timekpr_mngr.cli.history import Search, Whose, nothing_found
from timekpr_mngr.cli.listing import Cursor, Limit, Listing, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.cli.waiting import Timeout, Wait, answered
from timekpr_mngr.texts import _

app = typer.Typer(cls=Listing, help="The settings as they were seen on a computer.")

Id = Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")]


@app.command("list")
def list_(
    whose: Whose,
    search: Search = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List them, newest first, with what each changed."""
    from timekpr_mngr.cli.client import Service

    place = typed.whose(whose)
    with ending(as_json):
        answer = Service.of(url or SAID.url).get(
            *place, "versions", search=search, limit=limit, cursor=cursor
        )
        show(answer, as_json, lambda it: _listed(it, search))


@app.command("show")
def show_(
    whose: Whose,
    version: Id,
    against: Annotated[
        int | None, typer.Option("--against", metavar="ID", help="Another version; without it, as it is now.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show how a version differs from now, or from another."""
    from timekpr_mngr.cli.client import Service

    place = typed.whose(whose)
    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.get(*place, "versions", str(version), against=against)
        names = f"#{version}", "now" if against is None else f"#{against}"
        show(answer, as_json, lambda it: _compared(it, *names))


@app.command("bring-back")
def bring_back(
    whose: Whose,
    version: Id,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Set everything that differs now as it was in that version."""
    from timekpr_mngr.cli.client import Service

    place = typed.whose(whose)
    with ending(as_json):
        service = Service.of(url or SAID.url)
        accepted = service.post(*place, "versions", str(version), "bring-back")
        answered(service, accepted, as_json, wait, timeout)


def _listed(answer: Any, search: str) -> Iterator[str]:
    from timekpr_mngr.cli import words

    if not answer["items"]:
        yield nothing_found() if search else _("Nothing was read yet.")
    for item in answer["items"]:
        who = (
            _("seen for the first time")
            if item["is_first"]
            else ", ".join(item["who"] or [_("on the computer")])
        )
        yield f"{item['id']}  {words.at(item['seen_at'])}  {who}"
        for sentence in item["changed"]:
            yield f"    {sentence}"
    yield from more(answer)


def _compared(answer: Any, first: str, second: str) -> Iterator[str]:
    if not answer["items"]:
        yield _("There is no difference between {first} and {second}.").format(first=first, second=second)
        return
    rows = [(item["what"], item["before_words"], item["after_words"]) for item in answer["items"]]
    yield from table([("", first, second), *rows])
