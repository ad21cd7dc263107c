"""The files as text, in a browser, over a real computer of the rig: what was typed is what timekprd has in its file.

Each test has a user of its own, to whom timekpr sets no limit yet.
"""

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
USERS = ["ada", "bea", "cem", "dan", "eva", "fay"]


@pytest.fixture(scope="module")
def family(
    shared_host: Callable[..., TimekprHost], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealHouse]:
    """It is about noon there, and the computer is on."""
    host = shared_host(users=USERS, tz=noon_zone(), timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2})
    with real_house(tmp_path_factory.mktemp("service"), {"kids-pc": host}) as house:
        yield house


def opened(signed_in: SignedIn, path: str, name: str, size: ViewportSize = DESK) -> tuple[Page, Locator]:
    """A page, and on it the text of a file, unfolded."""
    page = signed_in(path, size=size)
    page.get_by_text("The files as text").click()
    area = page.get_by_role("textbox", name=name)
    expect(area).to_be_visible()
    return page, area


def replaced(area: Locator, old: str, new: str) -> None:
    """Another text in the place of one that stands there."""
    text = area.input_value()
    assert old in text
    area.fill(text.replace(old, new, 1))


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_what_is_typed_into_the_text_is_sent_as_fields_and_nothing_else_of_it(
    signed_in: SignedIn, family: RealHouse, size: ViewportSize
) -> None:
    user = "ada" if size is PHONE else "bea"
    page, area = opened(signed_in, f"/server/kids-pc/user/{user}", f"timekpr.{user}.conf", size)
    before = family.hosts["kids-pc"].conf(user)
    replaced(area, "LIMIT_PER_WEEK = 604800", "# we agreed on ten hours\nLIMIT_PER_WEEK = 36000")
    replaced(area, "TRACK_INACTIVE = False", "TRACK_INACTIVE = True")
    expect(page.get_by_text("2 changes", exact=True)).to_be_visible()
    expect(page.get_by_text("A comment is not sent").last).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at").last).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Limit for a week 10 h")).to_be_visible()
    expect(page.get_by_text("arrived on kids-pc at")).to_have_count(2, timeout=SOON)

    after = family.hosts["kids-pc"].conf(user)
    assert family.setting("kids-pc", user, "LIMIT_PER_WEEK") == "36000"
    assert family.setting("kids-pc", user, "TRACK_INACTIVE") == "True"
    differing = set(after.splitlines()) ^ set(before.splitlines())
    assert {line.partition(" =")[0] for line in differing} == {"LIMIT_PER_WEEK", "TRACK_INACTIVE"}
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_an_error_stands_at_its_line_and_nothing_is_sent_until_it_is_put_right(
    signed_in: SignedIn, family: RealHouse
) -> None:
    page, area = opened(signed_in, "/server/kids-pc/user/cem", "timekpr.cem.conf", PHONE)
    replaced(area, "ALLOWED_HOURS_3 = 0;1;2;", "ALLOWED_HOURS_3 = 0;01;2;")
    problem = page.locator(".rawnotes li")
    expect(problem).to_contain_text("“01”: An hour is written without a zero before it.")
    line = (
        area.input_value()
        .splitlines()
        .index(next(line for line in area.input_value().splitlines() if line.startswith("ALLOWED_HOURS_3")))
    )
    expect(page.locator(".gutter b.over")).to_have_text(str(line + 1))
    expect(area).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("button", name=f"Go to line {line + 1}").click()
    expect(area).to_be_focused()
    replaced(area, "= 0;01;2;", "= 0;")
    expect(problem).to_have_count(0)
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(area).to_have_value(re.compile("ALLOWED_HOURS_3 = 0;1;2;"))
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    assert family.setting("kids-pc", "cem", "ALLOWED_HOURS_3").startswith("0;1;2;")


def test_the_text_and_the_fields_are_the_same_edits(signed_in: SignedIn) -> None:
    page, area = opened(signed_in, "/server/kids-pc/user/dan", "timekpr.dan.conf")
    switch = page.get_by_role("switch", name="Count time while locked")
    switch.click()
    expect(area).to_have_value(re.compile("^TRACK_INACTIVE = True$", re.MULTILINE))
    replaced(area, "HIDE_TRAY_ICON = False", "HIDE_TRAY_ICON = True")
    expect(page.get_by_role("switch", name="Hide timekpr's icon")).to_be_checked()
    expect(page.get_by_text("2 changes", exact=True)).to_be_visible()
    replaced(area, "TRACK_INACTIVE = True", "TRACK_INACTIVE = False")
    expect(switch).not_to_be_checked()
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()


def test_a_lost_key_is_not_sent_as_no_limit(signed_in: SignedIn, family: RealHouse) -> None:
    page, area = opened(signed_in, "/server/kids-pc/user/eva", "timekpr.eva.conf", PHONE)
    replaced(area, "LIMITS_PER_WEEKDAYS =", "# LIMITS_PER_WEEKDAYS =")
    expect(page.locator(".rawnotes")).to_contain_text("Missing here: LIMITS_PER_WEEKDAYS.")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("button", name="Undo").click()


def test_what_timekpr_counts_can_only_be_read_and_says_why(signed_in: SignedIn) -> None:
    page, _area = opened(signed_in, "/server/kids-pc/user/fay", "timekpr.fay.conf")
    expect(page.get_by_text("timekpr writes this file itself all the time")).to_be_visible()
    counted = page.get_by_role("region", name="fay.time")
    expect(counted).to_contain_text("TIME_SPENT_DAY")
    assert counted.evaluate("one => one.tagName") == "PRE"


def test_the_servers_own_file_is_edited_the_same_way(signed_in: SignedIn, family: RealHouse) -> None:
    page, area = opened(signed_in, "/server/kids-pc", "timekpr.conf", PHONE)
    replaced(area, "TIMEKPR_LOGFILE_DIR = /var/log", "TIMEKPR_LOGFILE_DIR = /tmp")
    expect(page.locator(".rawnotes")).to_contain_text("no way to set its directories")
    replaced(area, "TIMEKPR_LOGFILE_DIR = /tmp", "TIMEKPR_LOGFILE_DIR = /var/log")
    replaced(area, "TIMEKPR_FINAL_WARNING_TIME = 10", "TIMEKPR_FINAL_WARNING_TIME = 12")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible(timeout=SOON)
    assert family.server_setting("kids-pc", "TIMEKPR_FINAL_WARNING_TIME") == "12"
