"""Where it was measured, in a line: the numbers mean nothing without it."""

import os
import platform
import re
from pathlib import Path


def words() -> str:
    """Processor, system and Python, and how busy it was."""
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return (
        f"{os.cpu_count()} cores of {_processor()}, {system}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} of the last minute"
    )


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has taken up to now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """What a process has resident now."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
