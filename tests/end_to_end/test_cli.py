"""The command line beside a running service and a real computer: words, REST's objects and exit statuses."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.rig import TimekprHost

from .service import Service, until

DONE, USAGE, REFUSED, NOT_REACHABLE = 0, 2, 3, 4
HOUR = 3600


@pytest.fixture(scope="module")
def service(shared_service: Service, shared_pc: TimekprHost) -> Service:
    """The service, with `kids-pc` added by the command line as its output says."""
    service = shared_service
    added = service.cli(
        "server", "add", "kids-pc", shared_pc.address, "--port", str(shared_pc.port), "--ssh-user", "manager"
    ).stdout
    [line] = [line for line in added.splitlines() if line.startswith("restrict,command=")]
    with open(shared_pc.path("/etc/ssh/keys/manager"), "a") as authorized_keys:
        authorized_keys.write(line + "\n")
    last = added.strip().splitlines()[-1].strip()
    assert last.startswith("timekpr-mngr server check kids-pc --trust SHA256:")
    checked = service.cli(*last.split()[1:]).stdout
    assert "NO" not in checked
    return service


def test_accounts_and_tokens_are_kept_beside_the_running_service(service: Service) -> None:
    service.cli("account", "create", "gran", "--role", "viewer", "--password-stdin", input="correct horse\n")
    token = service.cli("token", "create", "gran's phone", "--account", "gran").stdout
    assert token == token.strip() + "\n"
    assert len(token.split()) == 1
    as_gran = {"Authorization": f"Bearer {token.strip()}"}
    assert service.request("GET", "/servers", headers=as_gran).status_code == 200
    service.cli("token", "revoke", "gran's phone")
    assert service.request("GET", "/servers", headers=as_gran).status_code == 401
    service.cli("account", "remove", "gran")
    assert service.cli("account", "list").stdout.split() == ["mum", "admin"]
    assert service.cli("token", "create", "x", "--account", "gran", status=USAGE).stdout == ""


def test_json_is_the_rest_object(service: Service) -> None:
    assert service.cli_json("server", "list") == service.get("/servers")
    assert service.cli_json("user", "list", "kids-pc") == service.get("/servers/kids-pc/users")
    shown, rest = (
        service.cli_json("user", "show", "kids-pc", "bob"),
        service.get("/servers/kids-pc/users/bob"),
    )
    for moving in ("time_left", "usage", "read_at"):
        assert set(shown.pop(moving)) == set(rest.pop(moving))
    assert shown == rest
    accepted = service.cli_json("grant", "kids-pc", "bob", "5m", "--wait")
    assert set(accepted) == {"request_id", "changes"}
    assert service.cli_json("changes") == service.get("/changes")
    assert accepted["changes"] == [service.get(f"/changes/{accepted['changes'][0]['id']}")]
    unknown = service.cli_json("user", "show", "kids-pc", "zoe", status=USAGE)
    assert unknown["error"]["code"] == "unknown_user"


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (["30m"], 1800),
        (["1h30m"], 5400),
        (["900s"], 900),
        (["--take", "15m"], -900),
        (["--playtime", "10m"], 600),
    ],
)
def test_time_is_granted_in_peoples_words(
    service: Service, shared_pc: TimekprHost, words: list[str], seconds: int
) -> None:
    def balance() -> int:
        usage: Any = service.get("/servers/kids-pc/users/alice")["usage"]
        return int(usage["playtime_balance_seconds" if "--playtime" in words else "balance_seconds"])

    before = balance()
    [change] = service.cli_json("grant", "kids-pc", "alice", *words, "--wait")["changes"]
    assert (change["state"], change["source"]) == ("applied", "cli")
    assert balance() == before - seconds


def test_limits_are_set(service: Service, shared_pc: TimekprHost) -> None:
    service.cli("user", "set", "kids-pc", "alice", "--week-limit", "10h", "--wait")
    assert shared_pc.userinfo("alice")["LIMIT_PER_WEEK"] == str(10 * HOUR)
    service.cli(
        "user",
        "set",
        "kids-pc",
        "alice",
        "--day",
        "sat",
        "--limit",
        "3h",
        "--hours",
        "9-12:30,14-20",
        "--wait",
    )
    assert service.get("/servers/kids-pc/users/alice")["config"]["days"][5]["limit_seconds"] == 3 * HOUR


def test_what_cannot_be_has_its_own_exit_status(service: Service, tmp_path: Path) -> None:
    for words in (
        ["grant", "kids-pc", "alice", "soon"],
        ["grant", "kids-pc", "alice"],
        ["grant", "kids-pc", "alice", "25h"],
        ["server", "add", "Not A Name", "127.0.0.1", "--ssh-user", "x"],
        ["paint", "it", "black"],
    ):
        told = service.cli(*words, status=USAGE)
        assert told.stderr.strip()
        assert "Traceback" not in told.stderr
    nobody = f"http://127.0.0.1:{free_port()}"
    assert nobody in service.cli("server", "list", "--url", nobody, status=NOT_REACHABLE).stderr
    assert "NO" in service.cli("server", "check", added_closed(service), status=NOT_REACHABLE).stdout
    service.cli("server", "remove", "closed")


def added_closed(service: Service) -> str:
    service.cli("server", "add", "closed", "127.0.0.1", "--port", "9", "--ssh-user", "manager")
    return "closed"


def test_a_computer_that_is_off_queues_without_wait_and_ends_with_4_with_it(
    service: Service, shared_pc: TimekprHost
) -> None:
    shared_pc.stop("sshd")
    service.until_state("kids-pc", "offline")
    try:
        assert "queued" in service.cli("grant", "kids-pc", "bob", "5m").stdout
        service.cli("grant", "kids-pc", "bob", "5m", "--wait", "--timeout", "1", status=NOT_REACHABLE)
        assert service.cli("server", "remove", "kids-pc", status=REFUSED).stderr
        waiting = service.get("/changes?state=queued")["items"]
        assert len(waiting) == 2
    finally:
        shared_pc.start("sshd")
    assert {change["state"] for change in service.settled(waiting)} == {"applied"}


def test_a_conflict_ends_with_3(service: Service, shared_pc: TimekprHost) -> None:
    """While it is off, somebody changes the same limit on the computer itself."""
    shared_pc.stop("sshd")
    service.until_state("kids-pc", "offline")
    shared_pc.timekpra("--settimelimitmonth", "bob", "360000")
    argv = ["user", "set", "kids-pc", "bob", "--month-limit", "50h", "--wait"]
    with subprocess.Popen(service.command(*argv), env=service.environment, stdout=subprocess.PIPE) as waiting:
        until(lambda: service.get("/changes?state=queued")["items"], "it is queued")
        shared_pc.start("sshd")
        out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == REFUSED, out
    assert b"conflict" in out
    assert shared_pc.userinfo("bob")["LIMIT_PER_MONTH"] == "360000"


def test_what_two_people_changed_at_once_is_answered_taken_back_and_told(
    service: Service, shared_pc: TimekprHost
) -> None:
    """Mum sets bob's Saturday and his week here while the computer is off; Dad sets another week on it himself."""

    def asking() -> Any:
        return service.cli_json("changes", "--state", "asks", "--user", "bob", "--server", "kids-pc")["items"]

    def week() -> str:
        return shared_pc.userinfo("bob")["LIMIT_PER_WEEK"]

    service.cli(
        "user", "set", "kids-pc", "bob", "--day", "all", "--limit", "2h", "--week-limit", "20h", "--wait"
    )
    earlier = service.cli_json("changes", "--state", "asks")["items"]
    shared_pc.stop("sshd")
    service.until_state("kids-pc", "offline")
    mums = service.cli_json(
        "user", "set", "kids-pc", "bob", "--day", "sat", "--limit", "3h", "--week-limit", "10h"
    )
    shared_pc.timekpra("--settimelimitweek", "bob", str(30 * HOUR))
    shared_pc.start("sshd")

    settled = {change["field"]: change for change in service.settled(mums["changes"])}
    assert settled["days.6.limit_seconds"]["state"] == "applied"
    asks = settled["week_limit_seconds"]
    assert [change["id"] for change in asking() if change not in earlier] == [asks["id"]]
    listed = service.cli("changes", "--state", "asks").stdout
    assert "it was 20 h; kids-pc had 30 h instead; asked for was 10 h" in listed

    answered = service.cli("changes", "answer", str(asks["id"]), "edit", "25h", "--wait").stdout
    assert f"Limit for a week 25 h: applied (answers #{asks['id']})" in answered
    assert week() == str(25 * HOUR)
    service.cli("changes", "answer", str(asks["id"]), "theirs", status=REFUSED)

    [given] = service.cli_json("grant", "kids-pc", "bob", "30m", "--wait")["changes"]
    [taken] = service.cli_json("changes", "undo", str(given["id"]), "--wait")["changes"]
    assert (given["gained_seconds"], taken["gained_seconds"]) == (1800, -1800)
    assert service.cli_json("changes", "undo", str(given["id"]))["changes"] == [taken]

    shared_pc.timekpra("--settimelimitweek", "bob", str(40 * HOUR))
    service.ask("POST", "/servers/kids-pc/sync")
    until(lambda: open_drift(service, 40 * HOUR), "what Dad set is seen")
    [drift] = [
        item
        for item in service.cli_json("drift", "--state", "open", "--user", "bob")["items"]
        if item["after"] == 40 * HOUR
    ]
    told = service.cli("history", "kids-pc/bob").stdout
    assert "Limit for a week: 20 h → 30 h" in told
    assert "Limit for a week: 25 h → 40 h" in told
    assert "mum, cli" in told
    service.cli("drift", "revert", str(drift["id"]), "--wait")
    assert week() == str(25 * HOUR)

    until(lambda: versions_of_twenty_hours(service.get("/servers/kids-pc/users/bob/versions")), "it is kept")
    [version] = versions_of_twenty_hours(service.cli_json("versions", "kids-pc/bob"))
    assert version["who"] == ["mum"]
    shown = service.cli("versions", "show", "kids-pc/bob", str(version["id"])).stdout
    assert "20 h" in shown
    service.cli("versions", "bring-back", "kids-pc/bob", str(version["id"]), "--wait")
    assert week() == str(20 * HOUR)

    sent = service.cli(
        "sent", "--server", "kids-pc", "--user", "bob", "--search", "settimelimitforweek"
    ).stdout
    assert [line.rpartition("setTimeLimitForWeek")[2] for line in reversed(sent.splitlines())] == [
        f'("bob", {hours * HOUR})' for hours in (20, 25, 25, 20)
    ]


def versions_of_twenty_hours(found: Any) -> Any:
    """Of those that were listed."""
    return [version for version in found["items"] if "→ 20 h" in " ".join(version["changed"])]


def open_drift(service: Service, after: int) -> Any:
    """What somebody set to `after` on the computer, if it was seen."""
    found = service.get("/drift?state=open&user=bob")["items"]
    return next((item for item in found if item["after"] == after), None)
