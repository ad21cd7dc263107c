"""Computers that were off are on again, and somebody pressed meanwhile."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from bench.figure import Figure, Section, quantile
from bench.rest import Rest
from bench.scale import Running
from bench.simulated.computers import users_of

MOST_SECONDS = 5.0
COMPUTERS = 50
OFF_SECONDS = 60.0  # long enough that it is not tried every moment any more
BETWEEN_SECONDS = 0.2  # children do not all come home in the same instant
LOOK_EVERY_SECONDS = 0.25
PATIENCE_SECONDS = 300.0
WEEK_SECONDS = 32_400

T = TypeVar("T")


def measured(running: Running, off_seconds: float = OFF_SECONDS) -> Section:
    """From the sshd that listens again until the change is read back, as the service notes it."""
    rest, fleet = Rest(running.service), running.fleet
    names = [server.name for server in fleet.well][-COMPUTERS:]
    for name in names:
        fleet.switch(name, on=False)
    _until(lambda: all(_state(rest, name) == "offline" for name in names), "all are known to be off")
    waiting = {name: _queued(rest, name) for name in names}
    time.sleep(off_seconds)
    back = {}
    for name in names:
        fleet.switch(name, on=True)
        back[name] = datetime.now(UTC)
        time.sleep(BETWEEN_SECONDS)
    took = [_applied_at(rest, waiting[name]) - back[name] for name in names]
    seconds = [one.total_seconds() for one in took]
    return Section(
        f"{len(names)} computers come back after {off_seconds:.0f} s, a change waits for each",
        [
            Figure("applied, median", quantile(seconds, 0.5), "s"),
            Figure("applied, p95", quantile(seconds, 0.95), "s", MOST_SECONDS),
            Figure("applied, the slowest", max(seconds), "s"),
        ],
    )


def _state(rest: Rest, name: str) -> str:
    state: str = rest.ask("GET", f"/servers/{name}")["state"]
    return state


def _queued(rest: Rest, name: str) -> int:
    path = f"/servers/{name}/users/{users_of(name)[-1]}/config"
    [change] = rest.ask("PATCH", path, {"week_limit_seconds": WEEK_SECONDS})["changes"]
    number: int = change["id"]
    return number


def _applied_at(rest: Rest, change: int) -> datetime:
    ended = _until(lambda: rest.ended(change), f"change {change} has ended")
    return datetime.fromisoformat(ended["settled_at"])


def _until(look: Callable[[], T | None], what: str) -> T:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(LOOK_EVERY_SECONDS)
    return found
