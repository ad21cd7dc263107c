"""Somebody who signs in to timekpr-mngr."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account may do. Parents, carers and their people come with a later version."""

    ADMIN = "admin"
    VIEWER = "viewer"


class Source(StrEnum):
    """From where something was asked."""

    PAGE = "page"
    API = "api"
    CLI = "cli"
    MQTT = "mqtt"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its secrets."""

    name: str
    role: Role
    created_at: datetime

    @property
    def may_change(self) -> bool:
        """Whether this account may change anything at all."""
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and from where: the first argument of every service call."""

    account: Account
    source: Source


@dataclass(frozen=True, slots=True)
class Token:
    """An API token without its secret; `id` is what `token revoke` takes."""

    id: int
    label: str
    account: str
    created_at: datetime
    last_used_at: datetime | None
