"""REST v1: timekpr's files as texts, and what is sent of an edited one."""

from tests.web.served import Served
from tests.web.test_api import INSTANT, json_of, settled

USER = "/servers/kids-pc/users/alice/config/raw"
SERVER = "/servers/kids-pc/config/raw"


async def test_a_users_file_is_read_edited_looked_at_and_sent_as_the_fields_that_differ(api: Served) -> None:
    file = json_of(await api.client.get(USER), 200)
    base = file["text"]
    assert "[alice.PLAYTIME]" in base
    assert "TIME_SPENT_DAY" in file["counted"]
    assert INSTANT.fullmatch(file["read_at"])
    text = base.replace("LIMIT_PER_WEEK = 604800", "# ten hours\nLIMIT_PER_WEEK = 36000")

    shown = json_of(await api.client.put(USER, json={"base": base, "text": text, "preview": True}), 200)
    assert [(one["field"], one["after_words"]) for one in shown["differences"]] == [
        ("week_limit_seconds", "10 h")
    ]
    assert [note["is_error"] for note in shown["notes"]] == [False]
    sent = json_of(await api.client.put(USER, json={"base": base, "text": text}), 202)

    [change] = sent["changes"]
    assert (change["field"], change["before"], change["after"]) == ("week_limit_seconds", 604_800, 36_000)
    assert change["reason"] == "Edited as text"
    await settled(api, change)
    again = json_of(await api.client.get(USER), 200)["text"]
    assert "LIMIT_PER_WEEK = 36000" in again
    assert "ten hours" not in again


async def test_an_error_names_its_line_and_nothing_is_queued(api: Served) -> None:
    base = json_of(await api.client.get(USER), 200)["text"]
    text = base.replace("TRACK_INACTIVE = False", "TRACK_INACTIVE = maybe")
    line = text.splitlines().index("TRACK_INACTIVE = maybe") + 1

    refused = json_of(await api.client.put(USER, json={"base": base, "text": text}), 422)["error"]

    assert (refused["field"], refused["message"]) == (f"text:{line}", "This is either True or False.")
    shown = json_of(await api.client.put(USER, json={"base": base, "text": text, "preview": True}), 200)
    assert shown == {
        "differences": [],
        "notes": [{"line": line, "message": "This is either True or False.", "is_error": True}],
    }
    assert json_of(await api.client.get("/changes"), 200)["items"] == []


async def test_what_somebody_changed_meanwhile_is_not_set_back_by_an_old_text(api: Served) -> None:
    base = json_of(await api.client.get(USER), 200)["text"]
    meanwhile = await api.client.patch(
        "/servers/kids-pc/users/alice/config", json={"week_limit_seconds": 3600}
    )
    await settled(api, json_of(meanwhile, 202)["changes"][0])
    same = base.replace("LIMIT_PER_WEEK = 604800", "LIMIT_PER_WEEK = 7200")
    other = base.replace("LIMIT_PER_MONTH = 2678400", "LIMIT_PER_MONTH = 72000")

    refused = json_of(await api.client.put(USER, json={"base": base, "text": same}), 409)["error"]
    assert refused["code"] == "moved_meanwhile"
    assert "Limit for a week" in refused["message"]
    sent = json_of(await api.client.put(USER, json={"base": base, "text": other}), 202)

    assert [change["field"] for change in sent["changes"]] == ["month_limit_seconds"]


async def test_the_servers_own_file_goes_the_same_way(api: Served) -> None:
    file = json_of(await api.client.get(SERVER), 200)
    assert file["counted"] is None
    text = file["text"].replace("TIMEKPR_POLLTIME = ", "TIMEKPR_POLLTIME = 1")
    sent = json_of(await api.client.put(SERVER, json={"base": file["text"], "text": text}), 202)
    assert [change["field"] for change in sent["changes"]] == ["poll_seconds"]
    assert (
        json_of(await api.client.put(SERVER, json={"base": file["text"], "text": file["text"]}), 202)[
            "changes"
        ]
        == []
    )


async def test_what_is_no_text_is_refused(api: Served) -> None:
    for body, field in (
        ({"base": "", "text": 1}, "text"),
        ({"base": [], "text": ""}, "base"),
        ({"text": ""}, "base"),
        ({"base": "x", "text": "", "preview": "yes"}, "preview"),
    ):
        assert json_of(await api.client.put(USER, json=body), 422)["error"]["field"] == field
    assert json_of(await api.client.get("/servers/kids-pc/users/nobody/config/raw"), 404)["error"]
    empty = json_of(await api.client.put(USER, json={"base": "x", "text": ""}), 422)["error"]
    assert empty["message"] == "The file is empty."
