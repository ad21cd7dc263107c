"""What a person's card says: where they are, why it ends, when they can play next, and what was used everywhere."""

from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.services.house import ADMIN, HOST, VIEWER, WEDNESDAY, House, house, until
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.simulator.files import CONTROL
from timekpr_mngr.simulator.machine import Machine
from timekpr_mngr.web.ui.person_today import PersonToday, foremost, person_today

MINUTE, HOUR = 60, 3600
LAPTOP = "laptop.home"
AFTERNOON = [{"from": "15:00", "to": "20:30"}]
A_FEW_POLLS_SECONDS = 10
NOW = "2026-03-04 16:00:00"
"""Wednesday, by the computers' clocks."""


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A house in which alice has two hours a day, between three and half past eight."""
    async with house(tmp_path / "data") as made:
        await limited(made, days=week(2 * HOUR))
        yield made


@pytest_asyncio.fixture
async def two(home: House) -> House:
    """The same, with alice on a laptop as well: one person."""
    laptop = Machine(LAPTOP, {"alice": ""}, time_zone="Europe/Berlin")
    laptop.set_clock(WEDNESDAY)
    home.connector.add(laptop)
    await home.add_server("laptop", LAPTOP)
    await home.services.people.join(ADMIN, [("kids-pc", "alice"), ("laptop", "alice")], "Alice Berg")
    return home


def week(limit: int) -> list[dict[str, Any]]:
    return [{"day": day, "limit_seconds": limit, "hours": AFTERNOON} for day in range(1, 8)]


async def limited(home: House, server: str = "kids-pc", /, **body: Any) -> None:
    accepted = await home.services.limits.change_user(ADMIN, server, "alice", body)
    await home.settled(*accepted.changes)


async def used(home: House, seconds: int, host: str = HOST, server: str = "kids-pc", /, **more: int) -> None:
    """What alice has used of today by the computer's own file."""
    values = {"TIME_SPENT_DAY": seconds, "TIME_SPENT_BALANCE": seconds, **more}
    home.connector.machines[host].set_values(CONTROL, "alice", LAST_CHECKED=NOW, **values)
    await home.read(server)


async def at(home: House, clock: str, host: str = HOST, server: str = "kids-pc") -> None:
    """It is so late on the computer."""
    home.connector.machines[host].set_clock(f"2026-03-04T{clock}")
    await home.read(server)


async def playing(home: House, host: str = HOST, server: str = "kids-pc") -> None:
    machine = home.connector.machines[host]
    machine.login("alice")
    machine.advance(A_FEW_POLLS_SECONDS)
    await home.read(server)


async def card(home: House) -> PersonToday:
    """As home shows it to somebody whose own clock is UTC."""
    person = await home.services.people.get(VIEWER, "kids-pc/alice")
    views = [await home.services.limits.user(VIEWER, *user) for user in person.users]
    first = foremost(views)
    plan = await home.services.days.plan(VIEWER, first.server, first.name)
    return person_today(person.now, views, plan, UTC, home.clock())


def lines(said: PersonToday) -> list[str]:
    return plain(said.why).splitlines()


def plain(said: str) -> str:
    return said.replace("\N{NO-BREAK SPACE}", " ")


async def test_who_plays_plays_somewhere_until_some_rule_ends_it(home: House) -> None:
    await used(home, 30 * MINUTE)
    await playing(home)

    said = await card(home)

    assert (said.state, said.now.dot, said.now.running) == ("Playing on kids-pc", "", True)
    rules, end = lines(said)
    assert rules == "2 h a day · 30 min used"
    assert end.startswith("Until 17:")
    assert end.endswith(", then the day's limit is reached")
    assert said.next == "Next: tomorrow 15:00–17:00"


async def test_the_hours_may_end_it_before_the_limit_does(home: House) -> None:
    await at(home, "19:50:00")
    await playing(home)

    assert "Until 20:30, then the hours end" in lines(await card(home))


async def test_who_is_nowhere_is_away_and_could_play_from_now(home: House) -> None:
    said = await card(home)

    assert (said.state, said.now.dot) == ("Away · kids-pc", "off")
    assert lines(said)[1].startswith("From now until 18:")


async def test_before_the_hours_one_is_locked_out_until_they_begin(home: House) -> None:
    await at(home, "13:20:00")

    said = await card(home)

    assert (said.state, said.now.dot) == ("Locked out until 15:00 · kids-pc", "over")
    assert said.next == "Next: 15:00–17:00"


async def test_after_the_hours_one_is_locked_out_until_the_next_day(home: House) -> None:
    await at(home, "20:45:00")

    said = await card(home)

    assert said.state == "Locked out until tomorrow 15:00 · kids-pc"
    assert said.next == "Next: tomorrow 15:00–17:00"


async def test_who_has_used_it_all_is_locked_out_though_the_hours_are_open(home: House) -> None:
    await used(home, 2 * HOUR)

    said = await card(home)

    assert said.state == "Locked out until tomorrow 15:00 · kids-pc"
    assert lines(said) == ["2 h a day · 2 h used", "The day's limit is reached"]


async def test_who_is_signed_in_behind_a_locked_screen_is_locked_out_too(home: House) -> None:
    await used(home, 2 * HOUR)
    home.machine.login("alice")
    home.machine.session("alice", locked=True)
    await home.read()

    assert (await card(home)).state == "Locked out until tomorrow 15:00 · kids-pc"


async def test_a_locked_screen_with_time_left_is_no_more_than_that(home: House) -> None:
    home.machine.login("alice")
    home.machine.session("alice", locked=True)
    await home.read()

    assert (await card(home)).state == "Screen locked on kids-pc"


@pytest.mark.parametrize(
    ("limit", "spent", "locked_out"),
    [
        ("week_limit_seconds", "TIME_SPENT_WEEK", "Locked out until Monday 15:00 · kids-pc"),
        ("month_limit_seconds", "TIME_SPENT_MONTH", "Locked out until Wednesday 1 Apr 15:00 · kids-pc"),
    ],
)
async def test_a_week_or_a_month_that_is_used_up_locks_out_until_the_next(
    home: House, limit: str, spent: str, locked_out: str
) -> None:
    await limited(home, **{limit: 10 * HOUR})
    await used(home, HOUR, **{spent: 10 * HOUR})

    assert (await card(home)).state == locked_out


async def test_a_computer_that_is_off_is_not_reachable_since(home: House) -> None:
    await used(home, 30 * MINUTE)
    home.line.switch_off()
    await until(lambda: home.engine.status("kids-pc").state is ServerState.OFFLINE)
    since = home.engine.status("kids-pc").since

    said = await card(home)

    assert said.state == f"kids-pc not reachable since {since:%H:%M}"
    assert (said.now.dot, said.now.stale) == ("off", True)
    assert lines(said) == ["2 h a day · at least 30 min used"]


async def test_on_two_computers_it_ends_where_they_play_and_what_was_used_is_of_both(two: House) -> None:
    await used(two, 30 * MINUTE)
    await used(two, 20 * MINUTE, LAPTOP, "laptop")
    await playing(two)

    said = await card(two)

    assert said.state == "Playing on kids-pc"
    assert lines(said)[0] == "2 h a day · 50 min used in all"
    here, there = said.places
    assert plain(here.words).startswith("playing · 1 h ")
    assert plain(there.words).startswith("away · ")
    assert (here.at.server, there.at.server) == ("kids-pc", "laptop")


async def test_away_is_certain_only_where_every_computer_can_be_seen(two: House) -> None:
    assert (await card(two)).state == "Away"
    two.connector.line(LAPTOP).switch_off()
    await until(lambda: two.engine.status("laptop").state is ServerState.OFFLINE)

    said = await card(two)

    assert said.state == "Away, as far as is known"
    assert said.places[1].words.startswith("not reachable since ")


async def test_playtime_is_said_where_it_has_a_limit(home: House) -> None:
    assert not any("PlayTime" in line for line in lines(await card(home)))
    await with_playtime(home, "kids-pc")

    assert lines(await card(home))[-1] == "PlayTime: 25 min left"

    await limited(home, playtime={"override": True})
    assert not any("PlayTime" in line for line in lines(await card(home)))


async def test_playtime_is_said_of_the_other_computer_too_while_they_play_nowhere(two: House) -> None:
    await with_playtime(two, "laptop")

    assert lines(await card(two))[-1] == "PlayTime: 25 min left"

    await playing(two)
    assert not any("PlayTime" in line for line in lines(await card(two)))


async def with_playtime(home: House, server: str) -> None:
    """PlayTime is on there, 25 minutes a day."""
    on = await home.services.limits.change_server(ADMIN, server, {"playtime_enabled": True})
    await home.settled(*on.changes)
    days = [{"day": day, "limit_seconds": 25 * MINUTE} for day in range(1, 8)]
    await limited(home, server, playtime={"enabled": True, "days": days})


async def test_what_was_given_today_is_said(home: House) -> None:
    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=15 * MINUTE)
    await home.settled(*accepted.changes)

    assert lines(await card(home))[0] == "2 h a day · 15 min given · 0 min used"
