"""What is known of a user, and how limits are changed."""

from typing import Any

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.change import ChangeState
from timekpr_mngr.errors import Forbidden, Invalid, NeverRead, UnknownServer, UnknownUser
from timekpr_mngr.simulator.files import CONTROL

HOUR = 3600


async def test_an_edit_is_queued_and_then_applied_on_the_server(home: House) -> None:
    accepted = await home.services.limits.change_user(
        ADMIN, "kids-pc", "alice", {"week_limit_seconds": 16 * HOUR}
    )

    assert [(change.field, change.after, change.account) for change in accepted.changes] == [
        ("week_limit_seconds", 16 * HOUR, "anna")
    ]
    [change] = await home.settled(*accepted.changes)
    assert change.state is ChangeState.APPLIED
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.config is not None
    assert view.config.week_limit_seconds == 16 * HOUR


async def test_only_fields_that_differ_become_changes(home: House) -> None:
    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")
    assert view.config is not None

    accepted = await home.services.limits.change_user(
        ADMIN,
        "kids-pc",
        "alice",
        {
            "week_limit_seconds": view.config.week_limit_seconds,
            "days": [
                {"day": 6, "limit_seconds": 3 * HOUR, "hours": [{"from": "00:00", "to": "24:00"}]},
                {"day": 7, "limit_seconds": 86_400},
            ],
        },
    )

    assert [change.field for change in accepted.changes] == ["days.6.limit_seconds"]


async def test_nothing_is_queued_where_nothing_differs(home: House) -> None:
    accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": False})

    assert accepted.changes == ()
    assert (await home.services.changes.list(ADMIN)).items == ()


async def test_what_waits_already_is_not_queued_again(home: House) -> None:
    home.line.switch_off()
    first = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"hide_tray_icon": True})

    again = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"hide_tray_icon": True})

    assert len(first.changes) == 1
    assert again.changes == ()


async def test_what_waits_can_be_set_back_to_what_the_server_has(home: House) -> None:
    home.line.switch_off()
    first = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"hide_tray_icon": True})

    back = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"hide_tray_icon": False})

    assert [change.after for change in back.changes] == [False]
    assert (await home.services.changes.get(ADMIN, first.changes[0].id)).state is ChangeState.SUPERSEDED


async def test_a_part_of_the_lockout_keeps_its_other_parts(home: House) -> None:
    await home.settled(
        *(
            await home.services.limits.change_user(
                ADMIN,
                "kids-pc",
                "alice",
                {"lockout": {"type": "suspendwake", "wake_from": 7, "wake_to": 20}},
            )
        ).changes
    )

    accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"lockout": {"wake_to": 21}})

    assert [change.after for change in accepted.changes] == [
        {"type": "suspendwake", "wake_from": 7, "wake_to": 21}
    ]


async def test_every_setting_of_a_user_can_be_changed_at_once_and_is_read_back(home: House) -> None:
    wanted: dict[str, Any] = {
        "days": [
            {
                "day": day,
                "limit_seconds": day * HOUR,
                "hours": [{"from": "07:00", "to": "20:30", "unaccounted": False}],
            }
            for day in range(1, 7)
        ]
        + [{"day": 7, "limit_seconds": 0, "hours": []}],
        "week_limit_seconds": 20 * HOUR,
        "month_limit_seconds": 60 * HOUR,
        "track_inactive": True,
        "hide_tray_icon": True,
        "lockout": {"type": "lock", "wake_from": 0, "wake_to": 23},
        "playtime": {
            "enabled": True,
            "override": True,
            "unaccounted_intervals": True,
            "days": [{"day": day, "limit_seconds": 600 * day} for day in range(1, 8)],
            "activities": [{"mask": "minetest", "description": "Minetest"}],
        },
    }

    accepted = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", wanted)

    assert {change.state for change in await home.settled(*accepted.changes)} == {ChangeState.APPLIED}
    again = await home.services.limits.change_user(ADMIN, "kids-pc", "alice", wanted)
    assert again.changes == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param([], "", id="not an object"),
        pytest.param({"nonsense": 1}, "nonsense", id="unknown name"),
        pytest.param({"week_limit_seconds": -1}, "week_limit_seconds", id="below 0"),
        pytest.param({"week_limit_seconds": True}, "week_limit_seconds", id="a truth is no number"),
        pytest.param({"week_limit_seconds": None}, "week_limit_seconds", id="null"),
        pytest.param({"track_inactive": 1}, "track_inactive", id="a number is no truth"),
        pytest.param({"days": {}}, "days", id="days are a list"),
        pytest.param({"days": [{"limit_seconds": 1}]}, "days[0].day", id="which day"),
        pytest.param({"days": [{"day": 8}]}, "days[0].day", id="an eighth day"),
        pytest.param({"days": [{"day": 1}, {"day": 1}]}, "days[1].day", id="a day twice"),
        pytest.param({"days": [{"day": 1, "x": 1}]}, "days[0].x", id="unknown in a day"),
        pytest.param({"days": [{"day": 1, "limit_seconds": 86_401}]}, "days[0].limit_seconds", id="25 hours"),
        pytest.param(
            {"days": [{"day": 2}, {"day": 6, "hours": [{"from": "09:00", "to": "25:00"}]}]},
            "days[1].hours[0].to",
            id="no such time",
        ),
        pytest.param(
            {
                "days": [
                    {"day": 1, "hours": [{"from": "09:00", "to": "09:20"}, {"from": "09:40", "to": "10:00"}]}
                ]
            },
            "days[0].hours[1].from",
            id="two intervals in one clock hour",
        ),
        pytest.param({"lockout": {"type": "explode"}}, "lockout.type", id="unknown lockout"),
        pytest.param({"lockout": {"wake_from": 24}}, "lockout.wake_from", id="wake hour"),
        pytest.param({"lockout": "lock"}, "lockout", id="lockout is an object"),
        pytest.param({"playtime": {"x": 1}}, "playtime.x", id="unknown in PlayTime"),
        pytest.param(
            {"playtime": {"days": [{"day": 1, "hours": []}]}}, "playtime.days[0].hours", id="PlayTime hours"
        ),
        pytest.param(
            {"playtime": {"activities": [{"mask": "ok"}, {"mask": "50%"}]}},
            "playtime.activities[1].mask",
            id="a percent sign stops timekpr",
        ),
    ],
)
async def test_a_value_that_cannot_be_used_is_refused_with_its_place(
    home: House, body: object, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.limits.change_user(ADMIN, "kids-pc", "alice", body)

    assert refusal.value.field == field
    assert (await home.services.changes.list(ADMIN)).items == ()


async def test_one_bad_value_keeps_the_good_ones_from_being_queued(home: House) -> None:
    with pytest.raises(Invalid):
        await home.services.limits.change_user(
            ADMIN, "kids-pc", "alice", {"track_inactive": True, "week_limit_seconds": "much"}
        )

    assert (await home.services.changes.list(ADMIN)).items == ()


async def test_a_viewer_sees_and_changes_nothing(home: House) -> None:
    assert (await home.services.limits.user(VIEWER, "kids-pc", "alice")).name == "alice"

    with pytest.raises(Forbidden):
        await home.services.limits.change_user(VIEWER, "kids-pc", "alice", {"track_inactive": True})
    with pytest.raises(Forbidden):
        await home.services.limits.change_server(VIEWER, "kids-pc", {"poll_seconds": 5})


async def test_who_changed_what_is_written_down(home: House) -> None:
    await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})

    assert (await home.audit())[-1] == "anna (page) track_inactive: False → True: kids-pc/alice"


async def test_unknown_names_are_said_to_be_unknown(home: House) -> None:
    with pytest.raises(UnknownServer):
        await home.services.limits.user(ADMIN, "nowhere", "alice")
    with pytest.raises(UnknownUser):
        await home.services.limits.user(ADMIN, "kids-pc", "nobody")
    with pytest.raises(UnknownUser):
        await home.services.limits.change_user(ADMIN, "kids-pc", "nobody", {"track_inactive": True})


async def test_a_server_that_was_never_read_takes_no_changes(empty_home: House) -> None:
    empty_home.line.switch_off()
    await empty_home.add_server(read=False)

    with pytest.raises(NeverRead):
        await empty_home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    with pytest.raises(NeverRead):
        await empty_home.services.limits.change_server(ADMIN, "kids-pc", {"poll_seconds": 5})


async def test_a_servers_own_settings_are_changed_too(home: House) -> None:
    accepted = await home.services.limits.change_server(
        ADMIN, "kids-pc", {"poll_seconds": 5, "excluded_users": ["gdm"], "playtime_enabled": True}
    )

    assert {change.state for change in await home.settled(*accepted.changes)} == {ChangeState.APPLIED}
    assert all(change.user is None for change in accepted.changes)
    view = await home.services.limits.server_config(ADMIN, "kids-pc")
    assert view.config is not None
    assert (view.config.poll_seconds, view.config.excluded_users) == (5, ("gdm",))


@pytest.mark.parametrize("name", ["config_directory", "nonsense"])
async def test_what_cannot_be_set_on_a_server_is_refused(home: House, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.limits.change_server(ADMIN, "kids-pc", {name: "/tmp"})
    assert refusal.value.field == name


async def test_a_logged_in_user_is_shown_as_timekpr_says(home: House) -> None:
    home.machine.login("alice")
    home.machine.advance(60)
    await home.read()

    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")

    assert (view.logged_in, view.counted, view.locked) == (True, True, False)
    assert view.time_left is not None
    assert view.time_left.source == "live"
    assert view.usage is not None
    assert 50 <= view.usage.spent_day_seconds <= 60


async def test_somebody_who_is_away_is_worked_out_from_the_files(home: House) -> None:
    home.machine.set_values(CONTROL, "bob", TIME_SPENT_DAY=600, LAST_CHECKED="2026-03-04 15:30:00")
    await home.read()

    view = await home.services.limits.user(ADMIN, "kids-pc", "bob")

    assert (view.logged_in, view.counted) == (False, False)
    assert view.usage is not None
    assert view.usage.spent_day_seconds == 600
    assert view.time_left is not None
    assert view.time_left.source == "computed"


async def test_yesterdays_use_does_not_count_today_on_the_servers_own_calendar(home: House) -> None:
    home.machine.set_values(
        CONTROL, "bob", TIME_SPENT_DAY=600, TIME_SPENT_WEEK=900, LAST_CHECKED="2026-03-04 15:30:00"
    )
    await home.read()

    home.clock.pass_(hours=8, minutes=30)  # 00:30 in Berlin, 23:30 in UTC

    view = await home.services.limits.user(ADMIN, "kids-pc", "bob")
    assert view.today is not None
    assert view.today.isoformat() == "2026-03-05"
    assert view.usage is not None
    assert (view.usage.spent_day_seconds, view.usage.spent_week_seconds) == (0, 900)


async def test_nobody_knows_who_is_logged_in_on_a_computer_that_is_off(home: House) -> None:
    home.machine.login("alice")
    home.machine.advance(60)
    await home.read()
    home.line.switch_off()
    await home.until_away()

    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")

    assert (view.logged_in, view.counted, view.locked) == (None, None, None)
    assert view.time_left is not None
    assert view.time_left.source == "computed"
    assert view.usage is not None
    assert view.usage.spent_day_seconds >= 50


async def test_what_waits_for_a_user_is_shown_with_the_reason(home: House) -> None:
    home.line.switch_off()
    await home.services.limits.change_user(ADMIN, "kids-pc", "alice", {"track_inactive": True})
    await home.until_away()

    view = await home.services.limits.user(ADMIN, "kids-pc", "alice")

    assert [(change.field, change.waits_for) for change in view.pending] == [
        ("track_inactive", "kids-pc is not reachable")
    ]
