"""REST v1: what applies on a day, and why."""

import pytest

from tests.services.house import WEDNESDAY
from tests.web.served import Served
from tests.web.test_api import json_of, settled

USER = "/servers/kids-pc/users/alice"
HOUR = 3600


async def test_a_day_is_told_with_its_parts_what_ends_it_and_what_comes_next(api: Served) -> None:
    day = {"limit_seconds": 2 * HOUR, "hours": [{"from": "15:00", "to": "24:00"}]}
    days = [{"day": number, **day} for number in range(1, 8)]
    for change in json_of(await api.client.patch(f"{USER}/config", json={"days": days}), 202)["changes"]:
        await settled(api, change)

    today = json_of(await api.client.get(f"{USER}/day"), 200)
    assert (today["date"], today["when"], today["time_zone"]) == ("2026-03-04", "today", "Europe/Berlin")
    assert today["parts"] == [
        {"from": "00:00", "to": "15:00", "kind": "closed"},
        {"from": "15:00", "to": "24:00", "kind": "allowed"},
    ]
    assert (today["left_seconds"], today["why_none"], today["with_waiting"]) == (2 * HOUR, None, False)
    assert (today["window"]["rule"], today["next_window"]["start"]) == ("day-limit", "2026-03-05T14:00:00Z")
    assert today["words"]["next"] == "next: tomorrow 15:00–17:00"

    friday = json_of(await api.client.get(f"{USER}/day?date=2026-03-06&with_waiting=true"), 200)
    assert (friday["date"], friday["when"], friday["with_waiting"]) == ("2026-03-06", "future", True)
    assert friday["window"] == {
        "start": "2026-03-06T14:00:00Z",
        "end": "2026-03-06T16:00:00Z",
        "rule": "day-limit",
    }
    assert (friday["used_seconds"], friday["limit_seconds"]) == (None, 2 * HOUR)

    past = json_of(await api.client.get(f"{USER}/day?date=2026-02-01"), 200)
    assert (past["when"], past["parts"], past["limit_seconds"]) == ("past", [], None)
    assert WEDNESDAY.date().isoformat() == today["date"]


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        (f"{USER}/day?date=tomorrow", 422, "invalid", "date"),
        (f"{USER}/day?date=", 422, "invalid", "date"),
        (f"{USER}/day?date=20260304", 422, "invalid", "date"),
        (f"{USER}/day?date=2026-13-01", 422, "invalid", "date"),
        (f"{USER}/day?date=9999-12-31", 422, "invalid", "date"),
        (f"{USER}/day?date=0001-01-01", 422, "invalid", "date"),
        (f"{USER}/day?date=1772582400", 422, "invalid", "date"),
        (f"{USER}/day?date=２０２６-03-04", 422, "invalid", "date"),
        (f"{USER}/day?with_waiting=perhaps", 422, "invalid", "with_waiting"),
        ("/servers/kids-pc/users/mallory/day", 404, "unknown_user", None),
        ("/servers/attic/users/alice/day", 404, "unknown_server", None),
    ],
)
async def test_a_day_that_is_none_is_refused_with_its_place(
    api: Served, path: str, status: int, code: str, field: str | None
) -> None:
    error = json_of(await api.client.get(path), status)["error"]
    assert (error["code"], error["field"]) == (code, field)
