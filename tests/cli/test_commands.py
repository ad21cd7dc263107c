"""The command line against a running service."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Person
from tests.cli.running import Ended, command, in_this_process
from tests.ports import free_port

HOUR = 3600


def said(ended: Ended, status: int = 0) -> str:
    """What a command printed, if it ended with this status."""
    assert ended.status == status, (ended.status, ended.out, ended.err)
    return ended.out


def test_a_grant_that_is_waited_for_is_applied(person: Person) -> None:
    ended = person("grant", "kids-pc", "alice", "30m", "--wait", "--reason", "homework")
    assert re.fullmatch(r"#\d+ kids-pc/alice \+30 min: applied.*\n", said(ended))


def test_a_grant_as_json_is_the_rest_object(person: Person) -> None:
    answer = person("grant", "kids-pc", "alice", "--take", "15m", "--wait", "--json").json

    [change] = answer["changes"]
    assert (change["state"], change["after"], change["source"]) == ("applied", {"seconds": -900}, "cli")
    assert answer["request_id"] == change["request_id"]


def test_what_should_be_left_is_said(person: Person) -> None:
    said(person("grant", "kids-pc", "alice", "--set-left", "20m", "--wait"))

    user = person("user", "show", "kids-pc", "alice", "--json").json
    assert user["time_left"]["day_seconds"] == 20 * 60


def test_a_grant_can_be_opened_up_for_the_day_and_that_can_be_kept(person: Person) -> None:
    said(person("user", "set", "kids-pc", "bob", "--week-limit", "0s", "--wait"))

    ended = person("grant", "kids-pc", "bob", "30m", "--open-up", "--wait", "--json")

    opened, grant = ended.json["changes"]
    assert (opened["state"], grant["state"]) == ("applied", "applied")
    assert (opened["until"], grant["field"]) == (grant["day"], "grant.time")
    assert f"(for {opened['until']} only) (is taken back after today)" in said(person("changes", "list"))
    assert "only" not in said(person("changes", "keep", str(opened["id"])))


def test_a_user_is_shown_in_words(person: Person) -> None:
    text = said(person("user", "show", "kids-pc", "bob"))
    assert text.startswith("bob: not logged in\n")
    assert "Monday: no limit, all day" in text


def test_users_are_listed_for_one_server_and_for_all(person: Person) -> None:
    assert "alice  Alice Berg" in said(person("user", "list", "kids-pc"))
    assert person("--json", "user", "list").json["items"][0]["server"] == "kids-pc"


def test_limits_are_set_by_options(person: Person) -> None:
    said(
        person(
            "user", "set", "kids-pc", "bob", "--day", "sat", "--limit", "3h", "--hours", "9:00-12:00,14:00-20:30!",
            "--week-limit", "16h", "--lockout", "suspendwake:7-20", "--playtime", "--hide-tray-icon",
            "--activity", "minetest=Minetest", "--wait",
        )
    )  # fmt: skip

    config = person("user", "show", "kids-pc", "bob", "--json").json["config"]
    assert config["days"][5] == {
        "day": 6,
        "limit_seconds": 3 * HOUR,
        "hours": [
            {"from": "09:00", "to": "12:00", "unaccounted": False},
            {"from": "14:00", "to": "20:30", "unaccounted": True},
        ],
    }
    assert config["week_limit_seconds"] == 16 * HOUR
    assert config["lockout"] == {"type": "suspendwake", "wake_from": 7, "wake_to": 20}
    assert config["playtime"]["enabled"] is True
    assert config["playtime"]["activities"] == [{"mask": "minetest", "description": "Minetest"}]
    assert config["hide_tray_icon"] is True


def test_limits_are_set_by_name_and_as_json(person: Person) -> None:
    said(person("user", "set", "kids-pc", "bob", "days.7.limit_seconds=2h", "lockout.type=lock", "--wait"))
    said(
        person(
            "user", "set", "kids-pc", "bob", "--json-patch", "-", "--wait", stdin='{"track_inactive": true}'
        )
    )

    config = person("user", "show", "kids-pc", "bob", "--json").json["config"]
    assert config["days"][6]["limit_seconds"] == 2 * HOUR
    assert config["lockout"]["type"] == "lock"
    assert config["track_inactive"] is True
    again = person("user", "set", "kids-pc", "bob", "track_inactive=true")
    assert said(again) == "Nothing to change: it is so already.\n"


def test_while_the_computer_is_off_it_waits_and_says_so(person: Person) -> None:
    person.service.tell("off")
    try:
        queued = person("grant", "kids-pc", "alice", "15m", "--json")
        waited = person("grant", "kids-pc", "alice", "15m", "--wait", "--timeout", "1")
        assert person("server", "check", "kids-pc").status == 4
    finally:
        person.service.tell("on")

    assert queued.json["changes"][0]["state"] in ("queued", "sending")
    assert "queued" in said(waited, 4)
    assert "is not reachable" in waited.out


def test_changes_are_listed_and_cancelled(person: Person) -> None:
    person.service.tell("off")
    try:
        number = person("grant", "kids-pc", "bob", "15m", "--json").json["changes"][0]["id"]
        listed = said(person("changes", "--state", "queued", "--user", "bob"))
        cancelled = person("changes", "cancel", str(number))
        again = person("changes", "cancel", str(number))
    finally:
        person.service.tell("on")

    assert f"#{number} kids-pc/bob +15 min: queued" in listed
    assert "cancelled" in said(cancelled)
    assert said(again, 3) == ""
    assert "cannot be cancelled" in again.err


def test_servers_are_added_listed_and_removed(person: Person) -> None:
    added = said(person("server", "add", "attic", "attic.home", "--ssh-user", "timekpr-mngr"))
    assert 'restrict,command="' in added
    assert "server check attic" in added
    assert "kids-pc" in said(person("server", "list"))
    assert "attic" not in said(person("server", "list", "--search", "kids"))
    assert "no such servers" in said(person("server", "list", "--search", "bananas"))
    listed = person("server", "list", "--json").json
    assert [server["name"] for server in listed["items"]] == ["attic", "kids-pc"]
    assert person("server", "check", "attic").status == 4
    assert "is gone" in said(person("server", "remove", "attic"))
    assert person("server", "remove", "attic").status == 2


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["grant", "kids-pc", "alice"], 2, "a time to give"),
        (["grant", "kids-pc", "alice", "soon"], 2, "is no time"),
        (["grant", "kids-pc", "alice", "--take", "5m", "--open-up"], 2, "a time to give"),
        (["grant", "kids-pc", "alice", "25h"], 2, "between -86400 and 86400"),
        (["grant", "kids-pc", "nobody", "5m"], 2, "no user nobody"),
        (["grant", "nowhere", "alice", "5m"], 2, "no server"),
        (["grant"], 2, "server"),
        (["nonsense"], 2, "nonsense"),
        (["user", "set", "kids-pc", "alice"], 2, "Nothing was said to change"),
        (["user", "set", "kids-pc", "alice", "--limit", "1h"], 2, "for which day"),
        (["user", "set", "kids-pc", "alice", "nonsense=1"], 2, "no setting nonsense"),
        (["user", "set", "kids-pc", "alice", "--json-patch", "{"], 2, "not valid JSON"),
        (["user", "set", "kids-pc", "alice", "--lockout", "explode"], 2, "lockout.type"),
        (["server", "add", "kids-pc", "x", "--ssh-user", "y"], 3, "already"),
        (["server", "add", "Attic!", "x", "--ssh-user", "y"], 2, "name"),
        (["server", "add", "x", "x", "--ssh-user", "y", "--key", "/nowhere"], 2, "cannot be read"),
        (["changes", "--state", "lost"], 2, "state"),
        (["changes", "cancel", "99999"], 2, "no change"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence_and_a_status(
    person: Person, arguments: list[str], status: int, says: str
) -> None:
    ended = person(*arguments)

    assert ended.status == status, ended
    assert says in ended.err
    assert ended.out == ""


def test_an_error_as_json_is_the_rest_object(person: Person) -> None:
    ended = person("grant", "kids-pc", "nobody", "5m", "--json")

    assert ended.status == 2
    assert ended.json["error"]["code"] == "unknown_user"


def test_a_wrong_or_missing_token_is_refused(person: Person) -> None:
    wrong = command("server", "list", TIMEKPR_MNGR_URL=person.service.url, TIMEKPR_MNGR_TOKEN="tkm_wrong")
    missing = in_this_process("server", "list", TIMEKPR_MNGR_URL=person.service.url)

    assert (wrong.status, missing.status) == (3, 3)
    assert "TIMEKPR_MNGR_TOKEN" in missing.err


def test_no_service_is_its_own_exit_status() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ended = command("server", "list", "--url", url, TIMEKPR_MNGR_TOKEN="tkm_x")

    assert ended.status == 4
    assert "does not answer" in ended.err


def test_the_log_holds_no_secret(person: Person) -> None:
    assert person.token not in person.service.log
    setup = next(line for line in person.service.said if "token=" in line)
    assert setup.partition("token=")[2] not in person.service.log


def test_a_report_for_a_bug_comes_from_the_service_and_overwrites_nothing(
    person: Person, tmp_path: Path
) -> None:
    file = tmp_path / "report.zip"

    printed = said(person("diagnostics", str(file)))
    again = person("diagnostics", str(file))

    assert printed.startswith(f"{file} is there.\n\n")
    with zipfile.ZipFile(file) as archive:
        assert {"servers.json", "log.json", "metrics.txt"} <= set(archive.namelist())
        assert archive.read("README.txt").decode() in printed
    assert file.stat().st_mode & 0o777 == 0o600
    assert (again.status, again.err) == (
        2,
        f"timekpr-mngr: FILE: {file} is there already. Nothing was overwritten.\n",
    )


def test_without_a_service_a_report_is_made_from_the_data_folder_alone(
    person: Person, tmp_path: Path
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    data_dir, empty = tmp_path / "data", tmp_path / "empty"
    data_dir.mkdir()
    (data_dir / "timekpr-mngr.db").write_bytes(b"no database at all" * 500)

    for folder, url in ((person.data_dir, nowhere), (data_dir, nowhere), (empty, nowhere)):
        made = person("diagnostics", str(tmp_path), "--data-dir", str(folder), "--url", url, "--json")
        assert "does not answer" in made.json["note"]
        with zipfile.ZipFile(made.json["file"]) as archive:
            about, database = (json.loads(archive.read(f"{name}.json")) for name in ("about", "database"))
        Path(made.json["file"]).unlink()
        assert about["is_running"] is False
        if folder == person.data_dir:
            assert database["whole"] == "ok"
            assert database["rows"]["servers"] >= 1
        else:
            assert database["problem"]
    assert not empty.exists()
    assert [path.name for path in data_dir.iterdir()] == ["timekpr-mngr.db"]


def test_accounts_and_tokens_are_kept_while_the_service_runs(person: Person) -> None:
    folder = ("--data-dir", str(person.data_dir))

    assert said(command("account", "list", *folder)) == "anna  admin\n"
    made = command(
        "account", "create", "ben", "--role", "viewer", "--password-stdin", *folder, stdin="long enough\n"
    )
    said(made)
    token = said(command("token", "create", "ben's phone", "--account", "ben", *folder))
    assert re.fullmatch(r"tkm_[\w-]{43}\n", token)
    looks = {"TIMEKPR_MNGR_URL": person.service.url, "TIMEKPR_MNGR_TOKEN": token.strip()}
    said(command("account", "role", "ben", "carer", "--minutes", "10", "--person", "kids-pc/alice", *folder))
    assert "carer 10 min of" in said(command("account", "list", *folder))
    assert command("grant", "kids-pc", "alice", "15m", **looks).status == 3
    said(command("account", "role", "ben", "none", "--person", "kids-pc/alice", *folder))
    said(command("server", "list", **looks))
    assert command("grant", "kids-pc", "alice", "5m", **looks).status == 3

    assert "ben's phone" in said(command("token", "list", *folder))
    said(command("token", "revoke", "ben's phone", *folder))
    assert command("server", "list", **looks).status == 3
    said(command("account", "password", "ben", "--password-stdin", *folder, stdin="another one\n"))
    said(command("account", "remove", "ben", *folder))
    assert command("account", "list", "--json", *folder).json["items"][0]["name"] == "anna"


@pytest.mark.parametrize(
    ("arguments", "stdin", "status"),
    [
        (["account", "create", "eve", "--password-stdin"], "short\n", 2),
        (["account", "create", "eve"], "", 2),
        (["account", "create", "anna", "--password-stdin"], "long enough\n", 3),
        (["account", "create", "eve", "--role", "king", "--password-stdin"], "long enough\n", 2),
        (["account", "remove", "nobody"], "", 2),
        (["account", "remove", "anna"], "", 3),
        (["account", "password", "nobody", "--password-stdin"], "long enough\n", 2),
        (["account", "role", "anna", "parent"], "", 3),
        (["account", "role", "anna", "carer"], "", 2),
        (["account", "second-factor-off", "anna"], "", 3),
        (["token", "create", "x", "--account", "nobody"], "", 2),
        (["token", "create", "x", "--account", "anna", "--scope", "all"], "", 2),
        (["token", "revoke", "nothing"], "", 2),
    ],
)
def test_what_cannot_be_done_with_accounts_is_refused(
    person: Person, arguments: list[str], stdin: str, status: int
) -> None:
    ended = in_this_process(*arguments, "--data-dir", str(person.data_dir), stdin=stdin)

    assert ended.status == status, ended
    assert ended.err
