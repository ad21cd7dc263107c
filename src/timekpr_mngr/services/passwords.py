"""Passwords: what is accepted, and their hashes (argon2id with OWASP's parameters; 34 ms each, so in a thread)."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

LENGTH_MIN = 8
LENGTH_MAX = 256
AT_ONCE = 2  # hashes under way: more would only take memory and processor from everybody else


class Passwords:
    """Makes and checks hashes without holding up the loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password. With no hash it takes as long and is False: nobody learns which names exist."""
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody has this password")
        async with self._turns:
            return (
                await asyncio.to_thread(self._verify, password_hash, password) and password_hash is not None
            )

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobodys or "", password)
        except (Argon2Error, InvalidHashError):
            return False


def checked_password(value: object, field: str = "password") -> str:
    """A password that may be set. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid(field, _("A password is a text."))
    if not LENGTH_MIN <= len(value) <= LENGTH_MAX:
        raise Invalid(
            field,
            _("A password has {least} to {most} characters.").format(least=LENGTH_MIN, most=LENGTH_MAX),
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid(field, _("The password holds characters that cannot be stored.")) from None
    return value
