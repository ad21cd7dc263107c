"""What became of what was asked for, what others did, and how it is answered and taken back."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Person
from tests.cli.running import Ended, command, in_this_process

HOUR = 3600
PATIENCE_SECONDS = 30.0


def said(ended: Ended, status: int = 0) -> str:
    """What a command printed, if it ended with this status."""
    assert ended.status == status, (ended.status, ended.out, ended.err)
    return ended.out


def until(look: Callable[[], Any]) -> Any:
    """The first true thing that `look` gives."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end
    return found


def while_it_was_off(person: Person, *deeds: str, ask: Callable[[], Any] | None = None) -> Any:
    """What `ask` gave while the computer was off and somebody did `deeds` on it. Then it is on again."""
    person.service.tell("off")
    try:
        until(lambda: person("server", "list", "--json").json["items"][0]["state"] != "online")
        asked = ask() if ask is not None else None
        for deed in deeds:
            person.service.tell(deed)
    finally:
        person.service.tell("on")
    until(lambda: person("server", "list", "--json").json["items"][0]["state"] == "online")
    return asked


def open_drift(person: Person, user: str, after: object) -> str:
    """The number of what somebody set to `after` for a user, once it was seen."""

    def look() -> list[Any]:
        found = person("drift", "--state", "open", "--user", user, "--json").json["items"]
        return [item["id"] for item in found if item["after"] == after]

    return str(until(look)[0])


def settled(person: Person, number: int) -> Any:
    """A change, once it has ended."""

    def look() -> Any:
        found = person("changes", "--limit", "200", "--json").json["items"]
        return [item for item in found if item["id"] == number and item["state"] not in ("queued", "sending")]

    return until(look)[0]


def conflict(person: Person, ours: str, theirs: int) -> int:
    """The number of a change that ended as one: bob's week was to be `ours`, and somebody set so many hours."""
    asked = while_it_was_off(
        person,
        f"week bob {theirs * HOUR}",
        ask=lambda: person("user", "set", "kids-pc", "bob", "--week-limit", ours, "--json").json,
    )
    change = settled(person, asked["changes"][0]["id"])
    assert (change["state"], change["asks"], change["theirs"]) == ("conflict", True, theirs * HOUR)
    return int(change["id"])


def week_limit(person: Person) -> int:
    """Bob's, as it is now."""
    return int(person("user", "show", "kids-pc", "bob", "--json").json["config"]["week_limit_seconds"])


def test_a_conflict_is_shown_with_three_values_and_ours_is_set(person: Person) -> None:
    number = conflict(person, "10h", 2)

    listed = said(person("changes", "--state", "asks"))
    assert f"#{number} kids-pc/bob Limit for a week 10 h: conflict" in listed
    assert "kids-pc had 2 h instead; asked for was 10 h" in listed
    assert f"timekpr-mngr changes answer {number} theirs|ours|edit" in listed

    answered = said(person("changes", "answer", str(number), "ours", "--wait"))
    assert f"Limit for a week 10 h: applied (answers #{number})" in answered
    assert week_limit(person) == 10 * HOUR
    assert "There are no such changes." in said(person("changes", "--state", "asks"))
    assert f"#{number}" in said(person("changes", "answer", str(number), "ours"))  # twice is once
    assert said(person("changes", "answer", str(number), "theirs"), 3) == ""


def test_to_keep_theirs_sends_nothing(person: Person) -> None:
    number = conflict(person, "11h", 3)

    assert "stays as it is" in said(person("changes", "answer", str(number), "theirs"))
    assert week_limit(person) == 3 * HOUR
    assert f"#{number} kids-pc/bob Limit for a week 11 h: conflict (answered theirs by anna)" in said(
        person("changes")
    )


def test_another_value_is_typed_as_for_user_set(person: Person) -> None:
    number = str(conflict(person, "9h", 4))

    for words in (["edit"], ["ours", "6h"], ["edit", "soon"], ["perhaps"], ["arrived"]):
        assert said(person("changes", "answer", number, *words), 2) == ""
    said(person("changes", "answer", number, "edit", "6h", "--wait"))
    assert week_limit(person) == 6 * HOUR


def test_what_was_applied_is_undone_once(person: Person) -> None:
    [set_] = person(
        "user", "set", "kids-pc", "bob", "--day", "sat", "--limit", "3h", "--wait", "--json"
    ).json["changes"]

    first = person("changes", "undo", str(set_["id"]), "--wait", "--json").json["changes"]
    again = person("changes", "undo", str(set_["id"]), "--json").json["changes"]
    assert [change["id"] for change in first] == [change["id"] for change in again]
    assert (first[0]["state"], first[0]["after"]) == ("applied", set_["before"])
    assert f"takes back #{set_['id']}" in said(person("changes"))


def test_time_that_was_given_is_taken_back(person: Person) -> None:
    said(person("user", "set", "kids-pc", "alice", "--day", "all", "--limit", "2h", "--wait"))
    [given] = person("grant", "kids-pc", "alice", "30m", "--wait", "--json").json["changes"]
    assert given["gained_seconds"] == 1800

    assert "−30 min of what is not used yet: applied" in said(
        person("changes", "undo", str(given["id"]), "--wait")
    )


def test_drift_is_reverted_or_adopted(person: Person) -> None:
    known = week_limit(person)
    while_it_was_off(person, f"week bob {12 * HOUR}")
    number = open_drift(person, "bob", 12 * HOUR)
    listed = said(person("drift", "--server", "kids-pc", "--user", "bob", "--state", "open"))
    assert "→ 12 h" in listed
    assert "drift adopt|revert ID" in listed

    assert "applied" in said(person("drift", "revert", number, "--wait"))
    assert week_limit(person) == known
    assert said(person("drift", "adopt", number), 3) == ""

    while_it_was_off(person, f"week bob {13 * HOUR}", "gives bob 900")
    for after in (13 * HOUR, {"seconds": 900}):
        number = open_drift(person, "bob", after)
        assert "Nothing is to be sent" in said(person("drift", "adopt", number))
    assert week_limit(person) == 13 * HOUR
    adopted = said(person("drift", "list", "--state", "adopted"))
    assert "adopted by anna" in adopted
    assert "Time today: +15 min" in adopted


def test_history_tells_who_changed_what_from_where(person: Person) -> None:
    said(person("user", "set", "kids-pc", "alice", "--month-limit", "50h", "--wait"))
    while_it_was_off(person, f"week alice {14 * HOUR}")
    open_drift(person, "alice", 14 * HOUR)

    theirs, ours, *_ = said(person("history", "kids-pc/alice")).splitlines()
    assert "on the computer" in theirs
    assert "Limit for a week: no limit → 14 h" in theirs
    assert "anna, cli" in ours
    assert "Limit for a month: no limit → 50 h" in ours
    assert ours.endswith("can be undone")
    page = person("history", "kids-pc/alice", "--limit", "1", "--json").json
    assert f"--cursor {page['next']}" in said(person("history", "kids-pc/alice", "--limit", "1"))
    assert "Nothing was changed yet." in said(person("history", "kids-pc"))
    [found] = said(person("history", "kids-pc/alice", "--search", "anna month")).splitlines()
    assert found.split() == ours.split()
    assert "Nothing here has all these words" in said(
        person("history", "kids-pc/alice", "--search", "bananas")
    )


def test_a_version_is_compared_and_brought_back(person: Person) -> None:
    set_ = person("user", "set", "kids-pc", "alice", "track_inactive=on", "--wait")
    said(set_)

    def listed() -> Any:
        found = person("versions", "kids-pc/alice", "--json").json["items"]
        return found if "Count time while locked: off → on" in found[0]["changed"] else None

    latest, before, *_ = until(listed)
    assert "Count time while locked: off → on" in said(person("versions", "kids-pc/alice"))
    assert "seen for the first time" in said(person("versions", "list", "kids-pc"))
    assert "Nothing here has all these words" in said(
        person("versions", "kids-pc/alice", "--search", "bananas")
    )
    both = said(
        person("versions", "show", "kids-pc/alice", str(before["id"]), "--against", str(latest["id"]))
    )
    assert both.splitlines()[1].split("  ")[0] == "Count time while locked"
    assert "There is no difference" in said(person("versions", "show", "kids-pc/alice", str(latest["id"])))

    assert "Count time while locked off: applied" in said(
        person("versions", "bring-back", "kids-pc/alice", str(before["id"]), "--wait")
    )
    assert "it is so already" in said(person("versions", "bring-back", "kids-pc/alice", str(before["id"])))


def test_what_was_sent_is_searched(person: Person) -> None:
    said(person("grant", "kids-pc", "bob", "7m", "--wait"))

    [line] = said(person("sent", "--search", "settimeleft 420", "--user", "bob")).splitlines()
    assert 'setTimeLeft("bob", "+", 420)' in line
    [call] = person("sent", "--search", "settimeleft 420", "--json").json["items"]
    assert (call["server"], call["user"], call["code"]) == ("kids-pc", "bob", 0)
    assert "There are no such calls." in said(person("sent", "--server", "attic"))


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["changes", "answer", "99999", "ours"], 2, "no change"),
        (["changes", "answer", "99999", "edit", "3h"], 2, "no change"),
        (["changes", "undo", "99999"], 2, "no change"),
        (["changes", "undo", "soon"], 2, "ID"),
        (["changes", "forget", "1"], 2, "forget"),
        (["drift", "adopt", "99999"], 2, "no drift"),
        (["drift", "revert", "0"], 2, "no drift"),
        (["drift", "--state", "lost"], 2, "state"),
        (["history"], 2, "SERVER"),
        (["history", "/alice"], 2, "names nobody"),
        (["history", "kids-pc/nobody"], 2, "no user nobody"),
        (["history", "nowhere"], 2, "no server"),
        (["versions"], 2, "SERVER"),
        (["versions", "show", "kids-pc/alice", "99999"], 2, "no version"),
        (["versions", "bring-back", "kids-pc/alice", "99999"], 2, "no version"),
        (["sent", "--limit", "0"], 2, "limit"),
        (["sent", "--cursor", "there"], 2, "cursor"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence_and_a_status(
    person: Person, arguments: list[str], status: int, says: str
) -> None:
    ended = person(*arguments)

    assert ended.status == status, ended
    assert says in ended.err
    assert ended.out == ""


def test_a_viewer_looks_and_answers_nothing(person: Person) -> None:
    folder = ("--data-dir", str(person.data_dir))
    said(
        command(
            "account", "create", "ben", "--role", "viewer", "--password-stdin", *folder, stdin="long enough\n"
        )
    )
    token = said(command("token", "create", "ben's", "--account", "ben", *folder)).strip()
    ben = {"TIMEKPR_MNGR_URL": person.service.url, "TIMEKPR_MNGR_TOKEN": token}
    [given] = person("grant", "kids-pc", "bob", "5m", "--wait", "--json").json["changes"]

    assert f"#{given['id']}" in said(in_this_process("history", "kids-pc/bob", **ben))
    assert said(in_this_process("changes", "undo", str(given["id"]), **ben), 3) == ""


def test_limits_that_somebody_lifted_are_a_finding_until_they_are_changed_back(person: Person) -> None:
    while_it_was_off(person, f"week bob {HOUR}")
    said(person("drift", "adopt", open_drift(person, "bob", HOUR)))
    while_it_was_off(person, f"week bob {2 * HOUR}")
    number = open_drift(person, "bob", 2 * HOUR)
    until(lambda: "Somebody gave bob more there" in said(person("server", "findings", "kids-pc")))
    lines = said(person("server", "findings", "--severity", "warning")).splitlines()
    told = next(at for at, line in enumerate(lines) if "kids-pc/bob" in line)
    assert lines[told].strip().startswith("warning")
    assert "Limit for a week: 1 h → 2 h" in lines[told]
    assert "change it back" in lines[told + 1]
    said(person("drift", "revert", number, "--wait"))
    until(lambda: "bob more" in said(person("server", "findings", "kids-pc", "--state", "cleared")))
    assert person("server", "findings", "nowhere").status != 0
