"""What stands between us and a server that works, one check after the other, found out from the bus alone.

None of it needs a right that our key does not have (design: bus.md). What cannot be known is None, not False.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from timekpr_mngr import texts
from timekpr_mngr.domain.health import Check
from timekpr_mngr.domain.snapshot import Snapshot, UserSnapshot
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.texts import _, counted, noop

SKEW_MAX_SECONDS = 60.0
GRACE_SECONDS = 10  # beyond the save and poll time, until a missing save tells something


@dataclass(frozen=True, slots=True)
class Clock:
    """The server's clock as timedate1 tells it: None where it does not. `skew_seconds` is theirs minus ours."""

    read_at: datetime
    time_zone: str | None
    server_time: datetime | None
    skew_seconds: float | None


@dataclass(frozen=True, slots=True)
class Unit:
    """timekpr.service as systemd1 tells it."""

    state: str
    since: datetime | None


class Examined(Protocol):
    """What is asked of a session."""

    key_is_restricted: bool

    @property
    def daemon_present(self) -> bool:
        """Whether timekprd is on the server's bus."""
        ...

    async def read(self) -> Snapshot:
        """Everything."""
        ...

    async def clock(self) -> Clock:
        """The server's clock and zone."""
        ...

    async def unit(self) -> Unit | None:
        """timekpr.service."""
        ...


STEPS = (
    ("reachable", noop("The server can be reached."), {FailureCode.UNREACHABLE}),
    ("host key", noop("It shows the host key that is trusted."), {FailureCode.HOST_KEY}),
    ("key", noop("It lets our key in."), {FailureCode.AUTH}),
    ("bus", noop("Its system bus answers."), {FailureCode.NO_BUS}),
    ("group", noop("The account is in the group timekpr."), {FailureCode.NOT_IN_GROUP}),
    ("timekpr", noop("timekpr answers."), {FailureCode.NO_DAEMON, FailureCode.DAEMON_REFUSED}),
)
"""In the order in which they are met: where one fails, those before it were right and those after it are unknown."""


async def health(session: Examined) -> list[Check]:
    """Every check of an open session. Raises ServerFailure where the session does not work any more."""
    snapshot = await session.read()
    unit = await session.unit()
    clock = await session.clock()
    present = session.daemon_present
    return [
        Check("reachable", True, _("The server can be reached.")),
        Check("host key", True, _("It shows the host key that is trusted.")),
        _key(session.key_is_restricted),
        Check("bus", True, _("Its system bus answers.")),
        _group(present),
        _daemon(present),
        _unit(unit),
        _enforcing(snapshot),
        _clock(clock),
        _zone(clock),
        _files(snapshot),
        _users(snapshot),
    ]


def failed(failure: ServerFailure) -> list[Check]:
    """The checks of a server for which no session could be opened, or whose session broke."""
    checks: list[Check] = []
    where = _step_of(failure.failure)
    for position, (name, sentence, _codes) in enumerate(STEPS):
        if where is None or position > where:
            checks.append(Check(name, None, _("Not known: it did not come to this.")))
        elif position < where:
            checks.append(Check(name, True, _(sentence)))
        else:
            checks.append(Check(name, False, failure.message, failure.fix))
    if where is None:
        checks[0] = Check(checks[0].name, False, failure.message, failure.fix)
    return checks


def _step_of(code: FailureCode) -> int | None:
    """Where it failed. A time-out can be met at any step, so that it tells of none after the first."""
    return next((position for position, (_name, _sentence, codes) in enumerate(STEPS) if code in codes), None)


def _key(restricted: bool) -> Check:
    if restricted:
        return Check("key", True, _("It lets our key in, and the key can do nothing but what is needed."))
    return Check(
        "key",
        True,
        _("It lets our key in, but the key can do more than is needed: it opens a shell."),
        _(
            "Put this server's line in the place of the key's line in authorized_keys there. Is the key used for other "
            "things too? Then give this server a key of its own first."
        ),
    )


def _group(present: bool) -> Check:
    if present:
        return Check("group", True, _("The account is in the group timekpr."))
    return Check("group", None, _("Whether the account is in the group timekpr is seen when timekpr runs."))


def _daemon(present: bool) -> Check:
    if present:
        return Check("timekpr", True, _("timekpr answers."))
    return Check(
        "timekpr",
        False,
        _("timekpr does not run on the server, so no limits are enforced there."),
        _("Check that timekpr-next is installed, and start it there: systemctl enable --now timekpr"),
    )


def _unit(unit: Unit | None) -> Check:
    if unit is None:
        return Check("service", None, _("The server does not tell how its service timekpr fares."))
    if unit.state == "active":
        return Check("service", True, _active(unit.since))
    return Check(
        "service",
        False,
        _("The service timekpr is {state}.").format(state=unit.state),
        _("Look at its log there (journalctl -u timekpr), and start it: systemctl enable --now timekpr"),
    )


def _active(since: datetime | None) -> str:
    if since is None:
        return _("The service timekpr is active.")
    return _("The service timekpr is active since {day} {time} UTC.").format(
        day=texts.short_date(since, year=True), time=texts.clock(since)
    )


def _enforcing(snapshot: Snapshot) -> Check:
    """An answer on the bus does not prove that time is counted: a dead worker leaves the bus alive (timekpr.md, 8)."""
    counted = [user for user in snapshot.users.values() if user.live is not None and user.control is not None]
    if not counted or snapshot.server_time is None or snapshot.config is None:
        return Check("counting", None, _("Whether timekpr counts time is seen while somebody is logged in."))
    patience = timedelta(seconds=snapshot.config.save_seconds + snapshot.config.poll_seconds + GRACE_SECONDS)
    now = snapshot.server_time.replace(tzinfo=None)
    if any(_saved(user, now) <= patience for user in counted):
        return Check("counting", True, _("timekpr counts the time of those who are logged in."))
    young = all(_in_memory_for(user) < patience for user in counted)
    if young:
        return Check("counting", None, _("Whether timekpr counts time is seen at its next save."))
    return Check(
        "counting",
        False,
        _(
            "timekpr answers, but has not saved the time of anybody who is logged in: its worker may have stopped."
        ),
        _("Look at /var/log/timekpr.log there for errors, and restart it: systemctl restart timekpr"),
    )


def _saved(user: UserSnapshot, now: datetime) -> timedelta:
    assert user.control is not None
    return abs(now - user.control.last_checked)


def _in_memory_for(user: UserSnapshot) -> timedelta:
    spent = user.live.session_seconds if user.live is not None else None
    return timedelta(seconds=spent or 0)


def _clock(clock: Clock) -> Check:
    if clock.skew_seconds is None:
        return Check("clock", None, _("The server does not tell its clock."))
    skew = abs(clock.skew_seconds)
    if skew <= SKEW_MAX_SECONDS:
        return Check("clock", True, _("Its clock agrees with ours."))
    sentence = (
        _("Its clock is {time} ahead of ours, so that days and hours begin at another time there.")
        if clock.skew_seconds > 0
        else _("Its clock is {time} behind ours, so that days and hours begin at another time there.")
    )
    return Check(
        "clock",
        False,
        sentence.format(time=_in_words(skew)),
        _(
            "Switch automatic time on there: timedatectl set-ntp true. If our clock is the wrong one, set that."
        ),
    )


def _in_words(seconds: float) -> str:
    """In minutes, or where it is two hours or more in hours alone."""
    minutes = round(seconds / 60)
    return texts.duration(minutes * 60 if minutes < 120 else round(minutes / 60) * 3600)


def _zone(clock: Clock) -> Check:
    if clock.time_zone is not None:
        return Check("time zone", True, _("Its time zone is {zone}.").format(zone=clock.time_zone))
    return Check(
        "time zone",
        None,
        _("The server does not tell its time zone, so it is not known when its day begins."),
        _("Set it there: timedatectl set-timezone Europe/Vienna (or where it stands)."),
    )


def _files(snapshot: Snapshot) -> Check:
    if snapshot.config_text is not None:
        return Check("files", True, _("timekpr's files can be read."))
    return Check(
        "files",
        False,
        _("timekpr's files are not where we may read, so settings of users are not known."),
        _(
            "Check the folders in the line in authorized_keys. A timekpr that keeps its settings in a database "
            "cannot be read in full."
        ),
    )


def _users(snapshot: Snapshot) -> Check:
    count = len(snapshot.users)
    if count == 0:
        return Check(
            "users", False, _("timekpr knows no user there."), _("Log in once as the user, then check again.")
        )
    troubled = [name for name, user in snapshot.users.items() if user.problem is not None]
    if troubled:
        names = ", ".join(troubled[:5])
        return Check(
            "users",
            False,
            _("There is a problem with {names}.").format(names=names),
            _("Each user's page says what it is."),
        )
    return Check(
        "users",
        True,
        counted("{n} user was found.", "{n} users were found.", count),
    )
