"""The script that makes a computer ready, from the command line."""

import subprocess

from tests.cli.conftest import Person


def test_the_script_of_a_server_and_its_lines_are_printed(person: Person) -> None:
    where = ["attic.home", "--second-host", "10.8.0.7"]
    added = person("server", "add", "attic", *where, "--ssh-user", "timekpr-mngr")
    assert "timekpr-mngr server script attic --line" in added.out
    key = person("server", "script", "attic", "--json").json
    listed = person("server", "list", "--json").json["items"]
    assert "10.8.0.7" in [server["second_host"] for server in listed]
    assert person("server", "script", "attic").out == key["script"]
    assert person("server", "script", "attic", "--line").out == key["line"] + "\n"
    assert person("server", "script", "attic", "--remove").out == key["remove_line"] + "\n"
    checked = subprocess.run(["sh", "-n"], input=key["script"], text=True, capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "timekpr-mngr@attic" in key["script"]


def test_no_script_where_the_account_is_one_that_it_cannot_make(person: Person) -> None:
    person("server", "add", "cellar", "cellar.home", "--ssh-user", "root")
    ended = person("server", "script", "cellar")
    assert (ended.status, ended.out) == (2, "")
    assert "it cannot be called root" in ended.err
