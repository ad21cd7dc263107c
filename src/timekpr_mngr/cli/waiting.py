"""What was queued, and, where that is wanted, what became of it."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timekpr_mngr.cli.ending import NOT_REACHABLE, REFUSED
from timekpr_mngr.cli.said import show
from timekpr_mngr.texts import _, noop

if TYPE_CHECKING:
    from timekpr_mngr.cli.client import Service

Wait = Annotated[bool, typer.Option("--wait", help="Wait until the computer has it.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to --wait at most.")]

OPEN = ("queued", "sending")
LOOK_EVERY_SECONDS = 0.1
NOTHING = noop("Nothing to change: it is so already.")


def answered(
    service: "Service",
    accepted: dict[str, Any],
    as_json: bool,
    wait: bool,
    timeout_seconds: float,
    nothing: str = NOTHING,
) -> None:
    """Shows what was queued, or `nothing` in the language in force.

    With `wait`, ends with 3 unless all of it is applied, or 4 where it still waits.
    """
    if wait:
        accepted = {**accepted, "changes": _settled(service, accepted["changes"], timeout_seconds)}
    show(accepted, as_json, lambda answer: lines(answer["changes"]) if answer["changes"] else [_(nothing)])
    if not wait:
        return
    states = {change["state"] for change in accepted["changes"]}
    if states & set(OPEN):
        raise typer.Exit(NOT_REACHABLE)
    if states - {"applied"}:
        raise typer.Exit(REFUSED)


def lines(changes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Changes one under the other, with what they ask."""
    from timekpr_mngr.cli import words

    for change in changes:
        yield words.change(change)
        yield from words.question(change)


def _settled(
    service: "Service", changes: list[dict[str, Any]], timeout_seconds: float
) -> list[dict[str, Any]]:
    """The changes as they stand when all have ended, or when the time is up."""
    until = time.monotonic() + timeout_seconds
    while any(change["state"] in OPEN for change in changes) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_SECONDS)
        changes = [
            service.get("changes", str(change["id"])) if change["state"] in OPEN else change
            for change in changes
        ]
    return changes
