"""What stands around every page: the way about, the connection, and how it is installed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.browse import ALIVE, sign_in
from tests.browser.conftest import BOTH_SIZES, DESK, PHONE, SignedIn
from tests.browser.stage import Stage, stage

pytestmark = pytest.mark.browser

BACK = 60_000  # milliseconds in which a page comes back: the socket tries again every few seconds
SIDE = "Places, people and servers"


def test_the_side_leads_to_every_person_and_server(signed_in: SignedIn) -> None:
    page = signed_in()
    side = page.get_by_label(SIDE)
    side.get_by_role("link", name="Mia Berg").click()
    page.wait_for_url("**/person/living-room/mia")
    expect(side.get_by_role("link", name="Mia Berg")).to_have_attribute("aria-current", "page")
    side.get_by_role("link", name="kids-pc").last.click()
    page.wait_for_url("**/server/kids-pc")
    side.get_by_role("link", name="noah", exact=True).click()
    page.wait_for_url("**/server/kids-pc/user/noah")
    expect(side.get_by_role("link", name="noah", exact=True)).to_have_attribute("aria-current", "page")


def test_what_is_folded_away_stays_so(signed_in: SignedIn) -> None:
    page = signed_in()
    mia = page.get_by_label(SIDE).get_by_role("link", name="Mia Berg")
    expect(mia).to_be_visible()
    page.get_by_label(SIDE).get_by_text("People", exact=True).click()
    expect(mia).to_be_hidden()
    page.goto("/servers")
    expect(page.get_by_label(SIDE).get_by_role("link", name="laptop")).to_be_visible()
    expect(mia).to_be_hidden()
    page.get_by_label(SIDE).get_by_text("People", exact=True).click()
    expect(mia).to_be_visible()


def test_a_phone_has_four_places_under_the_thumb(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    expect(page.get_by_label(SIDE)).to_be_hidden()
    places = page.get_by_label("Places", exact=True).get_by_role("link")
    expect(places).to_have_count(4)
    for place in places.all():
        box = place.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 44
    places.filter(has_text="Changes").click()
    page.wait_for_url("**/changes")
    expect(places.filter(has_text="Changes")).to_have_attribute("aria-current", "page")


def test_the_keyboard_skips_to_the_content(signed_in: SignedIn) -> None:
    page = signed_in("/servers")
    expect(page.get_by_role("heading", name="Servers")).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_page_that_is_still_connecting_is_not_connected_twice(signed_in: SignedIn) -> None:
    """The browser says that a page is shown when it has loaded: just as its connection is made."""
    page = signed_in()
    page.add_init_script("setInterval(() => dispatchEvent(new Event('pageshow')), 1)")
    page.goto("/server/kids-pc/user/noah")
    page.wait_for_function(ALIVE)
    page.get_by_label("Limit for a week").fill("12 h")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(page.locator("body")).not_to_contain_class("lost")
    page.get_by_role("button", name="Undo").click()


def test_it_can_be_installed(signed_in: SignedIn, stranger: Page) -> None:
    page = signed_in()
    link = page.locator("link[rel=manifest]").get_attribute("href")
    assert link == "/manifest.webmanifest"
    manifest = stranger.request.get(link).json()
    assert manifest["display"] == "standalone"
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        answer = stranger.request.get("/" + icon["src"])  # the browser asks without cookies
        assert answer.status == 200
        assert answer.headers["content-type"] == icon["type"]
    sizes = [
        page.evaluate(
            "src => new Promise(done => Object.assign(new Image(), "
            "{src, onload() { done(`${this.naturalWidth}x${this.naturalHeight}`); }}))",
            f"/{icon['src']}",
        )
        for icon in manifest["icons"]
        if icon["sizes"] != "any"
    ]
    assert sizes == [icon["sizes"] for icon in manifest["icons"] if icon["sizes"] != "any"]
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0


@pytest.fixture
def alone() -> Iterator[Stage]:
    """An application of the test's own, which may be stopped."""
    with stage() as running:
        yield running


@pytest.fixture
def page_of_its_own(browser: Browser, alone: Stage, size: ViewportSize) -> Iterator[Page]:
    """Somebody who is signed in there; the browser may complain of what does not answer."""
    context = browser.new_context(viewport=size, base_url=alone.url)
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_a_page_says_that_it_lost_the_connection_and_comes_back_after_a_restart(
    alone: Stage, page_of_its_own: Page
) -> None:
    page = page_of_its_own
    page.goto("/servers?search=kids")
    heading = page.locator("#main").get_by_role("heading", name="kids-pc")
    expect(heading).to_be_visible()
    page.wait_for_function("window.did_handshake")
    page.evaluate("window.before = true")
    alone.stop()
    note = page.get_by_role("status").filter(has_text="No connection to timekpr-mngr.")
    expect(note).to_be_visible(timeout=BACK)
    expect(note).to_contain_text("What you see is from")
    heading.click()  # leads nowhere while nobody is there
    page.get_by_role("link", name="Changes").first.dispatch_event("click")
    assert page.evaluate("window.before")
    expect(heading).to_be_visible()
    alone.start()
    page.wait_for_function("!window.before && window.did_handshake", timeout=BACK)
    expect(note).to_be_hidden()
    expect(heading).to_be_visible()
    page.get_by_label("Search").fill("laptop")
    expect(page.locator("#main").get_by_role("heading", name="laptop")).to_be_visible()


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """An application for which the family is a crowd: no more than two of a kind stand at the side."""
    monkeypatch.setenv("TIMEKPR_MNGR_TEST_LISTED", "2")
    with stage() as running:
        yield running


def test_where_there_are_many_the_side_finds_them_by_name(browser: Browser, crowded: Stage) -> None:
    context = browser.new_context(viewport=DESK, base_url=crowded.url)
    page = context.new_page()
    sign_in(page)
    side = page.get_by_label(SIDE)
    servers = side.locator("[data-group=servers] a")
    people = side.locator("[data-group=people] a")
    expect(servers).to_have_text(["kids-pc", "laptop", "All 3 servers…"])
    expect(people.last).to_have_text("All 5 people…")
    side.get_by_label("Find a person or computer").fill("mia")
    expect(people).to_have_text(["Mia Berg"])
    expect(servers).to_have_text(["living-room", "All 3 servers…"])
    side.get_by_label("Find a person or computer").fill("nobody at all")
    expect(people).to_have_count(0)
    expect(side.get_by_text("nobody of this name")).to_be_visible()
    page.goto("/server/living-room")
    expect(servers).to_have_text(["living-room", "emma", "mia", "kids-pc", "laptop"])
    context.close()
