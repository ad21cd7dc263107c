"""Somebody who signs in to timekpr-mngr."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Power(StrEnum):
    """What may be done. Each holds those before it.

    READ sees people; GRANT gives them time and takes it; LIMITS changes what limits them, and answers and undoes what
    anybody asked for them; ADMIN is for servers, for who is whom and for accounts.
    """

    READ = "read"
    GRANT = "grant"
    LIMITS = "limits"
    ADMIN = "admin"

    def covers(self, other: "Power") -> bool:
        """Whether who may do this may do the other, too."""
        order = list(Power)
        return order.index(self) >= order.index(other)


class Role(StrEnum):
    """What an account is to people: to everybody, or (MEMBER) to those alone for whom a role is named.

    A carer gives so many minutes a day and no more.
    """

    ADMIN = "admin"
    PARENT = "parent"
    CARER = "carer"
    VIEWER = "viewer"
    MEMBER = "member"

    @property
    def power(self) -> Power | None:
        """What it allows; None for a member, who may do by themself nothing."""
        return _POWERS.get(self)


_POWERS = {
    Role.ADMIN: Power.ADMIN,
    Role.PARENT: Power.LIMITS,
    Role.CARER: Power.GRANT,
    Role.VIEWER: Power.READ,
}
FOR_PEOPLE = (Role.PARENT, Role.CARER, Role.VIEWER)
"""The roles that an account may have for a single person."""


class Source(StrEnum):
    """From where something was asked."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    MQTT = "mqtt"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its secrets. `minutes_a_day` is what a carer of everybody may give to each."""

    name: str
    role: Role
    created_at: datetime
    minutes_a_day: int | None = None

    @property
    def is_admin(self) -> bool:
        """Whether this account may do everything."""
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class PersonRole:
    """What an account is to one person, by number; it counts before what the account is to everybody."""

    person: int
    role: Role
    minutes_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and from where: the first argument of every service call.

    `scope` is the most that a program may do with its token; the account may do less, and never does it more.
    """

    account: Account
    source: Source
    scope: Power = Power.ADMIN

    @property
    def is_admin(self) -> bool:
        """Whether everything may be done here."""
        return self.account.is_admin and self.scope is Power.ADMIN


@dataclass(frozen=True, slots=True)
class Token:
    """An API token without its secret; `id` is what `token revoke` takes. `expires_at` is None for one that stays."""

    id: int
    label: str
    account: str
    created_at: datetime
    last_used_at: datetime | None
    scope: Power = Power.ADMIN
    expires_at: datetime | None = None
