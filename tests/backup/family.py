"""A family's data folder, and who backs it up."""

from datetime import UTC, datetime
from pathlib import Path

from tests.store.samples import NOW, PRIVATE_KEY, grant, queued, server, week_limit
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.services.backup import Backups
from timekpr_mngr.store import Store
from timekpr_mngr.store.backup import sealed

PASSPHRASE = "four words in a row"
MUM = Actor(Account("mum", Role.ADMIN, NOW), Source.CLI)
MADE_AT = datetime(2025, 11, 22, 20, 15, tzinfo=UTC)
QUICK = 10  # scrypt's cost: a millisecond instead of half a second


def hurry() -> None:
    """Passphrases are stretched by less than in earnest."""
    sealed.WORK_FACTOR = QUICK


def backups(data_dir: Path, made_at: datetime = MADE_AT) -> Backups:
    """What makes and puts back backups of a folder, at that instant."""
    return Backups(data_dir, now=lambda: made_at)


async def move_in(data_dir: Path) -> None:
    """Two computers, an account that is signed in, a limit and a grant that wait."""
    store = await Store.open(data_dir)
    for name in ("kids-pc", "laptop"):
        await store.servers.add(server(name), PRIVATE_KEY)
    await store.accounts.add("mum", Role.ADMIN, "hash of a password", NOW)
    await store.sign_ins.add("hash of a session", "mum", NOW, NOW, None, None)
    await queued(store, week_limit(36_000))
    await queued(store, grant())
    await store.close()
