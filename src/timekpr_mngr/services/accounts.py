"""Who signs in, how, and with which tokens programs come. No secret is stored: only what recognises it."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from timekpr_mngr.domain import rules
from timekpr_mngr.domain.account import Account, Actor, Power, Role, Source, Token
from timekpr_mngr.errors import (
    CodeNeeded,
    Exists,
    Forbidden,
    Invalid,
    NotNow,
    Unauthenticated,
    UnknownSession,
)
from timekpr_mngr.services import audit
from timekpr_mngr.services.attempts import Attempts, of_account, of_address
from timekpr_mngr.services.browsers import browser
from timekpr_mngr.services.paging import Page, before_id, by_id, checked_limit, page_of
from timekpr_mngr.services.passwords import LENGTH_MAX, Passwords, checked_password
from timekpr_mngr.services.permission import must_administer, must_be_whole
from timekpr_mngr.services.roles import minutes_of, role_of
from timekpr_mngr.services.second_factor import SecondFactors
from timekpr_mngr.services.text import plain_text
from timekpr_mngr.store import AuditEntry, Store
from timekpr_mngr.texts import _

SETUP_LINK_LASTS = timedelta(hours=1)
SESSION_LASTS = timedelta(days=30)
TICKET_LASTS = timedelta(minutes=5)
TOKEN_DAYS_MAX = 3660
TOKEN_PREFIX = "tkm_"  # noqa: S105
LABEL_MAX = 64
AGENT_MAX = 200
_NAME = re.compile(r"[^\W_][\w.@-]{0,63}")


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A browser's session is over: whatever page it still has open ends with it."""

    account: str
    token_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """Where somebody is signed in. `browser` are words, `address` may be a network, `is_this` is the one that asks."""

    id: str
    browser: str
    address: str
    since: datetime
    last_used_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class _Ticket:
    """Who knew the password, and until when a code is waited for."""

    account: str
    expires_at: datetime


class Accounts:
    """Accounts, their sessions and their tokens."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._passwords = Passwords()
        self._setting_up = asyncio.Lock()
        self._attempts = Attempts(store, now)
        self._tickets: dict[str, _Ticket] = {}
        self.second_factors = SecondFactors(store, now, self._attempts, self._must_know_password)
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
        """A session's token for the right password. Raises Throttled, Unauthenticated, and CodeNeeded where the account
        has a second factor: its ticket is good for `sign_in_with_code`.
        """
        keys = [of_address(address), of_account(name)]
        known = len(name) <= 64 and len(password) <= LENGTH_MAX and _NAME.fullmatch(name) is not None
        password_hash = await self._store.accounts.password_hash(name) if known else None
        if not await self._guessed(keys, password_hash, password) or not known:
            if password_hash is not None:
                await self._note_at_door(name, _("was refused: a wrong password"), address)
            raise Unauthenticated(_("The name or the password is wrong."))
        if await self.second_factors.asked_of(name):
            raise CodeNeeded(self._ticket(name), _("A code is needed, too."))
        return await self._signed_in(name, address, agent)

    async def sign_in_with_code(self, ticket: str, code: str, *, address: str, agent: str) -> str:
        """A session's token for a ticket of CodeNeeded and a code, or a recovery code. Raises Throttled,
        Unauthenticated, and CodeNeeded where the code is wrong: the ticket stays good for its five minutes.
        """
        found = self._tickets.get(token_hash(ticket))
        if found is None or found.expires_at <= self._now():
            raise Unauthenticated(_("That took too long. Sign in again."))
        if not await self.second_factors.accepts(found.account, code, address):
            await self._note_at_door(found.account, _("was refused: a wrong code"), address)
            raise CodeNeeded(ticket, _("This code is wrong, or was used already."))
        if self._tickets.pop(token_hash(ticket), None) is None:  # the account's sessions ended meanwhile
            raise Unauthenticated(_("That took too long. Sign in again."))
        return await self._signed_in(found.account, address, agent)

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
        """One's own password. Every session but `session` (its token) ends. Raises Forbidden, Invalid, Throttled."""
        must_be_whole(actor)
        checked = checked_password(new, "new")
        await self._must_know_password(actor, old, "old")
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
        self._tickets = {key: one for key, one in self._tickets.items() if one.account != name}
        self._tell_all(name, hashes)
        await self._note(actor, _("removed the account"), name)

    async def set_password(self, actor: Actor, name: str, password: object) -> None:
        """Another's password, forgotten say. All of its sessions end. Raises Forbidden, UnknownAccount, Invalid."""
        must_administer(actor)
        checked = checked_password(password)
        await self._store.accounts.get(name)
        await self._store.accounts.set_password(name, await self._passwords.hash(checked))
        await self._store.throttle.succeeded(of_account(name))
        await self._end_sessions(name, None)
        await self._note(actor, _("set the password"), name)

    async def sessions(self, actor: Actor, session: str | None = None) -> Sequence[Session]:
        """Where one is signed in, the last used first; `session` is the token of the one that asks."""
        this = token_hash(session) if session else None
        now = self._now()
        return [
            Session(
                id=_session_id(one.token_hash),
                browser=browser(one.agent),
                address=one.address or "",
                since=one.created_at,
                last_used_at=one.last_used_at,
                is_this=one.token_hash == this,
            )
            for one in await self._store.sign_ins.list(actor.account.name)
            if one.expires_at > now
        ]

    async def end_session(self, actor: Actor, session_id: str) -> None:
        """Ends one of one's own, and its open pages. Raises Forbidden, UnknownSession."""
        must_be_whole(actor)
        name = actor.account.name
        found = [hash_ for hash_ in await self._sessions(name) if _session_id(hash_) == session_id]
        if not found:
            raise UnknownSession(_("There is no such session. It may be over already."))
        for hash_ in found:
            await self._store.sign_ins.remove(hash_)
        self._tell_all(name, found)
        await self._note(actor, _("ended a session"), name)

    async def end_other_sessions(self, actor: Actor, session: str | None = None) -> None:
        """Ends all of one's own but `session` (its token). Raises Forbidden."""
        must_be_whole(actor)
        await self._end_sessions(actor.account.name, token_hash(session) if session else None)
        await self._note(actor, _("ended all other sessions"), actor.account.name)

    async def create_token(
        self,
        actor: Actor,
        label: object,
        account: str | None = None,
        *,
        scope: object = Power.ADMIN.value,
        days: object = None,
    ) -> str:
        """A token for programs that come as `account` (one's own if not said). It is shown this once.

        `scope` is the most that may be done with it, a Power: never more than the account may, nor than whoever makes
        it. After so many `days` it is over; without, it stays until it is revoked.
        Raises Forbidden, Invalid, UnknownAccount, Exists.
        """
        power, now = _power(scope), self._now()
        if not actor.scope.covers(power):
            raise Forbidden(_("A token makes none that may do more than itself. Nothing was changed."))
        lasts = None if days is None else rules.whole(days, "days", 1, TOKEN_DAYS_MAX, _("The days"))
        owner = account or actor.account.name
        if owner != actor.account.name:
            must_administer(actor)
        checked = plain_text(label, "label", LABEL_MAX, least=1)
        if checked.isdigit():
            raise Invalid("label", _("A label is not a number alone: numbers name tokens already."))
        await self._store.accounts.get(owner)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        expires = None if lasts is None else now + timedelta(days=lasts)
        await self._store.tokens.add(checked, owner, token_hash(secret), now, power, expires)
        made = _("made the token {label} ({scope})").format(label=checked, scope=power.value)
        await self._note(actor, made, owner)
        return secret

    async def tokens(self, actor: Actor) -> Sequence[Token]:
        """All tokens for an admin; else one's own."""
        return await self._store.tokens.list(None if actor.is_admin else actor.account.name)

    async def revoke_token(self, actor: Actor, id_or_label: int | str) -> None:
        """Ends a token at once. Raises UnknownToken, Forbidden; a token with a lesser scope ends none."""
        must_be_whole(actor)
        mine = {
            entry for token in await self.tokens(actor) for entry in (token.id, str(token.id), token.label)
        }
        if not actor.is_admin and id_or_label not in mine:
            raise Forbidden(_("This is not a token of yours. Nothing was changed."))
        await self._store.tokens.revoke(id_or_label)
        await self._note(actor, _("revoked the token"), str(id_or_label))

    async def by_token(self, token: str, source: Source = Source.API) -> Actor | None:
        """As whom a program comes with this token; None where it is not one, or one no more."""
        if not token.startswith(TOKEN_PREFIX):
            return None
        found = await self._store.tokens.found(token_hash(token), self._now())
        return None if found is None else Actor(found[0], source, found[1].scope)

    async def audit(self, actor: Actor, *, cursor: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Who did what, newest first, for an admin. `cursor` is the `next` of the page before.

        Raises Forbidden, Invalid.
        """
        must_administer(actor)
        found = await self._store.audit.list(checked_limit(limit) + 1, before_id(cursor))
        return page_of(found, limit, by_id)

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
        """Whether it is the password."""

        async def is_right() -> bool:
            found = await self._passwords.matches(password_hash, password[:LENGTH_MAX])
            return found and len(password) <= LENGTH_MAX

        return await self._attempts.tried(keys, is_right)

    async def _must_know_password(self, actor: Actor, password: object, field: str = "password") -> None:
        """Raises Invalid where it is not one's own, Throttled."""
        name = actor.account.name
        password_hash = await self._store.accounts.password_hash(name)
        said = password if isinstance(password, str) else ""
        if not await self._guessed([of_account(name)], password_hash, said):
            raise Invalid(field, _("The present password is wrong. Nothing was changed."))

    def _ticket(self, name: str) -> str:
        now = self._now()
        self._tickets = {key: one for key, one in self._tickets.items() if one.expires_at > now}
        ticket = secrets.token_urlsafe(32)
        self._tickets[token_hash(ticket)] = _Ticket(name, now + TICKET_LASTS)
        return ticket

    async def _signed_in(self, name: str, address: str, agent: str) -> str:
        token = await self.open_session(name, address=address, agent=agent)
        await self._note_at_door(name, _("signed in"), address)
        return token

    async def _note_at_door(self, name: str, what: str, address: str) -> None:
        account = await self._store.accounts.get(name)
        said = _("{what}, from {address}").format(what=what, address=address)
        await self._note(Actor(account, Source.PAGE), said, name)

    async def _sessions(self, account: str) -> Sequence[str]:
        return [sign_in.token_hash for sign_in in await self._store.sign_ins.list(account)]

    async def _end_sessions(self, account: str, except_hash: str | None) -> None:
        self._tickets = {key: one for key, one in self._tickets.items() if one.account != account}
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


def _power(value: object) -> Power:
    if not isinstance(value, str) or value not in set(Power):
        raise Invalid("scope", _("A scope is one of {scopes}.").format(scopes=", ".join(Power)))
    return Power(value)


def _session_id(hash_: str) -> str:
    """Enough of the hash to tell sessions apart."""
    return hash_[:16]
