"""The second factor: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hashlib
import hmac
import io
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp

from timekpr_mngr.domain.account import Actor
from timekpr_mngr.errors import Invalid, NotNow
from timekpr_mngr.services import audit
from timekpr_mngr.services.attempts import Attempts, of_address, of_codes
from timekpr_mngr.services.permission import must_administer, must_be_whole
from timekpr_mngr.store import Store
from timekpr_mngr.texts import _

ISSUER = "timekpr-mngr"
STEPS_AROUND = 1
"""So many codes before and after the present one are taken, for a clock that is not quite right."""
RECOVERY_CODES = 10
CODE_MAX = 64
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
_GROUPS, _GROUP = 4, 4  # 79 bits: a plain hash of it is enough

OwnPassword = Callable[[Actor, object], Awaitable[None]]
"""Raises Invalid where it is not the actor's password."""


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether the second factor is asked for, since when, and how many recovery codes are left."""

    since: datetime | None
    recovery_codes_left: int

    @property
    def is_on(self) -> bool:
        """Whether it is asked for."""
        return self.since is not None


@dataclass(frozen=True, slots=True)
class NewFactor:
    """What an authenticator is given: the seed as text, as an address, and as a QR code that is an SVG. Shown once."""

    seed: str
    address: str
    picture: str


class SecondFactors:
    """Everybody's own. `own_password` asks for the password that comes with a request."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], attempts: Attempts, own_password: OwnPassword
    ) -> None:
        self._store = store
        self._now = now
        self._attempts = attempts
        self._own_password = own_password

    async def state(self, actor: Actor) -> FactorState:
        """How it is with one's own."""
        found = await self._store.second_factors.get(actor.account.name)
        if found is None or found.confirmed_at is None:
            return FactorState(None, 0)
        return FactorState(found.confirmed_at, found.codes_left)

    async def begin(self, actor: Actor, password: object) -> NewFactor:
        """A new seed, which is asked for as soon as `confirm` has seen a code of it.

        Raises Forbidden, Invalid, Throttled, NotNow where there is one.
        """
        must_be_whole(actor)
        await self._own_password(actor, password)
        seed = pyotp.random_base32()
        if not await self._store.second_factors.begin(actor.account.name, seed):
            raise NotNow(_("The second factor is on already. Switch it off first."))
        address = pyotp.TOTP(seed).provisioning_uri(name=actor.account.name, issuer_name=ISSUER)
        return NewFactor(seed, address, _picture(address))

    async def confirm(self, actor: Actor, code: object) -> Sequence[str]:
        """Switches it on, and gives the recovery codes: they are shown this once.

        Raises Forbidden, Invalid, Throttled, NotNow where nothing was begun.
        """
        must_be_whole(actor)
        name = actor.account.name
        found = await self._store.second_factors.get(name)
        if found is None or found.seed is None or found.confirmed_at is not None:
            raise NotNow(_("There is nothing to confirm. Begin anew."))
        seed, step = found.seed, None

        async def is_right() -> bool:
            nonlocal step
            step = _step_of(seed, _digits(code), self._now())
            return step is not None

        if not await self._attempts.tried([of_codes(name)], is_right) or step is None:
            raise _wrong_code()
        codes = _new_codes()
        if not await self._store.second_factors.confirm(name, step, map(_hash, codes), self._now()):
            raise NotNow(_("There is nothing to confirm. Begin anew."))
        await self._note(actor, _("switched the second factor on"), name)
        return codes

    async def switch_off(self, actor: Actor, password: object, code: object) -> None:
        """Asks for neither code from now on. Raises Forbidden, Invalid, Throttled, NotNow where it is off."""
        must_be_whole(actor)
        name = actor.account.name
        await self._must_be_on(actor)
        await self._own_password(actor, password)
        if not await self.accepts(name, code):
            raise _wrong_code()
        await self._store.second_factors.remove(name)
        await self._note(actor, _("switched the second factor off"), name)

    async def new_recovery_codes(self, actor: Actor, password: object) -> Sequence[str]:
        """Ten new ones, shown this once; those before are of no use any more. Raises as `switch_off` does."""
        must_be_whole(actor)
        await self._must_be_on(actor)
        await self._own_password(actor, password)
        codes = _new_codes()
        await self._store.second_factors.replace_codes(actor.account.name, map(_hash, codes))
        await self._note(actor, _("made new recovery codes"), actor.account.name)
        return codes

    async def take_away(self, actor: Actor, name: str) -> None:
        """Another's second factor, for who has lost theirs and the recovery codes, too.

        Raises Forbidden, UnknownAccount, NotNow where there is none.
        """
        must_administer(actor)
        await self._store.accounts.get(name)
        if not await self._store.second_factors.remove(name):
            raise NotNow(_("{name} has no second factor.").format(name=name))
        await self._note(actor, _("took the second factor away"), name)

    async def asked_of(self, name: str) -> bool:
        """Whether who signs in with this account is asked for a code."""
        found = await self._store.second_factors.get(name)
        return found is not None and found.confirmed_at is not None

    async def with_one(self, actor: Actor) -> set[str]:
        """The accounts that have one, for an admin."""
        must_administer(actor)
        return await self._store.second_factors.confirmed()

    async def accepts(self, name: str, code: object, address: str | None = None) -> bool:
        """Whether it is a code, or a recovery code, that counts; it does once. Raises Throttled."""
        keys = [of_codes(name)] + ([of_address(address)] if address is not None else [])

        async def is_right() -> bool:
            return await self._uses(name, code if isinstance(code, str) else "")

        return await self._attempts.tried(keys, is_right)

    async def _uses(self, name: str, code: str) -> bool:
        found = await self._store.second_factors.get(name)
        if found is None or found.confirmed_at is None or len(code) > CODE_MAX:
            return False
        digits = _digits(code)
        if digits is not None:
            step = _step_of(found.seed, digits, self._now())
            return step is not None and await self._store.second_factors.use_step(name, step)
        return await self._store.second_factors.use_code(name, _hash(code))

    async def _must_be_on(self, actor: Actor) -> None:
        if not await self.asked_of(actor.account.name):
            raise NotNow(_("The second factor is off."))

    async def _note(self, actor: Actor, what: str, subject: str) -> None:
        await audit.note(self._store, actor, what, subject, self._now())


def _step_of(seed: str | None, digits: str | None, now: datetime) -> int | None:
    """The 30 seconds of which this is the code, by RFC 6238; None where it is of none that is near."""
    if seed is None or digits is None:
        return None
    totp = pyotp.TOTP(seed)
    found = None
    for offset in range(-STEPS_AROUND, STEPS_AROUND + 1):
        if hmac.compare_digest(totp.at(now, counter_offset=offset), digits):
            found = totp.timecode(now) + offset
    return found


def _digits(code: object) -> str | None:
    """The six digits of a code, however they are grouped."""
    if not isinstance(code, str) or len(code) > CODE_MAX:
        return None
    joined = "".join(code.split())
    return joined if len(joined) == 6 and joined.isascii() and joined.isdecimal() else None


def _new_codes() -> list[str]:
    def group() -> str:
        return "".join(secrets.choice(_LETTERS) for _letter in range(_GROUP))

    return ["-".join(group() for _number in range(_GROUPS)) for _code in range(RECOVERY_CODES)]


def _hash(code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _picture(address: str) -> str:
    import segno  # only needed here, and the command line wants accounts quickly

    written = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(written, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False, omitsize=True)
    return written.getvalue().decode()


def _wrong_code() -> Invalid:
    return Invalid("code", _("This code is wrong, or was used already. Nothing was changed."))
