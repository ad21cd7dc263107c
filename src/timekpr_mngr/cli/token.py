"""`token create|list|revoke`: on the data folder, also while the service runs."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timekpr_mngr.cli.said import AsJson, DataDir, show, table
from timekpr_mngr.texts import _

if TYPE_CHECKING:
    from timekpr_mngr.domain.account import Token

app = typer.Typer(help="Tokens for programs.", no_args_is_help=True)


@app.command("create")
def create(
    label: str,
    account: Annotated[str, typer.Option("--account", help="As whom a program with it comes.")],
    scope: Annotated[
        str, typer.Option("--scope", help="The most that it may: read, grant, limits or admin.")
    ] = "admin",
    days: Annotated[int | None, typer.Option("--days", help="After so many days it is over.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it: it is shown this once."""
    from timekpr_mngr.cli.local import with_accounts

    secret = with_accounts(
        data_dir,
        lambda accounts, actor: accounts.create_token(actor, label, account, scope=scope, days=days),
    )
    answer = {"label": label, "account": account, "token": secret}
    show(answer, as_json, lambda item: [item["token"]])


@app.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the tokens, not their secrets."""
    from timekpr_mngr.cli.local import with_accounts

    tokens = with_accounts(data_dir, lambda accounts, actor: accounts.tokens(actor))
    show({"items": [_json(token) for token in tokens], "next": None}, as_json, _lines)


@app.command("revoke")
def revoke(token: Annotated[str, typer.Argument(metavar="LABEL|NUMBER")], data_dir: DataDir = None) -> None:
    """End a token at once."""
    from timekpr_mngr.cli.local import with_accounts

    with_accounts(data_dir, lambda accounts, actor: accounts.revoke_token(actor, token))
    print(_("The token {token} is of no use any more.").format(token=token))


def _lines(answer: Any) -> Any:
    return table(
        [
            (
                str(item["id"]),
                item["label"],
                item["account"],
                item["scope"],
                _("last used {when}").format(when=item["last_used_at"] or _("never")),
                _("until {when}").format(when=item["expires_at"]) if item["expires_at"] else "",
            )
            for item in answer["items"]
        ]
    )


def _json(token: "Token") -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "account": token.account,
        "created_at": _instant(token.created_at),
        "last_used_at": _instant(token.last_used_at),
        "scope": token.scope.value,
        "expires_at": _instant(token.expires_at),
    }


def _instant(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value is not None else None
