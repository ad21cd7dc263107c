"""Lists that are searched, narrowed and paged by the service, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.browse import go
from tests.browser.conftest import BOTH_SIZES, PHONE, SignedIn
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

SOON = 60_000  # milliseconds in which a computer that was switched off or on is noticed


def choose(page: Page, label: str, option: str) -> None:
    """An option of a select, which is folded away on a phone."""
    opener = page.get_by_role("button", name=re.compile("[Ff]ilter"))
    if opener.is_visible() and opener.get_attribute("aria-expanded") != "true":
        opener.click()
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def take(page: Page, card: str, user: str) -> None:
    """At home: a quarter of an hour, which no limit swallows as it might one that is given."""
    page.get_by_label(card).get_by_role("button", name=f"take 15 minutes from {user}").click()
    expect(page.get_by_label(card).get_by_text("arrived on").first).to_be_visible()


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_what_narrows_the_changes_stands_in_the_address_and_survives_a_reload_and_the_way_back(
    signed_in: SignedIn, size: ViewportSize
) -> None:
    page = signed_in(size=size)
    take(page, "Emma Berg, kids-pc", "emma")
    take(page, "Noah Berg, laptop", "noah")
    go(page, "/changes")
    rows = page.locator("li.change")
    expect(rows.get_by_text("noah · laptop").first).to_be_visible()
    choose(page, "Server", "kids-pc")
    expect(rows.get_by_text("noah · laptop")).to_have_count(0)
    expect(rows.get_by_text("emma · kids-pc").first).to_be_visible()
    choose(page, "What", "Time for today")
    page.wait_for_url("**/changes?server=kids-pc&kind=grant")
    page.reload()
    expect(rows.get_by_text("emma · kids-pc").first).to_be_visible()
    expect(rows.get_by_text("noah · laptop")).to_have_count(0)
    page.goto("/settings")
    page.go_back()
    expect(rows.get_by_text("emma · kids-pc").first).to_be_visible()
    expect(rows.get_by_text("noah · laptop")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_changes_are_searched_by_the_words_that_are_shown(signed_in: SignedIn) -> None:
    page = signed_in()
    take(page, "Noah Berg, laptop", "noah")
    go(page, "/changes")
    page.get_by_label("Search").fill("TIME today noah")  # what the field is called is in no database
    rows = page.locator("li.change")
    expect(rows.get_by_text("emma · kids-pc")).to_have_count(0)
    expect(rows.get_by_text("noah · laptop").first).to_be_visible()
    page.wait_for_url("**/changes?search=TIME+today+noah")
    page.get_by_label("Search").fill("100%")
    expect(page.get_by_role("heading", name="No such changes")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows.first).to_be_visible()


def test_changes_of_a_person_are_those_of_all_their_users(signed_in: SignedIn) -> None:
    page = signed_in()
    take(page, "Noah Berg, laptop", "noah")
    go(page, "/changes")
    choose(page, "Person", "Noah Berg (laptop)")
    expect(page.locator("li.change").first).to_contain_text("noah · laptop")
    page.wait_for_url("**/changes?person=laptop%2Fnoah")


def test_a_new_change_comes_on_top_only_where_it_fits(signed_in: SignedIn) -> None:
    hers = signed_in()
    take(hers, "Emma Berg, kids-pc", "emma")
    mine = signed_in("/changes?server=kids-pc")
    rows = mine.locator("li.change")
    expect(rows.first).to_be_visible()
    before = rows.count()
    take(hers, "Noah Berg, laptop", "noah")
    take(hers, "Emma Berg, kids-pc", "emma")
    expect(rows).to_have_count(before + 1)
    expect(rows.first.get_by_text("arrived")).to_be_visible()


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_servers_are_found_by_who_uses_them_and_by_where_they_stand(
    signed_in: SignedIn, family: Stage, size: ViewportSize
) -> None:
    page = signed_in("/servers?search=mia", size=size)
    cards = page.locator("#main section.card:not(.empty) h2")
    expect(cards).to_have_text(["living-room"])
    page.get_by_label("Search").fill("")
    expect(cards).to_have_text(["kids-pc", "laptop", "living-room"])
    page.wait_for_url("**/servers")
    page.goto("/servers?state=offline")
    expect(page.get_by_role("heading", name="No such servers")).to_be_visible()
    family.switch_off("laptop.home")
    try:
        expect(cards).to_have_text(["laptop"], timeout=SOON)
        expect(page.get_by_text("not reachable").last).to_be_visible()
    finally:
        family.switch_on("laptop.home")
    expect(cards).to_have_count(0, timeout=SOON)


def test_what_waits_for_a_server_stands_on_its_page_and_can_be_taken_back(
    signed_in: SignedIn, family: Stage
) -> None:
    page = signed_in("/server/laptop", size=PHONE)
    family.switch_off("laptop.home")
    try:
        expect(page.locator("#main").get_by_text("not reachable", exact=True)).to_be_visible(timeout=SOON)
        go(page, "/server/laptop/stats/noah")
        page.get_by_role("button", name="give noah 15 minutes").click()
        expect(page.get_by_text("waits:")).to_be_visible()
        page.goto("/server/laptop")
        queue = page.locator("section.card", has=page.get_by_role("heading", name="Waits to be sent"))
        expect(queue.get_by_text("+15 min")).to_be_visible()
        expect(queue.get_by_text("Waits: ")).to_be_visible()
        queue.get_by_role("button", name="Cancel +15 min").click()
        expect(queue).to_be_hidden()
    finally:
        family.switch_on("laptop.home")


def test_a_check_that_fails_says_what_to_do(signed_in: SignedIn, family: Stage) -> None:
    page = signed_in("/server/laptop")
    family.switch_off("laptop.home")
    try:
        page.get_by_role("button", name="Check now").click()
        health = page.locator("section.card", has=page.get_by_role("heading", name="Health"))
        failed = health.locator(".item", has=page.get_by_text("fails", exact=True))
        expect(failed).to_have_count(1, timeout=30_000)
        expect(failed.locator(".small")).not_to_be_empty()
    finally:
        family.switch_on("laptop.home")


def test_the_log_of_what_was_sent_keeps_what_it_is_searched_for(signed_in: SignedIn) -> None:
    page = signed_in()
    take(page, "Emma Berg, kids-pc", "emma")
    go(page, "/server/kids-pc/sent")
    page.get_by_label("Search").fill("bananas")
    expect(page.get_by_role("heading", name="Nothing like that was sent")).to_be_visible()
    page.wait_for_url("**/server/kids-pc/sent?search=bananas")
    page.goto("/server/kids-pc/sent?search=setTimeLeft&user=emma")
    expect(page.locator(".call").first).to_be_visible()
