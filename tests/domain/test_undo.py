"""What takes a change back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.grant import Reading
from timekpr_mngr.domain.undo import inverse, inverse_of_given
from timekpr_mngr.errors import NotNow

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 4)
HOUR = 3600


def applied(field: str, before: Json, after: Json, note: Json = None) -> Change:
    """A change of today that is on the server."""
    return Change(
        id=1,
        request_id="r",
        server="kids-pc",
        user="emma",
        field=field,
        state=ChangeState.APPLIED,
        before=before,
        after=after,
        day=TODAY if field.startswith("grant.") else None,
        reason="homework",
        account="anna",
        source=Source.PAGE,
        created_at=NOW,
        note=note,
    )


def grant(after: Json, note: Json = None) -> Change:
    """A grant of today that is on the server."""
    return applied("grant.time", None, after, note)


def noted(balance: int, found_balance: int, *, spent: int = 0, found_spent: int = 0, **more: Json) -> Json:
    """The note of a grant: both readings, of a day with a limit of two hours."""
    at = NOW.replace(tzinfo=None)
    before = Reading(balance, spent, 2 * HOUR, at)
    found = Reading(found_balance, found_spent, 2 * HOUR, at + timedelta(seconds=5))
    return {"reading": before.to_json(), "found": found.to_json(), **more}


def test_a_setting_goes_back_against_what_the_change_made_of_it() -> None:
    assert inverse(applied("week_limit_seconds", 7200, 3600), None) == Draft("week_limit_seconds", 3600, 7200)


@pytest.mark.parametrize(("before", "after"), [(7200, 7200), (None, 7200)])
def test_what_moved_no_setting_has_nothing_to_take_back(before: Json, after: Json) -> None:
    with pytest.raises(NotNow, match="nothing to take back"):
        inverse(applied("week_limit_seconds", before, after), None)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ChangeState.QUEUED, "cancel"),
        (ChangeState.SENDING, "on its way"),
        (ChangeState.CONFLICT, "not sent"),
        (ChangeState.UNCERTAIN, "answer that first"),
        (ChangeState.REFUSED, "refused"),
        (ChangeState.SUPERSEDED, "superseded"),
        (ChangeState.EXPIRED, "expired"),
        (ChangeState.CANCELLED, "cancelled"),
    ],
)
def test_only_what_was_applied_can_be_taken_back(state: ChangeState, words: str) -> None:
    with pytest.raises(NotNow, match=words):
        inverse(replace(applied("week_limit_seconds", 7200, 3600), state=state), TODAY)


def taken_back(change: Change, today: date = TODAY) -> Json:
    """What the inverse of a grant asks for; it is for the same day, and has no value before."""
    draft = inverse(change, today)
    assert (draft.field, draft.before, draft.day) == (change.field, None, change.day)
    return draft.after


@pytest.mark.parametrize(
    ("after", "note", "back"),
    [
        pytest.param({"seconds": 900}, None, {"seconds": -900, "unused_only": True}, id="as asked"),
        pytest.param(
            {"seconds": 900}, noted(0, -900), {"seconds": -900, "unused_only": True}, id="as it was read"
        ),
        pytest.param(
            {"seconds": 900},
            noted(3 * HOUR, 2 * HOUR - 900),  # over the limit by an hour, which timekpr lets pass
            {"seconds": -HOUR - 900, "unused_only": True},
            id="with the overdraft that it let pass",
        ),
        pytest.param(
            {"seconds": 900},
            noted(0, -900 - 600),
            {"seconds": -900, "unused_only": True},
            id="without what somebody else gave at the same moment",
        ),
        pytest.param(
            {"seconds": 900},
            noted(600, 660 - 900, spent=600, found_spent=660),
            {"seconds": -900, "unused_only": True},
            id="without what was used meanwhile",
        ),
        pytest.param({"seconds": -900}, noted(0, 900), {"seconds": 900}, id="what was taken is given"),
        pytest.param({"seconds": -900}, None, {"seconds": 900}, id="what was taken as asked is given"),
        pytest.param(
            {"left_seconds": HOUR},
            noted(0, HOUR),
            {"seconds": HOUR},
            id="set to less: what it took is given",
        ),
        pytest.param(
            {"left_seconds": 3 * HOUR},
            noted(0, -HOUR),
            {"seconds": -HOUR, "unused_only": True},
            id="set to more: what it gave is taken",
        ),
        pytest.param(
            {"seconds": -900, "unused_only": True},
            noted(2 * HOUR - 300, 2 * HOUR, amount_seconds=300),
            {"seconds": 300},
            id="what was still unused is given again",
        ),
        pytest.param(
            {"seconds": -900, "unused_only": True},
            {"amount_seconds": 300},
            {"seconds": 300},
            id="what was still unused by what was decided",
        ),
    ],
)
def test_a_grant_is_taken_back_by_what_it_moved(after: Json, note: Json, back: Json) -> None:
    assert taken_back(grant(after, note)) == back


@pytest.mark.parametrize(
    ("after", "note"),
    [
        pytest.param({"left_seconds": HOUR}, noted(HOUR, HOUR), id="as much was left already"),
        pytest.param({"seconds": -900, "unused_only": True}, {"amount_seconds": 0}, id="all was used"),
        pytest.param({"seconds": 900}, noted(-24 * HOUR, -24 * HOUR), id="timekpr gives no more than a day"),
    ],
)
def test_a_grant_that_moved_nothing_has_nothing_to_take_back(after: Json, note: Json) -> None:
    with pytest.raises(NotNow, match="nothing to take back"):
        inverse(grant(after, note), TODAY)


@pytest.mark.parametrize(
    ("after", "note"),
    [
        pytest.param({"left_seconds": HOUR}, None, id="no readings"),
        pytest.param({"left_seconds": HOUR}, {"reading": {"version": 9}, "found": 7}, id="another version's"),
        pytest.param({"seconds": -900, "unused_only": True}, None, id="nobody noted how much"),
        pytest.param({"minutes": 15}, None, id="another version's grant"),
        pytest.param("15 min", None, id="no grant at all"),
    ],
)
def test_what_cannot_be_told_is_not_guessed(after: Json, note: Json) -> None:
    with pytest.raises(NotNow, match="cannot be told"):
        inverse(grant(after, note), TODAY)


def test_a_grant_is_taken_back_on_its_day_alone() -> None:
    with pytest.raises(NotNow, match="Wednesday, 4 March; that day is over"):
        inverse(grant({"seconds": 900}), TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("given", "back"),
    [
        (600, {"seconds": -600, "unused_only": True}),
        (-600, {"seconds": 600}),
        (100 * HOUR, {"seconds": -24 * HOUR, "unused_only": True}),
        (-100 * HOUR, {"seconds": 24 * HOUR}),
    ],
)
def test_time_that_somebody_else_gave_is_taken_back_alike(given: int, back: Json) -> None:
    draft = inverse_of_given("grant.playtime", given, TODAY, TODAY)
    assert (draft.field, draft.after, draft.day) == ("grant.playtime", back, TODAY)
