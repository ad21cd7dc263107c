"""A small disk for our own data folder, which can be full. It is seen only by those who step into its namespace."""

import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWNS = 0x20000
MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo ready && exec cat'
SIZE = "6m"


class Disk:
    """A tmpfs in a mount namespace that ends with this process. `path` is where those within see it."""

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
            size = 1 << 16
            while size:
                try:
                    ballast.write(b"x" * size)
                except OSError:
                    size >>= 1

    def make_room(self) -> None:
        """Takes back what `fill` did."""
        (self.outside / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        self._holder.communicate()


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
