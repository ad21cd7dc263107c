"""Is a server enforcing its limits? What stands against it, from what was read of it and what its bus tells.

Rules without memory: each looks at one moment. What has to be so for a while before it is told says `patience`.
What cannot be known is not claimed (design: timekpr.md, 0, 7, 8 and 11).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from timekpr_mngr.domain.bus_facts import BusFacts
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.finding import Finding, FindingCode, Severity
from timekpr_mngr.domain.flaw import FlawKind
from timekpr_mngr.domain.lifting import lifts
from timekpr_mngr.domain.server import ServerConfig
from timekpr_mngr.domain.snapshot import Session, Snapshot, UserSnapshot
from timekpr_mngr.domain.user import UserConfig

SKEW_MAX = timedelta(seconds=60)
SKEW_SEVERE = timedelta(minutes=30)
CLOCK_NEWS_SECONDS = 120
RESTARTS_TOLD_FROM = 3  # an update or two of the package in a week are no news
RESTARTS_WITHIN = timedelta(days=7)
SOON = timedelta(seconds=15)  # a daemon that is being restarted, a user who has just logged in
POLLS_IN_SILENCE = 3
SILENCE_GRACE = timedelta(seconds=10)
DESKTOPS = ("x11", "wayland")
LISTED_MAX = 10
WORD_MAX = 100  # characters of a word that is the server's own
VALUE_MAX = 500  # characters of a value that is shown
FINDINGS_MAX = 200  # of one server: a hostile one may have thousands of users

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules look at. `ticked_at` is when timekprd last told of the time of anybody who is logged in, None
    where it was not heard; `restarts` are the instants of its restarts while the computer was on. Both by our clock,
    aware. `our_offset` is how far our own clock is ahead of UTC, None where that means nothing.
    """

    snapshot: Snapshot
    facts: BusFacts
    ticked_at: datetime | None = None
    restarts: Sequence[datetime] = ()
    our_offset: timedelta | None = None


def findings(seen: Seen) -> list[Finding]:
    """All that is so at this moment. LIMITS_LIFTED is not among them: drift tells it (`lifted`)."""
    found = [*_of_the_daemon(seen), *_of_its_settings(seen.snapshot), *_of_the_clock(seen)]
    for user in seen.snapshot.users.values():
        found += [*_of_a_file(user), *_of_a_user(user, seen)]
    names = {session.user: session.type for session in seen.snapshot.strangers if session.state != "closing"}
    found += [
        Finding(FindingCode.UNKNOWN_USER, WARNING, name, {"type": kind[:WORD_MAX]})
        for name, kind in names.items()
    ]
    return sorted(found, key=lambda one: list(Severity).index(one.severity))[:FINDINGS_MAX]


def lifted(drift: Iterable[Drift]) -> list[Finding]:
    """What somebody else lifted, of drift that asks, over what a person here knew: one for each user, with what was
    lifted as field, before, after."""
    by_user: dict[str | None, list[Json]] = {}
    for one in drift:
        if not one.overwritten and lifts(one.field, one.known, one.after):
            told = len(repr((one.known, one.after))) <= VALUE_MAX
            what: list[Json] = [one.field, one.known, one.after] if told else [one.field, None, None]
            by_user.setdefault(one.user, []).append(what)
    return [
        Finding(
            FindingCode.LIMITS_LIFTED, WARNING, user, {"what": of_user[:LISTED_MAX], "count": len(of_user)}
        )
        for user, of_user in list(by_user.items())[:FINDINGS_MAX]
    ]


def patience(code: FindingCode, snapshot: Snapshot) -> timedelta:
    """How long it has to be so, from one reading to another, before it is told."""
    if code is FindingCode.COUNTS_NOBODY:
        return silence(snapshot.config or ServerConfig())
    passing = {FindingCode.NO_DAEMON, FindingCode.NOT_COUNTED, FindingCode.UNKNOWN_USER, FindingCode.CLOCK}
    return SOON if code in passing else timedelta()


def says_another(now: Finding, before: Finding) -> bool:
    """Whether the same finding is to be told anew: a clock that is a little more or less wrong is no news."""
    if now.code is not FindingCode.CLOCK or now.severity is not before.severity:
        return now != before
    ahead, was = now.facts.get("ahead_seconds"), before.facts.get("ahead_seconds")
    return not (isinstance(ahead, int) and isinstance(was, int) and abs(ahead - was) <= CLOCK_NEWS_SECONDS)


def silence(config: ServerConfig) -> timedelta:
    """After how long without a poll and without a save the daemon's worker is not alive (timekpr.md, 8)."""
    polls = POLLS_IN_SILENCE * max(config.poll_seconds, 0)
    return timedelta(seconds=max(config.save_seconds, 0) + polls) + SILENCE_GRACE


def is_limited(config: UserConfig) -> bool:
    """Whether there is anything to enforce."""
    free = UserConfig()
    return config.playtime.enabled or (
        (config.days, config.week_limit_seconds, config.month_limit_seconds)
        != (free.days, free.week_limit_seconds, free.month_limit_seconds)
    )


def _of_the_daemon(seen: Seen) -> Iterator[Finding]:
    facts = seen.facts
    if facts.run is None:
        yield Finding(FindingCode.NO_DAEMON, ERROR, facts={"unit": facts.unit_state})
    elif _is_silent(seen):
        yield Finding(FindingCode.COUNTS_NOBODY, ERROR)
    if facts.starts_by_itself is False:
        yield Finding(FindingCode.NOT_AT_START, WARNING)
    late = [at for at in seen.restarts if at > seen.snapshot.read_at - RESTARTS_WITHIN]
    if len(late) >= RESTARTS_TOLD_FROM:
        told: Mapping[str, Json] = {"count": len(late), "last": max(late).astimezone(UTC).isoformat()}
        yield Finding(FindingCode.RESTARTED, WARNING, facts=told)


def _is_silent(seen: Seen) -> bool:
    """Whether somebody is logged in whom it has in memory, and no poll and no save was seen for long enough."""
    snapshot = seen.snapshot
    counted = [user for user in snapshot.users.values() if user.counted and user.logged_in]
    if not counted:
        return False
    last = snapshot.read_at - silence(snapshot.config or ServerConfig())
    if seen.ticked_at is not None and seen.ticked_at > last:
        return False
    return not any(_saved_since(last, user, snapshot) for user in counted)


def _saved_since(last: datetime, user: UserSnapshot, snapshot: Snapshot) -> bool:
    """Whether its USER.time was saved after that instant of our clock; where its clock is not known, that is open."""
    if snapshot.server_time is None or user.control is None:
        return True
    saved = user.control.last_checked.replace(tzinfo=snapshot.server_time.tzinfo)
    age = snapshot.server_time - saved
    return snapshot.read_at - age > last and age > -SKEW_MAX  # what lies ahead was saved by another clock


def _of_its_settings(snapshot: Snapshot) -> Iterator[Finding]:
    config = snapshot.config
    for flaw in snapshot.flaws:
        if flaw.kind is FlawKind.STOPS_ALL:
            yield _nothing_enforced("keys", flaw.keys)
            return
        yield Finding(FindingCode.SERVER_SETTINGS_UNREADABLE, WARNING, facts={"keys": _short(flaw.keys)})
    if snapshot.config_text is None and snapshot.users:
        yield Finding(FindingCode.FILES_UNREADABLE, WARNING)
    if config is None:
        return
    counted = config.counted_session_types
    if not config.counts_between_polls:
        yield _nothing_enforced("poll", (), poll_seconds=config.poll_seconds)
    elif not counted:
        yield _nothing_enforced("types", ())
    elif missing := [kind for kind in DESKTOPS if kind not in counted]:
        yield Finding(FindingCode.SESSION_TYPE_NOT_COUNTED, WARNING, facts={"types": _short(missing)})
    if config.poll_seconds == 0:
        yield Finding(FindingCode.POLLS_TOO_OFTEN, INFO)


def _nothing_enforced(why: str, keys: Sequence[str], **more: Json) -> Finding:
    facts: dict[str, Json] = {"why": why, "keys": _short(keys), **more}
    return Finding(FindingCode.NOTHING_ENFORCED, ERROR, facts=facts)


def _of_the_clock(seen: Seen) -> Iterator[Finding]:
    snapshot = seen.snapshot
    if snapshot.server_time is None:
        yield Finding(FindingCode.TIME_ZONE_UNKNOWN, WARNING)
        return
    skew = snapshot.server_time - snapshot.read_at
    if abs(skew) > SKEW_MAX:
        severity = ERROR if abs(skew) > SKEW_SEVERE else WARNING
        minutes = round(skew / timedelta(minutes=1))  # else it would be told anew with every second
        yield Finding(FindingCode.CLOCK, severity, facts={"ahead_seconds": minutes * 60})
    offset = snapshot.server_time.utcoffset()
    if seen.our_offset is not None and offset is not None and offset != seen.our_offset:
        ahead = int((offset - seen.our_offset).total_seconds())
        facts: dict[str, Json] = {"zone": snapshot.time_zone, "ahead_seconds": ahead}
        yield Finding(FindingCode.TIME_ZONE_OTHER, INFO, facts=facts)


_OF_FLAWS = {
    FlawKind.STOPS_ALL: (FindingCode.STOPS_EVERYBODY, ERROR),
    FlawKind.SECTION: (FindingCode.OTHER_NAME_IN_FILE, ERROR),
    FlawKind.UNREADABLE: (FindingCode.SETTINGS_UNREADABLE, ERROR),
    FlawKind.BROKEN: (FindingCode.SETTINGS_UNREADABLE, ERROR),
    FlawKind.LOCKOUT: (FindingCode.LOCKOUT_UNKNOWN, ERROR),
    FlawKind.EMPTY: (FindingCode.SETTINGS_EMPTY, WARNING),
}


def _of_a_file(user: UserSnapshot) -> Iterator[Finding]:
    for flaw in user.flaws:
        code, severity = _OF_FLAWS[flaw.kind]
        yield Finding(code, severity, user.name, {"keys": _short(flaw.keys)})


def _of_a_user(user: UserSnapshot, seen: Seen) -> Iterator[Finding]:
    """Of those for whom there is something to enforce."""
    if user.config is None or not is_limited(user.config):
        return
    config = seen.snapshot.config or ServerConfig()
    if user.name in (seen.facts.administrators or ()):
        yield Finding(FindingCode.ADMINISTRATOR, WARNING, user.name)
    if user.name in config.excluded_users:
        yield Finding(FindingCode.EXCLUDED, ERROR, user.name)
        return
    sessions = [session for session in user.sessions if session.state != "closing"]
    if not sessions or seen.facts.run is None:
        return
    if not any(_is_counted(session, config) for session in sessions):
        types = sorted({session.type for session in sessions})
        yield Finding(FindingCode.SESSION_NOT_COUNTED, WARNING, user.name, {"types": _short(types)})
    elif not user.counted:
        yield Finding(FindingCode.NOT_COUNTED, ERROR, user.name)


def _is_counted(session: Session, config: ServerConfig) -> bool:
    return session.type in config.counted_session_types


def _short(words: Sequence[str]) -> list[Json]:
    """What a server calls something, fit to be kept."""
    return [word[:WORD_MAX] for word in words[:LISTED_MAX]]
