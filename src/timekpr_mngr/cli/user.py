"""`user list|show|set`; `copy` has a file of its own."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from timekpr_mngr.cli import typed
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, show, table
from timekpr_mngr.cli.waiting import Timeout, Wait, answered
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

app = typer.Typer(help="Users and their limits.", no_args_is_help=True)

Switch = bool | None


@app.command("list")
def list_(
    server: Annotated[str | None, typer.Argument()] = None, url: Url = None, as_json: AsJson = False
) -> None:
    """List a computer's users, or those of all computers."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        if server is not None:
            show(service.get("servers", server, "users"), as_json, _listed)
            return
        servers = service.get("servers")["items"]
        items = [
            {"server": each["name"], **entry}
            for each in servers
            for entry in service.get("servers", each["name"], "users")["items"]
        ]
        show({"items": items, "next": None}, as_json, _listed)


@app.command("show")
def show_(server: str, user: str, url: Url = None, as_json: AsJson = False) -> None:
    """Show how much time a user has, and what limits it."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        show(Service.of(url or SAID.url).get("servers", server, "users", user), as_json, _shown)


@app.command("set")
def set_(
    server: str,
    user: str,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...", help="By REST's names: lockout.type=lock days.6.limit_seconds=3h"
        ),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--day", help="mon … sun, 1 … 7, several with commas, weekdays, weekend, all."),
    ] = None,
    limit: Annotated[str | None, typer.Option("--limit", help="The limit of --day: 2h30m.")] = None,
    hours: Annotated[
        str | None,
        typer.Option(
            "--hours", help="The hours of --day: 7:00-8:00,15:00-20:30; ! behind uncounted time; none; all."
        ),
    ] = None,
    playtime_limit: Annotated[
        str | None, typer.Option("--playtime-limit", help="The PlayTime of --day: 45m.")
    ] = None,
    week_limit: Annotated[str | None, typer.Option("--week-limit", help="16h.")] = None,
    month_limit: Annotated[str | None, typer.Option("--month-limit", help="60h.")] = None,
    track_inactive: Annotated[
        Switch, typer.Option("--track-inactive/--no-track-inactive", help="Count a locked screen too.")
    ] = None,
    hide_tray_icon: Annotated[
        Switch, typer.Option("--hide-tray-icon/--no-hide-tray-icon", help="No icon, no notices.")
    ] = None,
    lockout: Annotated[
        str | None,
        typer.Option("--lockout", help="lock, suspend, suspendwake:FROM-TO, terminate, kill or shutdown."),
    ] = None,
    playtime: Annotated[Switch, typer.Option("--playtime/--no-playtime", help="Limit PlayTime.")] = None,
    playtime_override: Annotated[
        Switch, typer.Option("--playtime-override/--no-playtime-override", help="Count only PlayTime.")
    ] = None,
    playtime_unaccounted: Annotated[
        Switch,
        typer.Option("--playtime-unaccounted/--no-playtime-unaccounted", help="Allow it in uncounted hours."),
    ] = None,
    activity: Annotated[
        list[str] | None,
        typer.Option(
            "--activity", metavar="MASK[=NAME]", help="A PlayTime program; all of them replace the list."
        ),
    ] = None,
    json_patch: Annotated[
        str | None,
        typer.Option("--json-patch", metavar="JSON", help="Any part of REST's config; - is stdin."),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 60.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change limits. Only what differs is changed; where the computer is off, it waits."""
    from timekpr_mngr.cli.client import Service

    patch = _parsed(json_patch)
    for part in values or []:
        _put(patch, part)
    _put_days(patch, day, limit, hours, playtime_limit)
    _put_plain(
        patch,
        week_limit_seconds=None if week_limit is None else typed.seconds(week_limit, "--week-limit"),
        month_limit_seconds=None if month_limit is None else typed.seconds(month_limit, "--month-limit"),
        track_inactive=track_inactive,
        hide_tray_icon=hide_tray_icon,
        lockout=None if lockout is None else typed.lockout(lockout, "--lockout"),
    )
    playtime_part = patch.setdefault("playtime", {})
    _put_plain(
        playtime_part,
        enabled=playtime,
        override=playtime_override,
        unaccounted_intervals=playtime_unaccounted,
        activities=None if activity is None else [_activity(item) for item in activity],
    )
    if not playtime_part:
        del patch["playtime"]
    if not patch:
        raise Invalid("", _("Nothing was said to change: see `timekpr-mngr user set --help`."))
    with ending(as_json):
        service = Service.of(url or SAID.url)
        accepted = service.patch("servers", server, "users", user, "config", body=patch)
        answered(service, accepted, as_json, wait, timeout)


def _parsed(text: str | None) -> dict[str, Any]:
    import json

    if text is None:
        return {}
    try:
        patch = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError:
        raise Invalid("--json-patch", _("This is not valid JSON.")) from None
    if not isinstance(patch, dict):
        raise Invalid("--json-patch", _("This is an object with named values."))
    return patch


def _put(patch: dict[str, Any], text: str) -> None:
    """`days.6.limit_seconds=3h` into the nested object; `days.6` is the item of that day."""
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise Invalid(text, _("A value is set like NAME=VALUE."))
    *parents, last = path.split(".")
    here: Any = patch
    for index, part in enumerate(parents):
        if part.isdigit():
            continue
        following = parents[index + 1] if index + 1 < len(parents) else ""
        here = (
            _day(here.setdefault(part, []), int(following))
            if following.isdigit()
            else here.setdefault(part, {})
        )
        if not isinstance(here, dict):
            raise Invalid(text, _("There is no such name."))
    here[last] = typed.value(last, value)


def _day(days: Any, weekday: int) -> dict[str, Any]:
    if not isinstance(days, list):
        raise Invalid("days", _("Days are a list."))
    for item in days:
        if isinstance(item, dict) and item.get("day") == weekday:
            return item
    days.append({"day": weekday})
    made: dict[str, Any] = days[-1]
    return made


def _put_days(
    patch: dict[str, Any], day: str | None, limit: str | None, hours: str | None, playtime_limit: str | None
) -> None:
    if limit is None and hours is None and playtime_limit is None:
        if day is not None:
            raise Invalid("--day", _("Say what to set for it: --limit, --hours or --playtime-limit."))
        return
    if day is None:
        raise Invalid("--day", _("Say for which day: --day sat, --day weekdays, --day all."))
    for weekday in typed.days(day):
        if limit is not None:
            _day(patch.setdefault("days", []), weekday)["limit_seconds"] = typed.seconds(limit, "--limit")
        if hours is not None:
            _day(patch.setdefault("days", []), weekday)["hours"] = typed.spans(hours)
        if playtime_limit is not None:
            part = _day(patch.setdefault("playtime", {}).setdefault("days", []), weekday)
            part["limit_seconds"] = typed.seconds(playtime_limit, "--playtime-limit")


def _put_plain(patch: dict[str, Any], **values: Any) -> None:
    patch.update({name: value for name, value in values.items() if value is not None})


def _activity(text: str) -> dict[str, str]:
    mask, _sign, description = text.partition("=")
    return {"mask": mask, "description": description}


def _listed(answer: Any) -> Iterator[str]:
    rows = [
        (
            *([item["server"]] if "server" in item else []),
            item["name"],
            item["full_name"],
            _("out of view") if item["hidden"] else "",
        )
        for item in answer["items"]
    ]
    yield from table(rows) if rows else [_("No users are known yet.")]


def _shown(user: Any) -> Iterator[str]:
    from timekpr_mngr.services import words

    yield f"{user['name']}{' (' + user['full_name'] + ')' if user['full_name'] else ''}: {_presence(user)}"
    if user["problem"]:
        yield f"  {user['problem']}"
    if left := user["time_left"]:
        source = "" if left["source"] == "live" else _(", as computed")
        yield _("  left today: {time} ({reason}{source})").format(
            time=words.exactly(left["day_seconds"]), reason=left["reason"], source=source
        )
        if left["playtime_seconds"] is not None:
            yield _("  PlayTime left: {time}").format(time=words.exactly(left["playtime_seconds"]))
    if used := user["usage"]:
        yield (
            _("  used: {today} today, {week} this week, {month} this month (as of {as_of})").format(
                today=words.exactly(used["spent_day_seconds"]),
                week=words.exactly(used["spent_week_seconds"]),
                month=words.exactly(used["spent_month_seconds"]),
                as_of=used["as_of"],
            )
        )
    if config := user["config"]:
        for day in config["days"]:
            limit, hours = (
                words.value(f"days.{day['day']}.{name}", day[name]) for name in ("limit_seconds", "hours")
            )
            yield f"  {words.day(day['day'])}: {limit}, {hours}"
        for name in ("week_limit_seconds", "month_limit_seconds", "lockout"):
            yield f"  {words.field(name)}: {words.value(name, config[name])}"
    yield _("  read {when}").format(when=user["read_at"] or _("never"))


def _presence(user: dict[str, Any]) -> str:
    if user["logged_in"] is None:
        return _("not known whether logged in")
    return _("logged in") if user["logged_in"] else _("not logged in")
