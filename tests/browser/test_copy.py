"""Limits are copied to others, in a browser, over real computers of the rig: what was shown is what timekprd gets."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import BOTH_SIZES, DESK, PHONE, SignedIn
from tests.browser.real import RealHouse, real_house
from tests.noon import noon_zone
from tests.rig import TimekprHost

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]  # the first one waits for all to start

SOON = 60_000  # milliseconds in which what was sent is read back
SETTINGS = {"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2}
LIMITS = {
    "week_limit_seconds": 36_000,
    "lockout": {"type": "lock"},
    "days": [{"day": 6, "limit_seconds": 5400}],
}


@pytest.fixture(scope="module")
def family(
    shared_host: Callable[..., TimekprHost], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealHouse]:
    """Ada has limits on kids-pc; nobody else has any, there and on the laptop."""
    pc = shared_host(users=["ada", "bea", "cem", "dan"], tz=noon_zone(), timekpr=SETTINGS)
    laptop = shared_host(users=["ada", "eva"], tz=noon_zone(), timekpr=SETTINGS)
    with real_house(tmp_path_factory.mktemp("service"), {"kids-pc": pc, "laptop": laptop}) as house:
        accepted = house.service.ask("PATCH", "/servers/kids-pc/users/ada/config", LIMITS)
        house.service.settled(accepted["changes"])
        yield house


def copying(signed_in: SignedIn, size: ViewportSize) -> Page:
    """The page that copies Ada's limits, opened from hers."""
    page = signed_in("/server/kids-pc/user/ada", size=size)
    page.get_by_role("link", name="Copy to others…").click()
    expect(page.get_by_role("heading", name="Copy the limits of ada")).to_be_visible()
    page.wait_for_function("window.did_handshake")
    return page


def box(page: Page, user: str, server: str) -> Locator:
    """The mark of a user in the list."""
    return page.get_by_role("checkbox", name=re.compile(f": {user} on {server}$"))


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_what_is_shown_to_differ_is_what_arrives_on_each_computer(
    signed_in: SignedIn, family: RealHouse, size: ViewportSize
) -> None:
    user = "bea" if size is PHONE else "cem"
    page = copying(signed_in, size)
    box(page, user, "kids-pc").click()
    preview = page.locator("details.copyone", has_text=f"{user} on kids-pc")
    expect(preview.get_by_text("3 changes")).to_be_visible()
    expect(preview.get_by_role("row", name=re.compile("^Limit for a week no limit 10 h$"))).to_be_visible()
    expect(
        preview.get_by_role("row", name=re.compile("^Saturday: limit no limit 1 h 30 min$"))
    ).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_role("button", name="When time is up").click()
    expect(page.get_by_text("2 changes for 1 user")).to_be_visible()

    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible(timeout=SOON)
    assert family.setting("kids-pc", user, "LIMIT_PER_WEEK") == "36000"
    assert family.setting("kids-pc", user, "LIMITS_PER_WEEKDAYS").split(";")[5] == "5400"
    assert family.setting("kids-pc", user, "LOCKOUT_TYPE") == "terminate"  # was not chosen


def test_users_are_found_by_name_and_by_computer_and_stay_chosen_meanwhile(signed_in: SignedIn) -> None:
    page = copying(signed_in, PHONE)
    expect(page.get_by_role("checkbox")).to_have_count(5)
    page.get_by_label("Search for a name or a computer").fill("LAP")
    expect(page.get_by_role("checkbox")).to_have_count(2)
    box(page, "eva", "laptop").click()
    page.get_by_label("Search for a name or a computer").fill("dan")
    expect(page.get_by_role("checkbox")).to_have_count(1)
    box(page, "dan", "kids-pc").click()
    expect(page.get_by_text("for 2 users")).to_be_visible()
    page.get_by_label("Search for a name or a computer").fill("nobody")
    expect(page.get_by_text("Nobody of this name.")).to_be_visible()
    page.get_by_label("Search for a name or a computer").fill("")
    page.get_by_role("button", name="By computer").click()
    expect(page.get_by_role("heading", name="laptop")).to_be_visible()
    expect(box(page, "eva", "laptop")).to_be_checked()
    page.get_by_role("button", name="Choose nobody").click()
    expect(page.get_by_text("Choose who is to have the same limits.")).to_be_visible()
    expect(box(page, "eva", "laptop")).not_to_be_checked()


def test_who_is_on_a_computer_that_is_off_gets_it_when_it_is_back(
    signed_in: SignedIn, family: RealHouse
) -> None:
    laptop = family.hosts["laptop"]
    laptop.stop("sshd")
    family.service.until_state("laptop", "offline")
    page = copying(signed_in, DESK)
    box(page, "ada", "laptop").click()
    box(page, "dan", "kids-pc").click()
    expect(page.get_by_text("laptop cannot be reached now; it waits")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("wait: laptop is not reachable")).to_be_visible()

    laptop.start("sshd")

    expect(page.get_by_text("arrived on laptop at")).to_be_visible(timeout=60_000)
    assert family.setting("laptop", "ada", "LIMIT_PER_WEEK") == "36000"
    assert family.setting("kids-pc", "dan", "LOCKOUT_TYPE") == "lock"
