"""`python -m tests.bench.history`: a year of 20 users' usage, and what its reports take, by the clock and of our own
processor time, which hardly depends on what else the machine does.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.services.house import ADMIN, house
from tests.store.samples import server
from timekpr_mngr.domain.person import UserName
from timekpr_mngr.domain.usage_days import SAMPLE_SECONDS, UsageDay, UsageSample
from timekpr_mngr.services.usage_csv import usage_csv
from timekpr_mngr.store import Store
from timekpr_mngr.web.api.usage_models import UsageReportOut

SEED = 1
LIMIT_SECONDS = 7200
DAY = timedelta(days=1)
SERVERS, LOGINS = 5, ("emma", "noah", "mia", "ben")


async def seed(
    store: Store, users: Iterable[UserName], last: date, days: int = 365, sampled_days: int = 35
) -> None:
    """Fills `days` days up to `last` with whole days, partial ones and gaps, and the last of them with samples."""
    chance = random.Random(SEED)
    for whose in users:
        records: dict[tuple[UserName, date], UsageDay] = {}
        samples: dict[tuple[UserName, datetime], UsageSample] = {}
        for number in range(days):
            day = last - DAY * number
            if chance.random() < 0.05:
                continue
            used = min(chance.randrange(0, 9000), LIMIT_SECONDS)
            records[whose, day] = _record(day, used, is_whole=number > 0 and chance.random() > 0.05)
            if number < sampled_days:
                for sample in _samples(day, used):
                    samples[whose, sample.at] = sample
        await store.usage.keep(records, samples)


def _record(day: date, used: int, *, is_whole: bool) -> UsageDay:
    read_at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=18)
    return UsageDay(day, used, used // 3, 900, LIMIT_SECONDS, used >= LIMIT_SECONDS, read_at, is_whole)


def _samples(day: date, used: int) -> Iterable[UsageSample]:
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=14)
    for number in range(used // SAMPLE_SECONDS):
        yield UsageSample(
            at + timedelta(seconds=SAMPLE_SECONDS * number), SAMPLE_SECONDS, SAMPLE_SECONDS // 3
        )


async def measured(folder: Path) -> Sequence[tuple[str, float, float]]:
    """What takes how many seconds, by the clock and of the processor: the best of three."""
    users = [UserName(f"pc-{number}", login) for number in range(SERVERS) for login in LOGINS]
    async with house(folder, server=False) as home:
        for name in sorted({whose.server for whose in users}):
            await home.store.servers.add(replace(server(), name=name), "a key")
        await seed(home.store, users, home.clock().date())
        figures: list[tuple[str, float, float]] = []
        for days in (7, 30, 90, 365):
            took = []
            for _ in range(3):
                watch = Watch()
                report = await home.services.reports.users(ADMIN, users, days)
                took.append(watch.read())
            assert report.known_days == days
            figures.append((f"{days} days of {len(users)} users", *map(min, zip(*took, strict=True))))
        watch = Watch()
        UsageReportOut.of(report).model_dump_json()
        figures.append(("the last as JSON", *watch.read()))
        watch = Watch()
        usage_csv(report)
        figures.append(("the last as CSV", *watch.read()))
        watch = Watch()
        for whose in users:
            await home.services.reports.users(ADMIN, [whose], 365)
        figures.append(("365 days of each of them by itself", *watch.read()))
        return figures


class Watch:
    """What has passed since it was made, in seconds: by the clock, and of this process's processor time."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Both."""
        clock, processor = self._began
        return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for what, clock, processor in asyncio.run(measured(Path(made) / "data")):
            print(f"{what:<40} {clock * 1000:8.0f} ms {processor * 1000:8.0f} ms of the processor")
