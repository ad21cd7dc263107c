"""Reading all of timekpr's files from one tar, that of an honest server and that of a hostile one."""

import os
import subprocess
import tarfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import files
from timekpr_mngr.link.files import FileText, Member, ServerFiles, members_of, read_files, sorted_out

CONFIG = "var/lib/timekpr/config"
WORK = "var/lib/timekpr/work"
COMPLETE_USER = "[emma]\nx = 1\nPLAYTIME_LIMITS_PER_WEEKDAYS = 0\n"
COMPLETE_SERVER = "[GENERAL]\nTIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED = False\n"
COMPLETE_CONTROL = "[emma]\nPLAYTIME_SPENT_DAY = 0\n"


def usual(_: FileText | None) -> tuple[str, str]:
    return "/" + CONFIG, "/" + WORK


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("etc/timekpr", CONFIG, WORK):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def packed(tree: Path, *folders: str) -> bytes:
    """As the server packs it."""
    command = [
        "tar",
        "--format=posix",
        "-cf",
        "-",
        "-C",
        str(tree),
        *(folders or ("etc/timekpr", "var/lib/timekpr")),
    ]
    return subprocess.run(command, check=True, capture_output=True).stdout


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    """As Python packs it, whatever the names."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            tar.addfile(info, BytesIO(content))
    return out.getvalue()


def test_every_file_finds_its_place(tree: Path) -> None:
    (tree / "etc/timekpr/timekpr.conf").write_text("server")
    (tree / CONFIG / "timekpr.emma.conf").write_text("config")
    (tree / CONFIG / "timekpr.emma.conf.prev").write_text("previous")
    (tree / WORK / "emma.time").write_text("control")
    found = sorted_out(packed(tree), usual)
    assert found.server is not None
    assert found.server.text == "server"
    emma = found.users["emma"]
    assert [part and part.text for part in (emma.config, emma.previous, emma.control)] == [
        "config",
        "previous",
        "control",
    ]
    assert list(found.users) == ["emma"]


def test_the_packages_samples_are_no_users(tree: Path) -> None:
    (tree / CONFIG / "timekpr.USER.conf").write_text("x")
    (tree / WORK / "USER.time").write_text("x")
    assert sorted_out(packed(tree), usual).users == {}


def test_what_is_not_a_users_file_is_left_out(tree: Path) -> None:
    for name in (
        "timekpr.emma.conf.invalid",
        "timekpr.emma.conf.tmp",
        "notes.txt",
        "timekpr..conf",
        "timekpr.conf",
    ):
        (tree / CONFIG / name).write_text("x")
    (tree / WORK / "emma.time.prev").write_text("x")
    (tree / CONFIG / "deeper").mkdir()
    (tree / CONFIG / "deeper" / "timekpr.leo.conf").write_text("x")
    os.symlink("/etc/passwd", tree / CONFIG / "timekpr.link.conf")
    assert sorted_out(packed(tree), usual).users == {}


def test_a_name_may_have_dots_and_letters_of_any_language(tree: Path) -> None:
    for name in ("ann.lee", "zoë", "dom\\kid", "n" * 120):
        (tree / CONFIG / f"timekpr.{name}.conf").write_text("x")
    assert set(sorted_out(packed(tree), usual).users) == {"ann.lee", "zoë", "dom\\kid", "n" * 120}


def test_the_time_of_a_file_has_its_fraction(tree: Path) -> None:
    path = tree / CONFIG / "timekpr.emma.conf"
    path.write_text("x")
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    config = sorted_out(packed(tree), usual).users["emma"].config
    assert config is not None
    assert abs(config.modified - 1_700_000_000.123456) < 1e-5


def test_folders_of_the_servers_own_are_where_timekpr_conf_says(tree: Path) -> None:
    (tree / "srv/kids/config").mkdir(parents=True)
    (tree / "srv/kids/config/timekpr.emma.conf").write_text("x")
    (tree / CONFIG / "timekpr.leo.conf").write_text("a leftover")
    found = sorted_out(packed(tree, "etc/timekpr", "var/lib/timekpr", "srv/kids/config"),
                       lambda _: ("/srv/kids/config/", "/var/lib/timekpr/work"))  # fmt: skip
    assert list(found.users) == ["emma"]


def test_an_archive_of_nothing_is_no_file_at_all(tmp_path: Path) -> None:
    assert sorted_out(packed(tmp_path, "."), usual) == ServerFiles()


def test_what_is_not_utf8_is_shown_replaced(tree: Path) -> None:
    (tree / CONFIG / "timekpr.emma.conf").write_bytes(b"a\xffb")
    config = sorted_out(packed(tree), usual).users["emma"].config
    assert config is not None
    assert config.shown == "a\N{REPLACEMENT CHARACTER}b"
    config.shown.encode()


@pytest.mark.parametrize(
    "path",
    [
        "../../x", "/var/lib/timekpr/config/../../../../etc/passwd", f"{CONFIG}/timekpr.../../../x.conf",
        f"{CONFIG}/timekpr.a/b.conf", f"{CONFIG}/timekpr. .conf", f"{CONFIG}/timekpr.a\nb.conf",
        f"{CONFIG}/timekpr.a;b.conf",
        f"{WORK}/..time", f"{WORK}/.time", f"{CONFIG}/timekpr.%(x)s.conf", f"{CONFIG}/timekpr." + "n" * 300 + ".conf",
        f"{CONFIG}/timekpr.\x1b[31m.conf",
    ],
)  # fmt: skip
def test_a_hostile_name_is_no_user(path: str) -> None:
    assert sorted_out(archive((path, b"x")), usual).users == {}


def test_a_name_full_of_markup_is_only_a_name() -> None:
    users = sorted_out(archive((f"{CONFIG}/timekpr.<script>.conf", b"x")), usual).users
    assert list(users) == ["<script>"]  # it is for the page to show it as text


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_only_regular_files_are_read(kind: bytes) -> None:
    assert list(members_of(archive((f"{CONFIG}/timekpr.emma.conf", b""), kind=kind))) == []


def test_a_file_too_large_for_timekpr_is_left_out() -> None:
    data = archive(("big", b"x" * (files.MEMBER_MAX + 1)), ("small", b"y"))
    assert [member.path for member in members_of(data)] == ["small"]


def broken(change: Callable[[bytearray], None]) -> bytes:
    data = bytearray(archive(("a" * 20, b"content")))
    change(data)
    return bytes(data)


def with_checksum(data: bytearray) -> None:
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])


def size_of(field: bytes) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[124:136] = field
        with_checksum(data)

    return change


def extended(record: bytes) -> bytes:
    """An archive with an extended header of just these bytes."""
    return archive(("x", record), kind=tarfile.XHDTYPE)


BROKEN = {
    "nothing": b"",
    "text": b"sh: tar: not found\n" * 100,
    "half a header": archive(("a", b"x"))[:300],
    "cut off in a file": archive(("a", b"x" * 5000))[:2000],
    "cut off between files": archive(("a", b"x"))[:1024],
    "a flipped bit": broken(lambda data: data.__setitem__(3, 90)),
    "a negative size": broken(size_of(b"\xff" * 12)),
    "a size that is no number": broken(size_of(b"-0000000100\0")),
    "a size beyond the end": broken(size_of(b"77777777777\0")),
    "a record of no length": extended(b"0 path=x\n"),
    "a record of negative length": extended(b"-9 path=x\n"),
    "a record longer than its header": extended(b"99 path=x\n"),
    "a record that overrides the size": extended(b"17 size=-99999999\n"[:18]),
    "records without end": extended(b"9 a=bbbb\n" * 10_000),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_archive_is_told_and_nothing_of_it_used(data: bytes) -> None:
    with pytest.raises(ServerFailure) as caught:
        sorted_out(data, usual)
    assert caught.value.failure is FailureCode.NO_BUS
    assert caught.value.fix


def test_members_without_end_come_to_an_end() -> None:
    one = archive(("a", b""))[:512]
    started = time.process_time()
    with pytest.raises(ServerFailure, match="too many"):
        list(members_of(one * (files.MEMBERS_MAX + 1)))
    assert time.process_time() - started < 2


def test_an_empty_member_with_a_name_of_bytes() -> None:
    data = archive((f"{CONFIG}/timekpr.emma.conf", b""))
    assert list(members_of(data)) == [Member(f"{CONFIG}/timekpr.emma.conf", b"", 0.0)]


def test_the_sum_of_a_header_is_right_however_high_its_bytes_are() -> None:
    def high(data: bytearray) -> None:
        data[:100], data[345:512] = b"\xff" * 100, b"\xff" * 167
        with_checksum(data)

    assert [member.content for member in members_of(broken(high))] == [b"content"]


class Server:
    """Gives these archives one after the other, the last one for ever."""

    def __init__(self, *archives: bytes) -> None:
        self.archives = list(archives)
        self.reads = 0

    async def read(self) -> bytes:
        self.reads += 1
        return self.archives.pop(0) if len(self.archives) > 1 else self.archives[0]


def server_with(config: str) -> bytes:
    return archive(
        ("etc/timekpr/timekpr.conf", COMPLETE_SERVER.encode()),
        (f"{CONFIG}/timekpr.emma.conf", config.encode()),
        (f"{WORK}/emma.time", COMPLETE_CONTROL.encode()),
    )


async def test_a_file_caught_in_the_daemons_own_save_is_read_again() -> None:
    server = Server(server_with(""), server_with(COMPLETE_USER))
    found = await read_files(server.read, usual)
    assert found.users["emma"].config is not None
    assert found.users["emma"].config.text == COMPLETE_USER
    assert server.reads == 2


async def test_a_file_that_is_empty_for_long_while_the_daemon_saves_it_is_waited_for() -> None:
    server = Server(*[server_with("")] * 8, server_with(COMPLETE_USER))
    in_vain: set[tuple[str, str]] = set()
    found = await read_files(server.read, usual, in_vain)
    assert found.users["emma"].config is not None
    assert found.users["emma"].config.text == COMPLETE_USER
    assert in_vain == set()


async def test_a_file_that_stays_empty_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "EMPTY_SECONDS", 0.3)
    in_vain: set[tuple[str, str]] = set()
    server = Server(server_with(""))
    await read_files(server.read, usual, in_vain)
    assert in_vain == {("emma", "config")}
    waited = server.reads
    await read_files(server.read, usual, in_vain)
    assert server.reads == waited + 2
    await read_files(Server(server_with(COMPLETE_USER)).read, usual, in_vain)
    assert in_vain == set()


async def test_a_whole_file_is_read_once() -> None:
    server = Server(server_with(COMPLETE_USER))
    await read_files(server.read, usual)
    assert server.reads == 1


async def test_a_file_that_stays_incomplete_is_taken_as_it_is() -> None:
    server = Server(server_with("[emma]\n"))
    found = await read_files(server.read, usual)
    assert found.users["emma"].config is not None
    assert found.users["emma"].config.text == "[emma]\n"
    assert server.reads == 2


async def test_a_large_archive_is_read_all_the_same() -> None:
    many = [(f"{CONFIG}/timekpr.u{n}.conf", COMPLETE_USER.encode()) for n in range(400)]
    found = await read_files(Server(archive(*many)).read, usual)
    assert len(found.users) == 400


def test_an_extended_header_of_many_records_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each record was once cut off the rest, which took the square of their number: here some 20 seconds."""
    monkeypatch.setattr(files, "HEADER_MAX", 1 << 20)
    started = time.process_time()
    assert files._records(b"5 a=\n" * (files.HEADER_MAX // 5)) == {"a": ""}
    assert time.process_time() - started < 2
