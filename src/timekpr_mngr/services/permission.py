"""Who may do what: asked first in every service call."""

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import Forbidden


def must_change(actor: Actor) -> None:
    """Raises Forbidden unless the account may change things."""
    if not actor.account.may_change:
        raise Forbidden(f"{actor.account.name} may look, but not change anything. Nothing was changed.")
