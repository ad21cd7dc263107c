"""Which users are administrators of the computer, as AccountsService tells where a desktop has it.

It answers everybody on the bus, and says it of those who are in the group that may administer the computer (sudo,
wheel, admin: whichever the distribution built it with). A computer without it tells nothing.
"""

import asyncio
import random
from collections.abc import Sequence

from timekpr_mngr.errors import ServerFailure
from timekpr_mngr.link.bus import PROPERTIES, Bus, ErrorReply

ACCOUNTS, ACCOUNTS_PATH = "org.freedesktop.Accounts", "/org/freedesktop/Accounts"
ADMINISTRATOR = 1
ASK_EVERY_SECONDS = 600.0
FIRST_ASKED_SECONDS = (30.0, 600.0)
ASKED_MAX = 200  # users; a school's computer would be asked for thousands
TIMEOUT_SECONDS = 5.0


class Administrators:
    """Of one conversation. `known` is what was told last, None before it was asked.

    Where it `can_wait`, it is first asked within ten minutes: to ask for everybody of a thousand computers takes half
    as long as to read them all.
    """

    def __init__(self, bus: Bus, *, can_wait: bool = False) -> None:
        self.known: frozenset[str] | None = None
        self._bus = bus
        self._ask_at = asyncio.get_running_loop().time()
        if can_wait:
            self._ask_at += random.uniform(*FIRST_ASKED_SECONDS)  # noqa: S311 -- spreads, hides nothing
        self._is_there = True

    @property
    def are_due(self) -> bool:
        """Whether it is time to ask, where there is somebody to ask."""
        return self._is_there and asyncio.get_running_loop().time() >= self._ask_at

    async def ask(self, users: Sequence[str]) -> None:
        """Asks for every user, one after the other. Raises ServerFailure where the conversation is over."""
        self._ask_at = asyncio.get_running_loop().time() + ASK_EVERY_SECONDS
        found = set()
        for user in users[:ASKED_MAX]:
            try:
                if await self._is_administrator(user):
                    found.add(user)
            except ErrorReply as reply:
                if not reply.name.startswith(ACCOUNTS):  # there is none, or it may not be asked
                    self._nobody_tells()
                    return
            except ServerFailure:
                self._bus.check_open()
                self._nobody_tells()
                return
        self.known = frozenset(found)

    def _nobody_tells(self) -> None:
        self._is_there = False
        self.known = self.known or frozenset()

    async def _is_administrator(self, user: str) -> bool:
        (path,) = await self._bus.call(
            ACCOUNTS,
            ACCOUNTS_PATH,
            ACCOUNTS,
            "FindUserByName",
            "s",
            (user,),
            answers=("o",),
            timeout=TIMEOUT_SECONDS,
        )
        ((_type, kind),) = await self._bus.call(
            ACCOUNTS,
            path,
            PROPERTIES,
            "Get",
            "ss",
            (f"{ACCOUNTS}.User", "AccountType"),
            answers=("v",),
            timeout=TIMEOUT_SECONDS,
        )
        return bool(kind == ADMINISTRATOR)
