"""All of timekpr's files on a server, read at once as one tar and touched by nothing (design: bus.md, "files first").

The archive is read in memory by a small reader of our own: nothing in it becomes a path here, and Python's tarfile can
be made to loop for ever by a crafted header in the versions that this program runs on (CVE-2025-8194).
"""

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from timekpr_mngr.link import failures
from timekpr_mngr.texts import _
from timekpr_mngr.timekpr.files import FileKind, is_complete
from timekpr_mngr.timekpr.interface import is_user_name

ARCHIVE_MAX = 16 << 20  # bytes; 200 users have some 1.5 MiB
MEMBER_MAX = (
    64 * 1024
)  # bytes; a user's file has 1 to 4 KiB, and larger ones would hold up everybody to parse
MEMBERS_MAX = 10_000
HEADER_MAX = 64 * 1024  # bytes of an extended header
INLINE_MAX = 256 * 1024  # bytes; a larger archive is read in a thread, so that it holds up nobody else
SAVE_RETRIES = 3
EMPTY_SECONDS = 3.0
EMPTY_RETRY_SECONDS = 0.1
SAVE_RETRY_SECONDS = 0.02  # the daemon's save takes some 90 µs

SERVER_CONF = "etc/timekpr/timekpr.conf"
BLOCK = 512
REGULAR = (b"0", b"\0", b"7")
ADLER_MODULUS = 65_521  # RFC 1950: the lower half of Adler-32 is the sum of all bytes and 1, by this modulus


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as it came: what is not UTF-8 stands in `text` as lone surrogates. `modified` is seconds since 1970."""

    text: str
    modified: float

    @property
    def shown(self) -> str:
        """The text fit to be kept and shown: what is not UTF-8 is replaced."""
        if self.text.isascii():  # as most are: a copy of each would be kept for nothing
            return self.text
        return self.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class UserFiles:
    """One user's files; None for one that is not there."""

    config: FileText | None = None
    previous: FileText | None = None
    control: FileText | None = None

    @property
    def config_gone_by(self) -> FileText | None:
        """What timekpr goes by: a file that is empty gives way to the copy before it, where there is one."""
        if self.config is None or self.config.text.strip() or self.previous is None:
            return self.config
        return self.previous


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """timekpr's files on one server. `users` are those that have a file at all."""

    server: FileText | None = None
    users: Mapping[str, UserFiles] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file of an archive. `modified` is seconds since 1970."""

    path: str
    content: bytes
    modified: float


Read = Callable[[], Awaitable[bytes]]
Directories = Callable[[FileText | None], tuple[str, str]]


Emptied = tuple[str, str]
"""A user, and which of the two files that timekpr writes of them is empty: "config" or "control"."""


async def read_files(
    read: Read, directories: Directories, in_vain: set[Emptied] | None = None
) -> ServerFiles:
    """All files: `read` gives an archive, `directories` the folders that timekpr.conf names for configs and work.

    A file that was caught in the daemon's own save is read again, a few times; one that is empty for some seconds, for
    on a busy computer the daemon may have been stopped in the middle. `in_vain` are those that stayed so: they are not
    waited for again, until they were seen with something in them. Raises ServerFailure.
    """
    in_vain = in_vain if in_vain is not None else set()
    files = await _read_settled(read, directories)
    in_vain &= _emptied(files)
    end = time.monotonic() + EMPTY_SECONDS
    while waited_for := _emptied(files) - in_vain:
        if time.monotonic() > end:
            in_vain |= waited_for
            break
        await asyncio.sleep(EMPTY_RETRY_SECONDS)
        files = await _read_once(read, directories)
    return files


async def _read_settled(read: Read, directories: Directories) -> ServerFiles:
    files = await _read_once(read, directories)
    for _again in range(SAVE_RETRIES):
        if not _caught_in_a_save(files):
            return files
        await asyncio.sleep(SAVE_RETRY_SECONDS)
        before, files = files, await _read_once(read, directories)
        if files == before:  # no save under way: somebody wrote the file so
            return files
    return files


async def _read_once(read: Read, directories: Directories) -> ServerFiles:
    archive = await read()
    if len(archive) > INLINE_MAX:
        return await asyncio.to_thread(sorted_out, archive, directories)
    return sorted_out(archive, directories)


def sorted_out(archive: bytes, directories: Directories) -> ServerFiles:
    """Which file of an archive is what. Raises ServerFailure for what is no archive."""
    members = {member.path: member for member in members_of(archive)}
    server = _text(members.get(SERVER_CONF))
    config_folder, work_folder = (folder.strip("/") + "/" for folder in directories(server))
    users: dict[str, dict[str, FileText]] = {}
    for path, member in members.items():
        user, part = _meaning(path, config_folder, work_folder)
        if user is not None:
            users.setdefault(user, {})[part] = _decoded(member)
    return ServerFiles(server, {user: UserFiles(**parts) for user, parts in users.items()})


def members_of(archive: bytes) -> Iterator[Member]:
    """The regular files of a posix archive (POSIX.1-2001, pax). Raises ServerFailure where it is broken or too much."""
    position, count = 0, 0
    more: dict[str, str] = {}
    while header := _header(archive, position):
        count += 1
        if count > MEMBERS_MAX:
            raise failures.files_not_readable(_("there are too many of them"))
        kind = header[156:157]
        size = _whole(more.get("size"), _octal(header[124:136]))
        start = position + BLOCK
        position = start + size + -size % BLOCK
        if position > len(archive):
            raise failures.files_not_readable(_("the archive of them breaks off"))
        if kind == b"x":
            more = _records(archive[start : start + size])
            continue
        if kind in REGULAR and size <= MEMBER_MAX:
            modified = _seconds(more.get("mtime"), float(_octal(header[136:148])))
            yield Member(more.get("path") or _name(header), archive[start : start + size], modified)
        if kind != b"g":
            more = {}


def _header(archive: bytes, position: int) -> bytes | None:
    """The next header; None at the empty block that ends an archive."""
    header = archive[position : position + BLOCK]
    if not header:
        raise failures.files_not_readable(_("the archive of them breaks off"))
    if not any(header):
        return None
    if len(header) < BLOCK or header[257:262] != b"ustar":
        raise failures.files_not_readable(_("what comes is no tar archive"))
    # the sum of all its bytes, with spaces where it stands itself; Adler-32 has it far sooner than `sum`
    summed = zlib.adler32(header[:148] + 8 * b" " + header[156:]) & 0xFFFF
    if summed != (_octal(header[148:156]) + 1) % ADLER_MODULUS:
        raise failures.files_not_readable(_("the archive of them is damaged"))
    return header


def _octal(digits: bytes) -> int:
    bare = digits.strip(b" \0")
    if not bare:
        return 0
    try:
        value = int(bare, 8)
    except ValueError:
        value = -1
    if value < 0:
        raise failures.files_not_readable(_("the archive of them is damaged"))
    return value


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise failures.files_not_readable(_("the archive of them is damaged"))
    return int(text)


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        return float(text) if text is not None and len(text) <= 32 else otherwise
    except ValueError:
        return otherwise


def _name(header: bytes) -> str:
    name, prefix = (part.split(b"\0", 1)[0] for part in (header[:100], header[345:500]))
    whole = prefix + b"/" + name if prefix else name
    return whole.decode("utf-8", "surrogateescape")


def _records(data: bytes) -> dict[str, str]:
    """The records of an extended header: `LENGTH KEY=VALUE\\n` each, the length counting itself."""
    if len(data) > HEADER_MAX:
        raise failures.files_not_readable(_("the archive of them is damaged"))
    records = {}
    start, end = 0, len(data.rstrip(b"\0"))
    while start < end:
        digits, _space, _rest = data[start : start + 8].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        record = data[start + len(digits) + 1 : start + length]
        if length < len(digits) + 3 or start + length > len(data) or not record.endswith(b"\n"):
            raise failures.files_not_readable(_("the archive of them is damaged"))
        key, _sign, value = record[:-1].partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        start += length
    return records


def _meaning(path: str, config_folder: str, work_folder: str) -> tuple[str | None, str]:
    """Whose file it is, and which: None for what is no user's. The package's own samples never are one's."""
    path = path.removeprefix("./").lstrip("/")
    if path.startswith(f"{config_folder}timekpr."):
        name = path.removeprefix(f"{config_folder}timekpr.")
        for ending, part in ((".conf", "config"), (".conf.prev", "previous")):
            if name.endswith(ending):
                return _user(name.removesuffix(ending)), part
    if path.startswith(work_folder) and path.endswith(".time"):
        return _user(path.removeprefix(work_folder).removesuffix(".time")), "control"
    return None, ""


def _user(name: str) -> str | None:
    return name if name != "USER" and is_user_name(name) else None


def _text(member: Member | None) -> FileText | None:
    return None if member is None else _decoded(member)


def _decoded(member: Member) -> FileText:
    return FileText(member.content.decode("utf-8", "surrogateescape"), member.modified)


def _emptied(files: ServerFiles) -> set[Emptied]:
    """The files that are empty though timekpr has written something, or will."""
    parts = (
        (name, part, found)
        for name, user in files.users.items()
        for part, found in (("config", user.config), ("control", user.control))
    )
    return {(name, part) for name, part, found in parts if found is not None and not found.text.strip()}


def _caught_in_a_save(files: ServerFiles) -> bool:
    if files.server is not None and not is_complete(FileKind.SERVER, files.server.text):
        return True
    return any(
        not is_complete(kind, found.text)
        for user in files.users.values()
        for kind, found in ((FileKind.USER, user.config), (FileKind.CONTROL, user.control))
        if found is not None
    )
