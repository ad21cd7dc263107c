"""Every page, in both schemes, at both sizes: it fits, and has what a screen reader and weak eyes need (axe-core)."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.browse import go, sign_in
from tests.browser.conftest import DESK, PHONE
from tests.browser.stage import PASSWORD, Stage
from tests.browser.test_screens import PAGES

pytestmark = pytest.mark.browser

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
"""The other scheme has the same elements in other colours."""
NO_COLOURS: dict[str, Any] = {**EVERYTHING, "rules": {"color-contrast": {"enabled": False}}}
"""Below a dialog's button axe sees the backdrop, and not the card on which it lies, nor what fills the button."""
FAINT = Path(__file__).with_name("faint.js").read_text("utf-8")
"""So there it is reckoned from the colours themselves."""
SCHEMES: Final[tuple[Literal["dark", "light"], ...]] = ("dark", "light")


@pytest.fixture(scope="module")
def reader(browser: Browser, family: Stage) -> Iterator[Page]:
    """One page for all: to sign in takes longer than to look. Nothing moves, so that no colour is caught half way."""
    context = browser.new_context(viewport=DESK, base_url=family.url, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


def at_home(page: Page) -> Iterator[str]:
    """What can be done for somebody, and the dialog for any amount."""
    page.get_by_role("button", name="more for emma").first.click()
    expect(page.get_by_text("Another amount")).to_be_visible()
    yield ".q-menu"
    page.get_by_text("Another amount").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield ".q-dialog"


def of_a_server(page: Page) -> Iterator[str]:
    """It is asked whether to remove it."""
    page.get_by_role("button", name="more for this server").click()
    page.get_by_text("Remove this server").click()
    expect(page.get_by_role("dialog", name="Remove kids-pc?")).to_be_visible()
    yield ".q-dialog"


def of_versions(page: Page) -> Iterator[str]:
    """A version beside what is so now."""
    page.get_by_role("button", name="Compare, and bring back").last.click()
    expect(page.get_by_role("dialog").get_by_role("row", name="Friday: limit")).to_be_visible()
    yield ".q-dialog"


def of_settings(page: Page) -> Iterator[str]:
    """The forms for passwords, accounts and tokens with what is wrong in them, their dialogs, and a second factor."""
    page.get_by_text("Add an account").click()
    for what in ("Add", "Change the password", "Make a token"):
        page.get_by_role("button", name=what, exact=True).click()
    expect(page.get_by_role("alert")).to_have_count(3)
    page.get_by_label("What is it for?").fill("kitchen")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_label("the token", exact=True)).to_be_visible()
    yield "#main"
    for item in ("Role and people…", "Set a new password…", "Remove…"):
        page.get_by_role("button", name="more for ben").click()
        page.get_by_text(item, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        yield ".q-dialog"
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Switch it on…").click()
    for wrong in ("Go on", "Switch it on"):
        page.get_by_role("button", name=wrong, exact=True).click()
        expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
        yield ".q-dialog"
        if wrong == "Go on":
            page.get_by_label("Your password").fill(PASSWORD)
            page.get_by_role("button", name="Go on").click()


OPENED = {
    "/": at_home,
    "/server/kids-pc": of_a_server,
    "/server/kids-pc/user/emma/history?show=versions": of_versions,
    "/settings": of_settings,
}
"""What is opened on a page, one after the other: where it stands."""


@pytest.mark.parametrize("path", [*PAGES, "/server/nowhere", "/changes?search=bananas"])
def test_no_page_and_no_dialog_has_a_serious_finding_or_is_wider_than_its_screen(
    reader: Page, family: Stage, path: str
) -> None:
    if path.endswith("versions"):
        family.somebody_limits("kids-pc.home", "emma", 5, 9 * 3600)
    go(reader, path)
    expect(reader.locator("#main").get_by_role("heading").first).to_be_visible()
    assert findings(reader) == []
    for within in OPENED.get(path, lambda _page: ())(reader):
        assert found_now(reader, NO_COLOURS, within) == []
        assert at_both_sizes_and_schemes(reader, partial(reader.evaluate, FAINT, within)) == []


def test_the_door_has_no_serious_finding(browser: Browser, family: Stage) -> None:
    context = browser.new_context(base_url=family.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in").click()
    assert findings(page) == []
    context.close()


def test_no_select_that_is_open_has_a_serious_finding(reader: Page) -> None:
    go(reader, "/changes")
    reader.get_by_label("State", exact=True).click()
    expect(reader.get_by_role("option", name="Asks")).to_be_visible()
    reader.wait_for_function("!document.querySelector('.q-virtual-scroll__content[tabindex]')")
    assert found_now(reader, EVERYTHING, ".q-menu") == []


def findings(page: Page) -> list[str]:
    """What is too wide, serious or critical at either size and in either scheme."""

    def found() -> list[str]:
        is_light = page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return ["wider than its screen"] * is_wide + found_now(page, EVERYTHING if is_light else COLOURS)

    return at_both_sizes_and_schemes(page, found)


def at_both_sizes_and_schemes(page: Page, looked: Callable[[], list[str]]) -> list[str]:
    """What is found each time."""
    found: list[str] = []
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found += [f"{size['width']} {scheme} {one}" for one in looked()]
    return found


def found_now(page: Page, options: dict[str, Any], within: str | None = None) -> list[str]:
    """A line each, with the element; of the whole page, or of what is `within`."""
    response = Axe().run(page, context=within, options=options).response
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))}: {node['html'][:160]}"
        f" {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
