"""What each setter takes, what it answers, and what is in the user's conf then."""

from collections.abc import Mapping

from tests.contract.computers import At
from timekpr_mngr.domain.hours import Hours, Span
from timekpr_mngr.domain.user import Activity, Lockout
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.files import plain
from timekpr_mngr.timekpr.interface import USER_ADMIN, Call

U = "<user>"
AFTERNOON: Hours = (Span(13 * 60 + 15, 17 * 60), Span(17 * 60, 17 * 60 + 30, unaccounted=True))


def raw(member: str, signature: str, *args: object) -> Call:
    """A call that our own builders do not make."""
    return Call(USER_ADMIN, member, signature, (U, *args))


def hour(start: int, end: int, unaccounted: int = 0) -> dict[str, int]:
    return {"STARTMIN": start, "ENDMIN": end, "UACC": unaccounted}


def named(call: Call, user: str) -> Call:
    return Call(call.interface, call.member, call.signature, (user, *call.args[1:]))


TAKEN: list[tuple[Call, Mapping[str, str]]] = [
    (timekpr.set_allowed_days(U, [1, 2, 3, 4, 5]), {"ALLOWED_WEEKDAYS": "1;2;3;4;5"}),
    (raw("setAllowedDays", "sas", ["3", "1"]), {"ALLOWED_WEEKDAYS": "3;1"}),
    (raw("setAllowedDays", "sas", ["1", "1", "", "2"]), {"ALLOWED_WEEKDAYS": "1;1;2"}),
    (raw("setAllowedDays", "sas", []), {"ALLOWED_WEEKDAYS": ""}),
    (timekpr.set_allowed_hours(U, 3, AFTERNOON), {"ALLOWED_HOURS_3": "13[15-60];14;15;16;!17[0-30]"}),
    (timekpr.set_allowed_hours(U, 7, ()), {"ALLOWED_HOURS_7": ""}),
    (
        timekpr.set_allowed_hours(U, "ALL", (Span(8 * 60, 10 * 60),)),
        {f"ALLOWED_HOURS_{day}": "8;9" for day in range(1, 8)},
    ),
    # order is put right, hours that do not exist are dropped, minutes are taken as they are
    (
        raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": hour(0, 60), "8": hour(0, 60)}),
        {"ALLOWED_HOURS_1": "8;9"},
    ),
    (
        raw("setAllowedHours", "ssa{sa{si}}", "1", {"30": hour(0, 60), "07": hour(0, 60)}),
        {"ALLOWED_HOURS_1": ""},
    ),
    (raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": hour(40, 20)}), {"ALLOWED_HOURS_1": "9[40-20]"}),
    (raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": hour(30, 30)}), {"ALLOWED_HOURS_1": "9[30-30]"}),
    (raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": hour(0, 99)}), {"ALLOWED_HOURS_1": "9"}),
    (raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": hour(-5, 60)}), {"ALLOWED_HOURS_1": "9"}),
    (
        timekpr.set_time_limits_for_days(U, [60, 120, 180, 240, 300, 360, 420]),
        {"LIMITS_PER_WEEKDAYS": "60;120;180;240;300;360;420"},
    ),
    (raw("setTimeLimitForDays", "sai", [-1, 86_401, 5]), {"LIMITS_PER_WEEKDAYS": "0;86400;5"}),
    (raw("setTimeLimitForDays", "sai", [1] * 9), {"LIMITS_PER_WEEKDAYS": "1;1;1;1;1;1;1;1;1"}),
    (raw("setTimeLimitForDays", "sai", []), {"LIMITS_PER_WEEKDAYS": ""}),
    (timekpr.set_time_limit_for_week(U, 36_000), {"LIMIT_PER_WEEK": "36000"}),
    (timekpr.set_time_limit_for_week(U, -1), {"LIMIT_PER_WEEK": "0"}),
    (timekpr.set_time_limit_for_week(U, 700_000), {"LIMIT_PER_WEEK": "604800"}),
    (timekpr.set_time_limit_for_month(U, 72_000), {"LIMIT_PER_MONTH": "72000"}),
    (timekpr.set_time_limit_for_month(U, -1), {"LIMIT_PER_MONTH": "0"}),
    (timekpr.set_time_limit_for_month(U, 3_000_000), {"LIMIT_PER_MONTH": "2678400"}),
    (timekpr.set_track_inactive(U, True), {"TRACK_INACTIVE": "True"}),
    (timekpr.set_hide_tray_icon(U, True), {"HIDE_TRAY_ICON": "True"}),
    (timekpr.set_lockout_type(U, Lockout("lock")), {"LOCKOUT_TYPE": "lock", "WAKEUP_HOUR_INTERVAL": "0;23"}),
    (
        timekpr.set_lockout_type(U, Lockout("suspendwake", 7, 18)),
        {"LOCKOUT_TYPE": "suspendwake", "WAKEUP_HOUR_INTERVAL": "7;18"},
    ),
    (
        raw("setLockoutType", "ssss", "shutdown", "30", "5"),
        {"LOCKOUT_TYPE": "shutdown", "WAKEUP_HOUR_INTERVAL": "30;5"},
    ),
    (timekpr.set_playtime_enabled(U, True), {"PLAYTIME_ENABLED": "True"}),
    (timekpr.set_playtime_limit_override(U, True), {"PLAYTIME_LIMIT_OVERRIDE_ENABLED": "True"}),
    (
        timekpr.set_playtime_unaccounted_intervals(U, False),
        {"PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED": "False"},
    ),
    (timekpr.set_playtime_allowed_days(U, [6, 7]), {"PLAYTIME_ALLOWED_WEEKDAYS": "6;7"}),
    (timekpr.set_playtime_limits_for_days(U, [1800, 99_999]), {"PLAYTIME_LIMITS_PER_WEEKDAYS": "1800;86400"}),
    (
        timekpr.set_playtime_activities(U, [Activity("minetest", "Minetest"), Activity("kart.*")]),
        {"PLAYTIME_ACTIVITY_001": "minetest[Minetest]", "PLAYTIME_ACTIVITY_002": "kart.*"},
    ),
    (timekpr.set_playtime_activities(U, []), {}),
]

REFUSED: list[tuple[Call, str]] = [
    (raw("setAllowedDays", "sas", ["1", "8"]), 'User\'s "<user>" day list is not correct'),
    (raw("setAllowedDays", "sas", ["12"]), 'User\'s "<user>" day list is not correct'),
    (raw("setAllowedDays", "sas", ["x"]), 'User\'s "<user>" day list is not correct'),
    (raw("setPlayTimeAllowedDays", "sas", ["0"]), 'User\'s "<user>" PlayTime day list is not correct'),
    (
        raw("setAllowedHours", "ssa{sa{si}}", "8", {"9": hour(0, 60)}),
        'User\'s "<user>" day number must be between 1 and 7',
    ),
    (
        raw("setAllowedHours", "ssa{sa{si}}", "1", {"9": {"STARTMIN": 0, "ENDMIN": 60}}),
        'User\'s "<user>" allowed hours are not correct and cannot be set',
    ),
    (
        raw("setLockoutType", "ssss", "kill", "0", "23"),
        'User\'s "<user>" restriction / lockout type is not correct',
    ),
    (
        raw("setLockoutType", "ssss", "lock", "", ""),
        'User\'s "<user>" restriction / lockout type is not correct',
    ),
    (
        raw("setLockoutType", "ssss", "lock", "-1", "5"),
        'User\'s "<user>" restriction / lockout type is not correct',
    ),
    (raw("setTimeLeft", "ssi", "*", 60), 'User\'s "<user>" time operation can be one of these: - + ='),
    (raw("setPlayTimeLeft", "ssi", "", 60), 'User\'s "<user>" PlayTime operation can be one of these: - + ='),
]


async def test_a_setter_changes_its_own_keys_and_no_other(kid: At, session: ServerSession) -> None:
    for call, expected in TAKEN:
        kid.set_conf(**DEFAULTS)
        before = kid.conf

        reply = await session.call(named(call, kid.name))

        assert (reply.code, reply.message) == (0, ""), call
        assert kid.conf == without_activities(before) | dict(expected), call
        assert is_plain(kid, kid.conf_path), call


async def test_every_file_that_timekprd_writes_is_plain_to_read(kid: At, session: ServerSession) -> None:
    await session.call(timekpr.set_time_left(kid.name, "+", 60))
    await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))

    for path in (kid.control_path, kid.conf_path, f"{kid.conf_path}.prev", "/etc/timekpr/timekpr.conf"):
        assert is_plain(kid, path), path


async def test_a_refusal_says_why_and_changes_nothing(kid: At, session: ServerSession) -> None:
    before = kid.conf, kid.control
    for call, message in REFUSED:
        reply = await session.call(named(call, kid.name))

        assert (reply.code, reply.message) == (-1, message.replace(U, kid.name)), call
        assert (kid.conf, kid.control) == before, call


async def test_no_setter_knows_an_unknown_user(session: ServerSession) -> None:
    one_of_each = {call.member: call for call, _ in TAKEN} | {
        "setTimeLeft": timekpr.set_time_left(U, "+", 60),
        "setPlayTimeLeft": timekpr.set_playtime_left(U, "+", 60),
    }
    for call in one_of_each.values():
        reply = await session.call(named(call, "nobody9"))

        assert (reply.code, reply.message) == (-1, 'User "nobody9" configuration is not found'), call


async def test_the_former_text_is_kept_beside_the_file(kid: At, session: ServerSession) -> None:
    before = kid.computer.text(kid.conf_path)

    await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))

    assert kid.computer.text(kid.conf_path + ".prev") == before
    read = await session.read_user(kid.name)
    assert read is not None
    assert read.previous_text == before
    assert read.config_text == kid.computer.text(kid.conf_path)


async def test_comments_stay_and_unknown_keys_go(kid: At, session: ServerSession) -> None:
    text = kid.computer.text(kid.conf_path) or ""
    strange = text.replace(
        "TRACK_INACTIVE = False", "# somebody's note\nSTRANGE_KEY = 1\nTRACK_INACTIVE = False"
    )
    kid.computer.write(kid.conf_path, strange)

    await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))

    after = kid.computer.text(kid.conf_path) or ""
    assert after == strange.replace("STRANGE_KEY = 1\n", "").replace(
        "LIMIT_PER_WEEK = 604800", "LIMIT_PER_WEEK = 36000"
    )


async def test_an_activity_without_a_description_gets_an_empty_one_at_the_next_save(
    kid: At, session: ServerSession
) -> None:
    await session.call(timekpr.set_playtime_activities(kid.name, [Activity("kart")]))
    await session.call(timekpr.set_track_inactive(kid.name, True))

    assert kid.conf["PLAYTIME_ACTIVITY_001"] == "kart[]"


async def test_a_percent_sign_in_an_activity_is_taken_and_then_nothing_more_is(
    kid: At, session: ServerSession
) -> None:
    poison = await session.call(timekpr.set_playtime_activities(kid.name, [Activity("50%x")]))
    after = await session.call(timekpr.set_track_inactive(kid.name, True))
    asked = await session.call(timekpr.get_user_information(kid.name, "S"))

    assert poison.ok
    assert (after.code, asked.code) == (-1, -1)
    assert after.message.startswith("Unexpected ERROR updating configuration.")
    assert asked.message.startswith("Unexpected ERROR getting user configuration.")
    assert kid.conf["TRACK_INACTIVE"] == "False"


async def test_a_value_that_cannot_be_read_becomes_its_default_in_the_file(
    kid: At, session: ServerSession
) -> None:
    kid.set_conf(LIMIT_PER_WEEK="abc", HIDE_TRAY_ICON="maybe", LIMIT_PER_MONTH=72_000)

    await session.call(timekpr.set_track_inactive(kid.name, True))

    assert kid.conf["LIMIT_PER_WEEK"] == "604800"
    assert kid.conf["HIDE_TRAY_ICON"] == "False"
    assert kid.conf["LIMIT_PER_MONTH"] == "72000"


async def test_a_file_that_cannot_be_parsed_gives_way_to_the_one_before(
    kid: At, session: ServerSession
) -> None:
    await session.call(timekpr.set_time_limit_for_week(kid.name, 36_000))
    await session.call(timekpr.set_time_limit_for_week(kid.name, 40_000))
    kid.computer.write(kid.conf_path, "no section here\n")

    reply = await session.call(timekpr.set_track_inactive(kid.name, True))

    assert reply.ok
    assert (kid.conf["LIMIT_PER_WEEK"], kid.conf["TRACK_INACTIVE"]) == ("36000", "True")
    assert kid.computer.text(kid.conf_path + ".invalid") == "no section here\n"


DEFAULTS = {
    **{f"ALLOWED_HOURS_{day}": ";".join(map(str, range(24))) for day in range(1, 8)},
    "ALLOWED_WEEKDAYS": "1;2;3;4;5;6;7",
    "LIMITS_PER_WEEKDAYS": ";".join(["86400"] * 7),
    "LIMIT_PER_WEEK": 604_800,
    "LIMIT_PER_MONTH": 2_678_400,
    "TRACK_INACTIVE": False,
    "HIDE_TRAY_ICON": False,
    "LOCKOUT_TYPE": "terminate",
    "WAKEUP_HOUR_INTERVAL": "0;23",
    "PLAYTIME_ENABLED": False,
    "PLAYTIME_LIMIT_OVERRIDE_ENABLED": False,
    "PLAYTIME_UNACCOUNTED_INTERVALS_ENABLED": True,
    "PLAYTIME_ALLOWED_WEEKDAYS": "1;2;3;4;5;6;7",
    "PLAYTIME_LIMITS_PER_WEEKDAYS": "0;0;0;0;0;0;0",
}


def without_activities(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if not key.startswith("PLAYTIME_ACTIVITY_")}


def is_plain(kid: At, path: str) -> bool:
    """Whether the file is read without configparser, in a small part of the time."""
    text = kid.computer.text(path)
    assert text is not None
    return plain.sections(text) is not None
