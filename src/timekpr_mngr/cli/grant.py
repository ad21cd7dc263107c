"""`grant`: time for today."""

import uuid
from typing import Annotated

import typer

from timekpr_mngr.cli import typed
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending
from timekpr_mngr.cli.waiting import Timeout, Wait, answered
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _


def grant(
    server: str,
    user: str,
    time: Annotated[str | None, typer.Argument(metavar="[TIME]", help="30m, 1h30m, 900s.")] = None,
    take: Annotated[str | None, typer.Option("--take", help="Take this much instead.")] = None,
    set_left: Annotated[str | None, typer.Option("--set-left", help="Say how much should be left.")] = None,
    playtime: Annotated[bool, typer.Option("--playtime", help="PlayTime, not time.")] = False,
    open_up: Annotated[
        bool,
        typer.Option(
            "--open-up",
            help="Where hours or a cap would swallow it, open them up too, until the end of the day.",
        ),
    ] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the list of changes.")] = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Give a user time today. Where the computer is off, it waits until it is on, today."""
    from timekpr_mngr.cli.client import Service

    if [time, take, set_left].count(None) != 2:
        raise Invalid("", _("Say one of: a time to give, --take or --set-left."))
    if open_up and time is None:
        raise Invalid("", _("--open-up goes with a time to give."))
    body: dict[str, object] = {"kind": "playtime" if playtime else "time"}
    if time is not None:
        body["seconds"] = typed.seconds(time)
    elif take is not None:
        body["seconds"] = -typed.seconds(take, "--take")
    elif set_left is not None:
        body["set_left_seconds"] = typed.seconds(set_left, "--set-left")
    if reason is not None:
        body["reason"] = reason
    if open_up:
        body["open_up"] = True
    with ending(as_json):
        service = Service.of(url or SAID.url)
        accepted = service.post("servers", server, "users", user, "grants", body=body, key=uuid.uuid4().hex)
        answered(service, accepted, as_json, wait, timeout)
