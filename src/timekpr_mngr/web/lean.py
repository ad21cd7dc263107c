"""NiceGUI's socket.io has a client half, and that brings libraries along that nothing here speaks with: a third of a
second of every start, and 13 MB. engineio goes without where they are not installed; so it is told.
"""

import contextlib
import sys
from collections.abc import Iterator

CLIENTS = ("aiohttp", "requests", "websocket")


@contextlib.contextmanager
def without(*names: str) -> Iterator[None]:
    """While it is entered these packages cannot be imported, where they were not before."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with without(*CLIENTS):
    import engineio  # type: ignore[import-untyped]  # noqa: F401
