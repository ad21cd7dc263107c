"""timekpr.conf over the bus."""

import pytest

from tests.contract.computers import Computer, values_of
from timekpr_mngr.errors import FailureCode, ServerFailure
from timekpr_mngr.timekpr import interface as timekpr
from timekpr_mngr.timekpr.interface import Call

CONF = "/etc/timekpr/timekpr.conf"

TAKEN: list[tuple[Call, str, str]] = [
    (timekpr.set_server_log_level(2), "TIMEKPR_LOGLEVEL", "2"),
    (timekpr.set_server_log_level(9), "TIMEKPR_LOGLEVEL", "9"),
    (timekpr.set_server_poll_seconds(2), "TIMEKPR_POLLTIME", "2"),
    (timekpr.set_server_save_seconds(60), "TIMEKPR_SAVE_TIME", "60"),
    (timekpr.set_server_save_seconds(-3), "TIMEKPR_SAVE_TIME", "-3"),
    (timekpr.set_server_track_inactive(True), "TIMEKPR_TRACK_INACTIVE", "1"),
    (timekpr.set_server_termination_seconds(20), "TIMEKPR_TERMINATION_TIME", "20"),
    (timekpr.set_server_final_warning_seconds(12), "TIMEKPR_FINAL_WARNING_TIME", "12"),
    (timekpr.set_server_final_notification_seconds(90), "TIMEKPR_FINAL_NOTIFICATION_TIME", "90"),
    (timekpr.set_server_session_types(["x11", "tty"]), "TIMEKPR_SESSION_TYPES_CTRL", "x11;tty"),
    (timekpr.set_server_excluded_session_types(["mir"]), "TIMEKPR_SESSION_TYPES_EXCL", "mir"),
    (timekpr.set_server_excluded_users(["kid00", "gdm"]), "TIMEKPR_USERS_EXCL", "kid00;gdm"),
    (timekpr.set_server_playtime_enabled(False), "TIMEKPR_PLAYTIME_ENABLED", "False"),
    (
        timekpr.set_server_playtime_enhanced(True),
        "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED",
        "True",
    ),
]


async def test_a_setting_is_in_the_file_and_the_others_stay(own_computer: Computer) -> None:
    session = await own_computer.open()
    for call, key, expected in TAKEN:
        before = settled(own_computer)

        reply = await session.call(call)

        assert (reply.code, reply.message) == (0, ""), call
        after = values_of(own_computer.text(CONF) or "")
        assert after[key] == expected, call
        assert settled(own_computer) | {key: ""} == before | {key: ""}, call
    await session.close()


async def test_the_settings_are_told_as_the_file_has_them(own_computer: Computer) -> None:
    session = await own_computer.open()
    await session.call(timekpr.set_server_save_seconds(60))
    await session.call(timekpr.set_server_excluded_users(["gdm"]))

    reply = await session.call(timekpr.get_server_configuration())

    assert reply.data == {
        "TIMEKPR_LOGLEVEL": ("i", 1),
        "TIMEKPR_POLLTIME": ("i", 1),
        "TIMEKPR_SAVE_TIME": ("i", 60),
        "TIMEKPR_TERMINATION_TIME": ("i", 3),
        "TIMEKPR_FINAL_WARNING_TIME": ("i", 10),
        "TIMEKPR_FINAL_NOTIFICATION_TIME": ("i", 60),
        "TIMEKPR_SESSION_TYPES_CTRL": ("as", ["x11", "wayland", "mir"]),
        "TIMEKPR_SESSION_TYPES_EXCL": ("as", ["tty", "unspecified"]),
        "TIMEKPR_USERS_EXCL": ("as", ["gdm"]),
        "TIMEKPR_PLAYTIME_ENABLED": ("b", True),
        "TIMEKPR_PLAYTIME_ENHANCED_ACTIVITY_MONITOR_ENABLED": ("b", False),
    }
    await session.close()


async def test_the_daemon_cannot_tell_its_settings_where_a_list_is_empty(own_computer: Computer) -> None:
    session = await own_computer.open()
    assert (await session.call(timekpr.set_server_excluded_users([]))).ok

    with pytest.raises(ServerFailure) as failed:
        await session.call(timekpr.get_server_configuration())

    assert failed.value.failure == FailureCode.DAEMON_REFUSED
    read = await session.read()
    assert read.config is not None
    assert read.config.excluded_users == ()
    await session.close()


def settled(computer: Computer) -> dict[str, str]:
    """The file's values, a boolean always in the same words: the daemon writes 1 first and True at the next save."""
    words = {"1": "True", "0": "False"}
    values = values_of(computer.text(CONF) or "")
    inactive = values["TIMEKPR_TRACK_INACTIVE"]
    return values | {"TIMEKPR_TRACK_INACTIVE": words.get(inactive, inactive)}
