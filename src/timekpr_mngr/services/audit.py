"""Who did what, noted after it was done."""

import logging
from datetime import datetime

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.store import Store
from timekpr_mngr.store.failure import StoreFailure

log = logging.getLogger(__name__)


async def note(store: Store, actor: Actor, what: str, subject: str, now: datetime) -> None:
    """Never fails: what was done is done, and who is told that it was not does it again. The log has it then."""
    try:
        await store.audit.add(actor.account.name, actor.source, what, subject, now)
    except StoreFailure as problem:
        log.error("%s %s: %s. This is not in the audit: %s", actor.account.name, what, subject, problem)
