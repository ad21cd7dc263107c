"""What every browser test does first."""

from typing import Any

from playwright.sync_api import Page

from tests.browser.stage import ADMIN, PASSWORD

CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
}


def sign_in(page: Page, account: str | None = None) -> None:
    """Through the real form."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(account or ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    page.wait_for_load_state("networkidle")


def go(page: Page, path: str) -> None:
    """Opens a page, and waits until what is done to it reaches the service."""
    page.goto(path)
    page.wait_for_function("window.did_handshake")
