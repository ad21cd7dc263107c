"""Backups that somebody made up, under a passphrase that is known: refused in words, with everything as it was."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backup.family import MUM, PASSPHRASE, backups
from tests.backup.old import DATA, rows_of
from timekpr_mngr.store.backup import Unusable, lines, scratch
from timekpr_mngr.store.backup.sealed import Sealing
from timekpr_mngr.store.opening import DATABASE_NAME

OLD = DATA / "0003.age"
Lines = list[Any]


@pytest.fixture(scope="module")
def written() -> Lines:
    """The lines of a good backup."""
    with OLD.open("rb") as opened:
        return list(lines.read(opened, PASSPHRASE))


def forge(file: Path, content: Lines) -> Path:
    """A backup of these lines."""
    with file.open("wb") as opened:
        writing = lines.Writing(opened, PASSPHRASE)
        for line in content:
            writing.write(line)
        writing.finish()
    return file


def seal(file: Path, *pieces: bytes) -> Path:
    """A sealed file of something else."""
    with file.open("wb") as opened:
        sealing = Sealing(opened, PASSPHRASE)
        for piece in pieces:
            sealing.write(piece)
        sealing.finish()
    return file


def files(folder: Path) -> list[str]:
    """What lies there, but the locks."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def refused(home: Path, file: Path) -> str:
    """What is said of it, with nothing touched and nothing left behind."""
    before = rows_of(home / DATABASE_NAME), files(home)
    with pytest.raises(Unusable) as caught, backups(home).restoring(MUM, file, PASSPHRASE):
        pass
    assert (rows_of(home / DATABASE_NAME), files(home)) == before
    return caught.value.message


def change(content: Lines, table: str, column: str, value: Any) -> None:
    """Sets a value of the first row of a table."""
    at = next(n for n, line in enumerate(content) if isinstance(line, dict) and line.get("table") == table)
    content[at + 1][content[at]["columns"].index(column)] = value


def head(content: Lines, **values: Any) -> None:
    """Sets what the first line says."""
    content[0].update(values)


def at(content: Lines, table: str) -> int:
    """Where a table begins."""
    return next(n for n, line in enumerate(content) if isinstance(line, dict) and line.get("table") == table)


def rename(content: Lines, table: str, to: str) -> None:
    """Gives a table another name, everywhere."""
    content[at(content, table)]["table"] = to
    content[0]["rows"][to] = content[0]["rows"].pop(table)


FORGERIES: dict[str, tuple[Callable[[Lines], object], str]] = {
    # the first line
    "nothing": (lambda c: c.clear(), "does not say what is in it"),
    "a list first": (lambda c: c.insert(0, []), "does not say what is in it"),
    "no revision": (lambda c: c[0].pop("revision"), "does not say what is in it"),
    "something more": (lambda c: head(c, more=1), "does not say what is in it"),
    "another format": (lambda c: head(c, **{"timekpr-mngr backup": 2}), "newer timekpr-mngr"),
    "a format that is true": (lambda c: head(c, **{"timekpr-mngr backup": True}), "does not say"),
    "no instant": (lambda c: head(c, made_at="yesterday"), "does not say what is in it"),
    "an instant before all": (lambda c: head(c, made_at="0001-01-01T00:00:00+14:00"), "does not say"),
    "a version that moves the cursor": (lambda c: head(c, version="\x1b[2J"), "does not say what is in it"),
    "a revision of the future": (lambda c: head(c, revision="9999"), "newer timekpr-mngr"),
    "a revision that is a path": (lambda c: head(c, revision="../../x"), "newer timekpr-mngr"),
    "a revision that is a number": (lambda c: head(c, revision=3), "does not say what is in it"),
    "rows that are none": (lambda c: head(c, rows=[]), "does not say what is in it"),
    "fewer than no rows": (lambda c: c[0]["rows"].update(servers=-2), "does not say what is in it"),
    # the tables
    "a table too many": (lambda c: c[0]["rows"].update(recipes=0), "tables that its version has: recipes"),
    "a table too few": (lambda c: c[0]["rows"].pop("audit"), "tables that its version has: audit"),
    "a table of the system": (lambda c: rename(c, "audit", "sqlite_master"), "sqlite_master"),
    "a table of ours that no backup has": (lambda c: rename(c, "audit", "meta"), "meta"),
    "a table in the place of another": (lambda c: c[at(c, "audit")].update(table="servers"), "table audit"),
    "a column too many": (lambda c: c[at(c, "audit")]["columns"].append("x"), "table audit"),
    "a column that is SQL": (lambda c: c[at(c, "audit")].update(columns=['id") --']), "table audit"),
    # how many
    "a row too many": (lambda c: c.insert(at(c, "audit") + 1, list(c[at(c, "audit") + 1])), "audit"),
    "a row too few": (lambda c: c.pop(at(c, "audit") + 1), "audit"),
    "more rows than there are": (lambda c: c[0]["rows"].update(usage_samples=10**15), "usage_samples"),
    "no end": (lambda c: c.pop(), "does not hold what it says"),
    "something behind the end": (lambda c: c.append({}), "does not hold what it says"),
    # the rows
    "a row that is no list": (lambda c: c.__setitem__(at(c, "audit") + 1, {}), "row of audit"),
    "a row that is too short": (lambda c: c[at(c, "audit") + 1].pop(), "row of audit"),
    "a text for a number": (lambda c: change(c, "servers", "port", "22"), "row of servers"),
    "a number for a text": (lambda c: change(c, "servers", "host", 22), "row of servers"),
    "a truth for a number": (lambda c: change(c, "servers", "port", True), "row of servers"),
    "a number for a truth": (lambda c: change(c, "drift", "overwritten", 1), "row of drift"),
    "a number that is too large": (lambda c: change(c, "servers", "port", 2**63), "row of servers"),
    "an instant that no calendar has": (lambda c: change(c, "audit", "at", 2**62), "row of audit"),
    "a day that no calendar has": (
        lambda c: change(c, "usage_days", "day", "2025-02-30"),
        "row of usage_days",
    ),
    "a day in other figures": (lambda c: change(c, "usage_days", "day", "٢٠٢٥-٠١-٠١"), "row of usage_days"),
    "half a letter": (lambda c: change(c, "audit", "what", "\ud800"), "row of audit"),
    "nothing where something must be": (lambda c: change(c, "audit", "what", None), "row of audit"),
    "the same key twice": (lambda c: change(c, "audit", "id", 2), "row of audit"),
    "a row that refers to none": (lambda c: change(c, "changes", "server_id", 77), "row of changes"),
    "a role that there is not": (lambda c: change(c, "accounts", "role", "root"), "row of accounts"),
    "a state that there is not": (lambda c: change(c, "changes", "state", "done"), "row of changes"),
    "a server whose name is a path": (lambda c: change(c, "servers", "name", "../../x"), "row of servers"),
    "a server whose name is markup": (lambda c: change(c, "servers", "name", "<script>"), "row of servers"),
    "an address that is an option": (
        lambda c: change(c, "servers", "host", "-oProxyCommand=x"),
        "row of servers",
    ),
    "a key in a backup without keys": (lambda c: change(c, "servers", "private_key", "x"), "what it says"),
}


@pytest.mark.parametrize(("forgery", "says"), FORGERIES.values(), ids=FORGERIES)
def test_what_no_backup_of_ours_holds_is_refused(
    forgery: Callable[[Lines], object], says: str, written: Lines, home: Path, tmp_path: Path
) -> None:
    content = json.loads(json.dumps(written))
    forgery(content)

    assert says in refused(home, forge(tmp_path / "forged", content))


def test_the_same_untouched_is_put_back(written: Lines, home: Path, tmp_path: Path) -> None:
    with backups(home).restoring(MUM, forge(tmp_path / "same", written), PASSPHRASE) as pending:
        assert pending.inside.servers == ("name-1", "name-2")


@pytest.mark.parametrize(
    "text",
    [
        b"not even JSON\n",
        b"NaN\n",
        b"1e999\n",
        b"[" * 100_000 + b"\n",
        b"1" * 10_000 + b"\n",
        b'"\xff"\n',
        b"{}",
    ],
)
def test_lines_that_are_no_json_are_refused(text: bytes, home: Path, tmp_path: Path) -> None:
    import gzip

    assert "no backup of timekpr-mngr" in refused(home, seal(tmp_path / "x", gzip.compress(text)))


@pytest.mark.parametrize("pieces", [(b"",), (b"not packed",), (b"\x1f\x8b",)])
def test_what_is_not_packed_is_refused(pieces: tuple[bytes, ...], home: Path, tmp_path: Path) -> None:
    assert "no backup of timekpr-mngr" in refused(home, seal(tmp_path / "x", *pieces))


def test_what_stands_behind_the_packed_lines_is_refused(written: Lines, home: Path, tmp_path: Path) -> None:
    import gzip

    good = gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in written))

    assert "no backup of timekpr-mngr" in refused(home, seal(tmp_path / "x", good, b"more"))


def test_a_line_that_unpacks_to_more_than_there_is_memory_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tracemalloc
    import zlib

    monkeypatch.setattr(lines, "LINE_MAX", 1 << 20)
    packing = zlib.compressobj(wbits=31)
    bomb = [packing.compress(bytes(1 << 20)) for _ in range(64)]
    tracemalloc.start()
    said = refused(home, seal(tmp_path / "bomb", *bomb, packing.flush()))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "no backup of timekpr-mngr" in said
    assert most < 16 << 20


def test_one_that_unpacks_to_more_than_the_disk_holds_is_refused(
    written: Lines, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "ROOM_LEFT", shutil.disk_usage(home).total + 1)

    assert "too little room" in refused(home, forge(tmp_path / "large", written))


@pytest.mark.parametrize("what", [b"", b"Dear diary", os.urandom(5000)], ids=["empty", "short", "noise"])
def test_another_file_is_refused(what: bytes, home: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_bytes(what)

    assert "no backup" in refused(home, tmp_path / "letter")


def test_a_file_that_is_not_there_is_said(home: Path, tmp_path: Path) -> None:
    assert "cannot be read" in refused(home, tmp_path / "nowhere")
    assert "cannot be read" in refused(home, tmp_path)
