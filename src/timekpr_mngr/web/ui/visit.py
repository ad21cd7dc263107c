"""One opening of one page by one account: who acts, in which time zone, and what happens when something fails."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from fastapi import Request
from nicegui import Client, ui

from timekpr_mngr.domain.account import Account, Actor, Power, Source
from timekpr_mngr.domain.rights import Rights
from timekpr_mngr.errors import Invalid, TimekprMngrError, Unauthenticated
from timekpr_mngr.services import Services
from timekpr_mngr.services.accounts import SessionEnded, token_hash
from timekpr_mngr.services.views import UserView
from timekpr_mngr.texts import _

SIGN_IN = "/sign-in"
RECHECK_SECONDS = 5.0
"""How long a page that only looks may trust a session that it has seen. An action is always checked."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Visit:
    """Every handler acts through this: the session is looked up again, and an error becomes a notice."""

    def __init__(
        self, services: Services, client: Client, request: Request, account: Account, rights: Rights
    ) -> None:
        self.services = services
        self.client = client
        self.account = account
        self.rights = rights
        """What the account might do when it was last looked up."""
        self.zone = _zone(request.cookies.get("tz"))
        self.session = _session_token(request)
        self.folded = frozenset(request.cookies.get("folded", "").split("."))
        """The parts of the navigation that are folded away on this screen."""
        self.acted_at = 0.0
        """When somebody last did something here, by the clock of the event loop."""
        self._seen = time.monotonic()
        client.on_delete(services.accounts.on_session_ended(self._ended))

    @property
    def actor(self) -> Actor:
        """Who asks, for a service."""
        return Actor(self.account, Source.PAGE)

    @property
    def is_admin(self) -> bool:
        """Whether buttons for servers, people and accounts are of any use; the services decide."""
        return self.rights.is_admin

    def may(self, power: Power, server: str, user: str | None) -> bool:
        """Whether buttons for a user, or (None) for a server itself, are of any use; the services decide."""
        return self.rights.may(power, server, user)

    @property
    def now(self) -> datetime:
        """This instant, aware."""
        return datetime.now(UTC)

    async def act(self, call: Callable[[Actor], Awaitable[T]]) -> T | None:
        """What the call gives; None where it failed, and then the person was told. Invalid is left to the caller."""
        self.acted_at = asyncio.get_running_loop().time()
        try:
            await self._check()
            return await call(self.actor)
        except Invalid:
            raise
        except Unauthenticated:
            self.leave()
        except TimekprMngrError as error:
            self.tell(error.message, bad=True)
        except Exception:
            if self.client.is_deleted:  # whoever left amid a question gets no answer, and its dialog is gone
                log.info("a page was left amid an action", exc_info=True)
                return None
            log.exception("a page's action failed")
            self.tell(
                _("Something went wrong here, and it was written to the log. Nothing was sent."), bad=True
            )
        return None

    async def do(self, call: Callable[[Actor], Awaitable[T]]) -> T | None:
        """As `act`, and a value that cannot be used is told like any other error."""
        return await self.told(self.act(call))

    async def told(self, action: Awaitable[T | None]) -> T | None:
        """What an action gives; a value that cannot be used is told like any other error, and then it is None."""
        try:
            return await action
        except Invalid as error:
            self.tell(error.message, bad=True)
            return None

    async def known_again(self) -> Actor:
        """Who acts, looked up once more where an action went on after a question. Raises Unauthenticated."""
        await self._check()
        return self.actor

    async def look(self, call: Callable[[Actor], Awaitable[T]]) -> T | None:
        """For a live update: quiet where it fails, because the next one comes."""
        if time.monotonic() - self._seen > RECHECK_SECONDS:
            try:
                await self._check()
            except Unauthenticated:
                self.leave()
                return None
        try:
            return await call(self.actor)
        except TimekprMngrError:
            return None

    async def look_at(self, server: str, user: str) -> UserView | None:
        """A user as known now, for a live update."""
        return await self.look(lambda actor: self.services.limits.user(actor, server, user))

    def tell(self, message: str, *, bad: bool = False) -> None:
        """A short notice at the edge of the screen; an error stays until it is closed."""
        if self.client.is_deleted:
            return
        with self.client:
            if bad:
                ui.notify(
                    message,
                    classes="bad",
                    timeout=0,
                    close_button=_("Close"),
                    multi_line=len(message) > 60,
                )
            else:
                ui.notify(message, timeout=3500)

    def leave(self) -> None:
        """The session is over: to the sign-in page."""
        if not self.client.is_deleted:
            with self.client:
                ui.run_javascript("window.tkUnsaved = false")
                ui.navigate.to(SIGN_IN)

    def _ended(self, event: SessionEnded) -> None:
        if self.session is not None and event.token_hash == token_hash(self.session):
            self.leave()

    async def _check(self) -> None:
        """Looks the session up again; a page outlives neither its session nor a change of its role."""
        if self.session is not None:
            account = await self.services.accounts.by_session(self.session)
            if account is None or account.name != self.account.name:
                raise Unauthenticated(_("You are signed out."))
            self.account = account
            self.rights = await self.services.permission.rights(self.actor)
        self._seen = time.monotonic()


def account_of(request: Request) -> Account | None:
    """Who is signed in, as the sign-in middleware left it in the request's scope."""
    account = getattr(request.state, "account", None)
    return account if isinstance(account, Account) else None


def _session_token(request: Request) -> str | None:
    token: Any = getattr(request.state, "session", None)
    return token if isinstance(token, str) else None


def _zone(name: str | None) -> tzinfo:
    """The screen's time zone, from the cookie that the page's head sets; else this computer's."""
    try:
        return ZoneInfo(unquote(name or ""))
    except (ValueError, OSError, LookupError):
        return datetime.now().astimezone().tzinfo or UTC
