"""A browser, and pages of those who are signed in. A test fails on an error in the console or in the service's log."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.browse import CHROMIUM, sign_in
from tests.browser.stage import Stage, stage

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}

SignedIn = Callable[..., Page]

expect.set_options(timeout=40_000)  # milliseconds: a machine with much else to do is slow, and not wrong


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Not for longer than the module: Playwright's own event loop runs in this thread meanwhile,
    and would be in the way of every test that is a coroutine.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def family() -> Iterator[Stage]:
    """The application with three computers, which lasts for the module."""
    with stage() as running:
        yield running


@pytest.fixture
def signed_in(browser: Browser, family: Stage) -> Iterator[SignedIn]:
    """`signed_in(account=None, size=DESK)` is a page of somebody who is signed in."""
    logged_before, problems, contexts = len(family.log), list[str](), list[Any]()

    def open_page(account: str | None = None, size: ViewportSize | None = None) -> Page:
        context = browser.new_context(viewport=size or DESK, base_url=family.url)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        sign_in(page, account)
        return page

    yield open_page
    for context in contexts:
        context.close()
    logged = family.log[logged_before:]
    problems += [line for line in logged.splitlines() if line.startswith(("ERROR", "CRITICAL", "Traceback"))]
    assert not problems, "\n".join([*problems, logged[-3000:]])
