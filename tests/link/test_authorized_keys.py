"""The line that goes into authorized_keys."""

import pytest

from timekpr_mngr.errors import Invalid
from timekpr_mngr.link.authorized_keys import authorized_keys_line
from timekpr_mngr.link.ssh_keys import make_key

PUBLIC = make_key("timekpr-mngr")[1]


def test_the_line_is_that_of_the_design() -> None:
    assert authorized_keys_line(PUBLIC) == (
        'restrict,command="case $SSH_ORIGINAL_COMMAND in bus) exec systemd-stdio-bridge;; '
        'files) exec tar --format=posix -cf - -C / etc/timekpr var/lib/timekpr;; esac" ' + PUBLIC
    )


def test_the_line_names_folders_of_the_servers_own() -> None:
    line = authorized_keys_line(PUBLIC, "/srv/kids/config/", "/var/lib/timekpr/work")
    assert "-C / etc/timekpr var/lib/timekpr srv/kids/config;; esac" in line


@pytest.mark.parametrize(
    "directory",
    [
        "/srv/x;rm -rf /",
        "/srv/$(reboot)/x",
        "/srv/`id`/x",
        '/srv/"/x',
        "/srv/x y",
        "/srv/x\nssh-ed25519 AAAA",
        "/srv/../etc/shadow",
        "/srv/-x/--checkpoint-action=exec=sh",
        "-x/y",
        "relative/path",
        "",
        "/",
        "/etc",
        "/home",
        "/srv/" + "x" * 500,
        "/srv/é/x",
    ],
)
def test_a_hostile_folder_never_comes_into_the_line(directory: str) -> None:
    assert authorized_keys_line(PUBLIC, directory, directory) == authorized_keys_line(PUBLIC)


@pytest.mark.parametrize("line", ["", "ssh-ed25519 AAAA\nssh-rsa BBBB", 'command="sh" ssh-ed25519 AAAA', "x"])
def test_no_line_for_what_is_no_public_key(line: str) -> None:
    with pytest.raises(Invalid):
        authorized_keys_line(line)
