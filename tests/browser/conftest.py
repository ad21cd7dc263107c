"""A browser, and pages of those who are signed in. A test fails on an error in the console or in the service's log."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.browser.browse import CHROMIUM, go, sign_in
from tests.browser.stage import ADMIN, Stage, stage

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
BOTH_SIZES = [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desk", marks=pytest.mark.soak)]
"""Where the same is done in the same way: less fits on a phone, and on a desk it is tried by `make soak`."""
PATIENCE = 60_000  # milliseconds in which a page is there, and shows what it is to show

SignedIn = Callable[..., Page]

# For all modules alike: what one sets for itself the next one has, too. A machine with much else to do is slow, and not
# wrong.
expect.set_options(timeout=PATIENCE)


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


@pytest.fixture(scope="module")
def sessions(browser: Browser, family: Stage) -> Iterator[dict[str, BrowserContext]]:
    """Who is signed in, by account, as long as the module lasts: what a page needs was loaded and compiled before."""
    kept: dict[str, BrowserContext] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def signed_in(browser: Browser, family: Stage, sessions: dict[str, BrowserContext]) -> Iterator[SignedIn]:
    """`signed_in(path="/", account=ADMIN, size=DESK)` is a new page of somebody who is signed in, opened there and
    connected. What a test leaves in cookies or storage the next one finds: who signs out takes a `stranger`.
    """
    logged_before, problems = len(family.log), list[str]()

    def session(account: str) -> BrowserContext:
        if account not in sessions:
            context = new_context(browser, family, DESK)
            page = listened_to(context.new_page(), problems)
            sign_in(page, account)
            page.close()
            sessions[account] = context
        return sessions[account]

    def open_page(path: str = "/", *, account: str = ADMIN, size: ViewportSize = DESK) -> Page:
        page = listened_to(session(account).new_page(), problems)
        page.set_viewport_size(size)
        go(page, path)
        return page

    yield open_page
    for page in [page for context in sessions.values() for page in context.pages]:
        page.close()
    logged = family.log[logged_before:]
    problems += [line for line in logged.splitlines() if line.startswith(("ERROR", "CRITICAL", "Traceback"))]
    assert not problems, "\n".join([*problems, logged[-3000:]])


@pytest.fixture
def stranger(browser: Browser, family: Stage) -> Iterator[Page]:
    """A page of a browser that was never here."""
    context = new_context(browser, family, DESK)
    yield context.new_page()
    context.close()


def new_context(browser: Browser, family: Stage, size: ViewportSize) -> BrowserContext:
    """A browser that was never here, and has patience."""
    context = browser.new_context(viewport=size, base_url=family.url)
    context.set_default_timeout(PATIENCE)
    return context


def listened_to(page: Page, problems: list[str]) -> Page:
    """Every error in its console is noted."""
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page
