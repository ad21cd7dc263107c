"""What a list of changes says."""

from typing import Any

from timekpr_mngr.cli import words

CHANGE: dict[str, Any] = {
    "id": 12, "server": "kids-pc", "user": "emma", "field": "days.6.limit_seconds", "state": "conflict",
    "waits_for": None, "before": 7200, "after": 10_800, "theirs": 86_400, "message": None, "gained_seconds": None,
    "asks": True, "readings": {"before": None, "found": None}, "answer": None, "answered_by": None,
    "follows": None, "follows_as": None, "until": None,
}  # fmt: skip


def test_a_conflict_shows_three_values_and_how_to_answer() -> None:
    assert words.change(CHANGE) == "#12 kids-pc/emma Saturday: limit 3 h: conflict"
    assert list(words.question(CHANGE)) == [
        "    it was 2 h; kids-pc had no limit instead; asked for was 3 h",
        "    timekpr-mngr changes answer 12 theirs|ours|edit VALUE",
    ]


def test_what_is_uncertain_shows_both_readings() -> None:
    uncertain = CHANGE | {
        "field": "grant.time",
        "after": {"seconds": 900},
        "state": "uncertain",
        "theirs": None,
        "readings": {"before": {"balance_seconds": -1800, "spent_seconds": 61}, "found": None},
    }
    assert words.change(uncertain) == "#12 kids-pc/emma +15 min: uncertain"
    assert list(words.question(uncertain)) == [
        "    before: time balance −30 min, used 1 min 1 s; then: not known",
        "    timekpr-mngr changes answer 12 arrived|again",
    ]


def test_what_was_answered_asks_no_more_and_says_who_answered() -> None:
    answered = CHANGE | {"asks": False, "answer": "theirs", "answered_by": "anna"}
    assert words.change(answered).endswith("conflict (answered theirs by anna)")
    assert list(words.question(answered)) == []


def test_what_follows_another_change_says_so() -> None:
    undo = CHANGE | {"id": 13, "asks": False, "state": "queued", "waits_for": "kids-pc is not reachable"}
    undo |= {"follows": 12, "follows_as": "undo"}
    assert words.change(undo) == (
        "#13 kids-pc/emma Saturday: limit 3 h: queued (kids-pc is not reachable) (takes back #12)"
    )


def test_what_holds_for_a_day_says_for_which() -> None:
    opened = CHANGE | {"asks": False, "state": "applied", "until": "2026-11-21"}
    opened |= {"waits_for": "is taken back after today"}
    back = CHANGE | {"id": 13, "asks": False, "state": "applied", "follows": 12, "follows_as": "back"}
    assert words.change(opened).endswith("applied (for 2026-11-21 only) (is taken back after today)")
    assert words.change(back).endswith("applied (takes back after its day #12)")
