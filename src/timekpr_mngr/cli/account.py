"""`account create|list|remove|password`: on the data folder, also while the service runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from timekpr_mngr.cli.said import AsJson, DataDir, PasswordStdin, password, show, table
from timekpr_mngr.texts import _

if TYPE_CHECKING:
    from timekpr_mngr.domain.account import Account

app = typer.Typer(help="Who may sign in.", no_args_is_help=True)


@app.command("create")
def create(
    name: str,
    role: Annotated[str, typer.Option("--role", help="admin or viewer.")] = "admin",
    password_stdin: PasswordStdin = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an account."""
    from timekpr_mngr.cli.local import with_accounts

    typed = password(password_stdin)
    account = with_accounts(
        data_dir, lambda accounts, actor: accounts.add(actor, name, role, typed), may_make=True
    )
    show(
        _json(account),
        as_json,
        lambda item: [
            _("The account {name} ({role}) is there.").format(name=item["name"], role=item["role"])
        ],
    )


@app.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the accounts."""
    from timekpr_mngr.cli.local import with_accounts

    accounts = with_accounts(data_dir, lambda accounts, actor: accounts.list(actor))
    answer = {"items": [_json(account) for account in accounts], "next": None}
    show(answer, as_json, lambda it: table([(item["name"], item["role"]) for item in it["items"]]))


@app.command("remove")
def remove(name: str, data_dir: DataDir = None) -> None:
    """Remove an account, its tokens and its sessions."""
    from timekpr_mngr.cli.local import with_accounts

    with_accounts(data_dir, lambda accounts, actor: accounts.remove(actor, name))
    print(_("The account {name} is gone, with its tokens and sessions.").format(name=name))


@app.command("password")
def password_(name: str, password_stdin: PasswordStdin = False, data_dir: DataDir = None) -> None:
    """Set an account's password; every session of it ends."""
    from timekpr_mngr.cli.local import with_accounts

    typed = password(password_stdin)
    with_accounts(data_dir, lambda accounts, actor: accounts.set_password(actor, name, typed))
    print(_("The password of {name} is set. Wherever it was signed in, it is signed out.").format(name=name))


def _json(account: "Account") -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role.value,
        "created_at": account.created_at.isoformat().replace("+00:00", "Z"),
    }
