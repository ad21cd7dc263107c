"""What was found on the servers, in words, and for whom."""

import asyncio

import pytest

from tests.services.house import ADMIN, VIEWER, House
from timekpr_mngr.domain.account import Account, Actor, Role, Source
from timekpr_mngr.domain.bus_facts import DaemonRun
from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.finding import Finding, FindingCode, KeptFinding, Observed, Severity
from timekpr_mngr.errors import Forbidden, Invalid, UnknownServer
from timekpr_mngr.services import finding_words
from timekpr_mngr.services.health import restarted
from timekpr_mngr.services.live import Event, FindingMoved
from timekpr_mngr.simulator.files import SERVER, USER_CONF

ALL_FACTS: dict[str, Json] = {
    "keys": ["LIMITS_PER_WEEKDAYS"],
    "types": ["tty"],
    "count": 4,
    "last": "2026-11-18T12:00:00+00:00",
    "ahead_seconds": -7200,
    "zone": "America/Lima",
    "poll_seconds": -1,
    "what": [["days.6.limit_seconds", 3600, 7200], ["week_limit_seconds", 3600, 7200]],
}


async def found(home: House, code: FindingCode, *, stands: bool = True) -> None:
    """Reads the computer, and waits until this is found there, or is over."""
    moved: asyncio.Queue[Event] = asyncio.Queue()
    unsubscribe = home.services.live.subscribe(moved.put_nowait)
    await home.read()
    async with asyncio.timeout(30):
        while True:
            event = await moved.get()
            if isinstance(event, FindingMoved) and event.kept.finding.code is code:
                assert event.kept.stands is stands
                break
    unsubscribe()


async def exclude_alice(home: House) -> None:
    """A child with limits whom timekpr is told not to count."""
    home.machine.set_values(USER_CONF, "alice", LIMIT_PER_WEEK=3600)
    home.machine.set_values(SERVER, TIMEKPR_USERS_EXCL="gdm;alice")
    await found(home, FindingCode.EXCLUDED)


async def test_what_is_found_is_listed_with_its_fix_and_is_over_when_it_is_put_right(home: House) -> None:
    await exclude_alice(home)
    (finding,) = (await home.services.findings.list(VIEWER, state="open", severity="error")).items
    assert (finding.server, finding.user, finding.severity) == ("kids-pc", "alice", Severity.ERROR)
    assert finding.sentence.startswith("alice is among the users who are not counted")
    assert "Take alice out" in finding.fix
    home.machine.set_values(SERVER, TIMEKPR_USERS_EXCL="gdm")
    await found(home, FindingCode.EXCLUDED, stands=False)
    assert (await home.services.findings.list(VIEWER, state="open", severity="error")).items == ()
    cleared = (await home.services.findings.list(VIEWER, state="cleared", server="kids-pc")).items
    over = next(one for one in cleared if one.id == finding.id)
    assert over.cleared_at is not None


async def test_of_who_is_out_of_view_only_what_stops_everybody_is_told(home: House) -> None:
    await exclude_alice(home)
    await home.services.fleet.hide(ADMIN, "kids-pc", "alice", True)
    assert (await home.services.findings.list(ADMIN, state="open", severity="error")).items == ()
    home.machine.set_values(USER_CONF, "alice", LIMITS_PER_WEEKDAYS="abc")
    await found(home, FindingCode.STOPS_EVERYBODY)
    told = (await home.services.findings.list(ADMIN, state="open", severity="error")).items
    assert [one.code for one in told] == [FindingCode.STOPS_EVERYBODY]


async def test_who_sees_one_child_is_told_of_that_child_and_of_a_computer_that_limits_nobody(
    home: House,
) -> None:
    await home.services.accounts.add(ADMIN, "oma", "member", "correct horse")
    await home.services.roles.set_for(ADMIN, "oma", "kids-pc/bob", "parent", None)
    oma = Actor(await home.store.accounts.get("oma"), Source.PAGE)
    await exclude_alice(home)
    assert (await home.services.findings.list(oma, state="open")).items == ()
    home.machine.set_values(SERVER, TIMEKPR_POLLTIME=-1)
    await found(home, FindingCode.NOTHING_ENFORCED)
    told = (await home.services.findings.list(oma, state="open")).items
    assert [one.code for one in told] == [FindingCode.NOTHING_ENFORCED]
    with pytest.raises(Forbidden):
        await home.services.findings.runs(oma, "kids-pc")
    stranger = Actor(Account("otto", Role.MEMBER, home.clock()), Source.PAGE)
    assert (await home.services.findings.list(stranger)).items == ()
    of_alice = Finding(FindingCode.EXCLUDED, Severity.ERROR, "alice")
    of_all = Finding(FindingCode.NOTHING_ENFORCED, Severity.ERROR)
    events: list[Event] = [
        FindingMoved(KeptFinding(1, "kids-pc", finding, home.clock())) for finding in (of_alice, of_all)
    ]
    assert await home.services.live.seen_by(oma, events) == events[1:]


async def test_restarts_of_the_daemon_are_counted_for_a_week(empty_home: House) -> None:
    home = empty_home
    await home.add_server("den", read=False)
    for owner in (":1.3", ":1.7", ":1.9"):
        seen = Observed("den", began=DaemonRun("a boot", owner))
        await home.store.findings.keep([seen], home.clock())
    told = await home.services.findings.runs(VIEWER, "den")
    assert (told.runs[0].run.owner, told.restarts) == (":1.9", 2)
    (check,) = restarted(tuple(reversed(told.runs)), home.clock())
    assert check.sentence.startswith("timekpr was restarted 2 times within seven days")
    home.clock.pass_(days=8)
    assert (await home.services.findings.runs(VIEWER, "den")).restarts == 0


async def test_what_is_asked_for_has_to_be_known(home: House) -> None:
    with pytest.raises(Invalid):
        await home.services.findings.list(VIEWER, state="shut")
    with pytest.raises(Invalid):
        await home.services.findings.list(VIEWER, severity="fatal")
    with pytest.raises(UnknownServer):
        await home.services.findings.runs(VIEWER, "nowhere")


@pytest.mark.parametrize("code", FindingCode)
def test_every_finding_is_a_sentence_with_a_fix(code: FindingCode) -> None:
    finding = Finding(code, Severity.ERROR, "emma", ALL_FACTS | {"why": "poll"})
    for text in (finding_words.sentence(finding), finding_words.fix(finding)):
        assert text[0].isupper() or text.startswith(("timekpr", "emma"))
        assert "{" not in text
        assert "None" not in text
    assert finding_words.sentence(finding).endswith(".")
    bare = Finding(
        code, Severity.ERROR, "emma", {"why": "keys"} if "nothing" in code else {"last": ALL_FACTS["last"]}
    )
    assert finding_words.sentence(bare)  # a hostile or an older fact breaks no page


def test_the_words_tell_what_was_lifted() -> None:
    finding = Finding(FindingCode.LIMITS_LIFTED, Severity.WARNING, "emma", ALL_FACTS)
    assert finding_words.sentence(finding) == (
        "Somebody gave emma more there: Saturday: limit: 1 h → 2 h, Limit for a week: 1 h → 2 h and 2 more."
    )
