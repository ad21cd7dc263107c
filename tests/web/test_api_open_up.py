"""REST v1: what would swallow a grant is said before it, opened up for the day, and kept if wished."""

import pytest

from tests.web.served import Served
from tests.web.test_api import json_of, settled

HOUR = 3_600
USER = "/servers/kids-pc/users/alice"
GRANT = {"seconds": 1800, "open_up": True}


async def closed(api: Served) -> None:
    """It is three in the afternoon; hours begin in the evening."""
    hours = [{"from": "20:00", "to": "21:00", "unaccounted": False}]
    body = {"days": [{"day": day, "hours": hours} for day in range(1, 8)]}
    for change in json_of(await api.client.patch(f"{USER}/config", json=body), 202)["changes"]:
        assert (await settled(api, change))["state"] == "applied"


async def test_a_check_tells_what_is_in_the_way_and_sends_nothing(api: Served) -> None:
    await closed(api)
    before = json_of(await api.client.get("/changes"), 200)

    check = json_of(await api.client.post(f"{USER}/grants/check", json={"seconds": 1800}), 200)

    assert set(check) == {
        "day",
        "gains_seconds",
        "opened_gains_seconds",
        "swallowed_by",
        "needs",
        "sentence",
    }
    assert check["swallowed_by"] == "it is closed until 20:00"
    assert check["sentence"].startswith("It is closed until 20:00: open from now until ")
    assert 1800 <= check["opened_gains_seconds"] < 1860
    [need] = check["needs"]
    assert need["field"].endswith(".hours")
    assert need["before"] == [{"from": "20:00", "to": "21:00", "unaccounted": False}]
    assert json_of(await api.client.get("/changes"), 200) == before


async def test_what_was_opened_up_stands_in_the_list_with_its_day_and_can_be_kept(api: Served) -> None:
    await closed(api)

    accepted = json_of(await api.client.post(f"{USER}/grants", json=GRANT), 202)
    opened, grant = [await settled(api, change) for change in accepted["changes"]]

    assert (opened["state"], grant["state"]) == ("applied", "applied")
    assert (opened["until"], grant["until"]) == (grant["day"], None)
    assert opened["waits_for"] == "is taken back after today"
    kept = json_of(await api.client.post(f"/changes/{opened['id']}/keep"), 200)
    assert (kept["id"], kept["until"], kept["waits_for"]) == (opened["id"], None, None)
    again = json_of(await api.client.post(f"/changes/{opened['id']}/keep"), 409)
    assert again["error"]["code"] == "not_now"


async def test_to_undo_a_grant_closes_what_was_opened_for_it(api: Served) -> None:
    await closed(api)
    accepted = json_of(await api.client.post(f"{USER}/grants", json=GRANT), 202)
    opened, grant = [await settled(api, change) for change in accepted["changes"]]

    undone = json_of(await api.client.post(f"/changes/{grant['id']}/undo"), 202)

    assert [change["follows"] for change in undone["changes"]] == [grant["id"], opened["id"]]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("grants", {"seconds": 900, "open_up": "yes"}, "open_up"),
        ("grants", {"set_left_seconds": 900, "open_up": True}, "open_up"),
        ("grants/check", {"seconds": 0}, "seconds"),
        ("grants/check", {}, "seconds"),
        ("grants/check", {"seconds": 900, "kind": "sweets"}, "kind"),
        ("grants/check", {"seconds": 900, "open_up": True}, "open_up"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    api: Served, path: str, body: dict[str, object], field: str
) -> None:
    refused = json_of(await api.client.post(f"{USER}/{path}", json=body), 422)

    assert refused["error"]["field"] == field
    assert json_of(await api.client.get("/changes"), 200)["items"] == []
