"""Changes that cannot be made as they were asked: they end with words that say why, and take nothing along."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.services.house import ADMIN, House, until
from timekpr_mngr.domain.account import Source
from timekpr_mngr.domain.change import Change, ChangeState, Draft, Json
from timekpr_mngr.domain.snapshot import Snapshot
from timekpr_mngr.errors import ChangesWait, NeverRead, UnknownServer, UnknownUser
from timekpr_mngr.simulator.files import CONTROL, USER_CONF
from timekpr_mngr.simulator.line import Reach
from timekpr_mngr.simulator.session import SimulatedSession
from timekpr_mngr.timekpr.interface import Call, Reply

WEEK = 604_800
WEDNESDAY = date(2026, 3, 4)


async def queued(home: House, *drafts: Draft, user: str | None = "alice") -> list[Change]:
    """Puts changes into the store as another version of this program may have left them there."""
    return await home.store.changes.add(
        "kids-pc", user, drafts, request_id="r", account="anna", source=Source.PAGE, now=datetime.now(UTC)
    )


async def go_off(home: House) -> None:
    home.line.switch_off()
    await home.until_away()


def come_back(home: House) -> None:
    home.line.switch_on()
    home.engine.wake("kids-pc")


def leave(home: House, user: str) -> None:
    """The user's account is deleted on the computer, with timekpr's files of it."""
    del home.machine._people[user]
    for path in (USER_CONF.path(user), CONTROL.path(user)):
        del home.machine.files[path]


# -- a user who is gone ---------------------------------------------------------------------------------------------


async def test_what_waits_for_a_user_who_goes_away_is_refused_with_the_name_and_kept(home: House) -> None:
    await go_off(home)
    waiting = [
        *(
            await home.services.limits.change_user(ADMIN, "kids-pc", "bob", {"week_limit_seconds": 7_200})
        ).changes,
        *(await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=900, reason="dishes")).changes,
    ]
    [alice_s] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    ).changes
    leave(home, "bob")
    come_back(home)

    *bob_s, other = await home.settled(*waiting, alice_s)

    assert [change.state for change in bob_s] == [ChangeState.REFUSED] * 2
    assert {change.message for change in bob_s} == {"The computer has no user bob."}
    assert other.state is ChangeState.APPLIED
    assert (bob_s[1].after, bob_s[1].reason) == ({"seconds": 900}, "dishes")  # nothing of it is forgotten
    with pytest.raises(UnknownUser, match="no user bob"):
        await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=900)


async def test_what_was_refused_can_be_asked_again_when_the_user_is_back(home: House) -> None:
    await go_off(home)
    [asked] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "bob", {"week_limit_seconds": 7_200})
    ).changes
    leave(home, "bob")
    come_back(home)
    await home.settled(asked)
    with pytest.raises((UnknownUser, NeverRead), match="bob"):
        await home.services.changes.retry(ADMIN, asked.id)

    home.machine.add_person("bob")
    home.line.cut_now()  # a new user is seen at the next connect
    await until(lambda: "bob" in (snapshot(home).users))
    [again] = await home.settled(*(await home.services.changes.retry(ADMIN, asked.id)).changes)

    assert again.state is ChangeState.APPLIED
    assert "LIMIT_PER_WEEK = 7200" in home.machine.conf("bob")


# -- a server that is gone ------------------------------------------------------------------------------------------


async def test_a_server_that_is_removed_says_first_how_many_changes_go_with_it(home: House) -> None:
    await go_off(home)
    limits, grants = home.services.limits, home.services.grants
    asked = [
        *(await limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": 7_200})).changes,
        *(await grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes,
    ]
    with pytest.raises(ChangesWait, match="2 changes wait"):
        await home.services.fleet.remove(ADMIN, "kids-pc")

    await home.services.fleet.remove(ADMIN, "kids-pc", force=True)

    ended = [await home.services.changes.get(ADMIN, change.id) for change in asked]
    assert [change.state for change in ended] == [ChangeState.CANCELLED] * 2
    assert all("removed before this was sent" in (change.message or "") for change in ended)
    assert [change.after for change in ended] == [7_200, {"seconds": 900}]
    for question in (
        home.services.changes.retry(ADMIN, asked[0].id),
        grants.give(ADMIN, "kids-pc", "alice", seconds=900),
        limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True}),
    ):
        with pytest.raises(UnknownServer, match="kids-pc"):
            await question


async def test_what_was_just_being_sent_to_a_removed_server_is_not_called_cancelled(home: House) -> None:
    home.line.lose_answer("setTimeLimitForWeek")
    home.line.on_cut(lambda: setattr(home.line, "reach", Reach.OFF))
    [asked] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"week_limit_seconds": 7_200})
    ).changes
    await home.until_away()

    await home.services.fleet.remove(ADMIN, "kids-pc", force=True)

    change = await home.services.changes.get(ADMIN, asked.id)
    assert change.state is ChangeState.UNCERTAIN
    assert "whether it arrived is not known" in (change.message or "")


# -- another version of this program --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        pytest.param("screen.brightness", 5, 6, id="a field of a newer version"),
        pytest.param("week_limit_seconds", WEEK, "2 h", id="another shape of value"),
        pytest.param("week_limit_seconds", WEEK, None, id="no value"),
        pytest.param("week_limit_seconds", WEEK, 7_200.5, id="a part of a second"),
        pytest.param("days.6.hours", "whole", ["07:00-20:00"], id="hours as texts"),
        pytest.param("lockout", None, "lock", id="a lockout without its hours"),
        pytest.param(
            "playtime.activities", [], [{"mask": "x%y", "description": ""}], id="what stops timekpr"
        ),
    ],
)
async def test_a_change_of_another_version_is_not_sent_says_why_and_keeps_no_other_from_going(
    home: House, field: str, before: Json, after: Json
) -> None:
    conf = home.machine.conf("alice")
    values = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert values.config is not None
    if field in ("days.6.hours", "lockout"):  # made against what stands there, told in this version's way
        before = {
            "days.6.hours": [{"from": "00:00", "to": "24:00", "unaccounted": False}],
            "lockout": {"type": "terminate", "wake_from": 0, "wake_to": 23},
        }[field]  # type: ignore[assignment]
    odd, known = await queued(home, Draft(field, before, after), Draft("hide_tray_icon", False, True))
    home.engine.wake("kids-pc")

    odd, known = await home.settled(odd, known)

    assert (odd.state, known.state) == (ChangeState.REFUSED, ChangeState.APPLIED)
    assert odd.message
    assert "stumbled" not in odd.message
    assert home.machine.conf("alice") == conf.replace("HIDE_TRAY_ICON = False", "HIDE_TRAY_ICON = True")


@pytest.mark.parametrize("before", [None, "168 h", {"seconds": WEEK}, WEEK + 1])
async def test_a_base_that_this_version_cannot_compare_overwrites_nothing_unseen(
    home: House, before: Json
) -> None:
    [asked] = await queued(home, Draft("week_limit_seconds", before, 7_200))
    home.engine.wake("kids-pc")

    [change] = await home.settled(asked)

    assert change.state is ChangeState.CONFLICT
    assert isinstance(change.note, dict)
    assert change.note["theirs"] == WEEK
    assert (change.before, change.after) == (before, 7_200)
    assert f"LIMIT_PER_WEEK = {WEEK}" in home.machine.conf("alice")


async def test_the_wanted_value_that_stands_there_already_needs_no_base(home: House) -> None:
    [asked] = await queued(home, Draft("week_limit_seconds", "168 h", WEEK))
    home.engine.wake("kids-pc")
    assert [change.state for change in await home.settled(asked)] == [ChangeState.APPLIED]


@pytest.mark.parametrize(
    ("field", "after"),
    [
        ("grant.time", {"minutes": 15}),
        ("grant.time", {"seconds": "900"}),
        ("grant.time", 900),
        ("grant.internet", {"seconds": 900}),
    ],
)
async def test_a_grant_of_another_version_gives_nothing_and_keeps_no_other_from_going(
    home: House, field: str, after: Json
) -> None:
    odd, known = await queued(
        home,
        Draft(field, None, after, day=WEDNESDAY),
        Draft("grant.time", None, {"seconds": 900}, day=WEDNESDAY),
    )
    home.engine.wake("kids-pc")

    odd, known = await home.settled(odd, known)

    assert (odd.state, known.state) == (ChangeState.REFUSED, ChangeState.APPLIED)
    assert odd.message
    assert "TIME_SPENT_BALANCE = -900" in home.machine.control("alice")


async def test_a_grant_under_way_whose_note_cannot_be_read_is_not_sent_again(home: House) -> None:
    await go_off(home)
    [asked] = await queued(home, Draft("grant.time", None, {"seconds": 900}, day=WEDNESDAY))
    await home.store.changes.step(
        asked.id,
        ChangeState.SENDING,
        expected={ChangeState.QUEUED},
        note={"reading": {"version": 9}},
        now=datetime.now(UTC),
    )
    come_back(home)

    [change] = await home.settled(asked)

    assert change.state is ChangeState.UNCERTAIN
    assert change.message
    assert "TIME_SPENT_BALANCE = 0" in home.machine.control("alice")


# -- a value that timekpr refuses -----------------------------------------------------------------------------------


async def test_what_timekpr_refuses_shows_its_own_words_and_can_be_asked_again(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = home.machine.call
    no = 'User\'s "alice" restriction / lockout type is not correct and cannot be set'

    def refuses(call: Call) -> Reply:
        return Reply(-1, no) if call.member == "setLockoutType" else take(call)

    with monkeypatch.context() as stubborn:
        stubborn.setattr(home.machine, "call", refuses)
        body = {"lockout": {"type": "lock"}, "week_limit_seconds": 7_200, "hide_tray_icon": True}
        accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", body)
        settled = {change.field: change for change in await home.settled(*accepted.changes)}
        assert {field: change.state for field, change in settled.items()} == {
            "lockout": ChangeState.REFUSED,
            "week_limit_seconds": ChangeState.APPLIED,
            "hide_tray_icon": ChangeState.APPLIED,
        }
        assert settled["lockout"].message == no
        assert "LOCKOUT_TYPE = terminate" in home.machine.conf("alice")

    [again] = await home.settled(*(await home.services.changes.retry(ADMIN, settled["lockout"].id)).changes)
    assert again.state is ChangeState.APPLIED
    assert "LOCKOUT_TYPE = lock" in home.machine.conf("alice")


# -- a clock that is wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shows", "day"),
    [
        pytest.param("2026-03-05T00:30:00", date(2026, 3, 5), id="an hour ahead"),
        pytest.param("2026-03-04T23:30:00", date(2026, 3, 4), id="right"),
        pytest.param("2026-03-04T22:30:00", date(2026, 3, 4), id="an hour behind"),
    ],
)
async def test_a_grant_is_for_the_day_that_the_servers_own_clock_shows(
    home: House, shows: str, day: date
) -> None:
    home.machine.set_clock(shows)
    await home.read()

    [change] = await home.settled(
        *(await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    )

    assert (change.day, change.state) == (day, ChangeState.APPLIED)
    assert "TIME_SPENT_BALANCE = -900" in home.machine.control("alice")


async def test_a_clock_put_forward_over_midnight_lets_a_waiting_grant_expire_in_words(home: House) -> None:
    home.machine.set_clock("2026-03-04T23:30:00")
    await home.read()
    await go_off(home)
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    [edit] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    ).changes
    home.machine.set_clock("2026-03-05T00:30:00")
    come_back(home)

    grant, edit = await home.settled(grant, edit)

    assert grant.state is ChangeState.EXPIRED
    assert "Wednesday, 4 March" in (grant.message or "")
    assert edit.state is ChangeState.APPLIED
    assert "TIME_SPENT_BALANCE = 0" in home.machine.control("alice")


async def test_a_clock_put_back_over_midnight_lets_a_grant_wait_for_its_day(home: House) -> None:
    home.machine.set_clock("2026-03-05T00:30:00")
    await home.read()
    await go_off(home)
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    home.machine.set_clock("2026-03-04T23:30:00")
    come_back(home)
    await until(lambda: home.engine.waits_for(grant) == "waits for the day for which it was given")
    [edit] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    ).changes
    assert [change.state for change in await home.settled(edit)] == [ChangeState.APPLIED]

    home.machine.set_clock("2026-03-05T00:30:00")
    home.engine.wake("kids-pc")

    [change] = await home.settled(grant)
    assert change.state is ChangeState.APPLIED
    assert "TIME_SPENT_BALANCE = -900" in home.machine.control("alice")


async def test_without_a_clock_grants_wait_in_words_and_limits_go(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await go_off(home)
    [grant] = (await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)).changes
    [edit] = (
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    ).changes
    read = SimulatedSession.read

    async def without_clock(self: SimulatedSession) -> Snapshot:
        return replace(await read(self), server_time=None)

    with monkeypatch.context() as clockless:
        clockless.setattr(SimulatedSession, "read", without_clock)
        come_back(home)
        assert [change.state for change in await home.settled(edit)] == [ChangeState.APPLIED]
        await until(lambda: home.engine.waits_for(grant) == "waits until the computer tells its clock")
        with pytest.raises(NeverRead, match=r"clock of kids-pc .* Nothing was changed"):
            await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    home.engine.wake("kids-pc")

    [change] = await home.settled(grant)
    assert change.state is ChangeState.APPLIED
    assert "TIME_SPENT_BALANCE = -900" in home.machine.control("alice")


def snapshot(home: House) -> Snapshot:
    found = home.engine.snapshot("kids-pc")
    assert found is not None
    return found
