"""TLS by itself: with a certificate that is renewed while the service runs, or is not what it should be."""

import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.web.certificates import write_certificate
from timekpr_mngr.errors import CannotStart
from timekpr_mngr.web.tls import Certificate


def shown(context: ssl.SSLContext) -> str:
    """The name on the certificate that a client is shown."""
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server)
    there = context.wrap_bio(to_server, to_client, server_side=True)
    for end in (here, there, here):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    der = here.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).subject.rfc4514_string()


def test_a_renewed_certificate_is_shown_to_those_who_come_after(tmp_path: Path) -> None:
    certificate = Certificate(*write_certificate(tmp_path, "before"))
    assert shown(certificate.context) == "CN=before"
    assert not certificate.look()
    write_certificate(tmp_path, "after")
    assert certificate.look()
    assert shown(certificate.context) == "CN=after"


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("half"), lambda file: file.unlink()])
def test_a_renewal_that_cannot_be_used_leaves_the_old_one(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    certificate = Certificate(*write_certificate(tmp_path, "before"))
    spoil(tmp_path / "key.pem")
    assert not certificate.look()
    assert shown(certificate.context) == "CN=before"
    write_certificate(tmp_path, "after")
    assert certificate.look()


def test_key_and_certificate_may_stand_in_one_file(tmp_path: Path) -> None:
    both, key = write_certificate(tmp_path, "both")
    both.write_text(both.read_text() + key.read_text())
    assert shown(Certificate(both, None).context) == "CN=both"


def test_what_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, wrong_key = write_certificate(other)
    with pytest.raises(CannotStart, match=r"cert\.pem cannot be used: the key is another certificate's"):
        Certificate(certificate, wrong_key)
    with pytest.raises(CannotStart, match="No such file"):
        Certificate(tmp_path / "none.pem", key)
    with pytest.raises(CannotStart, match="no certificate"):
        Certificate(key, key)


def test_a_key_under_a_passphrase_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    said: list[str] = []

    def start() -> None:
        try:
            Certificate(certificate, key)
        except CannotStart as problem:
            said.append(str(problem))

    starting = threading.Thread(target=start, daemon=True)
    starting.start()
    starting.join(30)
    assert said
    assert "passphrase" in said[0]
