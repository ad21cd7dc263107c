"""What waits for a person's answer: changes that ended with a question, and drift. One thing counts once."""

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.services import Services
from timekpr_mngr.services.change_search import ASKS

AT_ONCE = 200

Field = tuple[str, str | None, str]
"""Server, user (None for the server itself), name."""


def field_of(drift: Drift) -> Field:
    """What the drift is about."""
    return drift.server, drift.user, drift.field


async def conflicts(
    services: Services, actor: Actor, server: str | None = None, user: str | None = None
) -> frozenset[Field]:
    """The fields of which a conflict asks already: drift of the same field is answered with it."""
    found = await services.changes.list(actor, state=ASKS, server=server, user=user, limit=AT_ONCE)
    return frozenset(
        (change.server, change.user, change.field)
        for change in found.items
        if change.state is ChangeState.CONFLICT
    )


async def asking(services: Services, actor: Actor) -> int:
    """How much waits for an answer."""
    changes, drift = await services.changes.asking(actor), await services.drift.open(actor)
    count = sum(changes.values()) + sum(drift.values())
    if not changes.keys() & drift.keys():
        return count
    asked = await conflicts(services, actor)
    seen = await services.drift.list(actor, state=DriftState.OPEN.value, limit=AT_ONCE)
    return count - sum(field_of(item) in asked for item in seen.items)
