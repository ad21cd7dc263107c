"""What changed on a server without us, and what a person says to it."""

import asyncio

import pytest

from tests.services.house import ADMIN, SETTLES_WITHIN_SECONDS, VIEWER, WEDNESDAY, House, until
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.drift import Drift, DriftState
from timekpr_mngr.errors import Forbidden, Invalid, NotNow, UnknownDrift
from timekpr_mngr.services.live import DriftSeen, Event
from timekpr_mngr.services.views import DriftAnswer
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.store import Foreign, Sighting, Unsaved
from timekpr_mngr.timekpr import interface
from timekpr_mngr.timekpr.interface import Call

CARL = Actor(Account("carl", Role.ADMIN, WEDNESDAY), Source.API)
HOUR = 3_600
WEEK = 7 * 24 * HOUR


async def drifted(home: House, call: Call) -> Drift:
    """What somebody did on the computer itself, as it asks once it was seen."""
    told: list[Event] = []
    unsubscribe = home.services.live.subscribe(told.append)
    home.machine.call(call)
    await home.read()
    await until(lambda: any(isinstance(event, DriftSeen) for event in told))
    unsubscribe()
    [drift] = (await home.services.drift.list(ADMIN, state="open")).items
    return drift


async def lifted(home: House, seconds: int = HOUR) -> Drift:
    """A week's limit that somebody set on the computer itself."""
    return await drifted(home, interface.set_time_limit_for_week("alice", seconds))


async def given(home: House, seconds: int) -> Drift:
    """Time that somebody gave (below zero: took) with timekpr's own window."""
    day_begun = {"LAST_CHECKED": f"{home.machine.now():%Y-%m-%d %H:%M:%S}"}
    home.machine.set_values(CONTROL, "alice", **day_begun)
    await home.read()
    sign = "+" if seconds > 0 else "-"
    return await drifted(home, interface.set_time_left("alice", sign, abs(seconds)))


async def until_answered(home: House, drift: Drift) -> None:
    """Waits until drift asks no more."""
    async with asyncio.timeout(SETTLES_WITHIN_SECONDS):
        while (await home.services.drift.get(ADMIN, drift.id)).state is DriftState.OPEN:  # noqa: ASYNC110 -- no event tells which
            await asyncio.sleep(0.01)


async def overwritten(home: House) -> Drift:
    """Somebody else's edit that a change of ours took the place of before anybody had seen it."""
    [change] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": 2 * HOUR})
    ).changes
    await home.settled(change)
    foreign = Foreign("week_limit_seconds", WEEK, HOUR, overwritten_by=change.id)
    await home.store.sightings.add("kids-pc", Unsaved([Sighting("alice", home.clock(), foreign=(foreign,))]))
    [drift] = (await home.services.drift.list(ADMIN, state="open")).items
    assert drift.overwritten
    return drift


def week_limit(home: House) -> int:
    """What the computer has."""
    lines = home.machine.conf("alice").splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("LIMIT_PER_WEEK")))


def balance(home: House) -> int:
    """The time balance in the computer's own file."""
    lines = home.machine.control("alice").splitlines()
    return int(next(line.split("=")[1] for line in lines if line.startswith("TIME_SPENT_BALANCE")))


async def arrived(home: House, answer: DriftAnswer) -> None:
    """Waits until what was queued is on the computer."""
    assert answer.accepted is not None
    for change in await home.settled(*answer.accepted.changes):
        assert change.state is ChangeState.APPLIED, change.message


async def test_what_somebody_set_is_kept_by_one_press_and_nothing_is_sent(home: House) -> None:
    drift = await lifted(home)
    told: list[Event] = []
    home.services.live.subscribe(told.append)

    answer = await home.services.drift.adopt(ADMIN, drift.id)

    assert answer.accepted is None
    assert (answer.drift.state, answer.drift.answered_by) == (DriftState.ADOPTED, "anna")
    assert [event for event in told if isinstance(event, DriftSeen)] == [DriftSeen("kids-pc", "alice")]
    assert week_limit(home) == HOUR
    assert f"anna (page) adopted drift {drift.id}: Limit for a week: no limit → 1 h: kids-pc/alice" in (
        await home.audit()
    )


async def test_what_somebody_set_is_set_back_by_one_press(home: House) -> None:
    drift = await lifted(home)
    told: list[Event] = []
    home.services.live.subscribe(told.append)

    answer = await home.services.drift.revert(ADMIN, drift.id)

    assert answer.accepted is not None
    [change] = answer.accepted.changes
    assert (change.before, change.after, change.account) == (HOUR, WEEK, "anna")
    assert (answer.drift.state, answer.drift.change_id) == (DriftState.REVERTED, change.id)
    assert DriftSeen("kids-pc", "alice") in told
    await arrived(home, answer)
    assert week_limit(home) == WEEK
    assert (await home.services.drift.list(ADMIN, state="open")).items == ()
    assert any(f"anna (page) reverted drift {drift.id}" in line for line in await home.audit())


async def test_after_several_edits_it_goes_back_to_what_a_person_here_knew(home: House) -> None:
    await lifted(home, HOUR)
    drift = await lifted(home, 3 * HOUR)
    assert (drift.before, drift.known) == (HOUR, WEEK)

    await arrived(home, await home.services.drift.revert(ADMIN, drift.id))

    assert week_limit(home) == WEEK


async def test_what_moves_again_before_it_is_set_back_is_left_alone_and_asks(home: House) -> None:
    drift = await lifted(home)
    home.line.switch_off()
    answer = await home.services.drift.revert(ADMIN, drift.id)
    home.machine.call(interface.set_time_limit_for_week("alice", 3 * HOUR))
    home.line.switch_on()

    assert answer.accepted is not None
    [change] = await home.settled(*answer.accepted.changes)

    assert (change.state, change.theirs, change.asks) == (ChangeState.CONFLICT, 3 * HOUR, True)
    assert week_limit(home) == 3 * HOUR


@pytest.mark.parametrize("press", ["adopt", "revert"])
async def test_pressed_twice_is_once(home: House, press: str) -> None:
    drift = await lifted(home)
    answers = [await getattr(home.services.drift, press)(who, drift.id) for who in (ADMIN, CARL)]

    assert answers[0].drift == answers[1].drift
    assert [one.accepted and one.accepted.request_id for one in answers] == [
        answers[0].accepted and answers[0].accepted.request_id
    ] * 2
    assert len((await home.services.changes.list(ADMIN)).items) == (1 if press == "revert" else 0)
    assert sum(f"{press}ed drift" in line for line in await home.audit()) == 1


@pytest.mark.parametrize("presses", [("adopt", "adopt"), ("revert", "revert")])
async def test_pressed_by_two_at_once_is_once(home: House, presses: tuple[str, str]) -> None:
    drift = await lifted(home)

    first, second = await asyncio.gather(
        *(
            getattr(home.services.drift, press)(who, drift.id)
            for press, who in zip(presses, (ADMIN, CARL), strict=True)
        )
    )

    assert first.drift.answered_by == second.drift.answered_by
    assert len((await home.services.changes.list(ADMIN)).items) == (1 if presses[0] == "revert" else 0)
    assert sum("ed drift" in line for line in await home.audit()) == 1


async def test_of_two_who_answer_differently_at_once_one_wins_and_the_other_is_told(home: House) -> None:
    drift = await lifted(home)

    outcomes = await asyncio.gather(
        home.services.drift.adopt(ADMIN, drift.id),
        home.services.drift.revert(CARL, drift.id),
        return_exceptions=True,
    )

    [told] = [one for one in outcomes if isinstance(one, BaseException)]
    [won] = [one for one in outcomes if isinstance(one, DriftAnswer)]
    assert isinstance(told, NotNow)
    did = "kept it" if won.drift.state is DriftState.ADOPTED else "changed it back"
    assert told.message == f"{won.drift.answered_by} has {did} already. Nothing was changed."
    changes = (await home.services.changes.list(ADMIN)).items
    assert len(changes) == (0 if won.accepted is None else 1)


async def test_what_asks_no_more_says_why(home: House) -> None:
    first = await lifted(home, HOUR)
    second = await lifted(home, 3 * HOUR)
    home.machine.call(interface.set_time_limit_for_week("alice", WEEK))
    await home.read()
    await until_answered(home, second)

    for press in (home.services.drift.adopt, home.services.drift.revert):
        with pytest.raises(NotNow, match="changed again since"):
            await press(ADMIN, first.id)
        with pytest.raises(NotNow, match="asks no more"):
            await press(ADMIN, second.id)
    assert (await home.services.changes.list(ADMIN)).items == ()
    assert await home.services.drift.open(VIEWER) == {}


async def test_time_that_somebody_gave_is_taken_back_as_far_as_it_is_unused(home: House) -> None:
    drift = await given(home, 900)
    assert (drift.field, drift.after) == ("grant.time", {"seconds": 900})

    answer = await home.services.drift.revert(ADMIN, drift.id)

    assert answer.accepted is not None
    [change] = answer.accepted.changes
    assert (change.after, change.day) == ({"seconds": -900, "unused_only": True}, drift.day)
    await arrived(home, answer)
    assert balance(home) == 0


async def test_time_that_somebody_took_is_given_again(home: House) -> None:
    drift = await given(home, -900)

    answer = await home.services.drift.revert(ADMIN, drift.id)

    assert answer.accepted is not None
    assert answer.accepted.changes[0].after == {"seconds": 900}
    await arrived(home, answer)
    assert balance(home) == 0


async def test_time_of_another_day_of_the_servers_own_is_not_taken_back_and_still_asks(home: House) -> None:
    drift = await given(home, 900)
    home.line.switch_off()
    home.clock.pass_(hours=8, minutes=30)  # past midnight in Berlin, not in UTC

    with pytest.raises(NotNow, match="that day is over"):
        await home.services.drift.revert(ADMIN, drift.id)

    assert (await home.services.drift.get(ADMIN, drift.id)).state is DriftState.OPEN
    assert (await home.services.drift.adopt(ADMIN, drift.id)).accepted is None


async def test_an_edit_that_ours_took_the_place_of_can_be_set_again(home: House) -> None:
    drift = await overwritten(home)

    answer = await home.services.drift.adopt(ADMIN, drift.id)

    assert answer.accepted is not None
    [change] = answer.accepted.changes
    assert (change.before, change.after) == (2 * HOUR, HOUR)
    await arrived(home, answer)
    assert week_limit(home) == HOUR
    again = await home.services.drift.adopt(CARL, drift.id)
    assert again.accepted is not None
    assert [one.id for one in again.accepted.changes] == [change.id]
    assert len((await home.services.changes.list(ADMIN)).items) == 2


async def test_an_edit_that_ours_took_the_place_of_needs_nothing_to_stay_away(home: House) -> None:
    drift = await overwritten(home)

    for who in (ADMIN, CARL):
        answer = await home.services.drift.revert(who, drift.id)
        assert (answer.drift.state, answer.drift.answered_by, answer.accepted) == (
            DriftState.REVERTED,
            "anna",
            None,
        )

    assert week_limit(home) == 2 * HOUR
    assert len((await home.services.changes.list(ADMIN)).items) == 1


async def test_drift_of_the_servers_own_settings_is_set_back(home: House) -> None:
    drift = await drifted(home, interface.set_server_poll_seconds(7))
    assert (drift.user, drift.field, drift.after) == (None, "poll_seconds", 7)

    await arrived(home, await home.services.drift.revert(ADMIN, drift.id))

    assert "TIMEKPR_POLLTIME = 3" in home.machine.server_conf()


async def test_drift_is_listed_in_pages_by_state_server_and_user(home: House) -> None:
    foreign = [Foreign("grant.time", None, {"seconds": one}, home.machine.now().date()) for one in (1, 2, 3)]
    await home.store.sightings.add(
        "kids-pc", Unsaved([Sighting("alice", home.clock(), foreign=(one,)) for one in foreign])
    )
    await home.store.sightings.add("kids-pc", Unsaved([Sighting("bob", home.clock(), foreign=(foreign[0],))]))

    first = await home.services.drift.list(VIEWER, user="alice", limit=2)
    second = await home.services.drift.list(VIEWER, user="alice", limit=2, cursor=first.next)

    assert [one.after for one in (*first.items, *second.items)] == [{"seconds": n} for n in (3, 2, 1)]
    assert second.next is None
    assert len((await home.services.drift.list(VIEWER, server="kids-pc", state="open")).items) == 4
    assert (await home.services.drift.list(VIEWER, state="gone")).items == ()
    assert (await home.services.drift.list(VIEWER, server="nowhere")).items == ()
    assert await home.services.drift.open(VIEWER) == {"kids-pc": 4}


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    home: House, question: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.drift.list(ADMIN, **question)  # type: ignore[arg-type]
    assert refusal.value.field == field


async def test_a_viewer_answers_no_drift(home: House) -> None:
    drift = await lifted(home)
    for press in (home.services.drift.adopt, home.services.drift.revert):
        with pytest.raises(Forbidden):
            await press(VIEWER, drift.id)
    assert (await home.services.drift.get(VIEWER, drift.id)).state is DriftState.OPEN


@pytest.mark.parametrize("number", [0, -1, 999, 10**30])
async def test_drift_that_is_not_there_is_unknown(home: House, number: int) -> None:
    for ask in (home.services.drift.get, home.services.drift.adopt, home.services.drift.revert):
        with pytest.raises(UnknownDrift):
            await ask(ADMIN, number)
