"""All commands under one roof. What a command needs is imported when it runs, so that `--help` is quick."""

from typing import Annotated, Any

import typer

from timekpr_mngr.cli import (
    account,
    backup,
    changes,
    copy,
    diagnostics,
    drift,
    grant,
    history,
    person,
    rotate_key,
    sent,
    server,
    serving,
    token,
    user,
    versions,
)
from timekpr_mngr.cli.said import SAID
from timekpr_mngr.texts import _

app = typer.Typer(
    name="timekpr-mngr",
    help="Administers the screen time of timekpr-next on many computers, over SSH.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def said_before(
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where the service is.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print REST objects.")] = False,
    data_dir: Annotated[
        str | None, typer.Option("--data-dir", metavar="FOLDER", help="The data folder.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True)
    ] = False,
) -> None:
    """What stands before a command's name counts for it too."""
    if version:
        import timekpr_mngr

        print(timekpr_mngr.__version__)
        raise typer.Exit
    SAID.url, SAID.as_json, SAID.data_dir = url, as_json, data_dir


app.command("serve")(serving.serve)
app.command("demo")(serving.demo)
app.add_typer(account.app, name="account")
app.add_typer(token.app, name="token")
app.add_typer(server.app, name="server")
app.add_typer(user.app, name="user")
user.app.command("copy")(copy.copy)
app.add_typer(person.app, name="person")
app.command("grant")(grant.grant)
app.add_typer(changes.app, name="changes")
app.add_typer(drift.app, name="drift")
app.command("history")(history.history)
app.add_typer(versions.app, name="versions")
app.command("sent")(sent.sent)
app.command("diagnostics")(diagnostics.diagnostics)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("rotate-key")(rotate_key.rotate_key)


def command() -> Any:
    """All of them as click runs them, with their help in the language in force."""
    root = typer.main.get_command(app)
    _translate(root)
    return root


def _translate(item: Any) -> None:
    """What a decorator was told when this was imported is translated only now: the language was not known then."""
    for told in (item, *item.params):
        if getattr(told, "help", None):
            told.help = _(told.help)
    for inner in getattr(item, "commands", {}).values():
        _translate(inner)
