"""The log of everything that was sent."""

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.errors import Invalid
from timekpr_mngr.store import SentCall


async def sent(home: House, *users: str | None) -> None:
    """Calls that were sent, one for each user."""
    calls = [
        SentCall("kids-pc", user, home.clock(), "setTimeLeft", (user or "", "+", 900), 0, "", 4.5)
        for user in users
    ]
    await home.store.sent_log.add("kids-pc", calls)


async def test_what_a_change_needed_can_be_looked_up_by_who_may_only_look(home: House) -> None:
    accepted = await home.services.grants.give(ADMIN, "kids-pc", "alice", seconds=900)
    await home.settled(*accepted.changes)

    calls = (
        await home.services.sent.list(VIEWER, server="kids-pc", user="alice", search="settimeleft")
    ).items

    assert [(call.member, call.arguments, call.code) for call in calls] == [
        ("setTimeLeft", ("alice", "+", 900), 0)
    ]


async def test_the_newest_come_first_in_pages(home: House) -> None:
    await sent(home, "alice", "bob", None)

    first = await home.services.sent.list(ADMIN, search="+ 900", limit=2)
    second = await home.services.sent.list(ADMIN, search="+ 900", limit=2, cursor=first.next)

    assert [call.user for call in (*first.items, *second.items)] == [None, "bob", "alice"]
    assert second.next is None
    assert (await home.services.sent.list(ADMIN, server="nowhere")).items == ()
    assert (await home.services.sent.list(ADMIN, search="nothing like it")).items == ()


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"search": "x" * 201}, "search"),
        ({"search": "a\x00b"}, "search"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    home: House, question: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await home.services.sent.list(ADMIN, **question)  # type: ignore[arg-type]
    assert refusal.value.field == field
