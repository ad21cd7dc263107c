"""TLS by itself: the certificate of the service, taken anew when its file is, as a renewal does."""

import asyncio
import logging
import ssl
from pathlib import Path

from timekpr_mngr.errors import CannotStart
from timekpr_mngr.texts import _

LOOK_EVERY_SECONDS = 60.0

log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int], ...]


class Certificate:
    """A certificate (PEM, with its chain) and its private key, which may stand in the same file."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Raises CannotStart where they cannot be read or do not belong together."""
        self._files = certificate, key or certificate
        self._stamp = self._seen()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._load(self.context)
        except (OSError, ValueError) as problem:
            raise CannotStart(
                _("The certificate {certificate} cannot be used: {why}. Nothing was started.").format(
                    certificate=certificate, why=_why(problem)
                )
            ) from None

    async def watch(self) -> None:
        """Takes a renewed one for the connections that come from then on. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self.look()

    def look(self) -> bool:
        """Whether a renewed one was taken. One that cannot be used is left, and tried again when it changes."""
        seen = self._seen()
        if seen == self._stamp:
            return False
        self._stamp = seen
        try:
            self._load(
                ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            )  # a half one would spoil what is in use
            self._load(self.context)
        except (OSError, ValueError) as problem:
            log.warning(
                "the renewed certificate %s cannot be used, the old one stays: %s",
                self._files[0],
                _why(problem),
            )
            return False
        log.info("the certificate %s was renewed", self._files[0])
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files
        context.load_cert_chain(certificate, key, password=_no_password)

    def _seen(self) -> Stamp | None:
        """What shows that a file is another: a link that points elsewhere counts."""
        try:
            return tuple((file.stat().st_mtime_ns, file.stat().st_ino) for file in self._files)
        except OSError:
            return None


def _no_password() -> str:
    """Instead of asking at the terminal."""
    raise ValueError(_("its key is under a passphrase; keep it without, readable by the service alone"))


def _why(problem: Exception) -> str:
    match problem:
        case ssl.SSLError(reason="KEY_VALUES_MISMATCH"):
            return _("the key is another certificate's")
        case ssl.SSLError():
            return _("it is no certificate with its key in PEM")
        case OSError(strerror=str(words)):
            return words
    return str(problem)
