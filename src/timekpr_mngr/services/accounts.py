"""Who signs in, how, and with which tokens programs come. No secret is stored: only what recognises it."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from timekpr_mngr.domain.account import Account, Actor, Role, Source, Token
from timekpr_mngr.errors import (
    Exists,
    Forbidden,
    Invalid,
    NotNow,
    Throttled,
    Unauthenticated,
)
from timekpr_mngr.services import audit
from timekpr_mngr.services.passwords import LENGTH_MAX, Passwords, checked_password
from timekpr_mngr.services.permission import must_administer
from timekpr_mngr.services.roles import minutes_of, role_of
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _, counted

SETUP_LINK_LASTS = timedelta(hours=1)
SESSION_LASTS = timedelta(days=30)
TOKEN_PREFIX = "tkm_"  # noqa: S105
LABEL_MAX = 64
AGENT_MAX = 200
_NAME = re.compile(r"[^\W_][\w.@-]{0,63}")


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A browser's session is over: whatever page it still has open ends with it."""

    account: str
    token_hash: str


class Accounts:
    """Accounts, their sessions and their tokens."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._passwords = Passwords()
        self._setting_up = asyncio.Lock()
        self._guessing = asyncio.Lock()
        self._listeners: list[Callable[[SessionEnded], None]] = []

    async def has_any(self) -> bool:
        """Whether anybody can sign in at all."""
        return await self._store.accounts.count() > 0

    async def setup_link(self) -> str:
        """A fresh one-time token that makes the first account; the one before is void. Raises NotNow."""
        if await self.has_any():
            raise NotNow(_("There is an account already."))
        token = secrets.token_urlsafe(32)
        await self._store.setup.put(token_hash(token), self._now() + SETUP_LINK_LASTS)
        return token

    async def is_setup_link(self, token: str) -> bool:
        """Whether the link is still good."""
        return not await self.has_any() and await self._store.setup.check(token_hash(token), self._now())

    async def set_up(self, token: str, name: object, password: object) -> Account:
        """The first account, an admin. Raises Unauthenticated for a link that is void, and Invalid."""
        checked_name, checked = account_name(name), checked_password(password)
        async with self._setting_up:
            if await self.has_any() or not await self._store.setup.check(token_hash(token), self._now()):
                raise Unauthenticated(
                    _(
                        "This link was used or is too old. Start timekpr-mngr again: while there is no account, "
                        "it prints a new one."
                    )
                )
            account = await self._add(checked_name, Role.ADMIN, checked)
            await self._store.setup.clear()
        await self._note(Actor(account, Source.PAGE), _("made the first account"), account.name)
        return account

    async def sign_in(self, name: str, password: str, *, address: str, agent: str) -> str:
        """A session's token for the right password. Raises Throttled, Unauthenticated."""
        keys = [f"address {address}", f"account {name[:64].casefold()}"]
        known = len(name) <= 64 and len(password) <= LENGTH_MAX and _NAME.fullmatch(name) is not None
        password_hash = await self._store.accounts.password_hash(name) if known else None
        if not await self._guessed(keys, password_hash, password) or not known:
            raise Unauthenticated(_("The name or the password is wrong."))
        return await self.open_session(name, address=address, agent=agent)

    async def open_session(self, name: str, *, address: str, agent: str) -> str:
        """A session without asking for a password: after set-up, and in the demo. Raises UnknownAccount."""
        account = await self._store.accounts.get(name)
        token, now = secrets.token_urlsafe(32), self._now()
        await self._store.sign_ins.add(
            token_hash(token), account.name, now, now + SESSION_LASTS, address, agent[:AGENT_MAX]
        )
        return token

    async def by_session(self, token: str) -> Account | None:
        """Whose session it is; None where it is over."""
        return await self.by_session_hash(token_hash(token))

    async def by_session_hash(self, hash_: str) -> Account | None:
        """The same for somebody who only kept the hash."""
        return await self._store.sign_ins.account(hash_, self._now())

    async def sign_out(self, token: str) -> None:
        """Ends a session, and its open pages."""
        hash_ = token_hash(token)
        account = await self._store.sign_ins.account(hash_, self._now())
        await self._store.sign_ins.remove(hash_)
        self._tell(SessionEnded(account.name if account else "", hash_))

    async def change_password(
        self, actor: Actor, old: object, new: object, *, session: str | None = None
    ) -> None:
        """One's own password. Every session but `session` (its token) ends. Raises Invalid, Throttled."""
        checked = checked_password(new, "new")
        key = f"account {actor.account.name.casefold()}"
        password_hash = await self._store.accounts.password_hash(actor.account.name)
        if not await self._guessed([key], password_hash, old if isinstance(old, str) else ""):
            raise Invalid("old", _("The present password is wrong. Nothing was changed."))
        await self._store.accounts.set_password(actor.account.name, await self._passwords.hash(checked))
        await self._end_sessions(actor.account.name, token_hash(session) if session else None)
        await self._note(actor, _("changed the password"), actor.account.name)

    async def list(self, actor: Actor) -> Sequence[Account]:
        """All accounts, for an admin."""
        must_administer(actor)
        return await self._store.accounts.list()

    async def add(
        self, actor: Actor, name: object, role: object, password: object, *, minutes_a_day: object = None
    ) -> Account:
        """A new account. `role` is what it is to everybody, `minutes_a_day` a carer's (services.roles).

        Raises Forbidden, Invalid, Exists.
        """
        must_administer(actor)
        checked = role_of(role)
        account = await self._add(
            account_name(name), checked, checked_password(password), minutes_of(checked, minutes_a_day)
        )
        await self._note(actor, _("made the account ({role})").format(role=account.role.value), account.name)
        return account

    async def remove(self, actor: Actor, name: str) -> None:
        """An account with its sessions and tokens. Raises Forbidden, UnknownAccount, NotNow for the last admin."""
        must_administer(actor)
        hashes = await self._sessions(name)
        await self._store.accounts.remove(name)
        self._tell_all(name, hashes)
        await self._note(actor, _("removed the account"), name)

    async def set_password(self, actor: Actor, name: str, password: object) -> None:
        """Another's password, forgotten say. All of its sessions end. Raises Forbidden, UnknownAccount, Invalid."""
        must_administer(actor)
        checked = checked_password(password)
        await self._store.accounts.get(name)
        await self._store.accounts.set_password(name, await self._passwords.hash(checked))
        await self._store.throttle.succeeded(f"account {name.casefold()}")
        await self._end_sessions(name, None)
        await self._note(actor, _("set the password"), name)

    async def create_token(self, actor: Actor, label: object, account: str | None = None) -> str:
        """A token for programs that come as `account` (one's own if not said). It is shown this once.

        Raises Forbidden, Invalid, UnknownAccount, Exists.
        """
        owner = account or actor.account.name
        if owner != actor.account.name:
            must_administer(actor)
        checked = plain_text(label, "label", LABEL_MAX, least=1)
        if checked.isdigit():
            raise Invalid("label", _("A label is not a number alone: numbers name tokens already."))
        await self._store.accounts.get(owner)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        await self._store.tokens.add(checked, owner, token_hash(secret), self._now())
        await self._note(actor, _("made the token {label}").format(label=checked), owner)
        return secret

    async def tokens(self, actor: Actor) -> Sequence[Token]:
        """All tokens for an admin; else one's own."""
        return await self._store.tokens.list(None if actor.is_admin else actor.account.name)

    async def revoke_token(self, actor: Actor, id_or_label: int | str) -> None:
        """Ends a token at once. Raises UnknownToken, Forbidden."""
        mine = {
            entry for token in await self.tokens(actor) for entry in (token.id, str(token.id), token.label)
        }
        if not actor.is_admin and id_or_label not in mine:
            raise Forbidden(_("This is not a token of yours. Nothing was changed."))
        await self._store.tokens.revoke(id_or_label)
        await self._note(actor, _("revoked the token"), str(id_or_label))

    async def by_token(self, token: str) -> Account | None:
        """As whom a program comes with this token; None where it is not one."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        return await self._store.tokens.account(token_hash(token), self._now())

    def on_session_ended(self, listener: Callable[[SessionEnded], None]) -> Callable[[], None]:
        """Calls `listener` whenever a session ends, until the callable that is given back is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    async def _add(self, name: str, role: Role, password: str, minutes_a_day: int | None = None) -> Account:
        if any(name.casefold() == other.name.casefold() for other in await self._store.accounts.list()):
            raise Exists(_("There is an account {name} already.").format(name=name))
        password_hash = await self._passwords.hash(password)
        return await self._store.accounts.add(name, role, password_hash, self._now(), minutes_a_day)

    async def _guessed(self, keys: Sequence[str], password_hash: str | None, password: str) -> bool:
        """Whether it is the password. One at a time, so that a burst of guesses meets the throttle too."""
        async with self._guessing:
            await self._throttle(keys)
            is_right = await self._passwords.matches(password_hash, password[:LENGTH_MAX])
            is_right = is_right and len(password) <= LENGTH_MAX
            for key in keys:
                if is_right:
                    await self._store.throttle.succeeded(key)
                else:
                    await self._store.throttle.failed(key, self._now())
            return is_right

    async def _throttle(self, keys: Sequence[str]) -> None:
        waits = [await self._store.throttle.wait_seconds(key, self._now()) for key in keys]
        if (wait := max(waits)) > 0:
            raise Throttled(_("Too many attempts. Try again in {time}.").format(time=_spoken(wait)), wait)

    async def _sessions(self, account: str) -> Sequence[str]:
        return [sign_in.token_hash for sign_in in await self._store.sign_ins.list(account)]

    async def _end_sessions(self, account: str, except_hash: str | None) -> None:
        hashes = [hash_ for hash_ in await self._sessions(account) if hash_ != except_hash]
        await self._store.sign_ins.remove_all(account, except_hash)
        self._tell_all(account, hashes)

    def _tell_all(self, account: str, hashes: Sequence[str]) -> None:
        for hash_ in hashes:
            self._tell(SessionEnded(account, hash_))

    def _tell(self, event: SessionEnded) -> None:
        for listener in list(self._listeners):
            listener(event)

    async def _note(self, actor: Actor, what: str, subject: str) -> None:
        await audit.note(self._store, actor, what, subject, self._now())


def token_hash(token: str) -> str:
    """What is stored of a token: it is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def account_name(value: object) -> str:
    """A name that an account may have. Raises Invalid."""
    if not isinstance(value, str) or not _NAME.fullmatch(value.strip()):
        raise Invalid(
            "name", _("A name has 1 to 64 letters, digits and . _ @ -, and begins with a letter or a digit.")
        )
    return value.strip()


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return counted("{n} second", "{n} seconds", seconds)
    return counted("{n} minute", "{n} minutes", -(-seconds // 60))
