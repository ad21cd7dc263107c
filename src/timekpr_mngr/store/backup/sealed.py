"""A file that only a passphrase opens, in the format of age: https://age-encryption.org/v1, its scrypt recipient.

Why this one: it is specified, small and in use everywhere, so that a backup can also be opened without this program
(`age -d FILE | zcat`); and everything in it that is cryptography is `cryptography`'s and OpenSSL's. A file that was cut
off, put together anew or altered anywhere is refused, and nothing is given out of a part that was not proven whole.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from timekpr_mngr.errors import Invalid
from timekpr_mngr.store.backup.unusable import Unusable
from timekpr_mngr.texts import _

WORK_FACTOR = 17
"""scrypt's cost, a power of two: 128 MiB of memory for half a second; what OWASP asks for at least."""
WORK_FACTOR_MAX = 18  # what age itself uses; more could take all the memory there is

CHUNK = 64 * 1024  # bytes
TAG = 16  # bytes that a chunk grows by
VERSION = b"age-encryption.org/v1"
HEAD_MAX = 512  # bytes

_SALT_LABEL = b"age-encryption.org/v1/scrypt"
_ZERO_NONCE = bytes(12)
_BASE64 = b"[A-Za-z0-9+/]"
_HEAD = re.compile(
    VERSION
    + b"\n-> scrypt (?P<salt>" + _BASE64 + b"{22}) (?P<factor>[1-9][0-9]?)"
    + b"\n(?P<body>" + _BASE64 + b"{43})"
    + b"\n--- (?P<mac>" + _BASE64 + b"{43})\n"
)  # fmt: skip


class Sealing:
    """Writes a sealed file. What `write` was given is only whole, and can only be opened, after `finish`."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
        wrapped = ChaCha20Poly1305(_stretched(passphrase, salt, WORK_FACTOR))
        body = _coded(wrapped.encrypt(_ZERO_NONCE, file_key, None))
        head = b"%s\n-> scrypt %s %d\n%s\n---" % (VERSION, _coded(salt), WORK_FACTOR, body)
        file.write(head + b" " + _coded(_authentication(file_key, head).finalize()) + b"\n" + nonce)
        self._file = file
        self._chunks = _Chunks(file_key, nonce)
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        """Adds to it."""
        self._held += data
        while len(self._held) > CHUNK:  # the last chunk is marked as such, so one always stays behind
            self._file.write(self._chunks.sealed(bytes(self._held[:CHUNK]), is_last=False))
            del self._held[:CHUNK]

    def finish(self) -> None:
        """Ends it; the file itself stays open."""
        self._file.write(self._chunks.sealed(bytes(self._held), is_last=True))
        self._held.clear()


def opened(file: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """What was sealed, a chunk at a time. Raises Invalid for another passphrase, and Unusable.

    The last chunk is only given once the end was proven to be the end: who wants all of it waits for that.
    """
    head = file.read(HEAD_MAX)
    found = _HEAD.match(head)
    if found is None:
        raise Unusable(_("This is no backup, or its beginning was altered."))
    file.seek(found.end())
    file_key = _unwrapped(found, passphrase)
    try:
        _authentication(file_key, head[: found.start("mac") - 1]).verify(_decoded(found["mac"]))
    except InvalidSignature:
        raise _altered() from None
    return _unsealed(file, file_key)


class _Chunks:
    """Seals or opens one chunk after the other: each knows its number, and whether it is the last."""

    def __init__(self, file_key: bytes, nonce: bytes) -> None:
        self._cipher = ChaCha20Poly1305(_derived(file_key, b"payload", salt=nonce))
        self._count = 0

    def sealed(self, chunk: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._next(is_last), chunk, None)

    def opened(self, chunk: bytes, *, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._next(is_last), chunk, None)
        except InvalidTag:
            raise _altered() from None

    def _next(self, is_last: bool) -> bytes:
        nonce = self._count.to_bytes(11, "big") + bytes([is_last])
        self._count += 1
        return nonce


def _unsealed(file: BinaryIO, file_key: bytes) -> Iterator[bytes]:
    nonce = file.read(16)
    chunk = file.read(CHUNK + TAG)
    if len(nonce) < 16 or len(chunk) < TAG:
        raise _altered()
    chunks, is_first = _Chunks(file_key, nonce), True
    while following := file.read(CHUNK + TAG):
        yield chunks.opened(chunk, is_last=False)
        chunk, is_first = following, False
    last = chunks.opened(chunk, is_last=True) if len(chunk) >= TAG else b""
    if not last and not is_first:
        raise _altered()
    yield last


def _unwrapped(head: re.Match[bytes], passphrase: str) -> bytes:
    factor = int(head["factor"])
    if factor > WORK_FACTOR_MAX:
        raise Unusable(_("This file would take more memory to open than any backup does. Nothing was read."))
    wrapping = ChaCha20Poly1305(_stretched(passphrase, _decoded(head["salt"]), factor))
    try:
        return wrapping.decrypt(_ZERO_NONCE, _decoded(head["body"]), None)
    except InvalidTag:
        raise Invalid("passphrase", _("This passphrase does not open the file.")) from None


def _stretched(passphrase: str, salt: bytes, factor: int) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(), salt=_SALT_LABEL + salt, n=1 << factor, r=8, p=1, maxmem=2**31 - 1, dklen=32
    )


def _authentication(file_key: bytes, head: bytes) -> HMAC:
    authentication = HMAC(_derived(file_key, b"header", salt=None), SHA256())
    authentication.update(head)
    return authentication


def _derived(file_key: bytes, purpose: bytes, salt: bytes | None) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(file_key)


def _coded(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Only the one way to write it: bits to spare are no place for anything."""
    data = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    if _coded(data) != text:
        raise Unusable(_("This is no backup, or its beginning was altered."))
    return data


def _altered() -> Unusable:
    return Unusable(_("This file is not as it was written: it was cut off, damaged or altered."))
