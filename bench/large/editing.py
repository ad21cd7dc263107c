"""Everybody gets another limit: a script over REST, with a request for each user or for a thousand of them."""

import time
from collections.abc import Callable, Sequence

from bench.figure import Figure, Section
from bench.rest import Rest
from bench.scale import Running
from bench.simulated.computers import users_of
from bench.watched import Between, Moment
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services.limits import EDITS_MAX

QUEUED_MOST_SECONDS, APPLIED_MOST_SECONDS = 3.0, 30.0
PATIENCE_SECONDS = 600.0
LOOK_EVERY_SECONDS = 1.0  # the metrics of a thousand computers take their time, too
CALM_SECONDS = 5.0
WEEK_SECONDS, ANOTHER_WEEK_SECONDS = 36_000, 28_800
ENDS = ("applied", "refused", "conflict", "uncertain", "superseded", "expired", "cancelled")


def measured(running: Running) -> list[Section]:
    """From the first request until the last change is read back."""
    rest = Rest(running.service)
    users = [UserName(server.name, user) for server in running.fleet.well for user in users_of(server.name)]
    together = _round(running, lambda: _edited_together(rest, users))
    time.sleep(CALM_SECONDS)
    one_by_one = _round(running, lambda: sum(_edited(rest, user) for user in users))
    return [
        Section(f"{len(users):,} users edited through REST, {EDITS_MAX:,} in a request", together),
        Section(f"{len(users):,} users edited through REST, a request for each", one_by_one),
    ]


def _round(running: Running, edit: Callable[[], int]) -> list[Figure]:
    """`edit` gives how many changes it made."""
    first = running.watch.look()
    changes = edit()
    queued = time.perf_counter()
    applied = _until_ended(running, first, changes)
    cpu_ms = applied.cores * applied.seconds * 10 / changes
    return [
        Figure("all are queued", queued - first.at, "s", QUEUED_MOST_SECONDS),
        Figure("all are applied", applied.last.at - first.at, "s", APPLIED_MOST_SECONDS),
        Figure("of the service's processor time, an edit", cpu_ms, "ms"),
    ]


def _edited(rest: Rest, user: UserName) -> int:
    config = {"week_limit_seconds": ANOTHER_WEEK_SECONDS}
    return len(rest.ask("PATCH", f"/servers/{user.server}/users/{user.user}/config", config)["changes"])


def _edited_together(rest: Rest, users: Sequence[UserName]) -> int:
    edits = [{**user._asdict(), "config": {"week_limit_seconds": WEEK_SECONDS}} for user in users]
    parts = (edits[begin : begin + EDITS_MAX] for begin in range(0, len(edits), EDITS_MAX))
    return sum(len(rest.ask("POST", "/edits", {"edits": part})["changes"]) for part in parts)


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
