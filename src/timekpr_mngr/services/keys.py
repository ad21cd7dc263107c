"""What a person gives to recognise a server, and to be let in by it."""

import asyncio
import re
from dataclasses import dataclass

from timekpr_mngr.errors import Invalid
from timekpr_mngr.link import ssh_keys
from timekpr_mngr.texts import _

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SSH_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}")


@dataclass(frozen=True, slots=True)
class HostKey:
    """The key by which a server is known: the whole `line`, or only the `fingerprint` that it must have."""

    line: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Our own key for a server: OpenSSH PEM without a passphrase, and the public line."""

    private: str
    public: str


def checked_fingerprint(value: object, field: str = "fingerprint") -> str:
    """A fingerprint as ssh-keygen shows it. Raises Invalid."""
    text = value.strip().rstrip("=") if isinstance(value, str) else ""
    if not _FINGERPRINT.fullmatch(text):
        raise Invalid(
            field, _("A fingerprint is written like SHA256: and 43 letters, as ssh-keygen -l shows it.")
        )
    return text


def checked_host_key(value: object) -> HostKey:
    """An OpenSSH public key line, or its fingerprint. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid("host_key", _("The host key is an OpenSSH public key, or its SHA256:… fingerprint."))
    if value.strip().startswith("SHA256:"):
        return HostKey(None, checked_fingerprint(value, "host_key"))
    line = value.strip()
    try:
        return HostKey(line, ssh_keys.fingerprint(line))
    except Invalid as problem:
        raise Invalid("host_key", problem.message) from None


async def key_pair(private_key: object, passphrase: object, comment: str) -> KeyPair:
    """The key that was given, or where none was, a new one. Raises Invalid."""
    if passphrase is not None and not isinstance(passphrase, str):
        raise Invalid("passphrase", _("The passphrase is a text."))
    if private_key is None:
        if passphrase is not None:
            raise Invalid("passphrase", _("A passphrase comes with a private key."))
        return KeyPair(*await asyncio.to_thread(ssh_keys.make_key, comment))
    if not isinstance(private_key, str):
        raise Invalid("private_key", _("The private key is a text in OpenSSH's or PEM format."))
    return KeyPair(*await asyncio.to_thread(ssh_keys.load_key, private_key, passphrase))


def checked_ssh_user(value: object) -> str:
    """The account on the server that the key belongs to. Raises Invalid."""
    if not isinstance(value, str) or not _SSH_USER.fullmatch(value):
        raise Invalid("ssh_user", _("This is the name of an account on that computer, with no spaces."))
    return value
