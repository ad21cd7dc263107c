"""A computer whose SSH server is as its distribution ships it, and on which nobody has prepared anything for us."""

import socket
from pathlib import Path

from tests.rig import TimekprHost
from tests.rig.host import wait_until

PARENT_PASSWORD = "Zuckerwatte & 'Geister'bahn"


def as_shipped(host: TimekprHost) -> TimekprHost:
    """Its SSH server reads ~/.ssh/authorized_keys, is strict about who may write there, and takes passwords."""
    config = host.file("/etc/ssh/sshd_config.host")
    config = config.replace("AuthorizedKeysFile /etc/ssh/keys/%u", "AuthorizedKeysFile .ssh/authorized_keys")
    config = config.replace("StrictModes no", "StrictModes yes")
    config = config.replace("PasswordAuthentication no", "PasswordAuthentication yes")
    for name in ("sshd_config.host", "sshd_config"):  # the second is what `sshd -T` tells of
        host.path(f"/etc/ssh/{name}").write_text(config)
    restart_ssh(host)
    return host


def restart_ssh(host: TimekprHost) -> None:
    """Returns when it can be reached again."""
    host.restart("sshd")
    assert wait_until(lambda: _can_be_reached(host), 60), host.log("sshd")


def _can_be_reached(host: TimekprHost) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host.address, host.port)) == 0


def state_of(host: TimekprHost) -> dict[str, str]:
    """Everything that an enrolment could leave behind: accounts, groups, homes, and what lies in them."""
    listed = host.run("find", "/home", "/etc/ssh", "/etc/timekpr", "/root", "-printf", "%p %M %u %s %l\n")
    files = {name: host.file(f"/etc/{name}") for name in ("passwd", "group", "shadow", "gshadow")}
    return {"files": "\n".join(sorted(listed.stdout.splitlines())), **files}


def put_program(host: TimekprHost, name: str, text: str) -> None:
    """A program that is found before the computer's own."""
    path = host.path(f"/usr/local/sbin/{name}")
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def key_file(folder: Path, private_key: str) -> Path:
    """A private key where OpenSSH's programs take it from."""
    path = folder / "id"
    path.write_text(private_key)
    path.chmod(0o600)
    return path


def parent_with_sudo(host: TimekprHost) -> TimekprHost:
    """With a login `parent` that has a password and may use sudo, as the first user of a computer mostly does."""
    host.run("useradd", "--create-home", "--shell", "/bin/bash", "parent")
    host.run("chpasswd", input=f"parent:{PARENT_PASSWORD}\n")
    host.path("/etc/sudoers.d/parent").write_text("parent ALL=(ALL) ALL\n")
    return host
