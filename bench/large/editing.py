"""Everybody gets another limit, one after the other: a script over REST, or a person who has the patience."""

import time

from bench.figure import Figure, Section
from bench.rest import Rest
from bench.scale import Running
from bench.simulated.computers import users_of
from bench.watched import LOOK_EVERY_SECONDS, Between, Moment

QUEUED_MOST_SECONDS, APPLIED_MOST_SECONDS = 3.0, 30.0
PATIENCE_SECONDS = 600.0
WEEK_SECONDS = 36_000
ENDS = ("applied", "refused", "conflict", "uncertain", "superseded", "expired", "cancelled")


def measured(running: Running) -> Section:
    """From the first request until the last change is read back."""
    rest = Rest(running.service)
    users = [(server.name, user) for server in running.fleet.well for user in users_of(server.name)]
    first = running.watch.look()
    changes = sum(_edited(rest, *whose) for whose in users)
    queued = time.perf_counter()
    applied = _until_ended(running, first, changes)
    return Section(
        f"{len(users):,} users edited one after the other through REST",
        [
            Figure("all are queued", queued - first.at, "s", QUEUED_MOST_SECONDS),
            Figure("all are applied", applied.last.at - first.at, "s", APPLIED_MOST_SECONDS),
            Figure(
                "of the service's processor time, an edit",
                applied.cores * applied.seconds * 10 / changes,
                "ms",
            ),
        ],
    )


def _edited(rest: Rest, server: str, user: str) -> int:
    """How many changes it makes."""
    config = rest.ask("PATCH", f"/servers/{server}/users/{user}/config", {"week_limit_seconds": WEEK_SECONDS})
    return len(config["changes"])


def _until_ended(running: Running, first: Moment, changes: int) -> Between:
    """All that happened until they had. Raises where one was not applied, or does not end."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        so_far = Between(first, running.watch.look())
        how = {state: so_far.grown("changes_settled_total", kind="setting", state=state) for state in ENDS}
        if sum(how.values()) >= changes or time.monotonic() > end:
            break
        time.sleep(LOOK_EVERY_SECONDS)
    if how["applied"] < changes:
        raise RuntimeError(f"of {changes} changes, after {so_far.seconds:.0f} s: {how}")
    return so_far
