"""What REST says of accounts, their roles, sessions and tokens; and what it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from timekpr_mngr.domain.account import Power, Role, Token
from timekpr_mngr.services.accounts import Session
from timekpr_mngr.services.allowance import Allowance
from timekpr_mngr.services.roles import AccountRoles, NamedRole
from timekpr_mngr.services.second_factor import FactorState, NewFactor
from timekpr_mngr.store import AuditEntry
from timekpr_mngr.web.api.models import Answer, Sent


class NewAccount(Sent):
    """Somebody who is to sign in. `minutes_a_day` goes with the role carer, and with no other."""

    name: str
    role: Role
    password: str = Field(min_length=8, max_length=256)
    minutes_a_day: int | None = Field(None, ge=1, le=1440)


class AccountEdit(Sent):
    """What is to be another: the role (with a carer's minutes), or a password that was forgotten."""

    role: Role | None = None
    minutes_a_day: int | None = Field(None, ge=1, le=1440)
    password: str | None = Field(None, min_length=8, max_length=256)


class PersonRoleGiven(Sent):
    """What an account is to be to a person: parent, carer or viewer."""

    role: Role
    minutes_a_day: int | None = Field(None, ge=1, le=1440)


class PasswordChange(Sent):
    """One's own password: the present one, and the new one."""

    old: str
    new: str = Field(min_length=8, max_length=256)


class OwnPassword(Sent):
    """One's own password, to be sure who asks."""

    password: str


class Code(Sent):
    """A code of the authenticator."""

    code: str


class SwitchOff(Sent):
    """One's own password, and a code or a recovery code."""

    password: str
    code: str


class NewToken(Sent):
    """A token to make: for oneself if no account is named, and without an end if no days are."""

    label: str = Field(min_length=1, max_length=64)
    account: str | None = None
    scope: Power = Power.ADMIN
    days: int | None = Field(None, ge=1, le=3660)


class NamedRoleOut(Answer):
    """What an account is to one person."""

    person: str
    name: str
    role: Role
    minutes_a_day: int | None

    @classmethod
    def of(cls, one: NamedRole) -> Self:
        """From the services."""
        return cls(person=one.person, name=one.name, role=one.role, minutes_a_day=one.minutes_a_day)


class AccountOut(Answer):
    """An account. `role` is what it is to everybody; what it is to `people` counts before that."""

    name: str
    role: Role
    minutes_a_day: int | None
    created_at: datetime
    people: list[NamedRoleOut]

    @classmethod
    def of(cls, found: AccountRoles) -> Self:
        """From the services."""
        account = found.account
        return cls(
            name=account.name,
            role=account.role,
            minutes_a_day=account.minutes_a_day,
            created_at=account.created_at,
            people=list(map(NamedRoleOut.of, found.people)),
        )


class AccountsOut(Answer):
    """All accounts, by name."""

    items: list[AccountOut]
    next: str | None = None


class OwnAccountOut(Answer):
    """Who asks, and the most that may be done with this token. `second_factor_since` is null while it is off."""

    account: AccountOut
    scope: Power
    second_factor_since: datetime | None
    recovery_codes_left: int

    @classmethod
    def of(cls, found: AccountRoles, scope: Power, factor: FactorState) -> Self:
        """From the services."""
        return cls(
            account=AccountOut.of(found),
            scope=scope,
            second_factor_since=factor.since,
            recovery_codes_left=factor.recovery_codes_left,
        )


class NewFactorOut(Answer):
    """What an authenticator is given; `picture` is the address as a QR code, an SVG."""

    seed: str
    address: str
    picture: str

    @classmethod
    def of(cls, factor: NewFactor) -> Self:
        """From the services."""
        return cls(seed=factor.seed, address=factor.address, picture=factor.picture)


class RecoveryCodesOut(Answer):
    """The recovery codes: they are told this once."""

    recovery_codes: list[str]


class SessionOut(Answer):
    """Where somebody is signed in; `address` may be a network."""

    id: str
    browser: str
    address: str
    since: datetime
    last_used_at: datetime

    @classmethod
    def of(cls, one: Session) -> Self:
        """From the services."""
        return cls(
            id=one.id,
            browser=one.browser,
            address=one.address,
            since=one.since,
            last_used_at=one.last_used_at,
        )


class SessionsOut(Answer):
    """One's own sessions, the last used first."""

    items: list[SessionOut]
    next: str | None = None


class TokenOut(Answer):
    """A token without its secret. `expires_at` is null for one that stays."""

    id: int
    label: str
    account: str
    scope: Power
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> Self:
        """From the domain."""
        return cls(**{name: getattr(token, name) for name in cls.model_fields})


class TokensOut(Answer):
    """Tokens, in the order in which they were made."""

    items: list[TokenOut]
    next: str | None = None


class TokenMadeOut(Answer):
    """The secret of a new token: it is told this once."""

    label: str
    token: str


class AllowanceOut(Answer):
    """What the account may give a day, and what is left of it today; null where there is no end to it."""

    most_seconds: int | None
    left_seconds: int | None

    @classmethod
    def of(cls, found: Allowance | None) -> Self:
        """From the services."""
        if found is None:
            return cls(most_seconds=None, left_seconds=None)
        return cls(most_seconds=found.most_seconds, left_seconds=found.left_seconds)


class AuditOut(Answer):
    """Who did what, newest first; `next` goes on with what is older."""

    items: list[dict[str, Any]]
    next: str | None

    @classmethod
    def of(cls, entries: Sequence[AuditEntry], next_: str | None) -> Self:
        """From the services."""
        return cls(
            items=[
                {
                    "at": one.at.isoformat().replace("+00:00", "Z"),
                    "account": one.account,
                    "source": one.source.value,
                    "what": one.what,
                    "subject": one.subject,
                }
                for one in entries
            ],
            next=next_,
        )
