"""The data folder itself, for what must work without the service, and beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from timekpr_mngr import texts
from timekpr_mngr.cli.said import SAID
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.texts import _

if TYPE_CHECKING:
    from timekpr_mngr.services.accounts import Accounts
    from timekpr_mngr.settings import Settings

T = TypeVar("T")
WHO = "command line"


def with_accounts(
    data_dir: str | None, work: "Callable[[Accounts, Actor], Awaitable[T]]", *, may_make: bool = False
) -> T:
    """Does something with the accounts of a data folder, which must be one unless `may_make`. Raises CannotStart."""
    from timekpr_mngr.services.accounts import Accounts
    from timekpr_mngr.store import Store

    settings = settings_of(data_dir, may_make=may_make)

    async def run() -> T:
        store = await Store.open(settings.data_dir, settings.database_url)
        try:
            return await work(Accounts(store, lambda: datetime.now(UTC)), who())
        finally:
            await store.close()

    return asyncio.run(run())


def settings_of(data_dir: str | None, *, may_make: bool = False) -> "Settings":
    """The settings of a data folder, which must be one unless `may_make`. Raises CannotStart."""
    from timekpr_mngr.settings import Settings
    from timekpr_mngr.store.opening import DATABASE_NAME

    settings = Settings.load(data_dir=data_dir or SAID.data_dir)
    texts.use(settings.language)
    if not may_make and settings.database_url is None and not (settings.data_dir / DATABASE_NAME).exists():
        raise CannotStart(
            _("There is no data of timekpr-mngr in {folder}. Name the right folder with --data-dir.").format(
                folder=settings.data_dir
            )
        )
    return settings


def who() -> Actor:
    """Who may work on the data folder itself may do anything."""
    return Actor(Account(WHO, Role.ADMIN, datetime.now(UTC)), Source.CLI)
