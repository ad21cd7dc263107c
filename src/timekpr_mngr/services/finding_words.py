"""A finding in words: what it is, and what to do about it."""

from collections.abc import Callable
from datetime import UTC, datetime

from timekpr_mngr import texts
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.finding import Finding, FindingCode
from timekpr_mngr.services import words
from timekpr_mngr.texts import _, counted, noop

LIFTED_TOLD = 3


def sentence(finding: Finding) -> str:
    """What was found. It stands by itself: whom it is about is in it."""
    made = _MADE.get(finding.code)
    if made is not None:
        return made(finding)
    return _(_PLAIN[finding.code][0]).format(user=finding.user, keys=_keys(finding))


def fix(finding: Finding) -> str:
    """What to do."""
    if finding.code is FindingCode.NOTHING_ENFORCED:
        return _(_NOTHING[str(finding.facts.get("why"))][1])
    return _(_FIXES.get(finding.code) or _PLAIN[finding.code][1]).format(user=finding.user)


def _nothing_enforced(finding: Finding) -> str:
    said = _(_NOTHING[str(finding.facts.get("why"))][0])
    return said.format(keys=_keys(finding), seconds=finding.facts.get("poll_seconds"))


def _restarted(finding: Finding) -> str:
    last = datetime.fromisoformat(str(finding.facts.get("last"))).astimezone(UTC)
    times = counted(
        "timekpr was restarted {n} time within a week while the computer was on",
        "timekpr was restarted {n} times within a week while the computer was on",
        _number(finding.facts.get("count")),
    )
    return _("{times}, last on {day} at {time} UTC: the seconds before each are not counted.").format(
        times=times, day=texts.short_date(last, year=True), time=texts.clock(last)
    )


def _clock(finding: Finding) -> str:
    seconds = _number(finding.facts.get("ahead_seconds"))
    said = (
        _("Its clock is {time} ahead of ours: days and hours begin there at another time.")
        if seconds > 0
        else _("Its clock is {time} behind ours: days and hours begin there at another time.")
    )
    return said.format(time=words.roughly(max(abs(seconds), 60)))


def _other_zone(finding: Finding) -> str:
    seconds = _number(finding.facts.get("ahead_seconds"))
    said = (
        _("It goes by the time of {zone}, {time} ahead of this computer's: its days and hours begin by that.")
        if seconds > 0
        else _(
            "It goes by the time of {zone}, {time} behind this computer's: its days and hours begin by that."
        )
    )
    return said.format(zone=finding.facts.get("zone"), time=words.roughly(abs(seconds)))


def _types(finding: Finding) -> str:
    return words.listed(map(str, _list(finding.facts.get("types"))))


def _session_type(finding: Finding) -> str:
    return _(
        "Sessions of the type {types} are not counted: who chooses one at the sign-in is not limited."
    ).format(types=_types(finding))


def _session_not_counted(finding: Finding) -> str:
    return _("{user} is signed in on a session of the type {types}, which is not counted.").format(
        user=finding.user, types=_types(finding)
    )


def _unknown_user(finding: Finding) -> str:
    return _("{user} is signed in there, and timekpr does not know this user: nothing is counted.").format(
        user=finding.user
    )


def _server_unreadable(finding: Finding) -> str:
    if not _list(finding.facts.get("keys")):
        return _("timekpr cannot read its own settings, and goes by its defaults.")
    return _("timekpr cannot read {keys} in its own settings, and goes by its defaults there.").format(
        keys=_keys(finding)
    )


def _unreadable(finding: Finding) -> str:
    if not _list(finding.facts.get("keys")):
        return _(
            "timekpr cannot read the file with the limits of {user}: it goes by an older copy, or by no limits at all."
        ).format(user=finding.user)
    return _(
        "timekpr cannot read {keys} of {user}, and goes by its defaults there, which are no limits."
    ).format(keys=_keys(finding), user=finding.user)


def _lifted(finding: Finding) -> str:
    what = [
        words.field(str(one[0])) if one[1:] == [None, None] else words.difference(str(one[0]), one[1], one[2])
        for one in _list(finding.facts.get("what"))[:LIFTED_TOLD]
        if isinstance(one, list) and len(one) == 3
    ]
    more = _number(finding.facts.get("count")) - len(what)
    if more > 0:
        what.append(counted("{n} more", "{n} more", more))
    if finding.user is None:
        return _("Somebody loosened what holds for everybody there: {what}.").format(what=words.listed(what))
    return _("Somebody gave {user} more there: {what}.").format(user=finding.user, what=words.listed(what))


def _keys(finding: Finding) -> str:
    return ", ".join(map(str, _list(finding.facts.get("keys"))))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0


_NOTHING = {
    "poll": (
        noop("timekpr is set to look every {seconds} s: with that it counts nobody, and nobody is limited."),
        noop(
            "Set “Looks every” to 3 seconds in timekpr's settings, and then restart timekpr there: "
            "sudo systemctl restart timekpr"
        ),
    ),
    "types": (
        noop("No type of session is counted there, so nobody is limited."),
        noop(
            "In timekpr's settings, add x11 and wayland to the session types that count, and take them out of "
            "those that do not."
        ),
    ),
    "keys": (
        noop("timekpr breaks off at {keys} in its own settings: nobody is limited."),
        noop(
            "Put that value right in /etc/timekpr/timekpr.conf there, as root, and restart timekpr: "
            "sudo systemctl restart timekpr"
        ),
    ),
}
"""By what it is: what it says, and what to do."""

_IN_THE_FILE = noop(
    "Set all limits of {user} once more here: each is then written anew. Or put the file right there, as root."
)

_PLAIN = {
    FindingCode.NO_DAEMON: (
        noop("timekpr does not run there: nobody is limited."),
        noop(
            "Start it there: sudo systemctl enable --now timekpr. If it does not stay, its log says why: "
            "journalctl -u timekpr"
        ),
    ),
    FindingCode.COUNTS_NOBODY: (
        noop(
            "timekpr answers, but counts nobody: it neither looked nor saved, though somebody is signed in."
        ),
        noop(
            "Put right first what else is found here about a file. Then restart it there: "
            "sudo systemctl restart timekpr. /var/log/timekpr.log says what stopped it."
        ),
    ),
    FindingCode.NOT_AT_START: (
        noop("timekpr does not start with the computer: after the next start nobody is limited."),
        noop("Let it start by itself: sudo systemctl enable timekpr"),
    ),
    FindingCode.POLLS_TOO_OFTEN: (
        noop("timekpr looks hundreds of times a second, and keeps the computer busy."),
        noop("Set “Looks every” to 3 seconds in timekpr's settings."),
    ),
    FindingCode.FILES_UNREADABLE: (
        noop("timekpr's files are not where we may read, so that limits cannot be checked."),
        noop("Compare the folders in the line in authorized_keys with those that timekpr.conf names there."),
    ),
    FindingCode.TIME_ZONE_UNKNOWN: (
        noop("The computer does not tell its time zone, so that it is not known when its day begins."),
        noop("Set it there: sudo timedatectl set-timezone Europe/Vienna (or where it stands)."),
    ),
    FindingCode.STOPS_EVERYBODY: (
        noop("timekpr breaks off at {keys} of {user}: nobody on this computer is limited."),
        noop(
            "timekpr takes nothing for {user} over its bus until it is put right in that file there, as root. "
            "Then restart it: sudo systemctl restart timekpr"
        ),
    ),
    FindingCode.OTHER_NAME_IN_FILE: (
        noop(
            "The file with the limits of {user} bears another name inside: timekpr goes by no limits at all."
        ),
        _IN_THE_FILE,
    ),
    FindingCode.SETTINGS_EMPTY: (
        noop(
            "The file with the limits of {user} is empty: timekpr goes by its copy, as long as that is there."
        ),
        noop(
            "Is the disk full there? Make room, and then set a limit of {user} here: the file is written anew."
        ),
    ),
    FindingCode.LOCKOUT_UNKNOWN: (
        noop("timekpr does not know what “{keys}” means when the time of {user} is up: no session is ended."),
        noop("Choose what happens when time is up, on the page of {user}'s limits."),
    ),
    FindingCode.EXCLUDED: (
        noop("{user} is among the users who are not counted: the limits of {user} are not enforced."),
        noop(
            "Take {user} out of “Users who are not counted” in timekpr's settings. It holds from the next sign-in on."
        ),
    ),
    FindingCode.NOT_COUNTED: (
        noop("{user} is signed in, and timekpr does not count it."),
        noop(
            "Let {user} sign out and in again. If it stays so, restart timekpr there: sudo systemctl restart timekpr"
        ),
    ),
    FindingCode.ADMINISTRATOR: (
        noop("{user} is an administrator of the computer, and can lift every limit there."),
        noop(
            "Take that away in the computer's own settings of users (account type: standard), or there: "
            "sudo deluser {user} sudo (on Fedora and openSUSE: sudo gpasswd -d {user} wheel)"
        ),
    ),
}
"""By code: what it says, and what to do."""

_MADE: dict[FindingCode, Callable[[Finding], str]] = {
    FindingCode.NOTHING_ENFORCED: _nothing_enforced,
    FindingCode.RESTARTED: _restarted,
    FindingCode.CLOCK: _clock,
    FindingCode.TIME_ZONE_OTHER: _other_zone,
    FindingCode.SESSION_TYPE_NOT_COUNTED: _session_type,
    FindingCode.SESSION_NOT_COUNTED: _session_not_counted,
    FindingCode.UNKNOWN_USER: _unknown_user,
    FindingCode.SERVER_SETTINGS_UNREADABLE: _server_unreadable,
    FindingCode.SETTINGS_UNREADABLE: _unreadable,
    FindingCode.LIMITS_LIFTED: _lifted,
}

_FIXES = {
    FindingCode.RESTARTED: noop(
        "Its log says what ended it: journalctl -u timekpr. If nobody did it on purpose, look who may administer "
        "that computer."
    ),
    FindingCode.CLOCK: noop(
        "Switch automatic time on there: sudo timedatectl set-ntp true. If our clock is the wrong one, set that."
    ),
    FindingCode.TIME_ZONE_OTHER: noop(
        "If that is not where it stands: sudo timedatectl set-timezone Europe/Vienna (or the right one)."
    ),
    FindingCode.SESSION_TYPE_NOT_COUNTED: noop(
        "Add it to the session types that count, in timekpr's settings."
    ),
    FindingCode.SESSION_NOT_COUNTED: noop(
        "Add it to the session types that count in timekpr's settings, and take it out of those that do not; or "
        "take that way of signing in away from {user} there."
    ),
    FindingCode.UNKNOWN_USER: noop(
        "timekpr passes over users whose number lies outside UID_MIN to UID_MAX of /etc/login.defs there. Give "
        "{user} an ordinary account, or leave it if it is nobody who is to be limited."
    ),
    FindingCode.SERVER_SETTINGS_UNREADABLE: noop(
        "Set it anew in timekpr's settings; or put /etc/timekpr/timekpr.conf right there, as root, and restart timekpr."
    ),
    FindingCode.SETTINGS_UNREADABLE: _IN_THE_FILE,
    FindingCode.LIMITS_LIFTED: noop("Keep it if it is meant, or change it back: it waits for an answer."),
}
