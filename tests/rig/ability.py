"""Can this machine run the rig?"""

import functools
import os
import shutil
import subprocess
import sys

PROGRAMS = {  # program: the Debian package that has it
    "timekprd": "timekpr-next",
    "/usr/sbin/sshd": "openssh-server",
    "ssh": "openssh-client",
    "dbus-daemon": "dbus",
    "systemd-stdio-bridge": "systemd",
    "busctl": "systemd",
    "nsenter": "util-linux",
    "cc": "gcc libc6-dev",
}
TRY_NAMESPACES = """
set -e
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
"""


@functools.cache
def why_not() -> str | None:
    """Why the rig cannot run here, or None where it can."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    modules = subprocess.run(["/usr/bin/python3", "-c", "import dbus, gi"], check=False, capture_output=True)
    if modules.returncode != 0:
        missing.append("python3-dbus python3-gi")
    if not os.path.exists("/usr/share/zoneinfo/America/New_York"):
        missing.append("tzdata")
    if missing:
        return f"packages are missing: {' '.join(missing)} (sh tests/rig/setup.sh)"
    command = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "sh", "-c", TRY_NAMESPACES]
    tried = subprocess.run(command, check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        return "no namespaces or overlayfs on this machine: " + tried.stderr.strip()
    return None


if __name__ == "__main__":
    sys.exit(f"The rig cannot run here: {why_not()}" if why_not() else 0)
