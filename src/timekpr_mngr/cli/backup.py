"""`backup` and `restore`: on the data folder; a backup is also made while the service runs."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timekpr_mngr.cli.local import who
from timekpr_mngr.cli.said import SAID, AsJson, DataDir, line_from_stdin, show, wants_json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _, counted

if TYPE_CHECKING:
    from timekpr_mngr.services.backup import Backups
    from timekpr_mngr.settings import Settings
    from timekpr_mngr.store.backup import Contents, Inside, Placed

NAMES_MAX = 8

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="The file whose first line is the passphrase."),
]
PassphraseStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input, one line.")
]


def backup(
    to: Annotated[
        Path | None,
        typer.Argument(metavar="TO", help="A folder, or a new file named *.age; else --backup-dir, or here."),
    ] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also the private keys that open the computers.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make one encrypted file of everything that is kept, also while the service runs."""
    settings = _settings(data_dir)
    typed = _passphrase(passphrase_file or settings.backup_passphrase_file, passphrase_stdin, is_new=True)
    made = _backups(settings).make(who(), to or settings.backup_dir or Path(), typed, with_keys=with_keys)
    answer = _json(made.contents) | {"file": str(made.file)}
    show(answer, as_json, lambda item: [_("{file} is there.").format(file=item["file"])])


def restore(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The backup.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only check all of it and show what is in it.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Put back what was there before the last restore.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put back a backup in the place of what is there, which is kept; the service must be stopped for it."""
    if undo == (file is not None) or (undo and check):
        raise typer.BadParameter(_("Name the file of a backup, or use --undo."))
    settings = _settings(data_dir)
    if file is None:
        _undo(_backups(settings), yes)
        return
    typed = _passphrase(passphrase_file or settings.backup_passphrase_file, passphrase_stdin, is_new=False)
    if check:
        found = _backups(settings).look(file, typed)
        show(_inside(found), as_json, lambda _item: _told(file, found))
        return
    with _backups(settings).restoring(who(), file, typed) as pending:
        found = pending.inside
        if not wants_json(as_json):
            show(None, False, lambda _nothing: _told(file, found))
        _ask(_("Put it in the place of what is in {folder} now?").format(folder=settings.data_dir), yes)
        placed = pending.put_back()
    answer = _inside(found) | {"kept_in": str(placed.aside), "new_keys": list(placed.new_keys)}
    show(answer, as_json, lambda _item: _done(placed))


def _done(placed: "Placed") -> Iterator[str]:
    yield _("It is put back. What was there is kept in {file}.").format(file=placed.aside)
    yield _("To have that again: timekpr-mngr restore --undo")
    if placed.new_keys:
        yield _(
            "These computers have to let in a new key, with the line that their page shows: {servers}."
        ).format(servers=_names(placed.new_keys))


def _undo(backups: "Backups", yes: bool) -> None:
    kept = backups.can_undo()
    if kept is not None:
        print(_("What was there before {when} is put back.").format(when=_at(kept)))
        _ask(_("Put it in the place of what is there now?"), yes)
    backups.undo(who())
    print(_("It is as it was before. To undo that too: timekpr-mngr restore --undo"))


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Invalid("--yes", _("There is nobody to ask: add --yes. Nothing was changed."))
    if not typer.confirm(question):
        print(_("Nothing was changed."))
        raise typer.Exit(3)


def _told(file: Path, found: "Inside") -> Iterator[str]:
    """What a person decides by."""
    contents = found.contents
    yield _("{file} is whole.").format(file=file.name)
    yield _("  Made {when} by timekpr-mngr {version}").format(
        when=_at(contents.made_at), version=contents.version
    )
    yield "  " + _listed(counted("{n} computer", "{n} computers", len(found.servers)), found.servers)
    yield "  " + counted("{n} user", "{n} users", found.users)
    yield "  " + counted("{n} person", "{n} people", found.people)
    yield "  " + _listed(counted("{n} account", "{n} accounts", len(found.accounts)), found.accounts)
    yield "  " + _("{changes}, {waiting} of them waiting").format(
        changes=counted("{n} change", "{n} changes", found.changes), waiting=found.waiting
    )
    if contents.has_keys:
        yield _("  With the private keys of the computers")
    else:
        yield _("  Without private keys: they stay where they are here, and are made anew where they are not")
    yield _("Accounts, passwords and tokens will be those of then, and everybody has to sign in again.")
    if found.waiting:
        yield _("Time that was waiting to be given will ask before it is given.")


def _listed(count: str, names: tuple[str, ...]) -> str:
    return f"{count}: {_names(names)}" if names else count


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - NAMES_MAX
    shown = ", ".join(names[:NAMES_MAX])
    return _("{names} and {n} more").format(names=shown, n=more) if more > 0 else shown


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def _json(contents: "Contents") -> dict[str, Any]:
    return {
        "made_at": contents.made_at.isoformat().replace("+00:00", "Z"),
        "version": contents.version,
        "has_keys": contents.has_keys,
        "rows": contents.rows,
    }


def _inside(found: "Inside") -> dict[str, Any]:
    return _json(found.contents) | {
        "servers": list(found.servers),
        "users": found.users,
        "people": found.people,
        "accounts": list(found.accounts),
        "changes": found.changes,
        "waiting": found.waiting,
    }


def _passphrase(file: Path | None, from_stdin: bool, *, is_new: bool) -> str:
    """Never from an argument: those are seen by everybody."""
    from timekpr_mngr.services.backup import passphrase_in

    if from_stdin:
        return line_from_stdin()
    if file is not None:
        return passphrase_in(file)
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            _("Use --passphrase-file, --passphrase-stdin, or a terminal to type the passphrase.")
        )
    typed: str = typer.prompt(_("Passphrase"), hide_input=True, confirmation_prompt=is_new)
    return typed


def _settings(data_dir: str | None) -> "Settings":
    from timekpr_mngr.settings import Settings

    return Settings.load(data_dir=data_dir or SAID.data_dir)


def _backups(settings: "Settings") -> "Backups":
    from timekpr_mngr.services.backup import Backups

    return Backups(settings.data_dir, settings.database_url)
