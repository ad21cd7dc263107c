"""When a setting of the server takes effect for somebody who is at the computer, and what a PlayTime mask matches."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.contract.computers import WEDNESDAY, At, Computer, RigComputer
from timekpr_mngr.domain.mask import patterns
from timekpr_mngr.domain.user import Activity
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.services.mask_trial import tried
from timekpr_mngr.timekpr import interface as timekpr

SLEEP = Activity("sleep", "Sleeping")


async def test_who_is_not_to_be_counted_is_so_until_the_session_ends_and_who_is_again_is_so_at_once(
    own_computer: Computer,
) -> None:
    kid, session = kid_at(own_computer, "kid00"), await own_computer.open()
    kid.login()
    await own_computer.until(lambda: is_counted(kid, session))
    await session.call(timekpr.set_server_excluded_users([kid.name]))
    await own_computer.let_pass(4)
    assert await is_counted(kid, session)
    kid.logout()
    await own_computer.until(lambda: is_gone(kid, session))
    kid.login()
    await own_computer.let_pass(4)
    assert not await is_counted(kid, session)

    await session.call(timekpr.set_server_excluded_users(["gdm"]))

    await own_computer.until(lambda: is_counted(kid, session))
    await session.close()


async def test_a_kind_of_session_that_does_not_count_stops_the_time_of_those_who_have_one(
    own_computer: Computer,
) -> None:
    kid, session = kid_at(own_computer, "kid01"), await own_computer.open()
    kid.login()
    await own_computer.until(lambda: has_used(kid, session, 2))

    await session.call(timekpr.set_server_excluded_session_types(["x11", "tty"]))
    await own_computer.let_pass(3)
    stopped = await used(kid, session)
    await own_computer.let_pass(4)

    assert await used(kid, session) == stopped
    await session.call(timekpr.set_server_excluded_session_types(["tty"]))
    await own_computer.until(lambda: has_used(kid, session, stopped + 2))
    await session.close()


async def test_playtime_begins_and_ends_for_programs_that_run_already(own_computer: Computer) -> None:
    kid, session = kid_at(own_computer, "kid02"), await own_computer.open()
    await session.call(timekpr.set_server_playtime_enabled(False))
    await session.call(timekpr.set_playtime_activities(kid.name, [SLEEP]))
    await session.call(timekpr.set_playtime_limits_for_days(kid.name, [3600] * 7))
    await session.call(timekpr.set_playtime_enabled(kid.name, True))
    kid.login()
    own_computer.run_program(kid.name, "sleep")
    await own_computer.until(lambda: is_counted(kid, session))
    assert await running(kid, session) == 0

    await session.call(timekpr.set_server_playtime_enabled(True))
    await own_computer.until(
        lambda: plays(kid, session), 40
    )  # the list of programs is read each half minute at least
    await session.call(timekpr.set_server_playtime_enabled(False))

    await own_computer.until(lambda: plays_not(kid, session))
    await session.close()


def kid_at(computer: Computer, name: str) -> At:
    kid = At(computer, name)
    kid.set_control(LAST_CHECKED=WEDNESDAY)
    return kid


async def told(kid: At, session: ServerSession) -> Mapping[str, object]:
    """What timekprd has in memory of the user; nothing where it has not."""
    reply = await session.call(timekpr.get_user_information(kid.name, "R"))
    assert isinstance(reply.data, dict)
    return {key: value[1] if isinstance(value, tuple) else value for key, value in reply.data.items()}


async def is_counted(kid: At, session: ServerSession) -> bool:
    return bool(await told(kid, session))


async def is_gone(kid: At, session: ServerSession) -> bool:
    return not await told(kid, session)


async def used(kid: At, session: ServerSession) -> int:
    return int(str((await told(kid, session)).get("ACTUAL_TIME_SPENT_DAY", 0)))


async def has_used(kid: At, session: ServerSession, seconds: int) -> bool:
    return await used(kid, session) >= seconds


async def running(kid: At, session: ServerSession) -> int:
    return int(str((await told(kid, session)).get("ACTUAL_ACTIVE_PLAYTIME_ACTIVITY_COUNT", 0)))


async def plays(kid: At, session: ServerSession) -> bool:
    return await running(kid, session) > 0


async def plays_not(kid: At, session: ServerSession) -> bool:
    return await running(kid, session) == 0


async def test_a_mask_matches_what_we_say_it_does(computer: Computer) -> None:
    kid, session = kid_at(computer, "kid03"), await computer.open()
    await session.call(timekpr.set_playtime_limits_for_days(kid.name, [3600] * 7))
    await session.call(timekpr.set_playtime_enabled(kid.name, True))
    kid.login()
    computer.run_program(kid.name, "/usr/bin/sleep")
    for mask, is_found in MASKS:
        assert (by_program(mask, "/usr/bin/sleep") is not None) == is_found, mask
        await session.call(timekpr.set_playtime_activities(kid.name, [Activity(mask)]))
        await computer.until(partial(plays if is_found else plays_not, kid, session), 40)
    kid.logout()
    await session.close()


MASKS = [
    ("sleep", True),
    ("leep", False),
    ("/usr/bin/sleep", True),
    ("SLEEP", False),
    ("sle.*", True),
    ("sl", False),
    ("quake|eep", True),  # the | splits the whole pattern: what ends in eep
    ("(quake|eep)", False),
    ("(quake|sleep)", True),
    ("sleep(", False),  # no pattern, so letter by letter
]


@pytest.mark.rig
async def test_the_command_is_looked_at_only_of_programs_that_start_afterwards(
    rig_folder: Path, rig_computer: RigComputer
) -> None:
    del rig_folder
    rig_computer.set_clock(WEDNESDAY)
    kid, session = kid_at(rig_computer, "kid04"), await rig_computer.open()
    await session.call(timekpr.set_playtime_limits_for_days(kid.name, [3600] * 7))
    await session.call(timekpr.set_playtime_activities(kid.name, [Activity("sleep 60")]))
    await session.call(timekpr.set_playtime_enabled(kid.name, True))
    kid.login()
    rig_computer.run_program(kid.name, "/usr/bin/sleep")
    await rig_computer.until(partial(is_counted, kid, session))
    await rig_computer.let_pass(3)  # it has looked at the program, and not at its command

    await session.call(timekpr.set_server_playtime_enhanced(True))
    await rig_computer.let_pass(4)
    assert await running(kid, session) == 0
    rig_computer.run_program(kid.name, "/usr/bin/sleep")

    await rig_computer.until(partial(plays, kid, session), 40)
    (found,) = await tried(["sleep 60"], ["/usr/bin/sleep 60"])  # type: ignore[misc]
    assert (found.by, found.by_command) == (None, "sleep 60")
    kid.logout()
    await session.close()


def by_program(mask: str, path: str) -> str | None:
    return mask if any(re.search(one, path) for one in patterns(mask)) else None
