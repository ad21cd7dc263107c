"""timekpr's files of one server, read over one connection, one reading at a time."""

import asyncio
from dataclasses import dataclass

from timekpr_mngr.link import failures, ssh
from timekpr_mngr.link.authorized_keys import DEFAULT_FOLDERS, files_folders, tar_command
from timekpr_mngr.link.files import ARCHIVE_MAX, Directories, Emptied, ServerFiles, read_files
from timekpr_mngr.texts import _

JUST_READ_SECONDS = (
    0.25  # somebody may write them at any time, also between a reading and the call that follows it
)


@dataclass(frozen=True, slots=True)
class _Reading:
    files: ServerFiles
    began: float  # by the loop's clock


class FileReader:
    """Of one connection. `directories` gives the folders that timekpr.conf names for configs and work."""

    def __init__(
        self, connection: ssh.SshConnection, directories: Directories, key_is_restricted: bool
    ) -> None:
        self._connection = connection
        self._directories = directories
        self._key_is_restricted = key_is_restricted
        self._folders: tuple[str, ...] = DEFAULT_FOLDERS
        self._one_at_a_time = asyncio.Lock()  # one channel for reading: sshd has ten to give
        self._stay_empty: set[Emptied] = set()
        self._last: _Reading | None = None
        self._calls = 0

    def called(self) -> None:
        """timekprd may have written: what was read before is over."""
        self._calls += 1
        self._last = None

    async def read(self, *, just_read_will_do: bool = False) -> ServerFiles:
        """All of them. With `just_read_will_do` as they were read a moment ago, where nothing was called since.

        Raises ServerFailure.
        """
        async with self._one_at_a_time:
            began = asyncio.get_running_loop().time()
            if just_read_will_do and self._last is not None and began < self._last.began + JUST_READ_SECONDS:
                return self._last.files
            calls = self._calls
            files = await self._read()
            self._last = _Reading(files, began) if calls == self._calls else None
            return files

    async def _read(self) -> ServerFiles:
        files = await read_files(self._archive, self._directories, self._stay_empty)
        wanted = files_folders(*self._directories(files.server))
        if self._key_is_restricted or wanted == self._folders:
            return files
        self._folders = wanted
        return await read_files(self._archive, self._directories, self._stay_empty)

    async def _archive(self) -> bytes:
        command = "files" if self._key_is_restricted else tar_command(" ".join(self._folders))
        archive, end = await self._connection.run(command, ARCHIVE_MAX)
        if not archive:
            raise failures.files_not_readable(
                _("tar cannot be run") if not end.was_found else _("nothing came")
            )
        return archive
