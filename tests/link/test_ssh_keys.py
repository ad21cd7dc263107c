"""Keys: those that are made, those that are given, and what is none."""

import base64
import subprocess
from pathlib import Path

import asyncssh
import pytest

from timekpr_mngr.errors import Invalid
from timekpr_mngr.link import ssh_keys


def ssh_keygen(path: Path, *options: str) -> str:
    subprocess.run(["ssh-keygen", "-q", "-f", path, "-C", "anna@desk", *options], check=True)
    return path.read_text()


def test_a_made_key_is_one_that_openssh_reads(tmp_path: Path) -> None:
    private, public = ssh_keys.make_key("timekpr-mngr kids-pc")
    path = tmp_path / "key"
    path.write_text(private)
    path.chmod(0o600)
    shown = subprocess.run(
        ["ssh-keygen", "-y", "-f", path], check=True, capture_output=True, text=True
    ).stdout
    assert shown.split()[:2] == public.split()[:2]
    assert public.startswith("ssh-ed25519 ")
    assert public.endswith(" timekpr-mngr kids-pc")


def test_two_made_keys_differ() -> None:
    assert ssh_keys.make_key("a")[1] != ssh_keys.make_key("a")[1]


def test_a_fingerprint_is_the_one_that_ssh_keygen_shows(tmp_path: Path) -> None:
    ssh_keygen(tmp_path / "key", "-t", "ed25519", "-N", "")
    line = (tmp_path / "key.pub").read_text()
    shown = subprocess.run(
        ["ssh-keygen", "-lf", tmp_path / "key.pub"], check=True, capture_output=True, text=True
    )
    assert ssh_keys.fingerprint(line) == shown.stdout.split()[1]


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "SHA256:abc", "ssh-ed25519 AAAA\nssh-rsa AAAA"]
)
def test_no_fingerprint_of_what_is_no_key(line: str) -> None:
    with pytest.raises(Invalid) as caught:
        ssh_keys.fingerprint(line)
    assert caught.value.field in ("host_key", "public_key")


@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ed25519"),
        ("-t", "rsa", "-b", "2048"),
        ("-t", "rsa", "-b", "2048", "-m", "PEM"),
        ("-t", "rsa", "-b", "2048", "-m", "PKCS8"),
        ("-t", "ecdsa", "-b", "384"),
    ],
    ids=" ".join,
)
def test_an_uploaded_key_is_taken_with_its_public_half(tmp_path: Path, options: tuple[str, ...]) -> None:
    text = ssh_keygen(tmp_path / "key", "-N", "", *options)
    private, public = ssh_keys.load_key(text.replace("\n", "\r\n"))
    assert public.split()[:2] == (tmp_path / "key.pub").read_text().split()[:2]
    assert private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


@pytest.mark.parametrize(
    "options",
    [("-t", "ed25519", "-a", "2"), ("-t", "rsa", "-b", "2048", "-m", "PEM")],
    ids=["OpenSSH", "PEM"],
)
class TestAPassphrase:
    def test_opens_the_key_and_is_not_kept(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        text = ssh_keygen(tmp_path / "key", "-N", "sesame street", *options)
        private, public = ssh_keys.load_key(text, "sesame street")
        assert ssh_keys.load_key(private)[1].split()[:2] == public.split()[:2]

    @pytest.mark.parametrize("passphrase", [None, ""])
    def test_is_asked_for_where_it_is_missing(
        self, tmp_path: Path, options: tuple[str, ...], passphrase: str | None
    ) -> None:
        text = ssh_keygen(tmp_path / "key", "-N", "sesame street", *options)
        with pytest.raises(Invalid, match="with a passphrase") as caught:
            ssh_keys.load_key(text, passphrase)
        assert caught.value.field == "passphrase"

    def test_that_is_wrong_is_said_to_be_wrong_and_not_shown(
        self, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        text = ssh_keygen(tmp_path / "key", "-N", "sesame street", *options)
        with pytest.raises(Invalid, match="does not open") as caught:
            ssh_keys.load_key(text, "open barley")
        assert caught.value.field == "passphrase"
        assert "barley" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_passphrase_that_takes_minutes_to_try_is_refused() -> None:
    header = b"openssh-key-v1\0" + b"".join(
        len(part).to_bytes(4, "big") + part
        for part in (b"aes256-ctr", b"bcrypt", b"\0\0\0\x10" + bytes(16) + (2**31).to_bytes(4, "big"))
    )
    body = base64.b64encode(header).decode()
    with pytest.raises(Invalid, match="rounds"):
        ssh_keys.load_key(
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----\n", "x"
        )


UNUSABLE = {
    "nothing": ("", "no private key"),
    "prose": ("my key is under the mat", "no private key"),
    "the public half": (ssh_keys.make_key("x")[1], "public half"),
    "the public half as PEM": ("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", "public half"),
    "PuTTY": ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none", "PuTTYgen"),
    "a certificate": ("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", "no private key"),
    "half of it": (ssh_keys.make_key("x")[0][:200], "damaged"),
    "damaged": (ssh_keys.make_key("x")[0].replace("AAAA", "BBBB"), "damaged|kind"),
    "endless": ("-----BEGIN OPENSSH PRIVATE KEY-----\n" + "A" * 100_000, "too long"),
}


@pytest.mark.parametrize(("text", "says"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_usable_key_is_told_by_name(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        ssh_keys.load_key(text)
    assert caught.value.field == "private_key"


@pytest.mark.parametrize("algorithm", ["ssh-dss", "ssh-ed448"])
def test_kinds_that_sshd_does_not_take_are_refused(algorithm: str) -> None:
    text = asyncssh.generate_private_key(algorithm).export_private_key("pkcs8-pem").decode()
    with pytest.raises(Invalid, match="ed25519") as caught:
        ssh_keys.load_key(text)
    assert caught.value.field == "private_key"


def test_a_short_rsa_key_is_refused() -> None:
    text = asyncssh.generate_private_key("ssh-rsa", key_size=1024).export_private_key().decode()
    with pytest.raises(Invalid, match="2048"):
        ssh_keys.load_key(text)
