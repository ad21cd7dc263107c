"""After a refusal each setting of a press is sent alone: from what stands there now, not from what stood before."""

from collections.abc import Mapping

import pytest

from tests.contract.computers import At
from tests.contract.delivering import SERVER, Delivering
from timekpr_mngr.domain.change import ChangeState, Draft
from timekpr_mngr.link.session import ServerSession
from timekpr_mngr.timekpr import interface as timekpr

MONTH = 31 * 86_400
TWO_HOURS = 7_200
PRESSED = (
    Draft("days.5.limit_seconds", TWO_HOURS, 1_800),
    Draft("days.4.limit_seconds", TWO_HOURS, 5_400),
    Draft("month_limit_seconds", MONTH, 1_000_000),
)


@pytest.fixture
async def limited(kid: At, delivering: Delivering) -> At:
    """A child with two hours a day, whose next month's limit timekpr refuses once: its file is away for that call."""
    kid.set_conf(LIMITS_PER_WEEKDAYS=";".join([str(TWO_HOURS)] * 7))
    await delivering.look()
    files: dict[str, str] = {}
    delivering.before("setTimeLimitForMonth", lambda: files.update(taken_away(kid)))
    delivering.after("setTimeLimitForMonth", lambda: put_back(kid, files))
    return kid


async def test_days_of_one_press_do_not_take_each_other_s_place(limited: At, delivering: Delivering) -> None:
    changes = await delivering.drafted(limited, *PRESSED)
    assert [(change.state, change.message) for change in changes] == [(ChangeState.APPLIED, None)] * 3
    assert limits(limited) == [TWO_HOURS, TWO_HOURS, TWO_HOURS, 5_400, 1_800, TWO_HOURS, TWO_HOURS]
    await delivering.look()
    assert await delivering.store.drift.list(server=SERVER, user=limited.name) == []


async def test_what_a_stranger_sets_between_them_stays_and_a_day_of_ours_among_it_is_asked_about(
    limited: At, delivering: Delivering, session: ServerSession
) -> None:
    async def strange() -> None:
        theirs = [TWO_HOURS, TWO_HOURS, TWO_HOURS, 60, 1_800, 120, TWO_HOURS]
        assert (await session.call(timekpr.set_time_limits_for_days(limited.name, theirs))).ok

    delivering.after("setTimeLimitForDays", strange)
    changes = await delivering.drafted(limited, *PRESSED)
    assert [change.state for change in changes] == [
        ChangeState.APPLIED,
        ChangeState.CONFLICT,
        ChangeState.APPLIED,
    ]
    assert limits(limited) == [TWO_HOURS, TWO_HOURS, TWO_HOURS, 60, 1_800, 120, TWO_HOURS]
    await delivering.look()
    found = await delivering.store.drift.list(server=SERVER, user=limited.name)
    assert {(one.field, one.after) for one in found} == {
        ("days.4.limit_seconds", 60),
        ("days.6.limit_seconds", 120),
    }


async def test_where_nothing_can_be_read_between_them_the_others_are_not_sent(
    limited: At, delivering: Delivering
) -> None:
    delivering.after("setTimeLimitForDays", lambda: taken_away(limited))
    changes = await delivering.drafted(limited, *PRESSED)
    assert [change.state for change in changes] == [
        ChangeState.UNCERTAIN,
        ChangeState.REFUSED,
        ChangeState.REFUSED,
    ]
    assert changes[0].message == "timekpr took it, but it could not be read back."
    assert "timekpr has no settings" in (changes[1].message or "")


def taken_away(kid: At) -> dict[str, str]:
    """Takes the child's file and its copy away; gives what stood in them."""
    files: dict[str, str] = {}
    for path in (kid.conf_path, f"{kid.conf_path}.prev"):
        if (text := kid.computer.text(path)) is not None:
            files[path] = text
            kid.computer.remove(path)
    return files


def put_back(kid: At, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        kid.computer.write(path, text)


def limits(kid: At) -> list[int]:
    return [int(limit) for limit in kid.conf["LIMITS_PER_WEEKDAYS"].split(";")]
