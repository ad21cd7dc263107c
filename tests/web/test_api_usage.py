"""REST v1: what was used over the days."""

import csv
import io
from datetime import datetime

import pytest
import pytest_asyncio

from tests.web.served import Served, until
from tests.web.test_api import INSTANT, json_of
from timekpr_mngr.simulator.files import CONTROL

USER = "/servers/kids-pc/users/alice"


@pytest_asyncio.fixture
async def api(api: Served) -> Served:
    """On Wednesday the computer says that alice was there on Tuesday for the last time."""
    api.machine.set_values(
        CONTROL,
        "alice",
        TIME_SPENT_DAY=3600,
        TIME_SPENT_BALANCE=2700,
        PLAYTIME_SPENT_DAY=600,
        LAST_CHECKED=datetime.fromisoformat("2026-03-03T18:00:00"),
    )

    async def is_read() -> bool:
        await api.client.post("/servers/kids-pc/sync")
        return bool(json_of(await api.client.get(f"{USER}/usage"), 200)["known_days"])

    await until(is_read)
    return api


async def test_a_users_days_weeks_and_hours_are_told(api: Served) -> None:
    told = json_of(await api.client.get(f"{USER}/usage?days=7"), 200)
    assert told["users"] == [{"server": "kids-pc", "user": "alice"}]
    assert (told["first"], told["last"], len(told["days"])) == ("2026-02-26", "2026-03-04", 7)
    gap, tuesday, today = told["days"][0], told["days"][5], told["days"][6]
    assert (gap["knowledge"], gap["used_seconds"], gap["parts"][0]["read_at"]) == ("gap", None, None)
    assert (today["knowledge"], today["used_seconds"]) == ("so-far", 0)
    [part] = tuesday["parts"]
    assert INSTANT.fullmatch(part.pop("read_at"))
    assert part == {
        "server": "kids-pc",
        "user": "alice",
        "knowledge": "whole",
        "used_seconds": 3600,
        "playtime_seconds": 600,
        "limit_seconds": None,
        "given_seconds": 900,
        "limit_reached": False,
    }
    hours = told["heat_map"]["used_seconds"]
    assert (len(hours), {len(row) for row in hours}, told["heat_map"]["days"]) == (7, {24}, [1] * 7)
    assert (told["known_days"], told["whole_days"], told["limit_reached_days"]) == (2, 1, 0)
    assert told["week_over_week"] == {
        "until_weekday": 3,
        "this_week_seconds": 3600,
        "last_week_seconds": None,
        "is_sure": False,
    }
    assert [sums["kind"] for sums in told["grants"]] == ["time", "playtime"]


async def test_a_person_by_themself_has_a_slash_in_their_address(api: Served) -> None:
    of_user = json_of(await api.client.get(f"{USER}/usage"), 200)
    of_person = json_of(await api.client.get("/people/kids-pc/alice/usage?days=30"), 200)
    assert [day["used_seconds"] for day in of_person["days"]] == [
        day["used_seconds"] for day in of_user["days"]
    ]


@pytest.mark.parametrize("address", [f"{USER}/usage.csv", "/people/kids-pc/alice/usage.csv"])
async def test_the_same_is_a_table_to_be_saved(api: Served, address: str) -> None:
    answer = await api.client.get(f"{address}?days=2")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    _, tuesday, _today = csv.reader(io.StringIO(answer.text))
    assert tuesday[:5] == ["2026-03-03", "kids-pc", "alice", "whole", "3600"]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        (f"{USER}/usage?days=0", 422, "invalid"),
        (f"{USER}/usage?days=many", 422, "invalid"),
        (f"{USER}/usage.csv?days=1000", 422, "invalid"),
        ("/servers/attic/users/alice/usage", 404, "unknown_server"),
        ("/servers/kids-pc/users/nobody/usage", 404, "unknown_user"),
        ("/people/p99/usage", 404, "unknown_person"),
        ("/people/p99/usage.csv", 404, "unknown_person"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    shared_api: Served, address: str, status: int, code: str
) -> None:
    assert json_of(await shared_api.client.get(address), status)["error"]["code"] == code


async def test_nobody_is_told_without_a_token(shared_api: Served) -> None:
    async with shared_api.another_client() as stranger:
        for address in (f"{USER}/usage", f"{USER}/usage.csv", "/people/kids-pc/alice/usage"):
            assert (await stranger.get(f"/api/v1{address}")).status_code == 401
