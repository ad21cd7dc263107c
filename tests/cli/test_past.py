"""The demo's past, over the whole house below the screens."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from timekpr_mngr import services
from timekpr_mngr.cli import past
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.services import Services
from timekpr_mngr.services.report_views import Knowledge, UsageReport
from timekpr_mngr.simulator.demo import SERVERS, demo_connector
from timekpr_mngr.store import Store
from timekpr_mngr.sync.engine import Engine
from timekpr_mngr.sync.events import Events

DEMO = Actor(Account("demo", Role.ADMIN, datetime(2026, 3, 4, tzinfo=UTC)), Source.PAGE)
MINUTE_SECONDS = 60


@pytest_asyncio.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Services]:
    """The family, added and with its past."""
    store, events, family = await Store.open(tmp_path), Events(), demo_connector()
    engine = Engine(store, family, events)
    ours = services.build(store, engine, events, family)
    await engine.start()
    for server in SERVERS:
        await ours.fleet.add(
            DEMO, name=server.name, host=server.host, ssh_user=server.ssh_user, host_key=server.host_key
        )
    await past.tell(ours, store, DEMO, datetime.now(UTC))
    yield ours
    await engine.stop()
    await family.close()
    await store.close()


async def year(ours: Services, server: str, user: str) -> UsageReport:
    return await ours.reports.user(DEMO, server, user, 366)


async def test_it_has_days_that_were_read_in_part_or_not_at_all_and_limits_that_were_reached(
    ours: Services,
) -> None:
    told = await year(ours, "kids-pc", "emma")
    last = told.days[-past.DAYS :]
    known = [day.knowledge for day in last]
    assert all(day.knowledge is Knowledge.GAP for day in told.days[: -past.DAYS])
    assert [age for age, one in enumerate(reversed(known)) if one is Knowledge.GAP] == [17, 18, 61]
    assert [age for age, one in enumerate(reversed(known)) if one is Knowledge.PARTIAL] == [9, 44]
    assert known[-1] is Knowledge.SO_FAR
    assert told.limit_reached_days > 3
    for part in (part for day in last for part in day.parts):
        assert part.used_seconds is None or part.used_seconds <= (part.limit_seconds or 0)


async def test_it_adds_up_to_what_timekpr_counted_this_week_and_month(ours: Services) -> None:
    told = await year(ours, "living-room", "mia")
    view = await ours.limits.user(DEMO, "living-room", "mia")
    assert view.usage is not None
    assert view.today is not None
    month = [day for day in told.days if (day.day.year, day.day.month) == (view.today.year, view.today.month)]
    assert all(day.knowledge in (Knowledge.WHOLE, Knowledge.SO_FAR) for day in month)
    monday = view.today - timedelta(days=view.today.weekday())
    week = [day for day in month if day.day >= monday]
    for days, counted in ((week, view.usage.spent_week_seconds), (month, view.usage.spent_month_seconds)):
        assert abs(sum(day.used_seconds or 0 for day in days) - counted) < MINUTE_SECONDS


async def test_what_was_used_by_the_hour_is_within_the_hours_and_as_much_as_on_the_days(
    ours: Services,
) -> None:
    told = await year(ours, "kids-pc", "noah")
    heat = told.heat_map
    assert all(row[hour] == 0 for row in heat.used_seconds for hour in (*range(7), *range(19, 24)))
    sampled = sum(map(sum, heat.used_seconds))
    used = sum(day.used_seconds or 0 for day in told.days if day.day >= heat.first)
    assert 0 < sampled <= used + MINUTE_SECONDS
    assert 0 < sum(map(sum, heat.playtime_seconds)) < sampled


async def test_it_is_the_same_each_time(ours: Services) -> None:
    now = datetime.now(UTC)
    view = await ours.limits.user(DEMO, "laptop", "noah")
    assert past.past(view, now) == past.past(view, now)
    assert UserName("laptop", "noah") in {whose for whose, _day in past.past(view, now)[0]}
