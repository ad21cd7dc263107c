"""A year of everybody's history: how large the database is, and how long somebody waits who looks back."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import BrowserContext

from bench import browsing, scale
from bench.figure import Figure, Section, quantile
from bench.rest import Rest
from bench.scale import Budget
from bench.simulated.computers import users_of
from tests.bench.history import seed
from tests.end_to_end.service import Service
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.store import Store

DATABASE_MOST_MIB, PAGE_MOST_SECONDS = 1024.0, 1.0
GRANTS, EDITS = 104, 12  # a year and user: two a week, and one a month
SENT_DAYS = 90  # as long as the store keeps them
DAYS = 365
DAY_MICROSECONDS = 86_400_000_000
LOOKED_AT = 20
COLUMN = ".columns .run > div"
DATABASE = "timekpr-mngr.db"
SETTLE_SECONDS = 5.0


def measured(budget: Budget) -> Section:
    """Fills the store of a service that has run, starts it again, and looks at some users' year."""
    with scale.running(budget) as running:
        service = running.service
        users = [
            UserName(server.name, user) for server in running.fleet.servers for user in users_of(server.name)
        ]
        _press_once(Rest(service), *users[0])
        service.stop()
        filled = time.perf_counter()
        _fill(service.data_dir, users)
        filled = time.perf_counter() - filled
        service.start()
        for server in {whose.server for whose in users}:
            service.until_state(server, "online")
        time.sleep(SETTLE_SECONDS)
        looked_at = users[:: max(len(users) // LOOKED_AT, 1)]
        rest = Rest(service)
        reports = [_report(rest, whose) for whose in looked_at]
        pages = asyncio.run(_pages(service, looked_at))
        size = (service.data_dir / DATABASE).stat().st_size / 2**20
    return Section(
        f"A year of {len(users):,} users, {GRANTS} grants and {EDITS} edits each; filled in {filled:.0f} s",
        [
            Figure("the database", size, "MiB", DATABASE_MOST_MIB),
            Figure("a user's year through REST, median", quantile(reports, 0.5), "ms"),
            Figure("a user's page with the year, median", quantile(pages, 0.5), "s", PAGE_MOST_SECONDS),
            Figure("a user's page with the year, the slowest", max(pages), "s"),
        ],
    )


def _press_once(rest: Rest, server: str, user: str) -> None:
    """A grant and an edit that really arrive: what the past is copied from."""
    grant = rest.ask("POST", f"/servers/{server}/users/{user}/grants", {"seconds": 60, "kind": "time"})
    edit = rest.ask("PATCH", f"/servers/{server}/users/{user}/config", {"week_limit_seconds": 36_000})
    for change in [*grant["changes"], *edit["changes"]]:
        while rest.ended(change["id"]) is None:
            time.sleep(0.05)


def _fill(data_dir: Path, users: Sequence[UserName]) -> None:
    """What was used through the store; what was done as copies of the rows that a press left, as large as they are."""

    async def used() -> None:
        store = await Store.open(data_dir)
        await seed(store, users, datetime.now(UTC).date())
        await store.close()

    asyncio.run(used())
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection, connection:
        connection.execute("CREATE TEMP TABLE whose (server_id INTEGER, user TEXT)")
        connection.executemany(
            "INSERT INTO whose SELECT id, ? FROM servers WHERE name = ?",
            [(whose.user, whose.server) for whose in users],
        )
        for member, field, times in (
            ("setTimeLeft", "grant.time", GRANTS),
            ("setTimeLimitForWeek", "week_limit_seconds", EDITS),
        ):
            _copy(connection, "changes", f"field = '{field}'", times, DAYS)
            _copy(connection, "audit", f"what LIKE '{field}:%'", times, DAYS)
            _copy(connection, "sent_log", f"member = '{member}'", times * SENT_DAYS // DAYS, SENT_DAYS)
        own = "one.user = whose.user AND one.server_id = whose.server_id"
        _copy(connection, "config_history", "user IS NOT NULL", EDITS, DAYS, own)
    with closing(sqlite3.connect(data_dir / DATABASE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(
    connection: sqlite3.Connection, table: str, which: str, times: int, days: int, own: str = "true"
) -> None:
    """Puts so many copies of the newest such row (`own`: of each user's) into everybody's past of so many days."""
    found = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]
    columns = [column for column in found if column != "id"]
    before = f"number * {days * DAY_MICROSECONDS // (times + 1)}"
    anew = {
        "server_id": "whose.server_id",
        "user": "whose.user",
        "request_id": "lower(hex(randomblob(16)))",
        "day": f"date(one.day, '-' || (number * {days} / {times + 1}) || ' days')",
        **{column: f"one.{column} - {before}" for column in ("at", "created_at", "settled_at", "seen_at")},
    }
    group = "GROUP BY server_id, user" if own != "true" else ""
    connection.execute(
        f"""
        WITH RECURSIVE numbers(number) AS (SELECT {times} UNION ALL SELECT number - 1 FROM numbers WHERE number > 1),
        newest AS (SELECT * FROM {table} WHERE id IN (SELECT max(id) FROM {table} WHERE {which} {group}))
        INSERT INTO {table} ({", ".join(f'"{column}"' for column in columns)})
        SELECT {", ".join(anew.get(column, f'one."{column}"') for column in columns)}
        FROM numbers, whose JOIN newest AS one ON {own} ORDER BY number DESC
        """
    )


def _report(rest: Rest, whose: UserName) -> float:
    """Milliseconds of a year as JSON."""
    start = time.perf_counter()
    report = rest.ask("GET", f"/servers/{whose.server}/users/{whose.user}/usage?days={DAYS}")
    if report["known_days"] < DAYS // 2:
        raise RuntimeError(f"of {whose} only {report['known_days']} days are known")
    return (time.perf_counter() - start) * 1000


async def _pages(service: Service, users: Sequence[UserName]) -> list[float]:
    """Seconds until the columns of the year are there, the browser's cache being warm."""
    async with browsing.chromium() as browser:
        context = await browsing.signed_in(browser, service)
        await _opened(context, users[0])
        seconds = [await _opened(context, whose) for whose in users]
        await context.close()
    return seconds


async def _opened(context: BrowserContext, whose: UserName) -> float:
    page = await context.new_page()
    start = time.perf_counter()
    await page.goto(f"/server/{whose.server}/stats/{whose.user}?days={DAYS}", wait_until="commit")
    await page.locator(COLUMN).first.wait_for()
    took = time.perf_counter() - start
    await page.close()
    return took
