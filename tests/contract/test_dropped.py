"""timekprd now and then drops settings while it saves one (domain.dropped): they are put back, and nobody is blamed."""

from collections.abc import Callable

import pytest

from tests.contract.computers import USERS, At, Computer
from tests.contract.delivering import SERVER, Delivering
from timekpr_mngr.domain.change import ChangeState, Draft
from timekpr_mngr.domain.drift import Drift
from timekpr_mngr.domain.user import UserConfig
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

DAY, WEEK = 86_400, 7 * 86_400
FREE_DAYS = ";".join(["86400"] * 7)
TWO_HOURS = ";".join(["7200"] * 7)
HIDE = Draft("hide_tray_icon", False, True)


@pytest.fixture
async def limited(kid: At, delivering: Delivering) -> At:
    """A child with limits, as they were seen."""
    kid.set_conf(LIMITS_PER_WEEKDAYS=TWO_HOURS, LIMIT_PER_WEEK=50_000, LOCKOUT_TYPE="lock")
    await delivering.look()
    return kid


def drops(kid: At, **more: object) -> Callable[[], None]:
    """timekprd writes its defaults over what it had not read yet; `.prev` stays as the call before made it."""
    return lambda: kid.set_conf(
        LIMITS_PER_WEEKDAYS=FREE_DAYS, LIMIT_PER_WEEK=WEEK, LOCKOUT_TYPE="terminate", **more
    )


async def drift_of(kid: At, delivering: Delivering) -> list[Drift]:
    return await delivering.store.drift.list(server=SERVER, user=kid.name)


async def test_what_timekprd_dropped_is_put_back_with_the_setting_that_was_saved(
    limited: At, delivering: Delivering
) -> None:
    delivering.after("setHideTrayIcon", drops(limited, HIDE_TRAY_ICON=False))
    [change] = await delivering.drafted(limited, HIDE)
    assert change.state is ChangeState.APPLIED
    await expect(limited, delivering, hidden=True)


async def test_where_the_setting_was_saved_the_others_are_put_back_and_it_says_so(
    limited: At, delivering: Delivering
) -> None:
    delivering.after("setHideTrayIcon", drops(limited))
    [change] = await delivering.drafted(limited, HIDE)
    assert (change.state, change.message) == (
        ChangeState.APPLIED,
        "timekpr dropped other settings of this user as it saved this; they were put back.",
    )
    await expect(limited, delivering, hidden=True)


async def test_several_that_are_sent_together_all_come_about(limited: At, delivering: Delivering) -> None:
    delivering.after("setTimeLimitForMonth", drops(limited, LIMIT_PER_MONTH=31 * DAY))
    changes = await delivering.drafted(limited, HIDE, Draft("month_limit_seconds", 31 * DAY, 90_000))
    assert [change.state for change in changes] == [ChangeState.APPLIED] * 2
    await expect(limited, delivering, hidden=True, month=90_000)


async def test_a_setting_that_timekprd_did_not_keep_is_sent_again(
    limited: At, delivering: Delivering
) -> None:
    """It takes the copy of the file that another thread of it has just emptied."""
    delivering.after("setHideTrayIcon", lambda: limited.set_conf(HIDE_TRAY_ICON=False))
    [change] = await delivering.drafted(limited, HIDE)
    assert (change.state, change.message) == (ChangeState.APPLIED, None)
    await expect(limited, delivering, hidden=True)


async def test_what_is_never_kept_ends_after_three_times(limited: At, delivering: Delivering) -> None:
    times: list[int] = []

    def undo() -> None:
        limited.set_conf(HIDE_TRAY_ICON=False)
        times.append(1)
        if len(times) < 3:
            delivering.after("setHideTrayIcon", undo)

    delivering.after("setHideTrayIcon", undo)
    [change] = await delivering.drafted(limited, HIDE)
    assert change.state is ChangeState.CONFLICT


async def test_somebody_who_sets_the_defaults_right_behind_us_is_left_alone_and_told(
    limited: At, delivering: Delivering, session: ServerSession
) -> None:
    async def lift() -> None:
        assert (await session.call(timekpr.set_time_limits_for_days(limited.name, [DAY] * 7))).ok

    delivering.after("setHideTrayIcon", lift)
    [change] = await delivering.drafted(limited, HIDE)
    assert change.state is ChangeState.APPLIED
    found = await drift_of(limited, delivering)
    assert {(one.field, one.after) for one in found} == {
        (f"days.{day}.limit_seconds", DAY) for day in range(1, 8)
    }


async def test_after_a_lost_answer_nobody_guesses_and_it_is_shown_as_drift(
    limited: At, delivering: Delivering
) -> None:
    delivering.after("setHideTrayIcon", drops(limited, HIDE_TRAY_ICON=False), ends_link=True)
    [change] = await delivering.drafted(limited, HIDE)
    assert change.state is ChangeState.APPLIED
    assert ("week_limit_seconds", WEEK) in [
        (one.field, one.after) for one in await drift_of(limited, delivering)
    ]


async def expect(
    kid: At, delivering: Delivering, *, hidden: bool, month: int = UserConfig().month_limit_seconds
) -> None:
    """What the file says, as it is read: the limits as they were, and no word of drift."""
    await delivering.look()
    snapshot = delivering.engine.snapshot(SERVER)
    assert snapshot is not None
    config = snapshot.users[kid.name].config
    assert config is not None
    assert [day.limit_seconds for day in config.days] == [7_200] * 7
    assert (config.week_limit_seconds, config.month_limit_seconds) == (50_000, month)
    assert (config.lockout.type, config.hide_tray_icon) == ("lock", hidden)
    assert await drift_of(kid, delivering) == []


@pytest.mark.soak
@pytest.mark.rig
@pytest.mark.timeout(600)
@pytest.mark.parametrize("own_computer", ["rig"], indirect=True)
async def test_while_timekprd_saves_all_the_time_hundreds_of_settings_flatten_nothing(
    own_computer: Computer, own_delivering: Delivering
) -> None:
    kid = At(own_computer, USERS[0])
    kid.set_conf(LIMITS_PER_WEEKDAYS=TWO_HOURS, LIMIT_PER_WEEK=50_000, LOCKOUT_TYPE="lock")
    kid.login()
    session = await own_computer.open()
    for call in (timekpr.set_server_save_seconds(0), timekpr.set_server_poll_seconds(0)):
        assert (await session.call(call)).ok
    await session.close()
    await own_delivering.look()
    put_back = 0
    for number in range(600):
        hidden = number % 2 == 0
        [change] = await own_delivering.drafted(kid, Draft("hide_tray_icon", not hidden, hidden))
        assert change.state is ChangeState.APPLIED, change
        put_back += change.message is not None
    print(f"\nput back {put_back} times")
    await expect(kid, own_delivering, hidden=False)
