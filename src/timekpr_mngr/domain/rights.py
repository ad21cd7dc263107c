"""What an account may do, and to whom: worked out from its role and from those that it has for single people."""

from collections.abc import Mapping
from dataclasses import dataclass

from timekpr_mngr.domain.account import Account, Actor, Power, Role
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.person import UserName


@dataclass(frozen=True, slots=True)
class Right:
    """What an account is to a user. `minutes_a_day` is a carer's; None for who may give without end."""

    role: Role
    minutes_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Rights:
    """`named` are the rights to the users of single people; they count before what the account is to everybody."""

    account: Account
    scope: Power
    named: Mapping[UserName, Right]

    @classmethod
    def of(cls, actor: Actor, named: Mapping[UserName, Right]) -> "Rights":
        """Those of somebody who asks."""
        return cls(actor.account, actor.scope, named)

    @property
    def is_admin(self) -> bool:
        """Whether servers, people and accounts are in their hands."""
        return self.account.is_admin and self.scope is Power.ADMIN

    @property
    def sees_everybody(self) -> bool:
        """Whether there is nobody whom this account must not know of: then it sees the servers themselves, too."""
        return self.account.role is not Role.MEMBER

    @property
    def users(self) -> frozenset[UserName] | None:
        """Whom they see; None for everybody."""
        return None if self.sees_everybody else frozenset(self.named)

    @property
    def servers(self) -> frozenset[str] | None:
        """The servers that have one of them; None for all."""
        return None if self.sees_everybody else frozenset(user.server for user in self.named)

    def to(self, server: str, user: str) -> Right | None:
        """What the account is to this user; None for one of whom it is to know nothing."""
        if self.account.is_admin:
            return Right(Role.ADMIN)
        own = Right(self.account.role, self.account.minutes_a_day) if self.sees_everybody else None
        return self.named.get(UserName(server, user), own)

    def power(self, server: str, user: str | None) -> Power | None:
        """What may be done to a user, or (None) to a server itself; None where it is not to be known of."""
        if user is None:
            found = Power.ADMIN if self.account.is_admin else Power.READ if self.sees_everybody else None
        else:
            right = self.to(server, user)
            found = right.role.power if right is not None else None
        return found if found is None or self.scope.covers(found) else self.scope

    def may(self, power: Power, server: str, user: str | None) -> bool:
        """Whether this may be done to a user, or (None) to a server itself; for that, to change anything is ADMIN."""
        found = self.power(server, user)
        wanted = Power.ADMIN if user is None and power is not Power.READ else power
        return found is not None and found.covers(wanted)

    def may_move(self, change: Change) -> bool:
        """Whether they may cancel, answer, try again and undo this: a carer only the time that they gave or took."""
        if self.may(Power.LIMITS, change.server, change.user):
            return True
        is_own = change.is_grant and change.account == self.account.name
        return is_own and self.may(Power.GRANT, change.server, change.user)

    def most_seconds(self, server: str, user: str) -> int | None:
        """How much they may give a day; None where there is no end to it."""
        right = self.to(server, user)
        if right is None or right.role is not Role.CARER:
            return None
        return (right.minutes_a_day or 0) * 60
