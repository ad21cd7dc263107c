"""Time given and taken while the user is logged out: the daemon's arithmetic, and the days it goes wrong on."""

from datetime import datetime

from tests.contract.computers import WEDNESDAY, At
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.interface import Reply

# balance before, today's limit, operation, seconds: balance after
ARITHMETIC = [
    (0, 3600, "+", 900, -900),
    (1000, 3600, "+", 900, 100),
    (4200, 600, "+", 900, -300),  # over the limit: the overdraft is forgiven first
    (1000, 3600, "-", 900, 1900),
    (4200, 600, "-", 900, 1500),
    (1000, 3600, "=", 900, 2700),
    (1000, 3600, "=", 0, 3600),
    (1000, 3600, "=", 7200, -3600),
    (-86_000, 86_400, "+", 900, -86_400),  # no more than a day either way
    (86_000, 86_400, "-", 900, 86_400),
    (0, 0, "=", 100_000, -86_400),
    (1000, 3600, "+", -900, 1900),  # a negative number turns it round
    (1000, 3600, "-", -900, 100),
]


async def test_the_balance_moves_by_the_daemons_arithmetic(kid: At, session: ServerSession) -> None:
    for before, limit, operation, seconds, after in ARITHMETIC:
        kid.set_conf(LIMITS_PER_WEEKDAYS=";".join([str(limit)] * 7))
        kid.set_control(
            TIME_SPENT_BALANCE=before, TIME_SPENT_DAY=1234, TIME_SPENT_WEEK=2345, TIME_SPENT_MONTH=3456
        )
        untouched = {key: value for key, value in kid.control.items() if key != "TIME_SPENT_BALANCE"}

        reply = await session.call(timekpr.set_time_left(kid.name, operation, seconds))

        assert reply.ok
        assert kid.balance == after, (before, limit, operation, seconds)
        assert {key: value for key, value in kid.control.items() if key != "TIME_SPENT_BALANCE"} == untouched


async def test_playtime_moves_by_the_same_arithmetic(kid: At, session: ServerSession) -> None:
    for before, limit, operation, seconds, after in ARITHMETIC:
        kid.set_conf(PLAYTIME_LIMITS_PER_WEEKDAYS=";".join([str(limit)] * 7))
        kid.set_control(PLAYTIME_SPENT_BALANCE=before)

        reply = await session.call(timekpr.set_playtime_left(kid.name, operation, seconds))

        assert reply.ok
        assert int(kid.control["PLAYTIME_SPENT_BALANCE"]) == after, (before, limit, operation, seconds)


async def test_a_balance_out_of_bounds_is_brought_within_a_day(kid: At, session: ServerSession) -> None:
    kid.set_control(TIME_SPENT_BALANCE=-200_000)

    await session.call(timekpr.set_time_left(kid.name, "-", 400))

    assert kid.balance == -86_000


async def test_the_limit_is_taken_by_weekday_whichever_days_are_allowed(
    kid: At, session: ServerSession
) -> None:
    kid.set_conf(ALLOWED_WEEKDAYS="2;3;6", LIMITS_PER_WEEKDAYS="1000;4000;6000")

    await session.call(timekpr.set_time_left(kid.name, "=", 500))

    assert kid.balance == 5500  # Wednesday's own limit is 4000, the third in the list is 6000


async def test_a_grant_is_refused_where_the_list_of_limits_is_too_short(
    kid: At, session: ServerSession
) -> None:
    kid.set_conf(ALLOWED_WEEKDAYS="3", LIMITS_PER_WEEKDAYS="4000", PLAYTIME_LIMITS_PER_WEEKDAYS="60")

    time = await session.call(timekpr.set_time_left(kid.name, "+", 500))
    playtime = await session.call(timekpr.set_playtime_left(kid.name, "+", 500))

    assert time == Reply(-1, f'User\'s "{kid.name}" time limit is not correct and cannot be set')
    assert playtime == Reply(-1, f'User\'s "{kid.name}" PlayTime time limit is not correct and cannot be set')


async def test_the_control_file_before_the_grant_is_kept(kid: At, session: ServerSession) -> None:
    before = kid.computer.text(kid.control_path)

    await session.call(timekpr.set_time_left(kid.name, "+", 900))

    assert kid.computer.text(kid.control_path + ".prev") == before


async def test_a_grant_on_a_stale_day_goes_into_the_old_day(kid: At, session: ServerSession) -> None:
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", TIME_SPENT_BALANCE=3000)

    await session.call(timekpr.set_time_left(kid.name, "+", 900))

    assert kid.balance == 2100
    assert kid.control["LAST_CHECKED"] == "2026-11-17 20:00:00"


# the day that is over, what is left in the file of day, week and month at a Wednesday's "S"
STALE = [
    ("2026-11-17 20:00:00", (0, 600, 700)),
    ("2026-11-15 20:00:00", (0, 0, 700)),  # a Sunday: another week
    ("2026-10-31 20:00:00", (0, 0, 0)),
    (WEDNESDAY, (500, 600, 700)),
]


async def test_asking_for_the_saved_state_rolls_a_stale_day_over_but_keeps_its_playtime(
    kid: At, session: ServerSession
) -> None:
    for last, (day, week, month) in STALE:
        kid.set_control(
            LAST_CHECKED=last,
            TIME_SPENT_BALANCE=500,
            TIME_SPENT_DAY=500,
            TIME_SPENT_WEEK=600,
            TIME_SPENT_MONTH=700,
            PLAYTIME_SPENT_BALANCE=50,
            PLAYTIME_SPENT_DAY=60,
        )

        reply = await session.call(timekpr.get_user_information(kid.name, "S"))

        assert reply.ok
        used = kid.control
        assert [used[f"TIME_SPENT_{part}"] for part in ("BALANCE", "DAY", "WEEK", "MONTH")] == [
            str(day),
            str(day),
            str(week),
            str(month),
        ], last
        assert (used["PLAYTIME_SPENT_BALANCE"], used["PLAYTIME_SPENT_DAY"]) == ("50", "60")
        assert datetime.fromisoformat(used["LAST_CHECKED"]).date().isoformat() == "2026-11-18"


async def test_the_saved_state_tells_the_files_numbers(kid: At, session: ServerSession) -> None:
    kid.set_conf(LIMITS_PER_WEEKDAYS="7200;" * 6 + "7200", PLAYTIME_LIMITS_PER_WEEKDAYS="1800;" * 6 + "1800")
    kid.set_control(TIME_SPENT_BALANCE=500, TIME_SPENT_DAY=600, TIME_SPENT_WEEK=700, TIME_SPENT_MONTH=800)
    kid.set_control(PLAYTIME_SPENT_BALANCE=50, PLAYTIME_SPENT_DAY=60)

    reply = await session.call(timekpr.get_user_information(kid.name, "S"))

    assert isinstance(reply.data, dict)
    assert reply.data == {
        "TIME_SPENT_BALANCE": ("i", 500),
        "TIME_SPENT_DAY": ("i", 600),
        "TIME_SPENT_WEEK": ("i", 700),
        "TIME_SPENT_MONTH": ("i", 800),
        "TIME_LEFT_DAY": ("i", 6700),
        "PLAYTIME_LEFT_DAY": ("i", 1750),
        "PLAYTIME_SPENT_DAY": ("i", 60),
    }


async def test_the_full_state_tells_the_settings_too(kid: At, session: ServerSession) -> None:
    kid.set_conf(
        ALLOWED_HOURS_3="15;!16[10-20]", ALLOWED_HOURS_4="", LOCKOUT_TYPE="suspendwake", LIMIT_PER_WEEK=3600
    )

    reply = await session.call(timekpr.get_user_information(kid.name, "F"))

    assert isinstance(reply.data, dict)
    told = reply.data
    assert told["ALLOWED_HOURS_3"] == (
        "a{sa{si}}",
        {
            "15": {"STARTMIN": 0, "ENDMIN": 60, "UACC": 0},
            "16": {"STARTMIN": 10, "ENDMIN": 20, "UACC": 1},
        },
    )
    assert told["ALLOWED_HOURS_4"][1] == {}
    assert told["ALLOWED_WEEKDAYS"] == ("as", list("1234567"))
    assert told["LIMITS_PER_WEEKDAYS"] == ("ai", [86_400] * 7)
    assert told["LIMIT_PER_WEEK"] == ("i", 3600)
    assert told["WAKEUP_HOUR_INTERVAL"] == ("s", "0;23")
    assert told["PLAYTIME_ACTIVITIES"][1] == []
    assert {key for key in told if key.startswith("ACTUAL_")} == set()


async def test_asking_for_what_is_in_memory_writes_nothing(kid: At, session: ServerSession) -> None:
    kid.set_control(LAST_CHECKED="2026-11-17 20:00:00", TIME_SPENT_DAY=500)
    before = kid.computer.text(kid.control_path)

    known = await session.call(timekpr.get_user_information(kid.name, "R"))
    unknown = await session.call(timekpr.get_user_information("nobody9", "R"))

    assert known == unknown == Reply(0, "", {})
    assert kid.computer.text(kid.control_path) == before
