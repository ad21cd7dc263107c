"""The key under which private keys and other secrets are kept: a new one in its place."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.services import audit
from timekpr_mngr.store import Store
from timekpr_mngr.store.alone import alone
from timekpr_mngr.texts import _


def rotate(data_dir: Path, url: str | None, actor: Actor, *, forget_older: bool) -> None:
    """Makes a new key and encrypts all secrets with it; with `forget_older` the service must be stopped.

    Raises CannotStart where it is not, or the data cannot be used, and StoreFailure.
    """
    refusal = _(
        "timekpr-mngr is running, and would still use an older key: stop it first. Nothing was changed."
    )
    with ExitStack() as stack:
        if forget_older:
            stack.enter_context(alone(data_dir, refusal))
        asyncio.run(_rotated(data_dir, url, actor, forget_older))


async def _rotated(data_dir: Path, url: str | None, actor: Actor, forget_older: bool) -> None:
    store = await Store.open(data_dir, url)
    try:
        await store.rotate_secrets(forget_older=forget_older)
        what = "rotated the key and forgot older ones" if forget_older else "rotated the key"
        await audit.note(store, actor, what, "secret.key", datetime.now(UTC))
    finally:
        await store.close()
