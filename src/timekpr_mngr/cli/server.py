"""`server add|script|list|check|findings|remove`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from timekpr_mngr.cli.ending import NOT_REACHABLE
from timekpr_mngr.cli.listing import Cursor, Limit, more
from timekpr_mngr.cli.said import SAID, AsJson, Url, ending, line_from_stdin, show, table
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _, noop

app = typer.Typer(help="The computers.", no_args_is_help=True)

SEVERITIES = {"error": noop("ERROR"), "warning": noop("warning"), "info": noop("info")}
MARK = {True: noop("yes"), False: noop("NO"), None: "?"}


@app.command("add")
def add(
    name: str,
    host: str,
    ssh_user: Annotated[str, typer.Option("--ssh-user", help="An account there in the group timekpr.")],
    port: Annotated[int, typer.Option("--port", help="Where sshd listens.")] = 22,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="FILE", help="A private key; without it one is made. - is stdin."),
    ] = None,
    passphrase_stdin: Annotated[
        bool, typer.Option("--passphrase-stdin", help="Read the key's passphrase from standard input.")
    ] = False,
    host_key: Annotated[
        str | None, typer.Option("--host-key", help="Its public key line, or SHA256:… of it.")
    ] = None,
    second_host: Annotated[
        str | None, typer.Option("--second-host", help="Tried where it is not at the first: in a VPN, say.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Add a computer, and print what makes it ready."""
    from timekpr_mngr.cli.client import Service

    body: dict[str, Any] = {"name": name, "host": host, "port": port, "ssh_user": ssh_user}
    if key is not None:
        body["private_key"] = _key(key)
    if passphrase_stdin:
        body["passphrase"] = line_from_stdin()
    if host_key is not None:
        body["host_key"] = host_key
    if second_host is not None:
        body["second_host"] = second_host
    with ending(as_json):
        service = Service.of(url or SAID.url)
        answer = service.post("servers", body=body)
        if answer["fingerprint"] is None and not host_key:
            answer = _with_fingerprint(service, answer)
        show(answer, as_json, _added)


@app.command("script")
def script(
    name: str,
    line: Annotated[bool, typer.Option("--line", help="One line to paste there instead.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="The line that takes away there what the script made.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Print the script that makes a computer ready: to be run there once, as root."""
    from timekpr_mngr.cli.client import Service
    from timekpr_mngr.services.server_script import server_script

    with ending(as_json):
        server = Service.of(url or SAID.url).get("servers", name)
        made = server_script(server["public_key"], server["ssh_user"])
        answer = {"script": made.text, "line": made.line, "remove_line": made.remove_line}
        part = "remove_line" if remove else "line" if line else "script"
        show(answer, as_json, lambda it: it[part].splitlines())


@app.command("list")
def list_(
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            help="online, connecting, offline, host-key-unknown; waiting: those for which changes wait.",
        ),
    ] = None,
    search: Annotated[
        str, typer.Option("--search", help="Words in a name, an address or a user's name.")
    ] = "",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the computers and where each stands."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        answer = Service.of(url or SAID.url).get("servers", state=state, search=search)
        show(answer, as_json, _found if state or search else _listed)


@app.command("check")
def check(
    name: str,
    trust: Annotated[
        str | None, typer.Option("--trust", metavar="SHA256:…", help="Trust this key first.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Try a computer now and say of each step whether it holds."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        if trust is not None:
            service.post("servers", name, "trust", body={"fingerprint": trust})
        answer = service.get("servers", name, "health")
        show(answer, as_json, lambda it: _checked(name, it))
        checks = answer["items"]
        if checks[0]["ok"] is not True or any(check["ok"] is False for check in checks):
            raise typer.Exit(NOT_REACHABLE)


@app.command("findings")
def findings(
    name: Annotated[str | None, typer.Argument(help="One computer; without it all of them.")] = None,
    state: Annotated[str, typer.Option("--state", help="open: what stands; cleared: what is over.")] = "open",
    severity: Annotated[str | None, typer.Option("--severity", help="error, warning or info.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Is it enforcing? List what was found that stands against it, and what to do."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        service = Service.of(url or SAID.url)
        if name is not None:
            service.get("servers", name)  # a name that there is not is an error, and no empty list
        answer = service.get(
            "findings", server=name, state=state, severity=severity, limit=limit, cursor=cursor
        )
        show(answer, as_json, _findings)


@app.command("remove")
def remove(
    name: str,
    force: Annotated[
        bool, typer.Option("--force", help="Also while changes wait, or something is open for a day.")
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Forget a computer and its key."""
    from timekpr_mngr.cli.client import Service

    with ending(as_json):
        Service.of(url or SAID.url).delete("servers", name, force=force)
        show(
            None,
            as_json,
            lambda _answer: [_("{name} is gone. Its limits stay as they are on it.").format(name=name)],
        )


def _key(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else _("it is no text")
        raise Invalid(
            "--key", _("{path} cannot be read: {reason}.").format(path=path, reason=reason)
        ) from None


def _with_fingerprint(service: Any, server: dict[str, Any]) -> dict[str, Any]:
    """Asks a few times for the key that the new server shows; it may be off."""
    import time

    answer = server
    for _attempt in range(10):
        answer = service.get("servers", server["name"])
        if answer["fingerprint"] is not None or answer["error"] is not None:
            break
        time.sleep(0.2)
    return answer


def _added(server: Any) -> Iterator[str]:
    name = server["name"]
    yield _("{name} is added. Make that computer ready with the line that this prints, pasted there:").format(
        name=name
    )
    yield f"    timekpr-mngr server script {name} --line"
    yield _("Or put this line into {account}'s authorized_keys there yourself:").format(
        account=server["ssh_user"]
    )
    yield ""
    yield server["authorized_keys"]
    yield ""
    if server["state"] != "host-key-unknown":
        yield _("Then: timekpr-mngr server check {name}").format(name=server["name"])
        return
    if server["fingerprint"] is None:
        yield _("Its key was not seen yet: is it switched on? Once it is:")
        yield f"    timekpr-mngr server check {server['name']}"
        return
    yield _("It shows the key {fingerprint}. Compare it there:").format(fingerprint=server["fingerprint"])
    yield "    ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    yield _("and if it is the same:")
    yield f"    timekpr-mngr server check {server['name']} --trust {server['fingerprint']}"


def _found(answer: Any) -> Iterator[str]:
    yield from _listed(answer) if answer["items"] else [_("There are no such servers.")]


def _listed(answer: Any) -> Iterator[str]:
    if not answer["items"]:
        yield _("There are no servers yet: timekpr-mngr server add NAME HOST --ssh-user ACCOUNT")
        return
    yield from table([_row(server) for server in answer["items"]])


def _row(server: dict[str, Any]) -> tuple[str, ...]:
    waits = _("{n} waiting").format(n=server["pending"]) if server["pending"] else ""
    why = server["error"]["message"] if server["error"] else ""
    return server["name"], server["state"], ", ".join(server["users"]), waits, why


def _findings(answer: Any) -> Iterator[str]:
    from timekpr_mngr.cli import words

    if not answer["items"]:
        yield _("Nothing was found.")
    for item in answer["items"]:
        since = words.at(item["raised_at"])
        until = "" if item["cleared_at"] is None else f" – {words.at(item['cleared_at'])}"
        yield f"{_(SEVERITIES[item['severity']]):>8}  {words.where(item)}: {item['sentence']} ({since}{until})"
        yield f"          {item['fix']}"
    yield from more(answer)


def _checked(name: str, answer: Any) -> Iterator[str]:
    for item in answer["items"]:
        yield f"{_(MARK[item['ok']]):>4}  {item['sentence']}"
        if item["fix"]:
            yield f"      {item['fix']}"
        if item.get("line"):
            yield f"      {item['line']}"
