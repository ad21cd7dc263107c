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
