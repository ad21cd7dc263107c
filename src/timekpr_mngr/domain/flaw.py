"""What is wrong with a file of timekpr's, so that the daemon does not go by what somebody wrote there."""

from dataclasses import dataclass
from enum import StrEnum


class FlawKind(StrEnum):
    """What the daemon makes of it (design: timekpr.md, 0 and 3).

    STOPS_ALL: its worker breaks off at the value, before it comes to the users after. SECTION: no section bears the
    user's name, and UNREADABLE: keys are missing or hold what they cannot, so that it goes by its defaults, which are
    no limits. LOCKOUT: it ends no session. BROKEN: it throws the whole file away. EMPTY: it goes by the copy before.
    """

    STOPS_ALL = "stops-all"
    SECTION = "section"
    UNREADABLE = "unreadable"
    LOCKOUT = "lockout"
    BROKEN = "broken"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One of them. `keys` are the file's own words: keys, or the lockout type."""

    kind: FlawKind
    keys: tuple[str, ...] = ()
