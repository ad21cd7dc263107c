"""People, and copying limits, from a shell."""

import re

from tests.cli.conftest import Person
from tests.cli.test_what_happened import said


def test_users_are_joined_named_and_split(person: Person) -> None:
    listed = said(person("person"))
    assert [line.split()[0] for line in listed.splitlines()] == ["kids-pc/alice", "kids-pc/bob"]
    assert "used 0 min" in listed
    assert re.search(r"kids-pc/bob: \d+ h.* left", listed)
    assert said(person("person", "offers")) == "There is nobody to join.\n"

    joined = said(person("person", "join", "kids-pc/alice", "kids-pc/bob", "--name", "Twins"))
    number = joined.split()[0]
    assert joined.split()[:2] == [number, "Twins"]
    assert "kids-pc/alice: " in joined
    renamed = person("person", "rename", "kids-pc/bob", "The twins", "--json").json
    assert (renamed["id"], renamed["name"]) == (number, "The twins")

    said(person("person", "split", number, "--user", "kids-pc/alice"))
    assert person("person", "list", "--json").json["items"][0]["users"] == [
        {"server": "kids-pc", "user": "alice"}
    ]
    said(person("person", "split", "kids-pc/bob"))
    assert "kids-pc/bob" in said(person("person")).split()
    said(person("person", "keep-apart", "alice"))


def test_limits_are_copied_after_a_look(person: Person) -> None:
    said(person("user", "set", "kids-pc", "alice", "--week-limit", "9h", "--lockout", "lock", "--wait"))
    preview = said(person("user", "copy", "kids-pc/alice", "kids-pc/bob", "--preview"))
    assert preview.splitlines()[0] == "kids-pc/bob:"
    assert ["Limit for a week", "no limit", "9 h"] in [
        re.split(r"  +", line.strip()) for line in preview.splitlines()
    ]
    assert "9 h" not in said(person("user", "show", "kids-pc", "bob"))

    copied = said(
        person("user", "copy", "kids-pc/alice", "kids-pc/bob", "--field", "week_limit_seconds", "--wait")
    )
    assert "kids-pc/bob" in copied
    assert "applied" in copied
    assert "lockout" not in copied.lower()
    rest = said(person("user", "copy", "kids-pc/alice", "kids-pc/bob", "--wait"))
    assert "applied" in rest
    assert said(person("user", "copy", "kids-pc/alice", "kids-pc/bob")) == (
        "Nothing to copy: they have the same already.\n"
    )
    assert said(person("user", "copy", "kids-pc/alice", "kids-pc/bob", "--preview")) == (
        "kids-pc/bob: has the same already.\n"
    )
    missing = said(person("user", "copy", "kids-pc/alice", "kids-pc/mallory", "--preview"))
    assert missing.startswith("kids-pc/mallory: kids-pc has no user mallory")


def test_what_names_nobody_ends_with_2(person: Person) -> None:
    for arguments in (
        ("person", "join", "kids-pc/alice", "bob"),
        ("person", "join", "kids-pc/alice"),
        ("person", "rename", "p99", "Emma"),
        ("person", "split", "p99"),
        ("person", "split", "kids-pc/alice", "--user", "kids-pc"),
        ("person", "keep-apart", "mallory"),
        ("user", "copy", "kids-pc", "kids-pc/bob"),
        ("user", "copy", "kids-pc/alice", "kids-pc/alice"),
        ("user", "copy", "kids-pc/alice", "kids-pc/mallory"),
        ("user", "copy", "kids-pc/alice", "kids-pc/bob", "--field", "nonsense"),
    ):
        ended = person(*arguments)
        assert ended.status == 2, (arguments, ended.err)
        assert ended.err.startswith("timekpr-mngr: ")
    assert person("person", "split", "kids-pc/alice").status == 3
