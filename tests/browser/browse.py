"""What every browser test does first."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.stage import ADMIN, PASSWORD

PROGRAMS = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
"""Debian's. The first is the same browser without all that windows need: a page takes it a quarter less."""
CHROMIUM: dict[str, Any] = {
    "executable_path": next((str(program) for program in PROGRAMS if program.exists()), str(PROGRAMS[0])),
    "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}
ALIVE = "window.did_handshake"
RELOADED = "performance.getEntriesByType('navigation')[0].type === 'reload'"


def sign_in(page: Page, account: str | None = None) -> None:
    """Through the real form, until home can be pressed. A browser's first page loads twice: it tells its time zone."""
    page.goto("/sign-in")
    zone_is_known = page.evaluate("document.cookie.includes('tz=')")
    page.get_by_label("Name").fill(account or ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/", timeout=60_000)
    page.wait_for_function(ALIVE if zone_is_known else f"{ALIVE} && {RELOADED}", timeout=60_000)


def go(page: Page, path: str) -> None:
    """Opens a page, and waits until what is done to it reaches the service."""
    page.goto(path)
    page.wait_for_function(ALIVE)
