"""The script is run over a login that somebody has on the computer, with a password that is used once."""

import logging
from collections.abc import Callable, Iterator

import pytest

from tests.enrolment.computer import PARENT_PASSWORD, as_shipped, parent_with_sudo
from tests.rig import TimekprHost
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.link import ssh, ssh_keys
from timekpr_mngr.services.server_script import ACCOUNT, server_script

SCRIPT = server_script(ssh_keys.make_key("timekpr-mngr@kids-pc")[1], ACCOUNT)
STRANGER = ssh_keys.make_key("another computer")[1]
PATIENCE_SECONDS = 100.0


@pytest.fixture(scope="module")
def computer(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    """`parent` may use sudo, `guest` may not; both have the same password."""
    host = parent_with_sudo(as_shipped(shared_host("signed-in", users=["alice"], admins=[], daemon=False)))
    host.run("useradd", "--create-home", "--shell", "/bin/sh", "guest")
    host.run("chpasswd", input=f"guest:{PARENT_PASSWORD}\n")
    return host


@pytest.fixture
def unmade(computer: TimekprHost) -> Iterator[TimekprHost]:
    yield computer
    computer.run("sh", "-c", SCRIPT.remove_line)


async def run(host: TimekprHost, login: str, password: str, **other: str) -> tuple[str, ssh.End]:
    output, end = await ssh.run_once(
        host.address,
        host.port,
        login,
        password,
        other.get("host_key", host.host_key),
        other.get("command", SCRIPT.remote),
        PATIENCE_SECONDS,
    )
    return output.decode(), end


async def test_whoever_may_use_sudo_runs_the_script(unmade: TimekprHost) -> None:
    said, end = await run(unmade, "parent", PARENT_PASSWORD)
    assert end.status == 0, said
    assert "Done: " in said
    assert unmade.run("id", ACCOUNT).returncode == 0


async def test_the_password_is_nowhere_afterwards(
    unmade: TimekprHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said, _ = await run(unmade, "parent", PARENT_PASSWORD)
    assert PARENT_PASSWORD not in said
    assert PARENT_PASSWORD not in caplog.text
    kept = unmade.run(
        "grep", "-rlF", PARENT_PASSWORD, "/home", "/root", "/etc", "/var/log", "/tmp", "/run/sudo"
    )
    assert kept.stdout == ""


async def test_a_sudo_that_asks_for_no_password_gets_none(unmade: TimekprHost) -> None:
    """What it did not read is not taken for anything else."""
    rule = unmade.path("/etc/sudoers.d/parent")
    rule.write_text("parent ALL=(ALL) NOPASSWD: ALL\n")
    said, end = await run(unmade, "parent", PARENT_PASSWORD)
    rule.write_text("parent ALL=(ALL) ALL\n")
    assert (end.status, "not found" in said) == (0, False), said


async def test_who_may_not_use_sudo_changes_nothing(unmade: TimekprHost) -> None:
    said, end = await run(unmade, "guest", PARENT_PASSWORD)
    assert end.status == 1
    assert "sudoers" in said
    assert unmade.run("id", ACCOUNT).returncode == 1


async def test_a_wrong_password_is_told_as_such(unmade: TimekprHost) -> None:
    with pytest.raises(ServerFailure) as caught:
        await run(unmade, "parent", "not it")
    assert caught.value.failure is FailureCode.AUTH
    assert "parent" in caught.value.message
    assert "not it" not in f"{caught.value.message} {caught.value.fix}"


async def test_another_computer_never_gets_the_password(unmade: TimekprHost) -> None:
    logged = len(unmade.log("sshd"))
    with pytest.raises(ServerFailure) as caught:
        await run(unmade, "parent", PARENT_PASSWORD, host_key=STRANGER)
    assert caught.value.failure is FailureCode.HOST_KEY
    assert "parent" not in unmade.log("sshd")[logged:]


async def test_what_takes_too_long_is_given_up(unmade: TimekprHost) -> None:
    with pytest.raises(ServerFailure) as caught:
        await ssh.run_once(
            unmade.address, unmade.port, "parent", PARENT_PASSWORD, unmade.host_key, "sleep 300", 0.2
        )
    assert caught.value.failure is FailureCode.TIMEOUT
