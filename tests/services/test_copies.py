"""One user's limits are copied to others: what would change is shown first, and then just that is queued."""

from typing import Any

import pytest

from tests.services.house import ADMIN, VIEWER, WEDNESDAY, House
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.domain.field import USER_FIELDS, user_values
from timekpr_mngr.errors import Forbidden, Invalid, NeverRead, UnknownServer, UnknownUser
from timekpr_mngr.simulator.files import USER_CONF
from timekpr_mngr.simulator.machine import Machine

HOUR = 3600
LAPTOP = "laptop.home"
ALICE, BOB, LAPTOP_ALICE = ("kids-pc", "alice"), ("kids-pc", "bob"), ("laptop", "alice")
LIMITS: dict[str, Any] = {
    "days": [
        {"day": 6, "limit_seconds": 3 * HOUR, "hours": [{"from": "09:00", "to": "20:30"}]},
        {"day": 7, "limit_seconds": 0, "hours": []},
    ],
    "week_limit_seconds": 12 * HOUR,
    "lockout": {"type": "lock"},
    "playtime": {
        "enabled": True,
        "days": [{"day": 6, "limit_seconds": HOUR}],
        "activities": [{"mask": "minetest", "description": "Blocks"}],
    },
}
FIELDS = [
    "days.6.limit_seconds",
    "days.6.hours",
    "playtime.days.6.limit_seconds",
    "days.7.limit_seconds",
    "days.7.hours",
    "week_limit_seconds",
    "lockout",
    "playtime.enabled",
    "playtime.activities",
]


@pytest.fixture
async def two(home: House) -> House:
    """A house with a laptop beside kids-pc, and limits for alice on kids-pc."""
    laptop = Machine(LAPTOP, ["alice"], time_zone="Europe/Berlin")
    laptop.set_clock(WEDNESDAY)
    home.connector.add(laptop)
    await home.add_server("laptop", LAPTOP)
    accepted = await home.services.limits.change_user(ADMIN, *ALICE, LIMITS)
    await home.settled(*accepted.changes)
    return home


async def config(home: House, server: str, user: str) -> Any:
    return (await home.services.limits.user(VIEWER, server, user)).config


async def test_all_that_differs_is_shown_in_words_and_then_set_for_each(two: House) -> None:
    previews = await two.services.copies.preview(VIEWER, ALICE, [BOB, LAPTOP_ALICE])
    assert [(one.server, one.user, one.problem) for one in previews] == [(*BOB, None), (*LAPTOP_ALICE, None)]
    assert [[one.field for one in preview.differences] for preview in previews] == [FIELDS, FIELDS]
    [limit] = [one for one in previews[0].differences if one.field == "week_limit_seconds"]
    assert (limit.what, limit.before_words, limit.after_words) == ("Limit for a week", "no limit", "12 h")
    assert (await two.services.changes.list(VIEWER, state="queued")).items == ()

    accepted = await two.services.copies.copy(ADMIN, ALICE, [BOB, LAPTOP_ALICE])
    assert {change.request_id for change in accepted.changes} == {accepted.request_id}
    queued = [(change.server, change.user, change.field) for change in accepted.changes]
    assert queued == [(*user, field) for user in (BOB, LAPTOP_ALICE) for field in FIELDS]
    assert {change.reason for change in accepted.changes} == {"Copied from kids-pc/alice"}
    settled = await two.settled(*accepted.changes)
    assert {change.state for change in settled} == {ChangeState.APPLIED}
    assert await config(two, *BOB) == await config(two, *LAPTOP_ALICE) == await config(two, *ALICE)
    assert any("lockout" in line and line.endswith("laptop/alice") for line in await two.audit())


async def test_who_has_the_same_already_gets_nothing(two: House) -> None:
    first = await two.services.copies.copy(ADMIN, ALICE, [BOB])
    await two.settled(*first.changes)
    [preview] = await two.services.copies.preview(ADMIN, ALICE, [BOB])
    assert preview.differences == ()
    again = await two.services.copies.copy(ADMIN, ALICE, [BOB])
    assert again.changes == ()


@pytest.mark.parametrize(
    ("fields", "copied"),
    [
        (["days.6.hours"], ["days.6.hours"]),
        (["days.7"], ["days.7.limit_seconds", "days.7.hours"]),
        (["days"], [name for name in FIELDS if name.startswith("days.")]),
        (["playtime", "lockout"], ["playtime.days.6.limit_seconds", "lockout", *FIELDS[-2:]]),
        (["lockout", "lockout"], ["lockout"]),
        (["track_inactive"], []),
    ],
)
async def test_only_what_was_chosen_is_copied(two: House, fields: list[str], copied: list[str]) -> None:
    [preview] = await two.services.copies.preview(ADMIN, ALICE, [BOB], fields)
    assert [one.field for one in preview.differences] == copied
    accepted = await two.services.copies.copy(ADMIN, ALICE, [BOB], fields)
    assert [change.field for change in accepted.changes] == copied


async def test_what_waits_is_copied_as_if_it_had_arrived_and_what_waits_already_is_not_queued_again(
    two: House,
) -> None:
    for host in (two.line, two.connector.line(LAPTOP)):
        host.switch_off()
    await two.services.limits.change_user(ADMIN, *ALICE, {"week_limit_seconds": 10 * HOUR})
    await two.services.limits.change_user(ADMIN, *BOB, {"week_limit_seconds": 10 * HOUR})
    await two.services.limits.change_user(ADMIN, *LAPTOP_ALICE, {"week_limit_seconds": 11 * HOUR})
    await two.services.grants.give(ADMIN, *LAPTOP_ALICE, seconds=900)

    bob, laptop = await two.services.copies.preview(ADMIN, ALICE, [BOB, LAPTOP_ALICE], ["week_limit_seconds"])
    assert bob.differences == ()
    [difference] = laptop.differences
    assert (difference.before, difference.after) == (11 * HOUR, 10 * HOUR)

    accepted = await two.services.copies.copy(ADMIN, ALICE, [BOB, LAPTOP_ALICE], ["week_limit_seconds"])
    assert [change.after for change in accepted.changes] == [10 * HOUR]
    two.connector.line(LAPTOP).switch_on()
    two.engine.wake("laptop")
    await two.settled(*accepted.changes)
    assert (await config(two, *LAPTOP_ALICE)).week_limit_seconds == 10 * HOUR


async def test_what_holds_for_a_day_only_is_not_copied(two: House) -> None:
    await two.services.limits.change_user(ADMIN, *ALICE, {"week_limit_seconds": HOUR})
    opened = await two.services.grants.give(ADMIN, *ALICE, seconds=2 * HOUR, open_up=True)
    assert [change.field for change in opened.changes] == ["week_limit_seconds", "grant.time"]
    fields = ["week_limit_seconds"]
    for _ in ("while it waits or is on its way", "when it is there"):
        [preview] = await two.services.copies.preview(ADMIN, ALICE, [LAPTOP_ALICE], fields)
        assert [one.after for one in preview.differences] == [HOUR]
        await two.settled(*opened.changes)
    assert (await config(two, *ALICE)).week_limit_seconds > HOUR


async def test_what_waits_to_hold_for_a_day_does_not_keep_the_same_from_being_set_for_good(
    two: House,
) -> None:
    two.line.switch_off()
    await two.services.limits.change_user(ADMIN, *ALICE, {"week_limit_seconds": HOUR})
    opened = await two.services.grants.give(ADMIN, *ALICE, seconds=2 * HOUR, open_up=True)
    raised = opened.changes[0].after
    edited = await two.services.limits.change_user(ADMIN, *ALICE, {"week_limit_seconds": raised})
    assert [(change.after, change.until) for change in edited.changes] == [(raised, None)]


async def test_what_another_holds_for_a_day_only_stays_once_it_was_copied_to_her(two: House) -> None:
    await two.settled(
        *(await two.services.limits.change_user(ADMIN, *LAPTOP_ALICE, {"week_limit_seconds": HOUR})).changes
    )
    opened = await two.services.grants.give(ADMIN, *LAPTOP_ALICE, seconds=2 * HOUR, open_up=True)
    await two.settled(*opened.changes)
    raised = (await config(two, *LAPTOP_ALICE)).week_limit_seconds
    assert raised > HOUR
    await two.settled(
        *(await two.services.limits.change_user(ADMIN, *ALICE, {"week_limit_seconds": raised})).changes
    )
    fields = ["week_limit_seconds"]
    [preview] = await two.services.copies.preview(ADMIN, ALICE, [LAPTOP_ALICE], fields)
    assert [(one.before, one.after) for one in preview.differences] == [(HOUR, raised)]
    accepted = await two.services.copies.copy(ADMIN, ALICE, [LAPTOP_ALICE], fields)
    await two.settled(*accepted.changes)
    assert await two.store.changes.for_a_day("laptop") == []


async def test_what_is_in_the_way_of_one_is_told_and_nothing_is_queued_for_anybody(two: House) -> None:
    two.machine.files[USER_CONF.path("bob")] = "[bob"
    await two.read()
    to = [LAPTOP_ALICE, BOB, ("laptop", "mallory"), ("attic", "alice")]
    previews = await two.services.copies.preview(ADMIN, ALICE, to)
    assert [preview.problem is None for preview in previews] == [True, False, False, False]
    assert [len(preview.differences) for preview in previews] == [len(FIELDS), 0, 0, 0]
    assert "mallory" in (previews[2].problem or "")
    for wrong, error in zip(to[1:], (NeverRead, UnknownUser, UnknownServer), strict=True):
        with pytest.raises(error):
            await two.services.copies.copy(ADMIN, ALICE, [LAPTOP_ALICE, wrong])
    assert (await two.services.changes.list(VIEWER, server="laptop")).items == ()


async def test_what_we_would_never_send_is_not_copied(two: House) -> None:
    two.machine.set_values(USER_CONF, "alice", LOCKOUT_TYPE="explode;0;23")
    await two.read()
    [preview] = await two.services.copies.preview(ADMIN, ALICE, [BOB])
    assert (preview.problem or "").startswith("When time is up cannot be copied: ")
    with pytest.raises(Invalid):
        await two.services.copies.copy(ADMIN, ALICE, [BOB])
    rest = await two.services.copies.copy(ADMIN, ALICE, [BOB], ["days", "playtime"])
    assert rest.changes


@pytest.mark.parametrize(
    ("to", "fields", "place"),
    [
        ([], "all", "to"),
        ([BOB, ALICE], "all", "to"),
        ([BOB], [], "fields"),
        ([BOB], "days", "fields"),
        ([BOB], None, "fields"),
        ([BOB], ["days", "day"], "fields[1]"),
        ([BOB], ["grant.time"], "fields[0]"),
        ([BOB], [""], "fields[0]"),
        ([BOB], [["days"]], "fields[0]"),
        ([BOB], [{}], "fields[0]"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_place(
    two: House, to: list[tuple[str, str]], fields: object, place: str
) -> None:
    for deed in (two.services.copies.preview, two.services.copies.copy):
        with pytest.raises(Invalid) as problem:
            await deed(ADMIN, ALICE, to, fields)
        assert problem.value.field == place


async def test_who_is_not_known_has_nothing_to_copy(two: House) -> None:
    with pytest.raises(UnknownUser):
        await two.services.copies.preview(ADMIN, ("kids-pc", "mallory"), [BOB])
    with pytest.raises(UnknownServer):
        await two.services.copies.preview(ADMIN, ("attic", "alice"), [BOB])


async def test_who_may_only_look_sees_the_differences_and_copies_nothing(two: House) -> None:
    [preview] = await two.services.copies.preview(VIEWER, ALICE, [BOB])
    assert len(preview.differences) == len(FIELDS)
    with pytest.raises(Forbidden):
        await two.services.copies.copy(VIEWER, ALICE, [BOB])
    assert user_values(await config(two, *BOB)).keys() == USER_FIELDS.keys()


async def test_who_is_on_a_computer_that_is_off_gets_it_later_and_that_is_said_before(two: House) -> None:
    two.connector.line(LAPTOP).switch_off()
    await two.until_away("laptop")
    bob, alice = await two.services.copies.preview(VIEWER, ALICE, [BOB, LAPTOP_ALICE])
    assert bob.waits_for is None
    assert alice.waits_for == "laptop cannot be reached now; it waits, and is sent when laptop is back."
    waiting = await two.services.copies.copy(ADMIN, ALICE, [BOB, LAPTOP_ALICE])
    (again,) = await two.services.copies.preview(VIEWER, ALICE, [LAPTOP_ALICE])
    assert (again.differences, again.waits_for) == ((), None)

    two.connector.line(LAPTOP).switch_on()

    assert {change.state for change in await two.settled(*waiting.changes)} == {ChangeState.APPLIED}
