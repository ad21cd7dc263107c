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
    from timekpr_mngr.services.roles import Roles
    from timekpr_mngr.settings import Settings
    from timekpr_mngr.store import Store

T = TypeVar("T")
WHO = "command line"


def with_accounts(
    data_dir: str | None, work: "Callable[[Accounts, Actor], Awaitable[T]]", *, may_make: bool = False
) -> T:
    """Does something with the accounts of a data folder, which must be one unless `may_make`. Raises CannotStart."""
    from timekpr_mngr.services.accounts import Accounts

    return _with_store(data_dir, lambda store: work(Accounts(store, _now), who()), may_make=may_make)


def with_roles(data_dir: str | None, work: "Callable[[Roles, Actor], Awaitable[T]]") -> T:
    """The same with what its accounts are to people."""
    from timekpr_mngr.services.roles import Roles

    return _with_store(data_dir, lambda store: work(Roles(store, _now), who()), may_make=False)


def _with_store(data_dir: str | None, work: "Callable[[Store], Awaitable[T]]", *, may_make: bool) -> T:
    from timekpr_mngr.store import Store

    settings = settings_of(data_dir, may_make=may_make)

    async def run() -> T:
        store = await Store.open(settings.data_dir, settings.database_url)
        try:
            return await work(store)
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
    return Actor(Account(WHO, Role.ADMIN, _now()), Source.CLI)


def _now() -> datetime:
    return datetime.now(UTC)
