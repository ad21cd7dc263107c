"""What the services answer of people, and of limits that are copied between users.

What is not known is None. Instants are aware, UTC. Seconds are seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services.views import DifferenceView, TimeLeftView


@dataclass(frozen=True, slots=True)
class UserNow:
    """One of a person's users, today by that server's own date.

    `as_of` is the instant to which the time used was counted. `playtime_left_seconds` is None where no limit of
    PlayTime acts, or what is left is not known. `logged_in`, `counted` and `locked` are None while the server is not
    online.
    """

    server: str
    user: str
    full_name: str
    used_seconds: int | None
    as_of: datetime | None
    time_left: TimeLeftView | None
    playtime_left_seconds: int | None
    logged_in: bool | None
    counted: bool | None
    locked: bool | None
    server_state: ServerState
    server_since: datetime

    @property
    def name(self) -> UserName:
        """Who it is."""
        return UserName(self.server, self.user)

    @property
    def is_playing(self) -> bool:
        """Whether somebody is known to use the computer as this user, with the screen open."""
        return bool(self.counted and not self.locked)


@dataclass(frozen=True, slots=True)
class PersonNow:
    """Where a person stands. `users` are as they are in the person.

    `used_seconds` is what was used today on all servers together, as far as it is known; where more may have been,
    because one is not online or could not be read, `used_is_whole` is False. `playing_on` are the users who play now.
    `playtime_left_seconds` is the most that one of the servers still gives, of those where they play now if they do;
    None where PlayTime has a limit nowhere.
    """

    used_seconds: int | None
    used_is_whole: bool
    playing_on: tuple[UserName, ...]
    playtime_left_seconds: int | None
    users: tuple[UserNow, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person and where they stand. `id` is `p7`, or `kids-pc/emma` for a user who is a person by themself."""

    id: str
    name: str
    users: tuple[UserName, ...]
    now: PersonNow


@dataclass(frozen=True, slots=True)
class ForemostPeople:
    """Some of the people, by name, and how many were found `in_all`. `servers` are those that anybody uses."""

    people: tuple[PersonView, ...]
    in_all: int
    servers: frozenset[str]


@dataclass(frozen=True, slots=True)
class CopyPreview:
    """What copying to a user would change there: from what is, or already waits, to what would be.

    `problem` says in words why nothing can be copied to this user; then there are no differences. `waits_for` says why
    what differs would not be there at once: the server is away.
    """

    server: str
    user: str
    differences: tuple[DifferenceView, ...]
    problem: str | None
    waits_for: str | None = None
