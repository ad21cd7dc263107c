"""Who did what, and every configuration that was seen."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.change import Change, ChangeState, Json
from timekpr_mngr.errors import Forbidden, Invalid, UnknownServer, UnknownUser, UnknownVersion
from timekpr_mngr.services.views import Accepted, HistoryEntry, VersionView
from timekpr_mngr.store import Foreign, Sighting, Unsaved

HOUR = 3_600
SATURDAY = {"days": [{"day": 6, "limit_seconds": 3 * HOUR}]}
AT = datetime(2026, 3, 4, 13, 10, tzinfo=UTC)


async def done(home: House, accepted: Accepted) -> list[Change]:
    """What was asked for, when it has ended."""
    return await home.settled(*accepted.changes)


async def set_saturday(home: House, body: object = SATURDAY) -> Change:
    """A change of Saturday's limit that is on the computer."""
    [change] = await done(home, await home.services.limits.change_user(ADMIN, "kids-pc", "alice", body))
    assert change.state is ChangeState.APPLIED
    return change


async def saw_drift(home: House, user: str | None, *foreign: Foreign) -> None:
    """Somebody changed something on the computer itself."""
    await home.store.sightings.add("kids-pc", Unsaved([Sighting(user, home.clock(), foreign=foreign)]))


async def saw(home: House, user: str | None = "alice", **values: Json) -> int:
    """A version of the settings as they are now but for these, where a point is written __; gives its number."""
    now = await home.services.limits.values("kids-pc", user)
    seen: Mapping[str, Json] = {
        **now,
        **{name.replace("__", "."): value for name, value in values.items()},
    }
    await home.store.sightings.add("kids-pc", Unsaved([Sighting(user, AT, seen)]))
    return (await home.store.history.list("kids-pc", user))[0].id


async def history(home: House, user: str | None = "alice") -> list[HistoryEntry]:
    """The newest of it."""
    return list((await home.services.history.entries(ADMIN, "kids-pc", user)).items)


async def versions(home: House, user: str | None = "alice") -> list[VersionView]:
    """The newest of them."""
    return list((await home.services.history.versions(VIEWER, "kids-pc", user)).items)


# -- history ----------------------------------------------------------------------------------------------------


async def test_it_says_who_did_what_when_from_where_and_what_it_was(home: House) -> None:
    change = await set_saturday(home)

    [entry] = await history(home)

    assert (entry.at, entry.who, entry.source) == (change.created_at, "anna", Source.PAGE)
    assert (entry.what, entry.before, entry.after) == ("Saturday: limit", "no limit", "3 h")
    assert entry.sentence == "Saturday: limit: no limit → 3 h"
    assert entry.state == "arrived"
    assert (entry.change, entry.drift) == (change, None)
    assert (entry.can_undo, entry.why_not) == (True, None)


async def test_what_was_undone_says_so_once_that_has_arrived(home: House) -> None:
    change = await set_saturday(home)
    home.line.switch_off()
    [undo] = (await home.services.changes.undo(ADMIN, change.id)).changes
    before = [entry.state for entry in await history(home)]
    home.line.switch_on()
    [undone] = await home.settled(undo)

    assert undone.state is ChangeState.APPLIED
    assert [entry.state for entry in await history(home)] == ["arrived", "undone"]
    assert before[1] == "arrived"


async def test_what_somebody_did_on_the_computer_stands_between_what_was_asked_for_here(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    await saw_drift(home, "alice", Foreign("days.6.limit_seconds", 2 * HOUR, 24 * HOUR))
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=-300)

    entries = await history(home)

    assert [(entry.who, entry.source.value, entry.sentence) for entry in entries] == [
        ("anna", "page", "Time today: −5 min"),
        (None, "server", "Saturday: limit: 2 h → no limit"),
        ("anna", "page", "Time today: +15 min"),
    ]
    assert [entry.state for entry in entries] == ["waits", "waits for an answer", "waits"]
    assert entries[1].change is None
    assert entries[1].drift is not None
    assert (entries[1].can_undo, entries[1].why_not) == (False, None)
    assert entries[0].before is None
    assert entries[0].why_not == "It still waits: cancel it instead."


async def test_it_goes_on_where_a_page_ended_with_nothing_lost_or_twice(home: House) -> None:
    home.line.switch_off()
    for seconds in (60, 120, 180, 240):
        await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=seconds)
        await saw_drift(home, "alice", Foreign("grant.time", None, {"seconds": seconds + 1}))
    whole = [entry.sentence for entry in await history(home)]

    for limit in (1, 2, 3, 5, 7, 8):
        found: list[str] = []
        cursor = None
        while True:
            page = await home.services.history.entries(ADMIN, "kids-pc", "alice", cursor=cursor, limit=limit)
            assert 0 < len(page.items) <= limit
            found += [entry.sentence for entry in page.items]
            if (cursor := page.next) is None:
                break
        assert found == whole
    assert len(whole) == 8


async def test_each_has_its_own(home: House) -> None:
    home.line.switch_off()
    await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=60)
    await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=120)
    await home.services.limits.change_server(ADMIN, "kids-pc", {"poll_seconds": 7})
    await saw_drift(home, None, Foreign("save_seconds", 30, 60))

    assert [entry.sentence for entry in await history(home, "bob")] == ["Time today: +2 min"]
    assert [entry.sentence for entry in await history(home, None)] == [
        "Saves every: 30 s → 1 min",
        "Looks every: 3 s → 7 s",
    ]


async def test_a_computer_that_was_removed_leaves_no_history_to_one_of_its_name(home: House) -> None:
    await set_saturday(home)
    await saw_drift(home, "alice", Foreign("hide_tray_icon", False, True))
    await home.services.fleet.remove(ADMIN, "kids-pc")
    await home.add_server()

    assert await history(home) == []
    assert [version.is_first for version in await versions(home)] == [True]


async def test_what_was_taken_back_is_not_offered_again(home: House) -> None:
    change = await set_saturday(home)
    await done(home, await home.services.changes.undo(ADMIN, change.id))

    back, first = await history(home)

    assert back.sentence == "Saturday: limit: 3 h → no limit"
    assert (back.can_undo, first.can_undo) == (True, False)
    assert first.why_not == "It was taken back already."


async def test_who_may_only_look_is_offered_nothing(home: House) -> None:
    await set_saturday(home)

    [entry] = (await home.services.history.entries(VIEWER, "kids-pc", "alice")).items

    assert not entry.can_undo
    assert entry.why_not
    assert "may look" in entry.why_not


async def test_who_was_never_heard_of_is_unknown_and_who_is_gone_is_not(home: House) -> None:
    await saw_drift(home, "carol", Foreign("hide_tray_icon", False, True))

    assert len(await history(home, "carol")) == 1
    for ask in (home.services.history.entries, home.services.history.versions):
        assert (await ask(ADMIN, "kids-pc", "bob")).next is None
        assert (await ask(ADMIN, "kids-pc", "carol", search="bananas")).items == ()
        for search in ("", "nobody"):
            with pytest.raises(UnknownUser):
                await ask(ADMIN, "kids-pc", "nobody", search=search)
        with pytest.raises(UnknownServer):
            await ask(ADMIN, "nowhere", None)


async def lively(home: House) -> None:
    """What two accounts asked for alice while her computer was off, and what somebody changed on it, in turns."""
    bea = Actor(Account("bea", Role.ADMIN, AT), Source.PAGE)
    home.line.switch_off()
    for number, seconds in enumerate((60, 120, 180, 240)):
        by, reason = ((ADMIN, "Washed the dishes, 100 %"), (bea, "Saturday: Übungsfest"))[number % 2]
        await home.services.grants.give(by, "kids-pc", "alice", seconds=seconds, reason=reason)
        await saw_drift(home, "alice", Foreign("grant.time", None, {"seconds": seconds + 1}))
        await saw_drift(home, "alice", Foreign("days.6.limit_seconds", seconds, seconds + 1))
    await home.services.limits.change_user(bea, "kids-pc", "alice", SATURDAY)
    await home.services.grants.give(ADMIN, "kids-pc", "bob", seconds=300, reason="Washed the dishes")
    [*_older, given] = (await home.services.drift.list(ADMIN, state="open")).items
    await home.services.drift.adopt(ADMIN, given.id)


def is_said(entry: HistoryEntry, words: str) -> bool:
    """Whether all of them stand in what a person is shown of it, or in whose it is."""
    of = entry.change or entry.drift
    assert of is not None
    said = [entry.what, entry.who or f"somebody on {of.server}", of.server, of.user, of.answered_by]
    if entry.change is not None:
        said += [entry.change.reason, entry.change.message]
    text = "\n".join(part for part in said if part).casefold()
    return all(word in text for word in words.casefold().split())


SAID = {
    "": 13,
    "SATURDAY": 7,  # the day's limit, set here and on the computer, and the reason of two grants
    "saturday limit": 5,
    "bea": 3,
    "bea saturday": 3,
    "bea saturday: LIMIT": 1,
    "dishes": 2,
    "anna": 3,  # who gave time, and who answered
    "somebody": 8,
    "somebody time": 4,
    "100 %": 2,
    "übungsFEST": 2,
    "ÜBUNGSFEST bea": 2,
    "100%": 0,
    "_": 0,
    "alice kids-pc": 13,
    "bob": 0,
}
"""What is looked for in the history of `lively`, and how many lines have it."""


async def test_it_is_searched_in_all_that_it_is_made_of_and_paged(home: House) -> None:
    await lively(home)
    whole = await history(home)

    for words, many in SAID.items():
        wanted = [entry for entry in whole if is_said(entry, words)]
        assert len(wanted) == many, words
        for limit in (1, 2, 3, 5, 13):
            found: list[HistoryEntry] = []
            cursor: str | None = None
            while True:
                page = await home.services.history.entries(
                    ADMIN, "kids-pc", "alice", search=words, cursor=cursor, limit=limit
                )
                assert len(page.items) == limit or page.next is None
                found += page.items
                if (cursor := page.next) is None:
                    break
            assert found == wanted, (words, limit)


async def test_of_a_removed_computer_nothing_is_found_on_one_of_its_name(home: House) -> None:
    await set_saturday(home)
    await saw_drift(home, "alice", Foreign("days.6.limit_seconds", HOUR, 2 * HOUR))
    await home.services.fleet.remove(ADMIN, "kids-pc")
    await home.add_server()

    assert (await home.services.history.entries(ADMIN, "kids-pc", "alice", search="saturday")).items == ()
    assert (await home.services.history.versions(ADMIN, "kids-pc", "alice", search="saturday")).items == ()


@pytest.mark.parametrize("search", ["x" * 201, "a\x00b"])
async def test_words_that_make_no_sense_are_refused(home: House, search: str) -> None:
    for ask in (home.services.history.entries, home.services.history.versions):
        with pytest.raises(Invalid) as refusal:
            await ask(ADMIN, "kids-pc", "alice", search=search)
        assert refusal.value.field == "search"


@pytest.mark.parametrize("cursor", ["x", "1", "x.1", "1.x", "1.2.3", "-1.2", "²."])
async def test_a_cursor_that_nobody_gave_is_refused(home: House, cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.history.entries(ADMIN, "kids-pc", "alice", cursor=cursor)
    assert refusal.value.field == "cursor"


async def test_values_that_this_version_does_not_know_are_shown_as_they_are(home: House) -> None:
    await saw_drift(
        home,
        "alice",
        Foreign("screen.brightness_seconds", "low", {"at": 9}),
        Foreign("days.9.limit_seconds", "1 h", [7]),
        Foreign("playtime.activities", [], [{"name": "x"}]),
    )

    assert len(await history(home)) == 3


# -- versions ---------------------------------------------------------------------------------------------------


async def test_a_version_says_who_made_it_and_what_it_changed(home: House) -> None:
    await set_saturday(home)
    await saw(home, days__6__limit_seconds=24 * HOUR)

    newest, ours, first = await versions(home)

    assert (newest.who, newest.changed) == (None, ("Saturday: limit: 3 h → no limit",))
    assert (ours.who, ours.changed) == (("anna",), ("Saturday: limit: no limit → 3 h",))
    assert (first.who, first.changed, first.is_first) == (None, (), True)
    assert not newest.is_first


async def test_versions_come_in_pages_and_the_last_of_a_page_knows_the_one_before(home: House) -> None:
    for hours in (1, 2, 3):
        await saw(home, days__6__limit_seconds=hours * HOUR)

    first = await home.services.history.versions(ADMIN, "kids-pc", "alice", limit=2)
    second = await home.services.history.versions(ADMIN, "kids-pc", "alice", limit=2, cursor=first.next)

    assert [one.changed for one in (*first.items, *second.items)] == [
        ("Saturday: limit: 2 h → 3 h",),
        ("Saturday: limit: 1 h → 2 h",),
        ("Saturday: limit: no limit → 1 h",),
        (),
    ]
    assert second.next is None


FOUND = {
    "saturday": [6, 4, 2],
    "limit somebody": [6, 4],
    "anna": [2],
    "ANNA Saturday": [2],
    "anna icon": [],
    "icon": [5, 3],
    "kids-pc": [6, 5, 4, 3, 2, 1],
}
"""What is looked for in six versions, and which have it; the first is 1."""


async def test_versions_are_found_by_what_they_changed_and_by_who_did_it(home: House) -> None:
    await set_saturday(home)
    for hidden, hours in ((True, 3), (True, 2), (False, 2), (False, 1)):
        await saw(home, hide_tray_icon=hidden, days__6__limit_seconds=hours * HOUR)
    whole = await versions(home)
    assert [version.is_latest for version in whole] == [True] + [False] * 5

    for words, numbers in FOUND.items():
        for limit in (1, 2, 6):
            found: list[VersionView] = []
            cursor: str | None = None
            while True:
                page = await home.services.history.versions(
                    VIEWER, "kids-pc", "alice", search=words, cursor=cursor, limit=limit
                )
                found += page.items
                if (cursor := page.next) is None:
                    break
            assert found == [whole[-number] for number in numbers], (words, limit)


async def test_a_version_is_compared_with_now_and_with_another(home: House) -> None:
    one = await saw(home, days__6__limit_seconds=HOUR)
    two = await saw(home, days__6__limit_seconds=2 * HOUR, hide_tray_icon=True)
    compare = home.services.history.compare

    [now] = await compare(VIEWER, "kids-pc", "alice", one)
    assert (now.field, now.what) == ("days.6.limit_seconds", "Saturday: limit")
    assert (now.before, now.after) == (HOUR, 24 * HOUR)
    assert (now.before_words, now.after_words) == ("1 h", "no limit")

    other = await compare(VIEWER, "kids-pc", "alice", one, two)
    assert [(one.field, one.before, one.after) for one in other] == [
        ("days.6.limit_seconds", HOUR, 2 * HOUR),
        ("hide_tray_icon", False, True),
    ]
    assert await compare(VIEWER, "kids-pc", "alice", two, two) == ()


async def test_a_version_is_brought_back_as_far_as_it_differs(home: House) -> None:
    version = await saw(home, days__6__limit_seconds=HOUR, hide_tray_icon=True)

    accepted = await home.services.history.bring_back(ADMIN, "kids-pc", "alice", version)

    wanted = [(change.field, change.before, change.after) for change in accepted.changes]
    assert wanted == [("days.6.limit_seconds", 24 * HOUR, HOUR), ("hide_tray_icon", False, True)]
    assert {change.reason for change in accepted.changes} == {"Brought back as it was on 4 Mar 2026 14:10"}
    assert {change.state for change in await done(home, accepted)} == {ChangeState.APPLIED}
    assert await home.services.history.compare(ADMIN, "kids-pc", "alice", version) == ()
    assert (await home.services.history.bring_back(ADMIN, "kids-pc", "alice", version)).changes == ()
    assert any("hide_tray_icon: False → True" in line for line in await home.audit())


async def test_what_still_waits_gives_way_to_the_version_that_is_brought_back(home: House) -> None:
    version = await saw(home)
    home.line.switch_off()
    await home.services.limits.change_user(ADMIN, "kids-pc", "alice", SATURDAY)

    [back] = (await home.services.history.bring_back(ADMIN, "kids-pc", "alice", version)).changes
    again = await home.services.history.bring_back(ADMIN, "kids-pc", "alice", version)

    assert (back.field, back.after) == ("days.6.limit_seconds", 24 * HOUR)
    assert again.changes == ()
    home.line.switch_on()
    await home.settled(back)
    assert (await home.services.history.compare(ADMIN, "kids-pc", "alice", version)) == ()


async def test_the_servers_own_settings_are_brought_back(home: House) -> None:
    version = await saw(home, None, poll_seconds=9)

    accepted = await home.services.history.bring_back(ADMIN, "kids-pc", None, version)

    assert [(change.user, change.field) for change in accepted.changes] == [(None, "poll_seconds")]
    await done(home, accepted)
    assert "TIMEKPR_POLLTIME = 9" in home.machine.server_conf()


async def test_a_version_with_what_this_one_cannot_set_is_refused_whole_and_says_which(home: House) -> None:
    version = await saw(
        home,
        screen__brightness=5,
        week_limit_seconds="2 h",
        playtime__activities=[{"mask": "x%y", "description": ""}],
        days__6__limit_seconds=HOUR,
    )

    with pytest.raises(Invalid) as refusal:
        await home.services.history.bring_back(ADMIN, "kids-pc", "alice", version)

    assert refusal.value.field in ("screen.brightness", "week_limit_seconds", "playtime.activities")
    for name in ("screen.brightness", "week_limit_seconds", "playtime.activities"):
        assert name in refusal.value.message
    assert "days.6" not in refusal.value.message
    assert (await home.services.changes.list(ADMIN)).items == ()
    assert len(await home.services.history.compare(ADMIN, "kids-pc", "alice", version)) == 4


async def test_a_viewer_brings_nothing_back(home: House) -> None:
    version = await saw(home, hide_tray_icon=True)
    with pytest.raises(Forbidden):
        await home.services.history.bring_back(VIEWER, "kids-pc", "alice", version)
    assert (await home.services.changes.list(ADMIN)).items == ()


async def test_a_version_of_somebody_else_or_of_no_one_is_unknown(home: House) -> None:
    of_alice = await saw(home, hide_tray_icon=True)
    of_server = await saw(home, None, poll_seconds=9)

    for user, number in (
        ("bob", of_alice),
        (None, of_alice),
        ("alice", of_server),
        ("alice", 999),
        ("alice", 0),
        ("alice", 10**30),
    ):
        with pytest.raises(UnknownVersion):
            await home.services.history.compare(ADMIN, "kids-pc", user, number)
        with pytest.raises(UnknownVersion):
            await home.services.history.bring_back(ADMIN, "kids-pc", user, number)
    with pytest.raises(UnknownVersion):
        await home.services.history.compare(ADMIN, "kids-pc", "alice", of_alice, of_server)
