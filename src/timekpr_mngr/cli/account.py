"""`account create|list|role|remove|password|second-factor-off`: on the data folder, also while the service runs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from timekpr_mngr.cli.said import AsJson, DataDir, PasswordStdin, password, show, table
from timekpr_mngr.texts import _

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from timekpr_mngr.domain.account import Actor
    from timekpr_mngr.services.roles import AccountRoles, Roles

app = typer.Typer(help="Who may sign in.", no_args_is_help=True)

NONE = "none"
Minutes = Annotated[int | None, typer.Option("--minutes", help="How many minutes a day a carer may give.")]


@app.command("create")
def create(
    name: str,
    role: Annotated[
        str, typer.Option("--role", help="admin; parent, carer or viewer of everybody; or member.")
    ] = "admin",
    minutes: Minutes = None,
    password_stdin: PasswordStdin = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an account."""
    from timekpr_mngr.cli.local import with_accounts, with_roles

    typed = password(password_stdin)
    added = with_accounts(
        data_dir,
        lambda accounts, actor: accounts.add(actor, name, role, typed, minutes_a_day=minutes),
        may_make=True,
    )
    account = with_roles(data_dir, lambda roles, actor: roles.get(actor, added.name))
    show(
        _json(account),
        as_json,
        lambda item: [
            _("The account {name} ({role}) is there.").format(name=item["name"], role=item["role"])
        ],
    )


@app.command("role")
def role_(
    name: str,
    role: Annotated[
        str, typer.Argument(metavar="ROLE", help="admin, parent, carer, viewer, member; none with --person.")
    ],
    person: Annotated[
        str | None, typer.Option("--person", help="To this one only: their id, or SERVER/USER.")
    ] = None,
    minutes: Minutes = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what an account is to everybody, or to one person."""
    from timekpr_mngr.cli.local import with_roles

    def work(roles: "Roles", actor: "Actor") -> "Awaitable[AccountRoles]":
        if person is None:
            return roles.set(actor, name, role, minutes)
        if role == NONE:
            return roles.take_away(actor, name, person)
        return roles.set_for(actor, name, person, role, minutes)

    show(_json(with_roles(data_dir, work)), as_json, lambda item: table([_row(item)]))


@app.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the accounts."""
    from timekpr_mngr.cli.local import with_roles

    found = with_roles(data_dir, lambda roles, actor: roles.list(actor))
    answer = {"items": [_json(account) for account in found], "next": None}
    show(answer, as_json, lambda it: table([_row(item) for item in it["items"]]))


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


@app.command("second-factor-off")
def second_factor_off(name: str, data_dir: DataDir = None) -> None:
    """Take an account's second factor away, for who has lost it: from then on the password alone lets in."""
    from timekpr_mngr.cli.local import with_accounts

    with_accounts(data_dir, lambda accounts, actor: accounts.second_factors.take_away(actor, name))
    print(_("{name} signs in with the password alone now.").format(name=name))


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    said = _("{role} of {person}")
    people = [
        said.format(role=_role(one), person=f"{one['name']} ({one['person']})") for one in item["people"]
    ]
    return item["name"], _role(item), ", ".join(people)


def _role(item: dict[str, Any]) -> str:
    minutes = item["minutes_a_day"]
    return str(item["role"]) if minutes is None else f"{item['role']} {minutes} min"


def _json(found: "AccountRoles") -> dict[str, Any]:
    account = found.account
    return {
        "name": account.name,
        "role": account.role.value,
        "minutes_a_day": account.minutes_a_day,
        "created_at": account.created_at.isoformat().replace("+00:00", "Z"),
        "people": [
            {
                "person": one.person,
                "name": one.name,
                "role": one.role.value,
                "minutes_a_day": one.minutes_a_day,
            }
            for one in found.people
        ],
    }
