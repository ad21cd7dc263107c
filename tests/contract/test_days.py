"""Midnight with a user at the computer, and a clock that is set."""

from collections.abc import Callable
from functools import partial

from tests.contract.computers import At
from timekpr_mngr.link.session import ServerSession

USED = {
    "TIME_SPENT_BALANCE": -900,
    "TIME_SPENT_DAY": 3000,
    "TIME_SPENT_WEEK": 4000,
    "TIME_SPENT_MONTH": 5000,
    "PLAYTIME_SPENT_BALANCE": 50,
    "PLAYTIME_SPENT_DAY": 60,
}

# an evening, what stays of week and month on the next day
MIDNIGHTS = [
    ("2026-11-17", "2026-11-18", 4000, 5000),
    ("2026-11-15", "2026-11-16", 0, 5000),  # a Sunday
    ("2026-11-30", "2026-12-01", 0, 0),  # a Monday: 0.5.4 begins the week anew with the month
]
A_FEW = 12  # seconds, counted on either side of midnight


async def test_at_midnight_the_day_begins_anew_and_a_bonus_is_lost(
    another_kid: Callable[[], At], session: ServerSession
) -> None:
    for evening, morning, week, month in MIDNIGHTS:
        kid = another_kid()
        kid.computer.set_clock(f"{evening} 23:50:00")
        kid.set_control(LAST_CHECKED=f"{evening} 23:49:59", **USED)
        kid.login()
        await kid.computer.until(partial(known, kid, session))
        kid.computer.set_clock(f"{evening} 23:59:59")  # ten minutes that count as sleep

        await kid.computer.until(partial(saved_since, kid, f"{morning} 00:00"))

        used = {key: int(kid.control[key]) for key in USED}
        assert 0 <= used["TIME_SPENT_DAY"] <= A_FEW, evening
        assert used["TIME_SPENT_BALANCE"] == used["TIME_SPENT_DAY"], evening
        assert week <= used["TIME_SPENT_WEEK"] <= week + A_FEW, evening
        assert month <= used["TIME_SPENT_MONTH"] <= month + A_FEW, evening
        assert (used["PLAYTIME_SPENT_BALANCE"], used["PLAYTIME_SPENT_DAY"]) == (0, 0)
        kid.logout()


async def test_nothing_happens_to_a_logged_out_user_at_midnight(kid: At, session: ServerSession) -> None:
    kid.computer.set_clock("2026-11-17 23:59:59")
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", **USED)
    before = kid.computer.text(kid.control_path)

    await kid.computer.let_pass(2)
    await session.read()

    assert kid.computer.text(kid.control_path) == before


async def test_a_clock_that_is_set_back_gives_time_and_nothing_is_saved(
    kid: At, session: ServerSession
) -> None:
    """A fault of timekpr-next 0.5.4: what lies between is counted as negative, and the next save waits for it."""
    kid.login()
    await kid.computer.until(lambda: int(kid.control["TIME_SPENT_DAY"]) > 0)
    saved = kid.control["LAST_CHECKED"]

    async def spent() -> int:
        read = await session.read_user(kid.name)
        return (read.live.spent_day_seconds or 0) if read and read.live else 0

    async def negative() -> bool:
        return await spent() < 0

    kid.computer.set_clock("2026-11-18 14:00:00")
    await kid.computer.until(negative)
    await kid.computer.let_pass(3)

    assert -3600 <= await spent() <= -3500
    assert kid.control["LAST_CHECKED"] == saved
    kid.logout()


async def test_a_clock_that_is_set_forward_counts_as_sleep(kid: At) -> None:
    kid.login()
    await kid.computer.until(lambda: int(kid.control["TIME_SPENT_DAY"]) > 0)

    kid.computer.set_clock("2026-11-18 16:00:00")
    await kid.computer.until(lambda: saved_since(kid, "2026-11-18 16:00"))

    assert int(kid.control["TIME_SPENT_DAY"]) < 60
    kid.logout()


def saved_since(kid: At, moment: str) -> bool:
    return kid.control["LAST_CHECKED"] >= moment


async def known(kid: At, session: ServerSession) -> bool:
    read = await session.read_user(kid.name)
    return read is not None and read.counted
