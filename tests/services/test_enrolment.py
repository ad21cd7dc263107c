"""A computer is made ready over a login that somebody has there: who may, where to, and what stays of it."""

from typing import Any

import pytest

from tests.services.house import ADMIN, HOST, VIEWER, House
from timekpr_mngr.errors import FailureCode, Forbidden, Invalid, ServerFailure
from timekpr_mngr.link import ssh
from timekpr_mngr.services.enrolment import Enrolment

PASSWORD = "correct horse"


class Shell:
    """Instead of SSH: remembers what it was asked for, and ends as the test says."""

    def __init__(self, status: int = 0, said: str = "Done: ready.\n", nobody_at: str = "") -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._end = ssh.End(status, None, False, b"")
        self._said, self._nobody_at = said, nobody_at

    async def __call__(self, host: str, *asked: Any) -> tuple[bytes, ssh.End]:
        self.asked.append((host, *asked))
        if host == self._nobody_at:
            raise ServerFailure(FailureCode.UNREACHABLE, "Nobody is there.", "Look for it.")
        return self._said.encode(), self._end


def enrolment(home: House, shell: Shell) -> Enrolment:
    return Enrolment(home.store, home.engine, home.clock, shell)


async def test_the_servers_own_script_is_run_once_as_that_login(home: House) -> None:
    shell = Shell()
    ran = await enrolment(home, shell).run(ADMIN, "kids-pc", login="parent", password=PASSWORD)
    assert (ran.ok, ran.said) == (True, "Done: ready.")
    [(host, port, login, password, host_key, command, _)] = shell.asked
    server = await home.store.servers.get("kids-pc")
    assert (host, port, login, password) == (HOST, 22, "parent", PASSWORD)
    assert host_key == server.host_key
    assert command.startswith("sh -c ")


async def test_a_password_goes_to_no_computer_that_nobody_has_recognised(empty_home: House) -> None:
    shell = Shell()
    await empty_home.services.fleet.add(ADMIN, name="kids-pc", host=HOST, ssh_user="timekpr-mngr")
    with pytest.raises(Invalid, match="fingerprint") as problem:
        await enrolment(empty_home, shell).run(ADMIN, "kids-pc", login="parent", password=PASSWORD)
    assert problem.value.field == "login"
    assert shell.asked == []


async def test_who_may_only_look_runs_nothing(home: House) -> None:
    shell = Shell()
    with pytest.raises(Forbidden):
        await enrolment(home, shell).run(VIEWER, "kids-pc", login="parent", password=PASSWORD)
    assert shell.asked == []


@pytest.mark.parametrize(
    ("login", "password", "field"),
    [
        ("", PASSWORD, "login"),
        ("-oProxyCommand=x", PASSWORD, "login"),
        ("a b", PASSWORD, "login"),
        (None, PASSWORD, "login"),
        ("parent", "", "password"),
        ("parent", None, "password"),
        ("parent", "one\nrm -rf /", "password"),
        ("parent", "x" * 5000, "password"),
    ],
)
async def test_what_is_no_login_or_no_password_is_refused(
    home: House, login: object, password: object, field: str
) -> None:
    shell = Shell()
    with pytest.raises(Invalid) as problem:
        await enrolment(home, shell).run(ADMIN, "kids-pc", login=login, password=password)
    assert problem.value.field == field
    assert str(password) == "" or str(password) not in problem.value.message
    assert shell.asked == []


async def test_that_it_was_run_is_kept_and_the_password_is_not(home: House) -> None:
    for status in (0, 1):
        shell = Shell(status, f"sudo: {PASSWORD} is wrong\n")
        ran = await enrolment(home, shell).run(ADMIN, "kids-pc", login="parent", password=PASSWORD)
        assert (ran.ok, ran.said) == (status == 0, "sudo: … is wrong")
    kept = [f"{entry.what} {entry.subject}" for entry in await home.store.audit.list()]
    assert "ran the script as parent kids-pc" in kept
    assert "ran the script as parent, in vain kids-pc" in kept
    assert PASSWORD not in " ".join(kept)


async def test_the_second_address_is_tried_too(home: House) -> None:
    await home.services.fleet.edit(ADMIN, "kids-pc", second_host="10.8.0.7")
    shell = Shell(nobody_at=HOST)
    ran = await enrolment(home, shell).run(ADMIN, "kids-pc", login="parent", password=PASSWORD)
    assert ran.ok
    assert [asked[0] for asked in shell.asked] == [HOST, "10.8.0.7"]
