"""`backup` and `restore` as a person types them, and the service that makes a backup every day."""

import time
from pathlib import Path

import pytest

from tests.backup.family import PASSPHRASE
from tests.backup.old import rows_of
from tests.cli.running import Ended, in_this_process, service
from tests.ports import free_port
from timekpr_mngr.services.backup import instant_in
from timekpr_mngr.store.opening import DATABASE_NAME


def typed(*arguments: str, data_dir: Path, stdin: str = PASSPHRASE + "\n") -> Ended:
    """A command with its passphrase on standard input."""
    return in_this_process(*arguments, "--passphrase-stdin", "--data-dir", str(data_dir), stdin=stdin)


@pytest.fixture
def made(home: Path, shelf: Path) -> Path:
    """A backup, made by the command."""
    ended = typed("backup", str(shelf), "--json", data_dir=home)
    assert ended.status == 0, ended.err
    return Path(ended.json["file"])


def test_a_backup_is_made_looked_at_put_back_and_that_is_undone(made: Path, elsewhere: Path) -> None:
    looked = typed("restore", str(made), "--check", data_dir=elsewhere)
    assert looked.status == 0
    for words in (
        f"{made.name} is whole.",
        "2 computers: kids-pc, laptop",
        "1 account: mum",
        "2 changes, 2 of them",
    ):
        assert words in looked.out
    assert not elsewhere.exists()

    done = typed("restore", str(made), "--yes", data_dir=elsewhere)
    assert done.status == 0
    assert "It is put back." in done.out
    assert "a new key" in done.out.partition("It is put back.")[2]
    assert len(rows_of(elsewhere / DATABASE_NAME)["servers"]) == 2

    undone = in_this_process("restore", "--undo", "--yes", "--data-dir", str(elsewhere))
    assert undone.status == 0
    assert "It is as it was before." in undone.out
    assert rows_of(elsewhere / DATABASE_NAME)["servers"] == []


def test_it_is_told_as_json_too(made: Path, elsewhere: Path) -> None:
    looked = typed("restore", str(made), "--check", "--json", data_dir=elsewhere).json
    done = typed("restore", str(made), "--yes", "--json", data_dir=elsewhere).json

    assert (looked["servers"], looked["has_keys"]) == (["kids-pc", "laptop"], False)
    assert done["new_keys"] == ["kids-pc", "laptop"]
    assert Path(done["kept_in"]).exists()


def test_without_anybody_to_ask_nothing_is_put_back(made: Path, elsewhere: Path) -> None:
    ended = typed("restore", str(made), data_dir=elsewhere)

    assert ended.status == 2
    assert "add --yes" in ended.err
    assert not (elsewhere / DATABASE_NAME).exists()


def test_another_passphrase_is_said(made: Path, elsewhere: Path) -> None:
    ended = typed("restore", str(made), "--check", data_dir=elsewhere, stdin="some other passphrase\n")

    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "timekpr-mngr: passphrase: This passphrase does not open the file.\n"


def test_an_altered_file_is_said(made: Path, elsewhere: Path) -> None:
    made.write_bytes(made.read_bytes()[:-1])
    ended = typed("restore", str(made), "--check", data_dir=elsewhere)

    assert (ended.status, ended.out) == (3, "")
    assert "cut off, damaged or altered" in ended.err


@pytest.mark.parametrize("arguments", [(), ("x", "--undo"), ("--undo", "--check")])
def test_it_wants_a_file_or_to_undo(arguments: tuple[str, ...], elsewhere: Path) -> None:
    ended = in_this_process("restore", *arguments, "--data-dir", str(elsewhere))

    assert ended.status == 2
    assert not elsewhere.exists()


def test_nothing_to_undo_is_said(home: Path) -> None:
    ended = in_this_process("restore", "--undo", "--yes", "--data-dir", str(home))

    assert (ended.status, ended.out) == (3, "")
    assert "Nothing was put back here" in ended.err


def test_without_a_terminal_the_passphrase_comes_from_a_file_or_standard_input(
    home: Path, shelf: Path
) -> None:
    refused = in_this_process("backup", str(shelf), "--data-dir", str(home))
    assert refused.status == 2
    (shelf / "passphrase").write_text(PASSPHRASE + "\n")
    arguments = (
        "backup",
        str(shelf),
        "--passphrase-file",
        str(shelf / "passphrase"),
        "--data-dir",
        str(home),
    )

    assert in_this_process(*arguments).status == 0


def test_the_settings_of_the_service_hold_for_the_command_too(home: Path, shelf: Path) -> None:
    (shelf / "passphrase").write_text(PASSPHRASE + "\n")
    ended = in_this_process(
        "backup",
        "--data-dir",
        str(home),
        TIMEKPR_MNGR_BACKUP_DIR=str(shelf),
        TIMEKPR_MNGR_BACKUP_PASSPHRASE_FILE=str(shelf / "passphrase"),
    )

    assert ended.status == 0, ended.err
    assert len(list(shelf.glob("*.age"))) == 1


def test_a_service_with_a_folder_for_backups_but_no_passphrase_does_not_start(
    home: Path, shelf: Path
) -> None:
    ended = in_this_process("serve", "--backup-dir", str(shelf), "--data-dir", str(home))

    assert ended.status == 2
    assert "backup_passphrase_file" in ended.err


def test_the_service_makes_one_as_it_starts_and_nothing_is_restored_under_it(
    home: Path, shelf: Path, tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    port = free_port()
    arguments = [
        "timekpr_mngr.cli", "serve", "--port", str(port), "--data-dir", str(home), "--backup-dir", str(shelf),
        "--backup-passphrase-file", str(tmp_path / "passphrase"), "--backup-keep", "2",
    ]  # fmt: skip
    with service(arguments, tmp_path, port) as running:
        while not (made := [path for path in shelf.iterdir() if instant_in(path.name)]):
            assert running.process.poll() is None, running.log
            time.sleep(0.05)
        under_it = typed("restore", str(made[0]), "--yes", data_dir=home)
        assert running.stop() == 0
        assert PASSPHRASE not in running.log

    assert under_it.status == 4
    assert "timekpr-mngr is running on the data" in under_it.err
    assert typed("restore", str(made[0]), "--yes", data_dir=home).status == 0
