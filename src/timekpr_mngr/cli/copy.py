"""`user copy`: one user's limits for other users."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.person import user_named
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.cli.waiting import Timeout, Wait, answered
from timekpr_mngr.texts import _, noop

NOTHING = noop("Nothing to copy: they have the same already.")


def copy(
    source: Annotated[str, typer.Argument(metavar="SERVER/USER", help="Whose limits.")],
    to: Annotated[list[str], typer.Argument(metavar="SERVER/USER...", help="For whom.")],
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME",
            help="Only this, by REST's name or how it begins: days, days.6, lockout, playtime. May be repeated.",
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would change, and change nothing.")
    ] = False,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Copy limits to other users. Only what differs is changed."""
    from timekpr_mngr.cli.client import Service

    whose = user_named(source)
    body: dict[str, object] = {"to": [user_named(user) for user in to], "preview": preview}
    if fields:
        body["fields"] = fields
    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.post("servers", whose["server"], "users", whose["user"], "copy", body=body)
        if preview:
            show(answer, as_json, _previewed)
        else:
            answered(service, answer, as_json, wait, timeout, nothing=NOTHING)


def _previewed(answer: Any) -> Iterator[str]:
    from timekpr_mngr.cli import words

    for item in answer["items"]:
        if item["problem"] or not item["differences"]:
            why = item["problem"] or _("has the same already.")
            yield f"{words.where(item)}: {why}"
            continue
        waits = f" {item['waits_for']}" if item["waits_for"] else ""
        yield f"{words.where(item)}:{waits}"
        for line in table(
            [(one["what"], one["before_words"], one["after_words"]) for one in item["differences"]]
        ):
            yield f"  {line}"
