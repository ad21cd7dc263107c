"""A grant that works: said before it is given what would swallow it, opened up for the day, and closed again."""

from datetime import date, timedelta

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.change import Change, ChangeState, FollowsAs
from timekpr_mngr.errors import Forbidden, Invalid, NotNow
from timekpr_mngr.services.grant_check import GrantCheck
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.timekpr import interface

WEDNESDAY = date(2026, 3, 4)
HALF_AN_HOUR = 1800
HOUR = 3600
HOURS_AND_WEEK = (
    "Hours end at 20:30 and the week's limit is reached: "
    "also open until 20:40 and allow 30 min more this week for today?"
)


def hours(*spans: str) -> list[dict[str, object]]:
    pairs = [span.split("-") for span in spans]
    return [{"from": start, "to": end, "unaccounted": False} for start, end in pairs]


async def evening(home: House, clock: str = "20:10") -> None:
    """Wednesday evening; hours end at half past eight."""
    await configured(home, {"days": [{"day": 3, "hours": hours("15:00-20:30")}]})
    home.machine.set_clock(f"{WEDNESDAY}T{clock}")
    await home.read()


async def configured(home: House, config: object) -> None:
    accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", config)
    await home.settled(*accepted.changes)


async def checked(home: House, seconds: int = HALF_AN_HOUR, kind: str = "time") -> GrantCheck:
    return await home.services.grants.check(VIEWER, "kids-pc", "alice", seconds=seconds, kind=kind)


async def opened_up(home: House, seconds: int = HALF_AN_HOUR) -> tuple[Change, ...]:
    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=seconds, open_up=True)
    return accepted.changes


async def arrived(home: House, seconds: int = HALF_AN_HOUR) -> list[Change]:
    changes = await home.settled(*await opened_up(home, seconds))
    assert {change.state for change in changes} == {ChangeState.APPLIED}
    return changes


async def next_morning(home: House) -> None:
    home.machine.set_clock(f"{WEDNESDAY + timedelta(days=1)}T07:00")
    await home.read()


async def all_settled(home: House) -> list[Change]:
    """Everything that was asked, oldest first, when it has ended."""
    items = (await home.services.changes.list(ADMIN, limit=200)).items
    return await home.settled(*reversed(items))


async def allowed(home: House) -> object:
    await home.read()
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.config is not None
    return [str(span) for span in view.config.day(3).hours]


async def backs(home: House) -> list[Change]:
    items = (await home.services.changes.list(ADMIN, limit=200)).items
    return [change for change in items if change.follows_as is FollowsAs.BACK]


async def until_closed(home: House, hours: list[str]) -> None:
    for _ in range(200):
        if await allowed(home) == hours:
            return
    raise AssertionError(await allowed(home))


async def test_a_grant_that_fits_has_nothing_in_its_way(home: House) -> None:
    await evening(home, "17:00")
    home.machine.call(interface.get_user_information("alice", "S"))
    home.machine.call(interface.set_time_left("alice", "=", 600))
    await home.read()

    assert await checked(home) == GrantCheck(WEDNESDAY, HALF_AN_HOUR, HALF_AN_HOUR)


async def test_hours_that_end_first_are_said_before_it_is_given(home: House) -> None:
    await evening(home)

    check = await checked(home)

    assert (check.gains_seconds, check.opened_gains_seconds) == (0, HALF_AN_HOUR)
    assert check.sentence == "Hours end at 20:30: also open until 21:00 for today?"
    [need] = check.needs
    assert (need.what, need.before_words, need.after_words) == (
        "Wednesday: hours",
        "15:00–20:30",
        "15:00–21:00",
    )


@pytest.mark.parametrize(
    ("config", "clock", "used", "sentence"),
    [
        (
            {"days": [{"day": 3, "hours": hours("15:00-20:00")}]},
            "21:10",
            0,
            "Hours ended at 20:00: open from now until 21:40 for today?",
        ),
        (
            {"days": [{"day": 3, "hours": hours("15:00-18:00", "19:00-20:00")}]},
            "18:15",
            0,
            "It is closed until 19:00: open from now until 18:45 for today?",
        ),
        (
            {"days": [{"day": 3, "limit_seconds": 0, "hours": []}]},
            "17:00",
            0,
            "The day is closed: open from now until 17:30 for today?",
        ),
        (
            {"days": [{"day": 3, "limit_seconds": HOUR}], "week_limit_seconds": 10 * HOUR},
            "17:00",
            10 * HOUR,
            "The week's limit is reached: allow 30 min more this week for today?",
        ),
        (
            {"days": [{"day": 3, "limit_seconds": 12 * HOUR}], "month_limit_seconds": 10 * HOUR},
            "17:00",
            10 * HOUR - 600,
            "The month's limit leaves 10 min: allow 30 min more this month for today?",
        ),
        (
            {"days": [{"day": 3, "hours": hours("15:00-20:30")}], "week_limit_seconds": 10 * HOUR},
            "20:10",
            10 * HOUR,
            HOURS_AND_WEEK,
        ),
        (
            {"days": [{"day": 3, "hours": hours("15:00-23:30")}]},
            "23:20",
            0,
            "Hours end at 23:30: also open until 24:00 for today?",
        ),
        (
            {"days": [{"day": 3, "hours": hours("15:00-23:50")}]},
            "23:40",
            0,
            "The day ends first and hours end at 23:50: also open until 24:00 for today? That gives 10 min.",
        ),
        (
            {"days": [{"day": 3, "hours": hours("15:00-20:00", "20:10-22:00")}]},
            "19:50",
            0,
            "Hours end at 20:00: also open 20:00–20:10 and 22:00–22:20 for today?",
        ),
    ],
)
async def test_what_would_swallow_it_is_said_in_words(
    home: House, config: dict[str, object], clock: str, used: int, sentence: str
) -> None:
    await configured(home, config)
    home.machine.set_clock(f"{WEDNESDAY}T{clock}")
    home.machine.call(interface.get_user_information("alice", "S"))
    home.machine.set_values(CONTROL, "alice", TIME_SPENT_DAY=0, TIME_SPENT_WEEK=used, TIME_SPENT_MONTH=used)
    await home.read()

    assert (await checked(home)).sentence == sentence


async def test_what_timekpr_cannot_express_is_said_to_be_so(home: House) -> None:
    await configured(home, {"days": [{"day": 3, "hours": hours("15:00-20:00", "20:30-22:00")}]})
    home.machine.set_clock(f"{WEDNESDAY}T19:50")
    await home.read()

    check = await checked(home, 900)

    assert check.needs == ()
    assert check.sentence == (
        "Hours end at 20:00: it gives no more time. It cannot be opened for this: timekpr keeps one interval for each "
        "hour of the clock. Change the hours by hand."
    )


async def test_playtime_that_is_off_takes_no_grant(home: House) -> None:
    check = await checked(home, kind="playtime")

    assert (check.gains_seconds, check.needs) == (0, ())
    assert check.sentence == "PlayTime is switched off: it gives no more time."


async def test_it_is_opened_first_then_given_and_closed_again_after_the_day(home: House) -> None:
    await evening(home)

    opened, grant = await arrived(home)

    assert (opened.field, opened.until, opened.request_id) == ("days.3.hours", WEDNESDAY, grant.request_id)
    assert grant.gained_seconds == HALF_AN_HOUR
    assert grant.message is None
    assert await allowed(home) == ["15:00–21:00"]
    told = await home.services.changes.get(ADMIN, opened.id)
    assert told.waits_for == "is taken back after today"

    await next_morning(home)
    await until_closed(home, ["15:00–20:30"])

    [back] = await backs(home)
    assert (back.follows, back.account) == (opened.id, "anna")
    [back] = await home.settled(back)
    assert back.state is ChangeState.APPLIED
    assert (await home.services.changes.get(ADMIN, opened.id)).waits_for is None


async def test_two_in_a_row_add_up_and_both_are_closed_again(home: House) -> None:
    await evening(home)
    await arrived(home)
    _, second = await arrived(home)
    assert second.gained_seconds == HALF_AN_HOUR
    assert await allowed(home) == ["15:00–21:30"]

    await next_morning(home)

    await until_closed(home, ["15:00–20:30"])


async def test_two_that_wait_add_up_too(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    first = await opened_up(home)
    assert (await checked(home)).sentence == "Hours end at 21:00: also open until 21:30 for today?"
    second = await opened_up(home)
    home.line.switch_on()

    ended = await home.settled(*first, *second)

    assert [change.state for change in ended] == [
        ChangeState.SUPERSEDED,
        ChangeState.APPLIED,
        ChangeState.APPLIED,
        ChangeState.APPLIED,
    ]
    assert await allowed(home) == ["15:00–21:30"]


async def test_without_being_told_nothing_is_opened(home: House) -> None:
    await evening(home)

    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=HALF_AN_HOUR)
    [grant] = await home.settled(*accepted.changes)

    assert grant.gained_seconds == 0
    assert await allowed(home) == ["15:00–20:30"]


async def test_the_same_key_opens_up_once(home: House) -> None:
    await evening(home)
    for _ in range(2):
        accepted = await home.services.grants.give(
            ADMIN, "kids-pc", "alice", seconds=900, open_up=True, idempotency_key="k-1"
        )
        await home.settled(*accepted.changes)
    assert await allowed(home) == ["15:00–20:45"]


async def test_what_waits_past_midnight_opens_nothing(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    changes = await opened_up(home)
    home.machine.set_clock(f"{WEDNESDAY + timedelta(days=1)}T07:00")
    home.line.switch_on()

    ended = await home.settled(*changes)

    assert [change.state for change in ended] == [ChangeState.EXPIRED] * 2
    assert await allowed(home) == ["15:00–20:30"]


async def test_what_is_over_by_all_that_is_known_ends_while_the_computer_is_away(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    changes = await opened_up(home)
    home.clock.pass_(hours=5)
    home.engine.wake("kids-pc")

    ended = await home.settled(*changes)

    assert [change.state for change in ended] == [ChangeState.EXPIRED] * 2


async def test_a_grant_that_is_cancelled_opens_nothing(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    _, grant = await opened_up(home)

    await home.services.changes.cancel(ADMIN, grant.id)
    home.line.switch_on()

    assert {change.state for change in (await all_settled(home))[-2:]} == {ChangeState.CANCELLED}
    assert await allowed(home) == ["15:00–20:30"]


async def test_to_undo_the_grant_closes_what_was_opened_for_it(home: House) -> None:
    await evening(home)
    _, grant = await arrived(home)

    accepted = await home.services.changes.undo(ADMIN, grant.id)
    again = await home.services.changes.undo(ADMIN, grant.id)
    await home.settled(*accepted.changes)

    assert [change.field for change in accepted.changes] == ["grant.time", "days.3.hours"]
    assert again.request_id == accepted.request_id
    assert await allowed(home) == ["15:00–20:30"]
    await next_morning(home)
    await home.read()
    assert await backs(home) == []


async def test_what_was_opened_can_be_undone_alone_and_that_can_be_undone_for_the_same_day(
    home: House,
) -> None:
    await evening(home)
    opened, _ = await arrived(home)
    undone = await home.services.changes.undo(ADMIN, opened.id)
    [undo] = await home.settled(*undone.changes)
    assert await allowed(home) == ["15:00–20:30"]

    redone = await home.services.changes.undo(ADMIN, undo.id)
    [redo] = await home.settled(*redone.changes)

    assert redo.until == WEDNESDAY
    assert await allowed(home) == ["15:00–21:00"]
    await next_morning(home)
    await until_closed(home, ["15:00–20:30"])


async def test_to_keep_it_makes_it_lasting(home: House) -> None:
    await evening(home)
    opened, _ = await arrived(home)

    kept = await home.services.changes.keep(ADMIN, opened.id)

    assert (kept.until, kept.waits_for) == (None, None)
    await next_morning(home)
    await home.read()
    assert await allowed(home) == ["15:00–21:00"]
    assert await backs(home) == []
    assert "anna (page) keeps for good change" in " ".join(await home.audit())


async def test_nothing_else_can_be_kept(home: House) -> None:
    await evening(home)
    opened, grant = await arrived(home)

    with pytest.raises(Forbidden):
        await home.services.changes.keep(VIEWER, opened.id)
    with pytest.raises(NotNow):
        await home.services.changes.keep(ADMIN, grant.id)
    await next_morning(home)
    await until_closed(home, ["15:00–20:30"])
    with pytest.raises(NotNow):
        await home.services.changes.keep(ADMIN, opened.id)


async def test_a_computer_that_is_away_says_when_it_is_taken_back(home: House) -> None:
    await evening(home)
    opened, _ = await arrived(home)
    home.line.switch_off()
    await home.until_away()
    home.clock.pass_(hours=5)

    told = await home.services.changes.get(ADMIN, opened.id)

    assert told.waits_for == "is taken back when kids-pc is next seen"


async def test_what_was_cancelled_can_be_asked_for_again_on_its_day_and_not_later(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    opened, _ = await opened_up(home)
    await home.services.changes.cancel(ADMIN, opened.id)

    accepted = await home.services.changes.retry(ADMIN, opened.id)
    [again] = accepted.changes
    assert again.until == WEDNESDAY

    await home.services.changes.cancel(ADMIN, again.id)
    home.clock.pass_(hours=5)
    with pytest.raises(NotNow):
        await home.services.changes.retry(ADMIN, again.id)


async def test_a_conflict_answered_with_ours_still_holds_for_the_day_only(home: House) -> None:
    await evening(home)
    home.line.switch_off()
    await home.until_away()
    opened, grant = await opened_up(home)
    somebodys = interface.set_allowed_hours("alice", 3, ())
    assert home.machine.call(somebodys).ok
    home.line.switch_on()
    [conflict, _] = await home.settled(opened, grant)
    assert conflict.state is ChangeState.CONFLICT

    accepted = await home.services.changes.answer(ADMIN, conflict.id, "ours")
    [ours] = await home.settled(*accepted.changes)

    assert (ours.state, ours.until) == (ChangeState.APPLIED, WEDNESDAY)
    await next_morning(home)
    await until_closed(home, [])


async def test_who_may_only_look_may_check_and_not_open(home: House) -> None:
    await evening(home)
    assert (await checked(home)).needs
    with pytest.raises(Forbidden):
        await home.services.grants.give(VIEWER, "kids-pc", "alice", seconds=900, open_up=True)
    with pytest.raises(Invalid):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900, open_up="yes")
    with pytest.raises(Invalid):
        await home.services.grants.check(ADMIN, "kids-pc", "alice", seconds=0)
