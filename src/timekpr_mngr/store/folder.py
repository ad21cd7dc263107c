"""A folder on disk."""

import os
from pathlib import Path


def flush_folder(folder: Path) -> None:
    """What was made, renamed or removed in the folder is on disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
