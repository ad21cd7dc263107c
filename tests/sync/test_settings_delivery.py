"""Settings on their way: merged by field, sent with few calls, believed only when read back."""

from timekpr_mngr.domain.change import ChangeState, Json
from timekpr_mngr.timekpr import interface

from .conftest import World, setting, states

WEEK = 7 * 86_400
WAKE = {"wake_from": 0, "wake_to": 23}


async def test_a_limit_is_applied_when_it_was_read_back(world: World) -> None:
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert change.state is ChangeState.APPLIED
    assert "LIMIT_PER_WEEK = 50000" in world.machine.conf("alice")
    assert change.settled_at is not None


async def test_two_fields_of_one_request_are_applied_together(world: World) -> None:
    changes = await world.done(
        setting("days.6.limit_seconds", 86_400, 7_200),
        setting("days.6.hours", [{"from": "00:00", "to": "24:00", "unaccounted": False}], []),
    )
    assert states(changes) == [ChangeState.APPLIED, ChangeState.APPLIED]
    config = world.snapshot.users["alice"].config
    assert config is not None
    assert config.day(6).limit_seconds == 7_200
    assert config.day(6).hours == ()


async def test_what_the_server_has_already_is_applied_without_a_call(world: World) -> None:
    world.machine.call(interface.set_time_limit_for_week("alice", 50_000))
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert change.state is ChangeState.APPLIED


async def test_a_field_that_somebody_moved_is_a_conflict_and_is_left_alone(world: World) -> None:
    world.machine.call(interface.set_time_limit_for_week("alice", 40_000))
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert change.state is ChangeState.CONFLICT
    assert change.note == {"theirs": 40_000}
    assert "LIMIT_PER_WEEK = 40000" in world.machine.conf("alice")


async def test_a_stranger_s_edit_of_another_field_stays(world: World) -> None:
    world.machine.call(interface.set_time_limit_for_week("alice", 40_000))
    [change] = await world.done(setting("month_limit_seconds", 31 * 86_400, 90_000))
    assert change.state is ChangeState.APPLIED
    assert "LIMIT_PER_WEEK = 40000" in world.machine.conf("alice")


async def test_a_refused_setting_says_the_daemon_s_words_and_takes_no_other_along(world: World) -> None:
    changes = await world.done(
        setting("lockout", {"type": "terminate", **WAKE}, {"type": "kill", **WAKE}),
        setting("week_limit_seconds", WEEK, 50_000),
        setting("hide_tray_icon", False, True),
    )
    assert states(changes) == [ChangeState.REFUSED, ChangeState.APPLIED, ChangeState.APPLIED]
    assert changes[0].message


async def test_a_value_that_breaks_a_rule_is_never_sent(world: World) -> None:
    [change] = await world.done(setting("week_limit_seconds", WEEK, -5))
    assert change.state is ChangeState.REFUSED
    assert "LIMIT_PER_WEEK = 604800" in world.machine.conf("alice")


async def test_settings_of_the_server_are_changed_too(world: World) -> None:
    changes = await world.done(setting("poll_seconds", 3, 5), setting("save_seconds", 30, 20), user=None)
    assert states(changes) == [ChangeState.APPLIED, ChangeState.APPLIED]
    assert "TIMEKPR_POLLTIME = 5" in world.machine.server_conf()


async def test_a_user_who_is_gone_is_told_about(world: World) -> None:
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000), user="carol")
    assert change.state is ChangeState.REFUSED
    assert change.message
    assert "carol" in change.message


async def test_a_lost_answer_is_resolved_by_what_is_read(world: World) -> None:
    await world.online()
    world.line.lose_answer("setTimeLimitForWeek")
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert change.state is ChangeState.APPLIED


async def test_what_did_not_arrive_is_sent_again(world: World) -> None:
    await world.online()
    world.line.cut("setTimeLimitForWeek")
    [change] = await world.done(setting("week_limit_seconds", WEEK, 50_000))
    assert change.state is ChangeState.APPLIED
    assert "LIMIT_PER_WEEK = 50000" in world.machine.conf("alice")


async def test_changes_wait_while_the_server_is_off_and_arrive_when_it_is_back(world: World) -> None:
    await world.online()
    world.line.switch_off()
    await world.offline()
    [waiting] = await world.ask(setting("week_limit_seconds", WEEK, 50_000))
    assert world.engine.waits_for(waiting) == "kids-pc is not reachable"
    world.line.switch_on()
    [change] = await world.settled([waiting])
    assert change.state is ChangeState.APPLIED


async def test_the_later_edit_of_a_field_supersedes_the_one_that_waits(world: World) -> None:
    await world.online()
    world.line.switch_off()
    await world.offline()
    [first] = await world.ask(setting("week_limit_seconds", WEEK, 50_000))
    [second] = await world.ask(setting("week_limit_seconds", 50_000, 40_000))
    world.line.switch_on()
    assert states(await world.settled([first, second])) == [ChangeState.SUPERSEDED, ChangeState.APPLIED]
    assert "LIMIT_PER_WEEK = 40000" in world.machine.conf("alice")


async def test_what_was_being_sent_when_the_program_was_killed_goes_on_at_the_next_start(
    world: World,
) -> None:
    await world.online()
    world.line.lose_answer("setTimeLimitForWeek")
    [change] = await world.ask(setting("week_limit_seconds", WEEK, 50_000))
    await world.until(lambda: "LIMIT_PER_WEEK = 50000" in world.machine.conf("alice"))
    await world.end()
    await world.begin()
    [change] = await world.settled([change])
    assert change.state is ChangeState.APPLIED


async def test_a_week_in_timekpr_s_own_order_is_put_in_order_when_a_day_is_touched(world: World) -> None:
    world.machine.call(interface.set_allowed_days("alice", [2, 4, 6]))
    world.machine.call(interface.set_time_limits_for_days("alice", [1_000, 4_000, 6_000]))
    [change] = await world.done(setting("days.4.limit_seconds", 4_000, 5_000))
    assert change.state is ChangeState.APPLIED
    conf = world.machine.conf("alice")
    assert "ALLOWED_WEEKDAYS = 1;2;3;4;5;6;7" in conf
    assert "LIMITS_PER_WEEKDAYS = 0;1000;0;5000;0;6000;0" in conf


async def test_a_no_of_timekpr_that_was_a_yes_counts_as_what_it_was(world: World) -> None:
    """Once a logged-in user's hour with a cut end is closed, timekpr says no to every setter, and does each."""
    await world.online()
    hours = hours_of([("10:00", "11:30")])
    today = f"days.{world.today().isoweekday()}"
    [cut] = await world.done(setting(f"{today}.hours", WHOLE_DAY, hours))
    world.machine.login("alice")
    world.machine.advance(6)
    changes = await world.done(
        setting(f"{today}.hours", hours, []),
        setting(f"{today}.limit_seconds", 86_400, 3_600),
        setting("week_limit_seconds", WEEK, 50_000),
        setting("hide_tray_icon", False, True),
    )
    assert states([cut, *changes]) == [ChangeState.APPLIED] * 5
    assert not world.machine.call(interface.set_time_limit_for_month("alice", 90_000)).ok, (
        "the trap is no more"
    )


def hours_of(spans: list[tuple[str, str]]) -> Json:
    return [{"from": start, "to": end, "unaccounted": False} for start, end in spans]


WHOLE_DAY = hours_of([("00:00", "24:00")])
