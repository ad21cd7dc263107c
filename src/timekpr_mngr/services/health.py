"""What must hold for a server to be in hand, step by step, and what to do where it does not."""

from collections.abc import Iterator
from datetime import timedelta

from timekpr_mngr.domain.server import Server, ServerState, ServerStatus
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import FailureCode
from timekpr_mngr.services.views import HealthCheck

CLOCK_MAY_DIFFER = timedelta(minutes=2)

_STEPS = {
    "network": "The computer answers.",
    "host-key": "It shows the key that was trusted.",
    "login": "It lets our key in.",
    "bus": "The system bus can be reached.",
    "group": "The account may administer timekpr.",
    "daemon": "timekpr is running.",
}
_FAILS_AT = {
    FailureCode.UNREACHABLE: "network",
    FailureCode.TIMEOUT: "network",
    FailureCode.HOST_KEY: "host-key",
    FailureCode.AUTH: "login",
    FailureCode.NO_BUS: "bus",
    FailureCode.NOT_IN_GROUP: "group",
    FailureCode.NO_DAEMON: "daemon",
    FailureCode.DAEMON_REFUSED: "daemon",
}


def health(server: Server, status: ServerStatus, snapshot: Snapshot | None) -> list[HealthCheck]:
    """Every check in the order in which they build on each other."""
    is_online = status.state is ServerState.ONLINE
    return [*_steps(server, status), *(_read(snapshot) if is_online and snapshot is not None else ())]


def _steps(server: Server, status: ServerStatus) -> Iterator[HealthCheck]:
    failed_at = _failed_at(server, status)
    failed = False
    for name, sentence in _STEPS.items():
        if name == failed_at:
            failed = True
            yield _failure(name, server, status)
        elif failed or (failed_at is None and status.state is not ServerState.ONLINE):
            yield HealthCheck(name, None, f"Not known yet: {sentence[0].lower()}{sentence[1:-1]}?", None)
        else:
            yield HealthCheck(name, True, sentence, None)


def _failed_at(server: Server, status: ServerStatus) -> str | None:
    if status.failure is not None:
        return _FAILS_AT[status.failure.code]
    if server.host_key is None and server.fingerprint is not None:
        return "host-key"
    return None


def _failure(name: str, server: Server, status: ServerStatus) -> HealthCheck:
    if status.failure is not None:
        return HealthCheck(name, False, status.failure.message, status.failure.fix)
    return HealthCheck(
        name,
        False,
        f"It shows the key {server.fingerprint}, which nobody has trusted yet.",
        "Compare it on that computer (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then trust it here.",
    )


def _read(snapshot: Snapshot) -> Iterator[HealthCheck]:
    if snapshot.config is None:
        yield HealthCheck(
            "settings", False, "timekpr's settings could not be read.", "Look at /etc/timekpr there."
        )
    else:
        yield HealthCheck("settings", True, "timekpr's settings can be read.", None)
    yield _users(snapshot)
    yield _clock(snapshot)


def _users(snapshot: Snapshot) -> HealthCheck:
    problems = [f"{user.name}: {user.problem}" for user in snapshot.users.values() if user.problem]
    if problems:
        return HealthCheck(
            "users",
            False,
            " ".join(problems),
            "One broken file can stop timekpr for everybody on that computer: repair it there.",
        )
    return HealthCheck("users", True, f"{len(snapshot.users)} users can be read.", None)


def _clock(snapshot: Snapshot) -> HealthCheck:
    if snapshot.server_time is None or snapshot.time_zone is None:
        return HealthCheck("clock", None, "Its clock and time zone could not be read.", None)
    off = abs(snapshot.server_time - snapshot.read_at)
    if off > CLOCK_MAY_DIFFER:
        return HealthCheck(
            "clock",
            False,
            f"Its clock differs from this one by {int(off.total_seconds() // 60)} minutes.",
            "Switch on its time synchronisation: timedatectl set-ntp true",
        )
    return HealthCheck("clock", True, f"Its clock is right; its time zone is {snapshot.time_zone}.", None)
