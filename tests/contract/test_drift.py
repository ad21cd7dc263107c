"""What somebody does on the computer with timekpr's own tools is seen; what we or the daemon did is no drift."""

from collections.abc import Callable
from datetime import date

from tests.contract.computers import At
from tests.contract.delivering import SERVER, Delivering
from tests.contract.test_grants_arrive import begun, day_turns, goes_in, goes_out
from timekpr_mngr.domain.change import ChangeState, Draft, Json
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

HOUR = 3600
WEEK, MONTH = 7 * 24 * HOUR, 31 * 24 * HOUR
HOURS_9_TO_18: Json = [{"from": "09:00", "to": "18:30", "unaccounted": False}]


async def drift_of(kid: At, delivering: Delivering) -> list[Drift]:
    return await delivering.store.drift.list(server=SERVER, user=kid.name)


async def fields_of(kid: At, delivering: Delivering) -> list[tuple[str, Json]]:
    return [(one.field, one.after) for one in await drift_of(kid, delivering)]


async def test_a_limit_that_is_lifted_on_the_computer(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    kid.set_conf(LIMIT_PER_WEEK=5 * HOUR)
    await delivering.look()
    assert (await session.call(timekpr.set_time_limit_for_week(kid.name, WEEK))).ok
    await delivering.look()
    [found] = await drift_of(kid, delivering)
    assert (found.field, found.known, found.after) == ("week_limit_seconds", 5 * HOUR, WEEK)


async def test_a_file_that_is_edited_by_hand(kid: At, delivering: Delivering) -> None:
    await delivering.look()
    kid.set_conf(ALLOWED_HOURS_6="9;10;11;12;13;14;15;16;17;18[0-30]")
    await delivering.look()
    assert await fields_of(kid, delivering) == [("days.6.hours", HOURS_9_TO_18)]


async def test_time_that_is_given_and_taken_on_the_computer(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await delivering.look()
    await session.call(timekpr.set_time_left(kid.name, "+", 900))
    await delivering.look()
    await goes_in(kid)
    await session.call(timekpr.set_time_left(kid.name, "-", 300))
    await delivering.look()
    assert await fields_of(kid, delivering) == [
        ("grant.time", {"seconds": -300}),
        ("grant.time", {"seconds": 900}),
    ]


async def test_counting_logging_in_and_out_and_midnight_are_none(kid: At, delivering: Delivering) -> None:
    kid.computer.set_clock("2026-11-18 23:58:00")
    await delivering.gives(kid, 900)
    await goes_in(kid)
    await delivering.look()
    await day_turns(kid)
    await delivering.look()
    kid.logout()
    await delivering.look()
    assert await fields_of(kid, delivering) == []


async def test_what_the_new_day_s_limit_forgives_as_midnight_passes_is_nobody_s_gift(
    kid: At, delivering: Delivering
) -> None:
    """The daemon forgets what is over the limit before it gives, and goes by the day that it is."""
    kid.set_conf(LIMITS_PER_WEEKDAYS="7200;7200;7200;600;7200;7200;7200")
    kid.set_control(TIME_SPENT_BALANCE=HOUR, TIME_SPENT_DAY=HOUR)
    kid.computer.set_clock("2026-11-18 23:59:50")
    await delivering.look()
    delivering.before("setTimeLeft", lambda: kid.computer.set_clock("2026-11-19 00:00:01"))
    change = await delivering.gives(kid, 900, day=date(2026, 11, 18))
    await delivering.look()
    assert (change.state, change.message) == (ChangeState.APPLIED, "It arrived; its day is over since.")
    assert kid.balance == 600 - 900
    assert await fields_of(kid, delivering) == []


async def test_time_given_as_the_first_thing_of_a_day(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await delivering.look()
    kid.computer.set_clock("2026-11-19 08:00:00")
    await session.call(timekpr.get_user_information(kid.name, "S"))
    await session.call(timekpr.set_time_left(kid.name, "+", 600))
    await delivering.look()
    assert await fields_of(kid, delivering) == [("grant.time", {"seconds": 600})]


async def test_what_we_do_ourselves_is_none_whoever_is_there(
    another_kid: Callable[[], At], delivering: Delivering
) -> None:
    for is_there in (False, True):
        kid = another_kid()
        kid.set_conf(ALLOWED_WEEKDAYS="1;2;3", LIMITS_PER_WEEKDAYS="3600;3600;7200")
        await delivering.look()
        before = await fields_of(kid, delivering)
        if is_there:
            await goes_in(kid)
        changes = await delivering.drafted(
            kid,
            Draft("days.6.hours", [], HOURS_9_TO_18),
            Draft("days.6.limit_seconds", 0, HOUR),
            Draft("week_limit_seconds", WEEK, 5 * HOUR),
            Draft("playtime.days.3.limit_seconds", 0, HOUR),
        )
        for seconds in (900, -300):
            changes.append(await delivering.gives(kid, seconds))
        changes.append(await delivering.sets_left(kid, 1200))
        await delivering.look()
        assert {change.state for change in changes} == {ChangeState.APPLIED}
        assert await fields_of(kid, delivering) == before


async def test_a_set_whose_answer_was_lost_is_none(kid: At, delivering: Delivering) -> None:
    await delivering.look()
    delivering.after("setTimeLimitForWeek", ends_link=True)
    [change] = await delivering.drafted(kid, Draft("week_limit_seconds", WEEK, 5 * HOUR))
    await delivering.look()
    assert change.state is ChangeState.APPLIED
    assert await fields_of(kid, delivering) == []
    [version, _] = await delivering.store.history.list(SERVER, kid.name)
    assert version.change_ids == (change.id,)


async def test_an_edit_between_our_read_and_our_set_leaves_its_trace(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await delivering.look()
    delivering.before(
        "setTimeLimitForWeek", lambda: session.call(timekpr.set_time_limit_for_week(kid.name, 9 * HOUR))
    )
    changes = await delivering.drafted(
        kid, Draft("week_limit_seconds", WEEK, 5 * HOUR), Draft("month_limit_seconds", MONTH, 50 * HOUR)
    )
    assert {change.state for change in changes} == {ChangeState.APPLIED}
    [found] = await drift_of(kid, delivering)
    assert (found.field, found.after, found.overwritten) == ("week_limit_seconds", 9 * HOUR, True)


async def test_what_somebody_gave_while_ours_was_on_its_way(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    begun(kid)
    await delivering.look()
    delivering.before("setTimeLeft", lambda: session.call(timekpr.set_time_left(kid.name, "+", 300)))
    change = await delivering.gives(kid, 900)
    await delivering.look()
    assert (change.state, change.gained_seconds) == (ChangeState.APPLIED, 900)
    assert ("grant.time", {"seconds": 300}) in await fields_of(kid, delivering)
    assert sum(one.is_grant for one in await drift_of(kid, delivering)) == 1


async def test_playtime_that_is_given_on_the_computer(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    await session.call(timekpr.set_playtime_limits_for_days(kid.name, [HOUR] * 7))
    await delivering.look()
    await goes_in(kid)
    await goes_out(kid, session)
    await session.call(timekpr.set_playtime_left(kid.name, "+", 600))
    await delivering.look()
    given = [(one.field, one.after) for one in await drift_of(kid, delivering) if one.is_grant]
    assert given == [("grant.playtime", {"seconds": 600})]


async def test_what_was_overwritten_is_kept_before_the_next_call_of_the_same_press(
    kid: At, delivering: Delivering, session: ServerSession
) -> None:
    """That call takes its trace from `.prev`, and we may be killed right behind it."""
    kept: list[Drift] = []

    async def look_into_the_store() -> None:
        kept.extend(await delivering.store.drift.list(server=SERVER, user=kid.name))

    await delivering.look()
    delivering.before(
        "setTimeLimitForWeek", lambda: session.call(timekpr.set_time_limit_for_week(kid.name, 200_000))
    )
    delivering.before("setHideTrayIcon", look_into_the_store)
    await delivering.drafted(
        kid, Draft("week_limit_seconds", 7 * 86_400, 300_000), Draft("hide_tray_icon", False, True)
    )
    assert [(one.field, one.after, one.overwritten) for one in kept] == [
        ("week_limit_seconds", 200_000, True)
    ]
    assert await delivering.store.drift.list(server=SERVER, user=kid.name) == kept
