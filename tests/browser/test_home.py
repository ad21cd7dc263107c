"""Home, in a real browser, over the whole application: everybody's card, and time that works."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, SignedIn

pytestmark = pytest.mark.browser

SOON = 15_000  # milliseconds in which something on a computer is noticed


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
