"""What asks for an answer, what was done, and how it is taken back: in a real browser, over the whole application."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, SignedIn
from tests.browser.stage import VIEWER, Stage

pytestmark = pytest.mark.browser

SOON = 60_000  # milliseconds in which a computer that was switched off or on is noticed
HOUR, MINUTE = 3600, 60


def test_where_nothing_is_asked_done_or_found_the_page_says_so(signed_in: SignedIn) -> None:
    page = signed_in("/changes?state=asks&user=nobody", size=PHONE)
    expect(page.get_by_role("heading", name="Nothing asks")).to_be_visible()
    for path, words in (
        ("/server/living-room/history", "Nothing has happened yet"),
        ("/server/living-room/sent?search=bananas", "Nothing like that was sent"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", name=words)).to_be_visible()


@pytest.fixture
def conflicts(family: Stage, signed_in: SignedIn) -> Page:
    """Three days of Noah's on the laptop, each set here to one hour and there to two: the page of what asks."""
    family.switch_off("laptop.home")
    page = signed_in()
    expect(page.get_by_label("Noah Berg, laptop").get_by_text("not reachable")).to_be_visible(timeout=SOON)
    page.goto("/server/laptop/user/noah")
    for weekday, day in enumerate(("Monday", "Tuesday", "Wednesday"), 1):
        page.get_by_label(f"{day}: limit").fill("1 h 30")
        family.somebody_limits("laptop.home", "noah", weekday, 2 * HOUR, seen=False)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Wednesday: limit 1 h 30 min")).to_be_visible()
    family.switch_on("laptop.home")
    page.goto("/changes?state=asks")
    expect(page.get_by_text("conflict", exact=True)).to_have_count(3, timeout=SOON)
    return page


def test_a_conflict_is_answered_in_each_of_three_ways(conflicts: Page) -> None:
    page = conflicts
    monday = row(page, "Monday: limit")
    expect(monday.locator(".side")).to_have_text(["It was1 h", "Now on laptop2 h", "You wanted1 h 30 min"])
    monday.get_by_role("button", name="Keep theirs: 2 h").click()
    expect(monday.get_by_text("anna kept theirs")).to_be_visible()
    expect(monday.get_by_role("button")).to_have_count(0)
    row(page, "Tuesday: limit").get_by_role("button", name="Use ours: 1 h 30 min").click()
    expect(page.get_by_text("anna used ours all the same")).to_be_visible()
    row(page, "Wednesday: limit").get_by_role("button", name="Edit: set something else").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Wednesday: limit").fill("sometimes")
    expect(dialog.get_by_role("button", name="Send")).to_be_disabled()
    dialog.get_by_label("Wednesday: limit").fill("1 h 45")
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_text("anna set something else")).to_be_visible()
    expect(dialog).to_be_hidden()
    page.goto("/server/laptop/user/noah")
    for day, limit in (("Monday", "2 h"), ("Tuesday", "1 h 30 min"), ("Wednesday", "1 h 45 min")):
        expect(page.get_by_label(f"{day}: limit")).to_have_value(limit)
    expect(page.get_by_role("region", name="Somebody changed this on laptop")).to_have_count(0)


def test_what_somebody_changed_is_kept_or_changed_back_and_every_page_follows(
    family: Stage, signed_in: SignedIn
) -> None:
    hers, his = signed_in("/changes", size=PHONE), signed_in("/server/kids-pc/user/emma")
    expect(his.get_by_label("Saturday: limit")).to_have_value("3 h")
    family.somebody_limits("kids-pc.home", "emma", 6, 24 * HOUR)
    family.somebody_limits("kids-pc.home", "emma", 7, 5 * HOUR)
    for page in (hers, his):
        expect(drift(page, "Saturday: limit")).to_contain_text("3 h → no limit")
        expect(drift(page, "Sunday: limit")).to_contain_text("3 h → 5 h")
    asking = hers.get_by_label("Places", exact=True).get_by_text("wait for an answer")
    expect(asking).to_have_text("2 wait for an answer")
    drift(hers, "Sunday: limit").get_by_role("button", name="Keep it").click()
    expect(drift(his, "Sunday: limit")).to_have_count(0)
    drift(his, "Saturday: limit").get_by_role("button", name="Change it back").click()
    expect(drift(hers, "Saturday: limit")).to_have_count(0)
    expect(row(hers, "Saturday: limit").get_by_text("arrived", exact=True)).to_be_visible()
    expect(his.get_by_label("Saturday: limit")).to_have_value("3 h")
    expect(his.get_by_label("Sunday: limit")).to_have_value("5 h")
    expect(asking).to_be_hidden()


def test_a_whole_week_that_somebody_lifted_is_changed_back_at_once(
    family: Stage, signed_in: SignedIn
) -> None:
    page = signed_in("/server/living-room/user/emma", size=PHONE)
    for weekday in range(1, 6):
        family.somebody_limits("living-room.home", "emma", weekday, 24 * HOUR)
    lifted = page.get_by_role("region", name="Somebody changed this on living-room")
    expect(lifted.get_by_role("listitem")).to_have_count(5)
    lifted.get_by_role("button", name="One by one").click()
    drift(page, "Friday: limit").get_by_role("button", name="Keep it").click()
    expect(lifted.get_by_role("listitem")).to_have_count(4)
    lifted.get_by_role("button", name="Change all back").click()
    expect(lifted).to_have_count(0)
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday"):
        expect(page.get_by_label(f"{day}: limit")).to_have_value("1 h")
    expect(page.get_by_label("Friday: limit")).to_have_value("no limit")


def test_time_that_somebody_gave_is_shown_on_the_card_and_taken_back(
    family: Stage, signed_in: SignedIn
) -> None:
    page = signed_in(size=PHONE)
    family.somebody_gives("kids-pc.home", "noah", 40 * MINUTE)
    card = page.get_by_label("Noah Berg, kids-pc")
    expect(card.get_by_text("Somebody changed this:")).to_be_visible()
    card.get_by_role("link", name="Look").click()
    expect(drift(page, "Time today")).to_contain_text("+40 min")
    drift(page, "Time today").get_by_role("button", name="Take it back").click()
    expect(drift(page, "Time today")).to_have_count(0)
    page.goto("/server/kids-pc/user/noah/history")
    expect(row(page, "Time today +40 min")).to_contain_text("changed back")
    expect(row(page, "Time today −40 min")).to_contain_text("arrived")


def test_time_is_taken_back_from_the_list_after_saying_what_that_means(signed_in: SignedIn) -> None:
    page = signed_in()
    page.get_by_label("Emma Berg, kids-pc").get_by_role("button", name="give emma 15 minutes").click()
    page.goto("/changes?user=emma")
    given = page.locator("li.change", has_text="+15 min")
    given.get_by_role("button", name="Undo").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Of the 15 min, what emma has not used yet is taken back.")
    dialog.get_by_role("button", name="Undo it").click()
    back = page.locator("li.change", has_text="−15 min of what is not used yet")
    expect(back.get_by_text("arrived", exact=True)).to_be_visible()
    expect(back).to_contain_text("Takes back an earlier change.")
    expect(given.get_by_role("button", name="Undo")).to_have_count(0)


def test_what_cannot_be_told_shows_both_readings_and_is_answered(family: Stage, signed_in: SignedIn) -> None:
    page = signed_in()
    family.somebody_comes_between("living-room.home", "mia", 10 * MINUTE)
    page.get_by_label("Mia Berg, living-room").get_by_role("button", name="give mia 30 minutes").click()
    page.get_by_role("button", name="Give anyway").click()  # the week leaves less
    page.goto("/changes?state=asks&server=living-room")
    asked = row(page, "+30 min")
    expect(asked.get_by_text("not certain", exact=True)).to_be_visible(timeout=SOON)
    expect(asked.locator(".side")).to_have_text(
        [
            re.compile("^Before it was sent.* left.*time balance"),
            re.compile("^Afterwards.* left.*time balance"),
        ]
    )
    asked.get_by_role("button", name="It arrived").click()
    expect(asked.get_by_text("anna said that it arrived")).to_be_visible()


def test_the_history_says_what_became_what_and_a_version_is_brought_back(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/user/noah", size=PHONE)
    page.get_by_label("Limit for a week").fill("12 h")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(row(page, "Limit for a week")).to_contain_text("no limit → 12 h")
    expect(row(page, "Limit for a week")).to_contain_text("anna, on this site")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Compare, and bring back").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row", name="Limit for a week")).to_contain_text("no limit12 h")
    dialog.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_text("Limit for a week no limit arrived on kids-pc")).to_be_visible()
    expect(page.locator("li.change").first).to_contain_text("Limit for a week: 12 h → no limit")
    page.get_by_label("Search").fill("anna WEEK")
    page.get_by_role("link", name="What happened").and_(page.locator("[href$='search=anna+WEEK']")).click()
    expect(row(page, "Limit for a week").first).to_contain_text("Brought back as it was on")
    expect(page.get_by_label("Search")).to_have_value("anna WEEK")
    page.get_by_label("Search").fill("bananas")
    expect(page.get_by_role("heading", name="Nothing like that is in here")).to_be_visible()
    page.wait_for_url("**/user/noah/history?search=bananas")
    page.get_by_role("link", name="Show all").click()
    expect(row(page, "Limit for a week").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_log_of_what_was_sent_finds_a_word(signed_in: SignedIn) -> None:
    page = signed_in()
    page.get_by_label("Emma Berg, living-room").get_by_role("button", name="give emma 60 minutes").click()
    expect(page.get_by_text("arrived on living-room at")).to_be_visible()
    page.goto("/server/living-room")
    page.get_by_role("link", name="What was sent").click()
    call = page.locator("li.call", has_text='setTimeLeft("emma", "+", 3600)')
    expect(call).to_contain_text("done")
    page.get_by_label("Search").fill("bananas")
    expect(page.get_by_text("Nothing like that was sent")).to_be_visible()
    page.get_by_label("Search").fill("settimeleft EMMA")
    expect(call).to_be_visible()


def test_who_may_only_look_sees_what_is_asked_and_no_buttons(family: Stage, signed_in: SignedIn) -> None:
    family.somebody_limits("kids-pc.home", "emma", 5, 9 * HOUR)
    page = signed_in("/changes", account=VIEWER)
    for path in ("/changes", "/server/kids-pc", "/server/kids-pc/user/emma/history"):
        if not page.url.endswith(path):
            page.goto(path)
        expect(drift(page, "Friday: limit")).to_contain_text("2 h → 9 h")
        expect(
            page.locator("#main").get_by_role("button", name=re.compile("Keep|Change|Undo"))
        ).to_have_count(0)


def row(page: Page, what: str) -> Locator:
    """A row of the list that says this."""
    return page.locator("li.change", has_text=what)


def drift(page: Page, what: str) -> Locator:
    """What somebody changed on a computer, in the part that asks about it."""
    return page.locator("li.drift", has_text=what)
