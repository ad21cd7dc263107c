"""Keys of SSH, in OpenSSH's writing: what a server is known by, and what it lets us in by."""

import asyncio
import base64
import re
from collections.abc import Iterable

import asyncssh

from timekpr_mngr.errors import Invalid
from timekpr_mngr.link import failures
from timekpr_mngr.texts import _, noop

RSA_BITS_MIN = 2048
KEY_TEXT_MAX = 32 * 1024
KEY_TEXT_QUICK = 800  # characters: a key of RSA, which takes milliseconds to be checked, has more
BCRYPT_ROUNDS_MAX = 500  # some 10 s; ssh-keygen's default is 16 or 24
USABLE_KEY_KINDS = (b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-")

_PUBLIC_LINE = re.compile(r"((?:ssh-|ecdsa-sha2-)[a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})(?: [^\x00-\x1f\x7f]*)?")


def fingerprint(public_key_line: str) -> str:
    """`SHA256:…` of an OpenSSH public key line, as ssh-keygen shows it. Raises Invalid."""
    try:
        key = asyncssh.import_public_key(checked_public_line(public_key_line))
    except ValueError:
        raise Invalid("host_key", _("This is no OpenSSH public key.")) from None
    return str(key.get_fingerprint())


def pinned_key(line: str, host: str) -> asyncssh.SSHKey:
    """The key that the host must have, of its OpenSSH public key line. Raises ServerFailure."""
    try:
        return asyncssh.import_public_key(checked_public_line(line))
    except (ValueError, Invalid):
        raise failures.host_key_not_trusted(host) from None


def algorithms_of(key: asyncssh.SSHKey) -> tuple[str, ...]:
    """The ways in which a host can prove that it has this very key."""
    name = key.algorithm.decode("ascii")
    return ("rsa-sha2-512", "rsa-sha2-256") if name == "ssh-rsa" else (name,)


def public_line(key: asyncssh.SSHKey) -> str:
    """The OpenSSH public key line: the kind, the key in base64, and its comment where it has one."""
    return " ".join(key.export_public_key("openssh").decode("utf-8", "replace").split())


def checked_public_line(line: str) -> str:
    """One OpenSSH public key line and nothing around it, by its looks. Raises Invalid for `public_key`."""
    bare = line.strip()
    if not _PUBLIC_LINE.fullmatch(bare):
        raise Invalid("public_key", _("This is no OpenSSH public key."))
    return bare


def make_key(comment: str) -> tuple[str, str]:
    """A new ed25519 key: the private half (OpenSSH PEM, no passphrase) and the public line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key("openssh").decode("ascii"), public_line(key)


def load_key(text: str, passphrase: str | None = None) -> tuple[str, str]:
    """A key that somebody gave: the private half without its passphrase (OpenSSH PEM), and the public line.

    Raises Invalid for `private_key` or `passphrase`. May take seconds of the processor (that is what a passphrase's
    key derivation is for): call it in a thread.
    """
    text = text.strip().replace("\r\n", "\n") + "\n"
    _check_is_private(text)
    key = _decrypted(text, passphrase or None)
    _check_kind(key)
    return key.export_private_key("openssh").decode("ascii"), public_line(key)


async def own_key(private_key: str) -> asyncssh.SSHKey:
    """A private half that we made or took, to sign in with. Raises ValueError for what is no key."""
    if len(private_key) <= KEY_TEXT_QUICK:
        return asyncssh.import_private_key(private_key)
    return await asyncio.to_thread(asyncssh.import_private_key, private_key)


def _check_is_private(text: str) -> None:
    head = text[:200]
    if len(text) > KEY_TEXT_MAX:
        raise Invalid("private_key", _("This is too long for a key."))
    if _PUBLIC_LINE.match(text) or "PUBLIC KEY" in head or head.startswith("sk-"):
        raise Invalid(
            "private_key",
            _("This is the public half of a key. The other half is needed: the file without .pub."),
        )
    if head.startswith("PuTTY-User-Key-File"):
        raise Invalid(
            "private_key",
            _("This is a key of PuTTY. Export it with PuTTYgen: Conversions, Export OpenSSH key."),
        )
    if "PRIVATE KEY-----" not in head:
        raise Invalid(
            "private_key", _("This is no private key. It begins with -----BEGIN OPENSSH PRIVATE KEY-----.")
        )


def _decrypted(text: str, passphrase: str | None) -> asyncssh.SSHKey:
    if _bcrypt_rounds(text) > BCRYPT_ROUNDS_MAX:
        raise Invalid(
            "private_key",
            _("Opening this key would take minutes. Save it again with fewer rounds (ssh-keygen -p)."),
        )
    try:
        return asyncssh.import_private_key(text, passphrase)
    except asyncssh.KeyEncryptionError as problem:
        if "bcrypt" in str(problem):  # asyncssh needs that package, and cannot do without it
            raise Invalid(
                "passphrase",
                _("Keys with a passphrase cannot be opened here: the package bcrypt is missing."),
            ) from None
        raise Invalid("passphrase", _("The passphrase does not open this key.")) from None
    except asyncssh.KeyImportError as problem:
        if "Passphrase must be specified" in str(problem):
            raise Invalid("passphrase", _("This key is kept with a passphrase. Give it too.")) from None
        if "decrypt" in str(problem):
            raise Invalid("passphrase", _("The passphrase does not open this key.")) from None
        if "Unknown" in str(problem):
            raise Invalid("private_key", _(_WRONG_KIND)) from None
        raise Invalid("private_key", _("This private key is damaged, or not all of it was given.")) from None
    except (ValueError, OverflowError):  # what its libraries say to a damaged key
        raise Invalid("private_key", _("This private key is damaged, or not all of it was given.")) from None


_WRONG_KIND = noop(
    "Keys of this kind cannot be used here. Use an ed25519 key (ssh-keygen -t ed25519), or let one be made."
)


def _check_kind(key: asyncssh.SSHKey) -> None:
    if not key.algorithm.startswith(USABLE_KEY_KINDS):
        raise Invalid("private_key", _(_WRONG_KIND))
    if key.algorithm == b"ssh-rsa" and _rsa_bits(key) < RSA_BITS_MIN:
        raise Invalid(
            "private_key",
            _("This RSA key is too short: {least} bits are the least.").format(least=RSA_BITS_MIN),
        )


def _rsa_bits(key: asyncssh.SSHKey) -> int:
    """The size, from the public half's wire form: kind, exponent, modulus (RFC 4253, 6.6)."""
    *_rest, modulus = _strings(key.public_data)
    return int.from_bytes(modulus, "big").bit_length()


def _bcrypt_rounds(text: str) -> int:
    """What the key's own header asks for (OpenSSH PROTOCOL.key); 0 where it is not encrypted so."""
    body = "".join(line for line in text.splitlines() if line and not line.startswith("-"))
    try:
        data = base64.b64decode(body)
    except ValueError:
        return 0
    magic = b"openssh-key-v1\0"
    fields = list(_strings(data.removeprefix(magic), 3))
    if not data.startswith(magic) or len(fields) < 3 or fields[1] != b"bcrypt":
        return 0
    return int.from_bytes(fields[2][-4:], "big")


def _strings(data: bytes, most: int = 16) -> Iterable[bytes]:
    """SSH's strings: four bytes of length, then the bytes."""
    while len(data) >= 4 and most:
        length = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + length]
        data, most = data[4 + length :], most - 1
