"""The oracle itself: what is right passes, and every kind of wrong is seen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.faults.model import Asked, Balance, Drifted, Evidence, Files, granted, judge

WEDNESDAY, THURSDAY = date(2026, 11, 18), date(2026, 11, 19)
FIELDS = {"week_limit_seconds": 604_800, "days.1.limit_seconds": 7_200, "track_inactive": False}
PLAIN = ((1, 2, 3, 4, 5, 6, 7), (7_200,) * 7)
SENT = {"at": "call setTimeLeft: sent", "member": "setTimeLeft", "call": "setTimeLeft('alice', '+', 900)"}
ANSWERED = {
    "at": "call setTimeLeft: answered",
    "member": "setTimeLeft",
    "call": "setTimeLeft('alice', '+', 900)",
}
READ = {"at": "read: before"}
NOTE = {"at": "note: before", "id": 1}
SET_WEEK = {"at": "call setTimeLimitForWeek: sent", "member": "setTimeLimitForWeek", "call": "…"}


def files(
    balance: int = 3_600, spent: int = 3_600, playtime: int = 0, day: date = WEDNESDAY, **fields: Any
) -> Files:
    return Files(
        fields={**FIELDS, **fields},
        server_fields={"poll_seconds": 3},
        week=PLAIN,
        time=Balance(day, spent, balance),
        playtime=Balance(day, 0, playtime),
        other="bob's files",
    )


def grant(state: str, seconds: int = 900, id_: int = 1, **more: Any) -> Asked:
    return Asked(id_, "alice", "grant.time", state, {"seconds": seconds}, day=WEDNESDAY, **more)


def week_limit(state: str, after: int = 100_000, id_: int = 1, before: int = 604_800) -> Asked:
    return Asked(id_, "alice", "week_limit_seconds", state, after, before=before, bases=(before,))


def wrong(
    *changes: Asked,
    after: Files,
    before: Files | None = None,
    journal: tuple[Mapping[str, Any], ...] = (SENT, ANSWERED),
    ticks: bool = False,
    drift: tuple[Drifted, ...] = (),
    set_back: bool = False,
    logged: tuple[object, ...] | None = None,
) -> list[str]:
    """The kinds of what is found wrong."""
    evidence = Evidence(
        today=WEDNESDAY,
        limits=(7_200, 7_200),
        playtime_limits=(3_600, 3_600),
        wished=len(changes),
        before=before or files(),
        after=after,
        changes=changes,
        journal=journal,
        ticks=ticks,
        drift=drift,
        set_back=set_back,
        logged=None if logged is None else [str(line) for line in logged],
    )
    return [found.kind for found in judge(evidence)]


def test_a_grant_that_is_there_once_is_right() -> None:
    assert wrong(grant("applied"), after=files(2_700)) == []


@pytest.mark.parametrize(("balance", "kind"), [(3_600, "lost"), (1_800, "doubled"), (3_000, "moved")])
def test_a_grant_that_is_not_there_once_is_wrong(balance: int, kind: str) -> None:
    assert wrong(grant("applied"), after=files(balance)) == [kind]


def test_two_grants_that_are_there_once_are_wrong() -> None:
    changes = grant("applied"), grant("applied", id_=2)
    assert wrong(*changes, after=files(1_800)) == []
    assert wrong(*changes, after=files(2_700)) == ["lost"]


def test_time_that_ticks_moves_nothing() -> None:
    assert wrong(grant("applied"), after=files(2_708, spent=3_608), ticks=True) == []
    assert wrong(grant("applied"), after=files(2_708), ticks=True) == ["moved"]


@pytest.mark.parametrize("state", ["refused", "cancelled", "expired"])
def test_what_did_not_happen_has_no_effect(state: str) -> None:
    assert "moved" in wrong(grant(state), after=files(2_700), journal=(SENT,))


def test_a_grant_that_is_still_under_way_never_ended() -> None:
    assert wrong(grant("sending"), after=files(3_600)) == ["state"]


@pytest.mark.parametrize("state", ["uncertain", "expired", "conflict", "refused", "superseded", "cancelled"])
def test_an_end_without_a_reason_is_wrong(state: str) -> None:
    assert wrong(grant(state), after=files(3_600), journal=()) == ["state"]


@pytest.mark.parametrize("balance", [3_300, 2_400])
def test_an_uncertain_grant_may_be_there_or_not_where_a_stranger_gave_too(balance: int) -> None:
    stranger = {"act": "foreign-grant", "operation": "+", "seconds": 300, "done": True}
    assert wrong(grant("uncertain"), after=files(balance), journal=(SENT, stranger)) == []
    assert wrong(grant("uncertain"), after=files(1_500), journal=(SENT, stranger)) == ["doubled"]


def test_a_stranger_s_grant_that_is_gone_is_wrong() -> None:
    stranger = {"act": "foreign-grant", "operation": "+", "seconds": 300, "done": True}
    assert wrong(grant("applied"), after=files(2_700), journal=(stranger, SENT, ANSWERED)) == ["moved"]


def test_a_stranger_who_gives_the_very_same_is_taken_for_ours_where_the_answer_was_lost() -> None:
    stranger = {"act": "foreign-grant", "operation": "+", "seconds": 900, "done": True}
    known = {"at": "read: done"}, {"at": "step sending: noted", "id": 1}
    assert wrong(grant("applied"), after=files(2_700), journal=(*known, SENT, stranger, READ)) == []
    answered = (*known, SENT, ANSWERED, stranger, READ)
    assert wrong(grant("applied"), after=files(2_700), journal=answered) == ["lost", "drift"]
    assert "doubled" in wrong(grant("applied"), after=files(900), journal=(*known, SENT, stranger, READ))


def test_a_grant_waits_for_a_first_save_that_a_clock_set_back_puts_off() -> None:
    before = files(day=date(2026, 11, 17))
    waits = grant("queued", waits="waits for the day's first save")
    assert wrong(waits, before=before, after=before, journal=(), set_back=True) == []
    assert wrong(waits, before=before, after=before, journal=()) == ["state"]
    assert wrong(grant("queued"), before=before, after=before, journal=(), set_back=True) == ["state"]


def test_a_call_may_arrive_until_its_link_has_ended() -> None:
    midnight = {"act": "clock", "to": "2026-11-19 00:00:02"}
    asked = [{"at": "has the old link ended: answered", "ended": ended} for ended in (False, True)]
    after = files(-900, spent=0, day=THURSDAY)
    late = SENT, READ, asked[0], midnight, asked[1], READ
    assert wrong(grant("uncertain"), after=after, journal=late) == []
    early = SENT, READ, asked[0], asked[1], READ, midnight
    assert wrong(grant("uncertain"), after=after, journal=early) == ["moved"]


def test_what_was_sent_has_its_line_in_the_log() -> None:
    call = {"member": "setTimeLimitForWeek", "call": "…", "logged": "setTimeLimitForWeek 1", "turn": 0}
    steps = [{"at": f"call setTimeLimitForWeek: {step}", **call} for step in ("before", "sent", "answered")]
    noted = {"at": "step applied: noted", "id": 1, "turn": 0}
    next_life = {"at": "read: before", "turn": 1}
    line = call["logged"]
    assert wrong(after=files(), journal=tuple(steps), logged=(line,)) == []
    assert wrong(after=files(), journal=tuple(steps), logged=()) == ["log"]
    assert wrong(after=files(), journal=tuple(steps), logged=(line, line)) == ["log"]
    assert wrong(after=files(), journal=(*steps, next_life), logged=()) == []
    assert wrong(after=files(), journal=(*steps, noted, next_life), logged=()) == ["log"]


def test_an_overdraft_is_forgiven_as_timekprd_does() -> None:
    before = files(7_900, spent=7_900)
    assert wrong(grant("applied"), before=before, after=files(6_300, spent=7_900)) == []
    assert wrong(grant("applied"), before=before, after=files(7_000, spent=7_900)) == ["moved"]


@pytest.mark.parametrize(
    ("balance", "operation", "seconds", "after"),
    [
        (3_600, "+", 900, 2_700),
        (7_900, "+", 900, 6_300),
        (3_600, "-", 900, 4_500),
        (7_900, "-", 900, 8_100),
        (3_600, "=", 600, 6_600),
        (0, "+", 90_000, -86_400),
    ],
)
def test_a_grant_s_arithmetic(balance: int, operation: str, seconds: int, after: int) -> None:
    assert granted(balance, 7_200, operation, seconds) == after


def test_yesterday_s_grant_on_the_new_day_is_wrong() -> None:
    midnight = {"act": "clock", "to": "2026-11-19 00:00:02"}
    expired = grant("expired")
    assert wrong(expired, after=files(0, spent=0, day=THURSDAY), journal=(midnight,)) == []
    assert wrong(expired, after=files(-900, spent=0, day=THURSDAY), journal=(midnight,)) == ["moved"]


def test_a_grant_that_went_to_yesterday_is_lost() -> None:
    yesterday = date(2026, 11, 17)
    before = files(day=yesterday)
    assert wrong(grant("applied"), before=before, after=files(-900, spent=0)) == []
    assert wrong(grant("applied"), before=before, after=files(2_700, day=yesterday)) == ["lost"]


def test_yesterday_s_playtime_is_not_left_for_today() -> None:
    before = files(day=date(2026, 11, 17), playtime=1_200)
    assert wrong(grant("applied"), before=before, after=files(-900, spent=0, playtime=0)) == []
    assert wrong(grant("applied"), before=before, after=files(-900, spent=0, playtime=1_200)) == ["moved"]


def test_a_setting_that_was_applied_is_there() -> None:
    assert wrong(week_limit("applied"), after=files(week_limit_seconds=100_000)) == []
    assert wrong(week_limit("applied"), after=files()) == ["lost"]


def test_a_setting_that_was_superseded_is_not() -> None:
    changes = week_limit("superseded"), week_limit("applied", 200_000, id_=2)
    assert wrong(*changes, after=files(week_limit_seconds=200_000)) == []
    assert wrong(*changes, after=files(week_limit_seconds=100_000)) == ["lost"]


def test_a_field_that_nobody_asked_for_stays() -> None:
    assert wrong(week_limit("applied"), after=files(week_limit_seconds=100_000, track_inactive=True)) == [
        "field"
    ]


def test_a_stranger_s_field_survives() -> None:
    stranger = {"act": "foreign-setting", "field": "track_inactive", "value": True, "done": True}
    journal = READ, NOTE, stranger, SET_WEEK
    after = files(week_limit_seconds=100_000, track_inactive=True)
    assert wrong(week_limit("applied"), after=after, journal=journal) == []
    assert wrong(week_limit("applied"), after=replace(after, fields={**after.fields, "track_inactive": False}),
                 journal=journal) == ["flattened"]  # fmt: skip


def test_a_stranger_s_value_that_was_read_is_never_overwritten() -> None:
    stranger = {"act": "foreign-setting", "field": "week_limit_seconds", "value": 50_000, "done": True}
    theirs, ours = files(week_limit_seconds=50_000), files(week_limit_seconds=100_000)
    seen = stranger, READ, NOTE, SET_WEEK
    assert wrong(week_limit("conflict"), after=theirs, journal=seen) == []
    assert wrong(week_limit("applied"), after=ours, journal=seen) == ["flattened"]
    assert wrong(week_limit("applied"), after=ours, journal=(READ, NOTE, stranger, SET_WEEK)) == []


def test_a_week_that_was_left_half_in_order_is_wrong() -> None:
    before = replace(files(), week=((3, 6), (3_000, 6_000)))
    between = replace(files(), week=((3, 6), (0, 0, 3_000, 0, 0, 0, 0)))
    assert wrong(week_limit("conflict"), before=before, after=between, journal=()).count("week") == 1
    assert "week" not in wrong(before=before, after=files(), journal=())


def test_a_stranger_s_setting_is_told_once() -> None:
    noted = {"at": "step sending: noted", "id": 1}
    stranger = {"act": "foreign-setting", "field": "track_inactive", "value": True, "done": True}
    journal = {"at": "read: done"}, noted, stranger, READ
    after, told = files(track_inactive=True), Drifted("track_inactive", True)
    assert wrong(after=after, journal=journal, drift=(told,)) == []
    assert wrong(after=after, journal=journal, drift=(told, told)) == ["drift", "drift"]
    assert wrong(after=after, journal=journal) == ["drift"]
    assert wrong(after=files(), journal=(), drift=(told,)) == ["drift"]


def test_time_that_a_stranger_gave_is_told_in_full() -> None:
    stranger = {"act": "foreign-grant", "operation": "+", "seconds": 300, "done": True}
    journal = {"at": "read: done"}, {"at": "step sending: noted", "id": 1}, stranger, SENT, ANSWERED, READ
    told = Drifted("grant.time", {"seconds": 300})
    assert wrong(grant("applied"), after=files(2_400), journal=journal, drift=(told,)) == []
    assert wrong(grant("applied"), after=files(2_400), journal=journal) == ["drift"]
    assert wrong(grant("applied"), after=files(2_700), drift=(told,)) == ["drift"]


def test_another_user_s_files_stay() -> None:
    assert wrong(after=replace(files(), other="something else"), journal=()) == ["field"]


def test_a_change_that_is_there_twice_is_seen() -> None:
    once = grant("applied")
    evidence = Evidence(
        WEDNESDAY, (7_200, 0), (0, 0), 1, files(), files(1_800), (once, grant("applied", id_=2)), (), False
    )
    assert [found.kind for found in judge(evidence)] == ["count"]
