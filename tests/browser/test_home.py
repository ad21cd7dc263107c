"""Home, in a real browser, over the whole application: everybody's card, and time that works."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, SignedIn
from tests.browser.stage import VIEWER, Stage

pytestmark = pytest.mark.browser

SOON = 60_000  # milliseconds in which something on a computer is noticed
LATE = 60_000  # in which a computer is reached again that was off


def test_time_that_the_week_leaves_no_room_for_is_asked_about_and_not_sent_before(
    signed_in: SignedIn,
) -> None:
    page = signed_in(size=PHONE)
    mia = page.get_by_label("Mia Berg, living-room")
    mia.get_by_role("button", name="give mia 30 minutes").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("The week's limit leaves")
    question.get_by_role("button", name="Not now").click()
    expect(question).to_be_hidden()
    expect(mia.get_by_text("+30 min")).to_have_count(0)


def test_time_is_given_anyway_where_a_person_says_so(signed_in: SignedIn) -> None:
    page = signed_in()
    mia = page.get_by_label("Mia Berg, living-room")
    mia.get_by_role("button", name="give mia 15 minutes").click()
    page.get_by_role("button", name="Give anyway").click()
    expect(mia.get_by_text("+15 min arrived on living-room at")).to_be_visible()


def test_what_is_in_the_way_is_opened_up_for_the_day_together_with_the_time(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    mia = page.get_by_label("Mia Berg, living-room")
    mia.get_by_role("button", name="give mia 60 minutes").click()
    page.get_by_role("button", name="Give, and open up for today").click()
    arrived = mia.locator(".note", has_text="arrived on living-room at")
    expect(arrived).to_contain_text("Limit for a week", timeout=SOON)
    expect(arrived).to_contain_text("+1 h")
    page.goto("/changes")
    opened = page.locator("li.change", has_text="Limit for a week")
    expect(opened).to_contain_text("For a day only: it is taken back after today.")
    opened.get_by_role("button", name="Keep it").click()
    expect(opened.get_by_role("button", name="Keep it")).to_be_hidden()
    expect(opened).not_to_contain_text("taken back")


def test_a_press_is_said_to_be_on_its_way_and_to_have_arrived_only_when_it_has(
    signed_in: SignedIn, family: Stage
) -> None:
    page = signed_in(size=PHONE)
    emma = page.get_by_label("Emma Berg, kids-pc")
    family.slow_down("kids-pc.home", 2)
    try:
        emma.get_by_role("button", name="give emma 15 minutes").click()
        note = emma.locator(".note", has_text="+15 min")
        expect(note).to_contain_text("is on its way")
        expect(note).not_to_contain_text("arrived")
    finally:
        family.slow_down("kids-pc.home", 0)
    expect(note).to_contain_text("arrived on kids-pc at", timeout=LATE)


def test_what_is_given_to_a_computer_that_is_off_waits_in_words_and_arrives_when_it_is_back(
    signed_in: SignedIn, family: Stage
) -> None:
    page = signed_in(size=PHONE)
    noah = page.get_by_label("Noah Berg, laptop")
    family.switch_off("laptop.home")
    try:
        expect(noah.locator(".state")).to_contain_text("laptop not reachable since", timeout=LATE)
        expect(noah.locator("svg.dial")).to_contain_text("when last seen")
        noah.get_by_role("button", name="give noah 15 minutes").click()
        note = noah.locator(".note", has_text="+15 min")
        expect(note).to_contain_text("waits: laptop is not reachable")
        expect(note).not_to_contain_text("arrived")
        page.reload()
        expect(note).to_contain_text("waits: laptop is not reachable")
    finally:
        family.switch_on("laptop.home")
    expect(noah.locator(".state")).not_to_contain_text("not reachable", timeout=LATE)
    expect(note).to_have_count(0)  # it was sent before this page was opened
    page.goto("/changes?server=laptop")
    expect(page.locator("li.change", has_text="+15 min").first).to_contain_text("arrived", timeout=LATE)


def test_a_second_press_in_the_same_place_meets_the_same_button(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    noah = page.get_by_label("Noah Berg, kids-pc")
    button = noah.get_by_role("button", name="give noah 15 minutes")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    under_the_thumb = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    button.click()
    expect(noah.get_by_text("+15 min arrived on kids-pc at")).to_be_visible(timeout=LATE)
    found = "(at) => document.elementFromPoint(at.x, at.y).closest('button')?.getAttribute('aria-label')"
    assert page.evaluate(found, under_the_thumb) == "+15: give noah 15 minutes"


def test_users_of_one_login_are_offered_as_one_person_and_have_one_card_then(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    expect(page.get_by_text("Is emma on kids-pc and living-room one person?")).to_be_visible()
    join(page, "emma")
    emma = page.get_by_label("Emma Berg, kids-pc and living-room")
    expect(emma.get_by_text("used in all")).to_be_visible()
    expect(emma.locator(".places li")).to_have_count(2)
    expect(emma.get_by_text("Next: ")).to_be_visible()
    expect(page.get_by_text("Is emma on")).to_have_count(0)


def test_who_is_kept_apart_is_offered_no_more(signed_in: SignedIn) -> None:
    page = signed_in()
    page.get_by_role("button", name="Keep apart: noah").click()
    expect(page.get_by_text("Is noah on")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Noah Berg, kids-pc")).to_be_visible()
    expect(page.get_by_text("Is noah on")).to_have_count(0)


def test_a_viewer_is_asked_nothing(signed_in: SignedIn) -> None:
    page = signed_in(account=VIEWER)
    expect(page.get_by_label("Noah Berg, laptop")).to_be_visible()
    expect(page.get_by_role("button", name="One person")).to_have_count(0)


def test_a_person_is_named_joined_and_taken_apart_by_hand(signed_in: SignedIn) -> None:
    page = signed_in()
    who(page, page.get_by_label("Noah Berg, laptop"))
    page.get_by_label("Name", exact=True).fill("Noah at school")
    page.get_by_role("button", name="Rename").click()
    school = page.get_by_label("Noah at school, laptop")
    expect(school).to_be_visible()
    who(page, school)
    page.get_by_label("Is the same person as").click()
    page.get_by_role("option", name="Mia Berg").click()
    page.get_by_role("button", name="Join").click()
    both = page.get_by_label("Noah at school, laptop and living-room")
    expect(both).to_be_visible()
    who(page, both)
    page.get_by_role("button", name="Take out mia on living-room").click()
    expect(page.get_by_label("Mia Berg, living-room")).to_be_visible()
    expect(school).to_be_visible()


def test_time_goes_to_where_a_person_plays_and_else_it_is_asked_where(
    signed_in: SignedIn, family: Stage
) -> None:
    page = signed_in(size=PHONE)
    join(page, "emma")
    emma = page.get_by_label("Emma Berg, kids-pc and living-room")
    give = emma.get_by_role("button", name="give emma 15 minutes")
    give.click()
    expect(emma.get_by_text("+15 min arrived on kids-pc at")).to_be_visible()
    family.somebody_leaves("kids-pc.home", "emma")
    expect(emma.get_by_text("Away", exact=True)).to_be_visible(timeout=SOON)
    give.click()
    choice = page.get_by_role("dialog").locator(".place")
    expect(choice.first).to_contain_text("kids-pc")
    expect(choice.first).to_contain_text("as last time")
    choice.last.click()
    expect(emma.get_by_text("+15 min arrived on living-room at")).to_be_visible()
    give.click()
    expect(choice.first).to_contain_text("living-room")


def test_a_session_is_ended_after_it_was_said_how_and_the_time_is_given_back(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    noah = page.get_by_label("Noah Berg, kids-pc")
    end(page, noah)
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("lock the screen")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    end(page, noah)
    question.get_by_role("button", name="End the session").click()
    expect(noah.get_by_text("was taken on kids-pc at")).to_be_visible(timeout=SOON)
    page.reload()
    noah.get_by_role("button", name="Give it back").click()
    expect(noah.get_by_text("was taken on kids-pc at")).to_be_hidden()
    expect(noah.get_by_text("arrived on kids-pc at")).to_be_visible()
    expect(noah.locator("svg.dial text").first).not_to_have_text("0")


def join(page: Page, login: str) -> None:
    """Accepts the offer, where it was not accepted before."""
    offer = page.get_by_role("button", name=f"One person: {login}")
    if offer.count():
        offer.click()
        expect(offer).to_have_count(0)


def who(page: Page, card: Locator) -> None:
    """Opens what says who somebody is."""
    card.get_by_role("button", name="more for").click()
    page.get_by_text("Name and computers…").click()


def end(page: Page, card: Locator) -> None:
    """Asks for the end of the session."""
    card.get_by_role("button", name="more for").click()
    page.get_by_text("End the session…").click()


def test_a_computer_that_limits_nobody_is_told_of_until_it_is_put_right(
    signed_in: SignedIn, family: Stage
) -> None:
    page = signed_in(size=PHONE)
    family.somebody_sets_poll_time("living-room.home", 60)
    alarm = page.locator(".note", has_text="living-room: timekpr is set to look every 60 s")
    expect(alarm).to_be_visible(timeout=SOON)
    alarm.get_by_role("link", name="Look").click()
    health = page.locator("section.card", has=page.get_by_role("heading", name="Is it enforcing?"))
    expect(health).to_contain_text("Set “Looks every” to 3 seconds")
    family.somebody_sets_poll_time("living-room.home", 3)
    expect(health).to_contain_text("Nothing that was found stands against it.", timeout=SOON)
    expect(health).to_contain_text("Over within the last days")
