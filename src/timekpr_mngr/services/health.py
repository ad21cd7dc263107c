"""What the checks of a server say beyond what the link finds out by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from timekpr_mngr import texts
from timekpr_mngr.domain.bus_facts import KeptRun, restarts
from timekpr_mngr.domain.enforcing import RESTARTS_TOLD_FROM, RESTARTS_WITHIN
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.server import Server, ServerStatus
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link.health import failed
from timekpr_mngr.texts import _, counted


def narrowed(checks: Sequence[Check], line: str) -> list[Check]:
    """The checks; where the key can do more than it needs to, with the line that takes that away."""
    return [
        replace(check, line=line) if check.name == "key" and check.ok and check.fix else check
        for check in checks
    ]


def restarted(runs: Sequence[KeptRun], now: datetime) -> list[Check]:
    """How often timekpr was restarted within a week; nothing while no run of it was seen. Nothing fails by it: that is
    for a person to judge.
    """
    late = [at for at in restarts(runs) if at > now - RESTARTS_WITHIN]
    if not runs:
        return []
    if not late:
        said = _("Within seven days timekpr was not seen to be restarted while the computer was on.")
        return [Check("restarts", True, said)]
    sentence = counted(
        "timekpr was restarted {n} time within seven days while the computer was on, last {{day}} {{time}} UTC.",
        "timekpr was restarted {n} times within seven days while the computer was on, last {{day}} {{time}} UTC.",
        len(late),
    )
    last = max(late)
    said = sentence.format(day=texts.short_date(last, year=True), time=texts.clock(last))
    if len(late) < RESTARTS_TOLD_FROM:
        return [Check("restarts", True, said)]
    return [Check("restarts", True, said, _("Its log says what ended it: journalctl -u timekpr"))]


def unlinked(server: Server, status: ServerStatus) -> list[Check]:
    """The checks up to the one that fails, as far as it came the last time."""
    if status.failure is not None:
        failure = status.failure
        return failed(ServerFailure(failure.code, failure.message, failure.fix))
    if server.host_key is None and server.fingerprint is not None:
        return failed(
            ServerFailure(
                FailureCode.HOST_KEY,
                _("It shows the key {fingerprint}, which nobody has trusted yet.").format(
                    fingerprint=server.fingerprint
                ),
                _(
                    "Compare it on that computer (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), "
                    "then trust it here."
                ),
            )
        )
    return [Check("reachable", None, _("It is being connected to."))]
