"""Ports for services that tests start."""

import itertools
import os
import socket

FIRST, OF_A_WORKER = 10_000, 2_000
_turns = itertools.count(os.getpid() * 7)  # two runs at a time do not go along together


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, and nobody gets by chance until a service has started.

    It lies below those that Linux itself gives to whoever asks for any (ip_local_port_range), and each worker of
    pytest-xdist has its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % 10 * OF_A_WORKER
    return next(port for turn in _turns if can_listen(port := first + turn % OF_A_WORKER))


def can_listen(port: int) -> bool:
    """Whether nobody else does."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
