"""Who may do what: asked first in every service call."""

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import Forbidden
from timekpr_mngr.texts import _


def must_change(actor: Actor) -> None:
    """Raises Forbidden unless the account may change things."""
    if not actor.account.may_change:
        raise Forbidden(
            _("{account} may look, but not change anything. Nothing was changed.").format(
                account=actor.account.name
            )
        )
