"""Every page, in both schemes, at both sizes: it fits, and has what a screen reader and weak eyes need (axe-core)."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.browse import go, sign_in
from tests.browser.conftest import DESK, PHONE
from tests.browser.stage import Stage
from tests.browser.test_screens import PAGES

pytestmark = pytest.mark.browser

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
"""The other scheme has the same elements in other colours."""
NO_COLOURS: dict[str, Any] = {**EVERYTHING, "rules": {"color-contrast": {"enabled": False}}}
"""Below a dialog's button axe sees the backdrop, and not the card on which it lies. The same buttons stand on pages."""


@pytest.fixture(scope="module")
def reader(browser: Browser, family: Stage) -> Iterator[Page]:
    """One page for all: to sign in takes longer than to look. Nothing moves, so that no colour is caught half way."""
    context = browser.new_context(viewport=DESK, base_url=family.url, reduced_motion="reduce")
    page = context.new_page()
    sign_in(page)
    yield page
    context.close()


@pytest.mark.parametrize("path", [*PAGES, "/server/nowhere", "/changes?search=bananas"])
def test_no_page_has_a_serious_finding_or_is_wider_than_its_screen(reader: Page, path: str) -> None:
    reader.goto(path)
    expect(reader.locator("#main").get_by_role("heading").first).to_be_visible()
    assert findings(reader) == []


def test_the_door_has_no_serious_finding(browser: Browser, family: Stage) -> None:
    context = browser.new_context(base_url=family.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in").click()
    assert findings(page) == []
    context.close()


def test_no_dialog_or_menu_has_a_serious_finding(reader: Page) -> None:
    go(reader, "/")
    reader.get_by_role("button", name="more for emma").first.click()
    expect(reader.get_by_text("Another amount")).to_be_visible()
    assert found_now(reader, EVERYTHING, ".q-menu") == []
    reader.get_by_text("Another amount").click()
    expect(reader.get_by_role("dialog")).to_be_visible()
    assert found_now(reader, NO_COLOURS, ".q-dialog") == []


def test_no_select_that_is_open_has_a_serious_finding(reader: Page) -> None:
    go(reader, "/changes")
    reader.get_by_label("State", exact=True).click()
    expect(reader.get_by_role("option", name="Asks")).to_be_visible()
    reader.wait_for_function("!document.querySelector('.q-virtual-scroll__content[tabindex]')")
    assert found_now(reader, EVERYTHING, ".q-menu") == []


def findings(page: Page) -> list[str]:
    """What is too wide, serious or critical at either size and in either scheme."""
    found: list[str] = []
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
            found.append(f"{size['width']} is wider than its screen")
        for scheme, options in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found += [f"{size['width']} {scheme} {one}" for one in found_now(page, options)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
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
