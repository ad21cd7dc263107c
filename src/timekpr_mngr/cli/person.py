"""`person list|offers|join|split|rename|keep-apart`: who is whom on which computers."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.listing import Listing
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

app = typer.Typer(cls=Listing, help="People: who is whom on which computers.")

Who = Annotated[str, typer.Argument(metavar="PERSON", help="Their id in the list, or SERVER/USER.")]


@app.command("list")
def list_(url: Url = None, as_json: AsJson = False) -> None:
    """List everybody: time used today on all computers, what is left on each, where they play."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        show(Service.of(url or SAID.url).get("people"), as_json, _listed)


@app.command("offers")
def offers(url: Url = None, as_json: AsJson = False) -> None:
    """List users with the same login on several computers, who may be one person."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        show(Service.of(url or SAID.url).get("people", "offers"), as_json, _offered)


@app.command("join")
def join(
    users: Annotated[list[str], typer.Argument(metavar="SERVER/USER...", help="Two at least.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call them.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make users one person. Nothing changes on their computers."""
    from timekpr_mngr.cli.client import Service

    body = {"users": [user_named(user) for user in users], "name": name}
    with ending(as_json):
        answer = Service.of(url or SAID.url).post("people", body=body)
        show(answer, as_json, lambda person: _listed({"items": [person]}))


@app.command("split")
def split(
    person: Who,
    user: Annotated[
        str | None, typer.Option("--user", metavar="SERVER/USER", help="This one only, not all.")
    ] = None,
    url: Url = None,
) -> None:
    """Make each user of a person, or one of them, a person by themself."""
    from timekpr_mngr.cli.client import Service

    body = {} if user is None else {"user": user_named(user)}
    with ending(False):
        Service.of(url or SAID.url).post("people", person, "split", body=body)


@app.command("rename")
def rename(person: Who, name: str, url: Url = None, as_json: AsJson = False) -> None:
    """Call a person by another name."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        answer = Service.of(url or SAID.url).patch("people", person, body={"name": name})
        show(answer, as_json, lambda renamed: _listed({"items": [renamed]}))


@app.command("keep-apart")
def keep_apart(login: str, url: Url = None) -> None:
    """Do not offer the users of a login as one person again."""
    from timekpr_mngr.cli.client import Service

    with ending(False):
        Service.of(url or SAID.url).post("people", "keep-apart", body={"login": login})


def user_named(text: str) -> dict[str, str]:
    """`SERVER/USER` as REST names a user. Raises Invalid."""
    server, _slash, user = text.partition("/")
    if not server or not user:
        raise Invalid("", _("{text!r} names nobody: write SERVER/USER.").format(text=text))
    return {"server": server, "user": user}


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield _("Nobody is known yet.")
    yield from table([_row(person) for person in answer["items"]])


def _row(person: dict[str, Any]) -> tuple[str, ...]:
    from timekpr_mngr.services.words import duration

    now = person["now"]
    if now["used_seconds"] is None:
        used = _("not known what was used")
    else:
        said = _("used {time}") if now["used_is_whole"] else _("used at least {time}")
        used = said.format(time=duration(now["used_seconds"]))
    playing = ", ".join(user["server"] for user in now["playing_on"])
    return (
        person["id"],
        person["name"],
        used,
        _("playing on {servers}").format(servers=playing) if playing else "",
        ", ".join(_left(user) for user in now["users"]),
    )


def _left(user: dict[str, Any]) -> str:
    from timekpr_mngr.cli.words import where
    from timekpr_mngr.services.words import duration

    if not user["time_left"]:
        return _("{user}: not known what is left").format(user=where(user))
    left = duration(user["time_left"]["day_seconds"])
    return _("{user}: {time} left").format(user=where(user), time=left)


def _offered(answer: Any) -> Iterator[str]:
    from timekpr_mngr.cli.words import where

    if not answer["items"]:
        yield _("There is nobody to join.")
    for offer in answer["items"]:
        users = " ".join(where(user) for user in offer["users"])
        yield _("{name}: timekpr-mngr person join {users}").format(name=offer["name"], users=users)
