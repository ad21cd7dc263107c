"""Small disks that can be full: one for our own data folder, one for timekpr's files on a pretend computer."""

import contextlib
import ctypes
import os
import select
import subprocess
import sys
from io import FileIO
from pathlib import Path

from tests.rig import TimekprHost

CLONE_NEWNS = 0x20000
MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo ready && exec cat'
SIZE = "6m"


TIMEKPR = "/var/lib/timekpr"
MOUNT_THERE = f"""
cp -a {TIMEKPR} /run/timekpr-files && mount -t tmpfs -o size=4m,mode=755 tmpfs {TIMEKPR} &&
cp -a /run/timekpr-files/. {TIMEKPR}/ && rm -r /run/timekpr-files
"""
FILL_EVERY_SECONDS = 0.0002


class Disk:
    """A tmpfs in a mount namespace that ends with this process, seen by those who step into it. `path` is where."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh", SIZE, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"ready\n"

    @property
    def namespace(self) -> str:
        """To be entered (`enter`) by a process of one thread."""
        return f"/proc/{self._holder.pid}/ns/mnt"

    @property
    def outside(self) -> Path:
        """The same folder for those who are not within. SQLite cannot open a file by such a path."""
        return Path(f"/proc/{self._holder.pid}/root{self.path}")

    def fill(self) -> None:
        """Takes all room that is left."""
        with open(self.outside / "ballast", "wb", buffering=0) as ballast:
            take_all_room(ballast)

    def make_room(self) -> None:
        """Takes back what `fill` did."""
        (self.outside / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        self._holder.communicate()


class TheirDisk:
    """A computer's own disk, as far as timekpr's files go; something else on it takes all room there is.

    What timekprd 0.5.4 does then, seen in the rig: it writes over its files in place, which empties them first, and in
    that very moment the room is gone.

    - A setter answers -1, "Unexpected ERROR updating configuration". The user's file is empty, the `.prev` beside it is
      as it was before; of that the file is made again when timekprd next loads it and there is room.
    - `setTimeLeft` answers -1, "Unexpected ERROR updating control", and the `.prev` is empty. Where the copy succeeded
      and the file itself did not, that one is empty; it is made of the `.prev` in the same way.
    - For somebody who is logged in, it answers 0 where it could write; the saves after that fail by themselves, with
      the file empty, and what was counted and given stays in memory. The first save with room writes it all.
    - Nothing is answered with a yes that could not be written.
    """

    def __init__(self, host: TimekprHost) -> None:
        mounted = host.run("sh", "-c", MOUNT_THERE)
        assert mounted.returncode == 0, mounted.stderr
        self._ballast = host.path(f"{TIMEKPR}/ballast")
        self._filling: subprocess.Popen[bytes] | None = None

    def fill(self) -> None:
        """Takes all room that is left, and whatever becomes free after that."""
        if self._filling is not None:
            return
        command = [sys.executable, "-m", "tests.faults.disk", str(self._ballast)]
        self._filling = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._filling.stdout is not None
        assert self._filling.stdout.readline() == b"full\n"

    def make_room(self) -> None:
        """Takes back what `fill` did."""
        if self._filling is not None:
            self._filling.communicate()
            self._filling = None
        self._ballast.unlink(missing_ok=True)


def take_all_room(ballast: FileIO) -> None:
    """Writes to a file until there is no room for one byte more."""
    size = 1 << 16
    while size:
        try:
            ballast.write(b"x" * size)
        except OSError:
            size >>= 1


def go_on_filling(path: Path) -> None:
    """Keeps a disk full until nobody listens any more, quicker than a program that has emptied a file writes it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    with open(path, "ab", buffering=0) as ballast:
        take_all_room(ballast)
        print("full", flush=True)
        while not select.select([sys.stdin], [], [], FILL_EVERY_SECONDS)[0]:
            take_all_room(ballast)


def enter(namespace: str) -> None:
    """From here on this process sees what is mounted there."""
    folder = os.getcwd()
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(namespace, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(descriptor)
    os.chdir(folder)


if __name__ == "__main__":
    go_on_filling(Path(sys.argv[1]))
