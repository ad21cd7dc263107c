"""Who may do what, and to whom: asked first in every service call.

Of whom an account is not to know, it is told the same as of somebody who does not exist.
"""

from collections.abc import Iterable

from timekpr_mngr.domain.account import Actor, Power
from timekpr_mngr.domain.change import Change
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.errors import Forbidden, UnknownServer, UnknownUser
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _


class Permission:
    """Looks rights up as they are at that moment: an account's role may change while it looks at a page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def rights(self, actor: Actor) -> Rights:
        """What somebody may do."""
        if actor.account.is_admin:
            return Rights.of(actor, {})
        return Rights.of(actor, await self._store.person_roles.rights(actor.account.name))

    async def must(self, actor: Actor, power: Power, server: str, user: str | None) -> Rights:
        """Raises Forbidden unless this may be done to a user, or (None) to the server itself.

        Raises UnknownServer or UnknownUser where they are not to know of it.
        """
        rights = await self.rights(actor)
        _must(actor, rights, power, server, user)
        return rights

    async def must_all(self, actor: Actor, power: Power, users: Iterable[UserName]) -> None:
        """The same for each of these users."""
        rights = await self.rights(actor)
        for user in users:
            _must(actor, rights, power, *user)

    async def must_move(self, actor: Actor, change: Change) -> Rights:
        """Raises Forbidden unless they may cancel, answer, try again or undo a change that they see."""
        rights = await self.rights(actor)
        if not rights.may_move(change):
            raise forbidden(actor)
        return rights


def _must(actor: Actor, rights: Rights, power: Power, server: str, user: str | None) -> None:
    must_see(rights, server, user)
    if not rights.may(power, server, user):
        raise forbidden(actor)


def must_see(rights: Rights, server: str, user: str | None) -> None:
    """Raises UnknownServer, UnknownUser; Forbidden for a server of which they only know that their people use it."""
    if rights.power(server, user) is not None:
        return
    if server not in (rights.servers or ()):
        raise unknown_server(server)
    if user is not None:
        raise unknown_user(server, user)
    raise Forbidden(_("What a computer itself is set to is shown to those who see everybody on it."))


def must_administer(actor: Actor) -> None:
    """Raises Forbidden unless everything may be done here."""
    if not actor.is_admin:
        raise forbidden(actor)


def must_see_everybody(rights: Rights) -> None:
    """Raises Forbidden for those who are to know of some people alone."""
    if not rights.sees_everybody:
        raise Forbidden(_("This is for accounts that see everybody."))


def must_be_whole(actor: Actor) -> None:
    """Raises Forbidden for a program whose token allows less than its account may do: an account's own affairs are not
    for it.
    """
    if actor.scope is not Power.ADMIN:
        raise Forbidden(_("This token is not for the account itself. Nothing was changed."))


def among(
    rights: Rights, users: "frozenset[UserName] | tuple[UserName, ...] | None"
) -> "set[UserName] | None":
    """Those of these users (None: of all) whom they see; None for everybody."""
    if rights.users is None:
        return None if users is None else set(users)
    return set(rights.users) if users is None else set(rights.users) & set(users)


def forbidden(actor: Actor) -> Forbidden:
    """What somebody is told who sees it, and may not change it."""
    return Forbidden(
        _("{account} may look, but not change this. Nothing was changed.").format(account=actor.account.name)
    )


def unknown_server(server: str) -> UnknownServer:
    """As the store says it of a server that there is not."""
    return UnknownServer(_("There is no server named {name}.").format(name=server))


def unknown_user(server: str, user: str) -> UnknownUser:
    """As it is said of a user whom timekpr does not know."""
    return UnknownUser(_("{server} has no user {user} that timekpr knows.").format(server=server, user=user))
