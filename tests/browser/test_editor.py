"""The config editor in a real browser, with a computer of the rig: what was painted is what timekprd has in its file.

Each test has a user of its own, to whom timekpr sets no limit yet.
"""

import re
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import BOTH_SIZES, DESK, PHONE, SignedIn
from tests.browser.stage import ADMIN, PASSWORD
from tests.end_to_end.conftest import add_server
from tests.end_to_end.service import Service
from tests.noon import noon_zone
from tests.rig import TimekprHost

pytestmark = pytest.mark.browser

SOON = 60_000  # milliseconds in which what was sent is read back
USERS = ["ada", "bea", "cem", "dan", "eva", "fay", "gil", "hal", "ida", "jan", "kim", "leo"]
BOTH = pytest.mark.parametrize("size", BOTH_SIZES)


@dataclass
class House:
    """The application beside one real computer. `url` and `log` are the application's."""

    service: Service
    host: TimekprHost

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.service.url

    @property
    def log(self) -> str:
        """Everything logged."""
        return self.service.log.read_text("utf-8")

    def setting(self, user: str, key: str) -> str:
        """A value in the user's file, as timekprd wrote it."""
        parser = ConfigParser(interpolation=None, strict=True)
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(self.host.conf(user))
        return next(parser[section][key] for section in parser.sections() if key in parser[section])

    def hours(self, user: str, *weekdays: int) -> list[str]:
        """The hours of these days, as timekprd wrote them."""
        return [self.setting(user, f"ALLOWED_HOURS_{weekday}") for weekday in weekdays]


@pytest.fixture(scope="module")
def family(
    shared_host: Callable[..., TimekprHost], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """It is about noon there, and the computer is on."""
    host = shared_host(users=USERS, tz=noon_zone(), timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2})
    service = Service(tmp_path_factory.mktemp("service"))
    service.cli("account", "create", ADMIN, "--role", "admin", "--password-stdin", input=PASSWORD + "\n")
    service.start()
    add_server(service, host)
    yield House(service, host)
    service.kill()


def editor(signed_in: SignedIn, user: str, size: ViewportSize) -> Page:
    """The editor of a user."""
    page = signed_in(f"/server/kids-pc/user/{user}", size=size)
    expect(page.get_by_role("grid", name="Hours of the week")).to_be_visible()
    return page


def cell(page: Page, day: str, hour: int) -> Locator:
    """One hour of the grid, by what it is called."""
    return page.get_by_role("gridcell", name=f"{day} {hour:02d}:00")


def brush(page: Page, name: str) -> None:
    """Takes a brush into the hand."""
    page.get_by_role("group", name="Brush").get_by_role("button", name=name).click()


def middle(item: Locator) -> tuple[float, float]:
    """Where to press."""
    box = item.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: Locator, end: Locator) -> None:
    """With the mouse."""
    in_the_middle(start)
    page.mouse.move(*middle(start))
    page.mouse.down()
    page.mouse.move(*middle(end), steps=6)
    page.mouse.up()


def swipe(page: Page, start: Locator, end: Locator) -> None:
    """With a finger, which stays on the screen all the way."""
    (x, y), (to_x, to_y) = middle(start), middle(end)
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x + (to_x - x) * step / 8, "y": y + (to_y - y) * step / 8}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    touch.detach()


def in_the_middle(item: Locator) -> None:
    """Scrolls until it is in the middle of the screen, beside everything that stays at the edges, and comes to rest."""
    item.evaluate("item => item.scrollIntoView({ block: 'center' })")
    at_rest(item.page)


def at_rest(page: Page) -> None:
    """Waits until the page scrolls no more."""
    page.wait_for_function(
        "() => new Promise((rest) => { const at = scrollY; setTimeout(() => rest(at === scrollY), 200); })"
    )


def save(page: Page, changes: int) -> None:
    """Sends what was announced, and waits until all of it was read back."""
    announced = f"{changes} change" + "s" * (changes > 1)
    expect(page.get_by_text(announced, exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_have_count(changes, timeout=SOON)


def all_but(*closed: int) -> str:
    """Whole hours, as timekprd writes them."""
    return ";".join(str(hour) for hour in range(24) if hour not in closed)


def test_the_week_is_painted_with_a_mouse(signed_in: SignedIn, family: House) -> None:
    page = editor(signed_in, "ada", DESK)
    brush(page, "closed")
    drag(page, cell(page, "Monday", 0), cell(page, "Friday", 14))
    drag(page, cell(page, "Friday", 23), cell(page, "Monday", 21))
    brush(page, "free")
    drag(page, cell(page, "Monday", 20), cell(page, "Wednesday", 20))
    expect(cell(page, "Monday", 14)).to_have_accessible_name("Monday 14:00, closed")
    expect(cell(page, "Tuesday", 20)).to_have_accessible_name("Tuesday 20:00, free, not counted")
    expect(page.get_by_text("Friday: hours all day → 15:00–21:00")).to_be_attached()
    save(page, 5)
    assert family.hours("ada", 1, 2, 3) == ["15;16;17;18;19;!20"] * 3
    assert family.hours("ada", 4, 5) == ["15;16;17;18;19;20"] * 2
    assert family.hours("ada", 6) == [all_but()]


def test_the_week_is_painted_with_a_finger_and_the_page_stays_where_it_is(
    signed_in: SignedIn, family: House
) -> None:
    page = editor(signed_in, "bea", PHONE)
    brush(page, "closed")
    in_the_middle(cell(page, "Saturday", 10))
    at = page.evaluate("scrollY")
    swipe(page, cell(page, "Saturday", 6), cell(page, "Sunday", 14))
    expect(cell(page, "Sunday", 14)).to_have_accessible_name("Sunday 14:00, closed")
    expect(cell(page, "Sunday", 15)).to_have_accessible_name("Sunday 15:00, allowed")
    expect(cell(page, "Friday", 14)).to_have_accessible_name("Friday 14:00, allowed")
    assert page.evaluate("scrollY") == at
    save(page, 2)
    assert family.hours("bea", 6, 7) == [all_but(*range(6, 15))] * 2


def test_a_thumb_scrolls_past_the_week_and_paints_nothing(signed_in: SignedIn) -> None:
    page = editor(signed_in, "bea", PHONE)
    in_the_middle(cell(page, "Wednesday", 9))
    at = page.evaluate("scrollY")
    swipe(page, cell(page, "Wednesday", 12), cell(page, "Wednesday", 6))
    page.wait_for_function("at => scrollY > at + 40", arg=at)
    brush(page, "closed")
    beside = page.get_by_role("grid")
    in_the_middle(beside.get_by_text("13:00"))
    at = page.evaluate("scrollY")
    swipe(page, beside.get_by_text("16:00"), beside.get_by_text("10:00"))
    page.wait_for_function("at => scrollY > at + 40", arg=at)
    expect(cell(page, "Monday", 12)).to_have_accessible_name("Monday 12:00, allowed")
    expect(page.get_by_role("button", name="Save")).to_be_hidden()


def test_a_tap_without_a_brush_goes_on_to_the_next_kind(signed_in: SignedIn) -> None:
    page = editor(signed_in, "bea", PHONE)
    thursday = cell(page, "Thursday", 9)
    for kind in ("free, not counted", "closed", "allowed"):
        thursday.click()
        expect(thursday).to_have_accessible_name(f"Thursday 09:00, {kind}")
    expect(page.get_by_role("button", name="Save")).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])  # where the week lies the other way
def test_the_week_is_painted_with_the_keyboard(
    signed_in: SignedIn, family: House, size: ViewportSize
) -> None:
    user, turned = ("cem", True) if size is PHONE else ("dan", False)
    page = editor(signed_in, user, size)
    later, next_day = ("ArrowDown", "ArrowRight") if turned else ("ArrowRight", "ArrowDown")
    cell(page, "Monday", 0).focus()
    for _ in range(2):
        page.keyboard.press(later)
    expect(cell(page, "Monday", 2)).to_be_focused()
    page.keyboard.press("Space")
    expect(cell(page, "Monday", 2)).to_have_accessible_name("Monday 02:00, free, not counted")
    page.keyboard.press("Space")
    page.keyboard.press(next_day)
    expect(cell(page, "Tuesday", 2)).to_be_focused()
    brush(page, "closed")
    cell(page, "Tuesday", 2).focus()
    page.keyboard.press(f"Shift+{next_day}")
    page.keyboard.press("Shift+Home")
    expect(page.locator(".cell[aria-selected=true]")).to_have_count(6)
    page.keyboard.press("Space")
    page.keyboard.press("End")
    expect(cell(page, "Wednesday", 23)).to_be_focused()
    expect(page.locator(".cell[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Space")
    save(page, 3)
    assert family.hours(user, 1, 2, 3) == [all_but(2), all_but(0, 1, 2), all_but(0, 1, 2, 23)]


@BOTH
def test_a_days_times_are_typed_to_the_minute_and_copied(
    signed_in: SignedIn, family: House, size: ViewportSize
) -> None:
    user = "eva" if size is PHONE else "fay"
    page = editor(signed_in, user, size)
    page.get_by_role("button", name="Tuesday: all day").click()
    tuesday = page.get_by_role("group", name="Tuesday")
    tuesday.get_by_label("From").fill("14:30")
    tuesday.get_by_label("Until").fill("20:15")
    expect(cell(page, "Tuesday", 20)).to_have_accessible_name("Tuesday 20:00, allowed, from 20:00 to 20:15")
    page.get_by_label("Tuesday: limit").fill("1 h 40")
    expect(tuesday.get_by_text("Tuesday: 14:30–20:15, at most 1 h 40 min")).to_be_visible()
    page.get_by_role("button", name="Copy Tuesday to…").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="Copy", exact=True)).to_be_disabled()
    asked.get_by_role("button", name="Mon–Fri").click()
    asked.get_by_role("button", name="Friday").click()
    asked.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_label("Thursday: limit")).to_have_value("1 h 40 min")
    save(page, 8)
    assert family.hours(user, 1, 2, 3, 4) == ["14[30-60];15;16;17;18;19;20[0-15]"] * 4
    assert family.hours(user, 5) == [all_but()]
    limits = family.setting(user, "LIMITS_PER_WEEKDAYS").split(";")
    assert limits == ["6000"] * 4 + ["86400"] * 3


@BOTH
def test_limits_are_slid_in_quarters_and_typed_to_the_second(
    signed_in: SignedIn, family: House, size: ViewportSize
) -> None:
    user = "gil" if size is PHONE else "hal"
    page = editor(signed_in, user, size)
    monday = page.get_by_role("slider", name="Slider for Monday", exact=True)
    expect(monday).to_have_attribute("aria-valuetext", "no limit")
    monday.focus()
    page.keyboard.press("Home")
    expect(page.get_by_label("Monday: limit")).to_have_value("0 min")
    expect(page.get_by_text("No time that day, unless you give some.")).to_be_visible()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(monday).to_have_attribute("aria-valuetext", "1 h 15 min")
    expect(page.get_by_label("Monday: limit")).to_have_value("1 h 15 min")
    page.get_by_label("Tuesday: limit").fill("1 h 7 min 5 s")
    expect(page.get_by_role("slider", name="Slider for Tuesday", exact=True)).to_have_attribute(
        "aria-valuetext", "1 h"
    )
    page.get_by_label("Wednesday: limit").fill("0")
    page.get_by_label("Limit for a week").fill("12 h")
    page.get_by_role("slider", name="Slider for the month").focus()
    page.keyboard.press("ArrowLeft")
    save(page, 5)
    limits = family.setting(user, "LIMITS_PER_WEEKDAYS").split(";")
    assert limits == ["4500", "4025", "0", "86400", "86400", "86400", "86400"]
    assert family.setting(user, "LIMIT_PER_WEEK") == "43200"
    assert int(family.setting(user, "LIMIT_PER_MONTH")) < 31 * 86_400


@BOTH
def test_what_applies_follows_every_edit(signed_in: SignedIn, size: ViewportSize) -> None:
    is_saturday = datetime.now(ZoneInfo(noon_zone())).isoweekday() == 6
    day, day_after = ("Tuesday", "Wednesday") if is_saturday else ("Saturday", "Sunday")
    page = editor(signed_in, "ida", size)
    plan = page.locator("section", has=page.get_by_role("heading", name="What applies, and why"))
    expect(plan.locator(".which")).to_contain_text("Today")
    expect(plan).to_contain_text("Nothing ends it today")
    plan.get_by_role("button", name="The day before").click()
    expect(plan.locator(".which")).to_contain_text("Yesterday")
    expect(plan).to_contain_text("Nothing is known of that day.")
    page.get_by_role("button", name=f"{day}: all day").click()
    expect(plan.locator(".which")).to_contain_text(day)
    page.get_by_label(f"{day}: limit").fill("2 h")
    expect(plan).to_contain_text("2 h a day · all day")
    page.get_by_role("group", name=day).get_by_role("button", name="Close the day").click()
    expect(plan).to_contain_text("Closed all day")
    brush(page, "allowed")
    drag(page, cell(page, day, 15), cell(page, day, 19))
    expect(plan).to_contain_text("From 15:00 until 17:00 at most, then the day's limit is reached")
    expect(plan.get_by_role("img")).to_have_accessible_name(re.compile("Allowed: 15:00–20:00; from 15:00"))
    plan.get_by_role("button", name="The day after").click()
    expect(plan.locator(".which")).to_contain_text(day_after)
    expect(plan).to_contain_text("No limit for the day · all day")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    expect(cell(page, day, 3)).to_have_accessible_name(f"{day} 03:00, allowed")


@BOTH
def test_how_it_ends_and_what_is_counted_reach_the_computer(
    signed_in: SignedIn, family: House, size: ViewportSize
) -> None:
    user = "jan" if size is PHONE else "kim"
    page = editor(signed_in, user, size)
    page.get_by_role("radio", name="Lock the screen").click()
    page.get_by_role("switch", name="Count time while locked").click()
    page.get_by_role("switch", name="Hide timekpr's icon").click()
    save(page, 3)
    assert family.setting(user, "LOCKOUT_TYPE") == "lock"
    assert family.setting(user, "TRACK_INACTIVE") == "True"
    assert family.setting(user, "HIDE_TRAY_ICON") == "True"


def test_two_people_see_each_others_saves_and_lose_nothing(signed_in: SignedIn, family: House) -> None:
    mum, dad = editor(signed_in, "leo", PHONE), editor(signed_in, "leo", DESK)
    brush(mum, "closed")
    cell(mum, "Monday", 5).click()
    cell(mum, "Tuesday", 5).click()
    brush(dad, "closed")
    cell(dad, "Tuesday", 6).click()
    cell(dad, "Wednesday", 6).click()
    save(dad, 2)
    expect(cell(mum, "Wednesday", 6)).to_have_accessible_name("Wednesday 06:00, closed", timeout=SOON)
    expect(cell(mum, "Monday", 5)).to_have_accessible_name("Monday 05:00, closed")
    expect(mum.get_by_text("Changed meanwhile: Tuesday: hours")).to_be_visible()
    expect(cell(mum, "Tuesday", 5)).to_have_accessible_name("Tuesday 05:00, closed")
    mum.get_by_role("button", name="Undo").click()
    expect(cell(mum, "Tuesday", 5)).to_have_accessible_name("Tuesday 05:00, allowed")
    expect(cell(mum, "Tuesday", 6)).to_have_accessible_name("Tuesday 06:00, closed")
    cell(mum, "Monday", 5).click()
    mum.get_by_role("button", name="Save").click()
    expect(mum.locator(".note", has_text="Monday: hours")).to_contain_text("arrived", timeout=SOON)
    expect(cell(dad, "Monday", 5)).to_have_accessible_name("Monday 05:00, closed", timeout=SOON)
    assert family.hours("leo", 1, 2, 3) == [all_but(5), all_but(6), all_but(6)]


def test_leaving_by_a_link_with_edits_asks_and_staying_keeps_them(signed_in: SignedIn) -> None:
    page = editor(signed_in, "ida", DESK)
    answers = iter([False, True])
    page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    cell(page, "Friday", 8).click()
    page.wait_for_function("window.tkUnsaved")
    page.get_by_role("link", name="Home").first.click()
    expect(cell(page, "Friday", 8)).to_have_accessible_name("Friday 08:00, free, not counted")
    page.get_by_role("link", name="Home").first.click()
    page.wait_for_url("**/")
    assert next(answers, None) is None
