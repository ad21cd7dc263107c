"""A computer is set up by the wizard, in a real browser, on a pretend computer that nobody has prepared.

The only thing typed on it is the wizard's one line.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.stage import ADMIN, PASSWORD, Stage, stage
from tests.enrolment.computer import PARENT_PASSWORD, as_shipped, parent_with_sudo
from tests.rig import TimekprHost

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]  # computers are booted, people typed for

SOON = 60_000  # milliseconds for what a computer has to answer first


@pytest.fixture(scope="module")
def house() -> Iterator[Stage]:
    """The application, which speaks SSH and has no server yet."""
    with stage(empty=True, ssh=True) as running:
        yield running


@pytest.fixture(scope="module")
def kids_pc(shared_host: Callable[..., TimekprHost]) -> TimekprHost:
    return as_shipped(shared_host("kids-pc", users=["alice", "bob"], admins=[], tz="Europe/Vienna"))


@pytest.fixture
def page(browser: Browser, house: Stage) -> Iterator[Page]:
    """A phone of anna's, signed in."""
    context = browser.new_context(viewport=PHONE, base_url=house.url)
    context.set_default_timeout(SOON)
    page, problems = context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/sign-in")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    yield page
    context.close()
    problems += [
        line for line in house.log.splitlines() if line.startswith(("ERROR", "CRITICAL", "Traceback"))
    ]
    assert problems == []


def begin(page: Page, name: str) -> None:
    """The first step: what the computer is called."""
    page.goto("/servers/add")
    page.get_by_label("Name").first.fill(name)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=f"Set up {name}")).to_be_visible()


def say_where(page: Page, host: TimekprHost) -> None:
    page.get_by_label("Address", exact=True).fill(host.address)
    page.get_by_label("SSH port").first.fill(str(host.port))
    page.get_by_role("button", name="Go on").first.click()


def test_from_a_name_to_the_users_with_nothing_typed_there_but_the_one_line(
    page: Page, kids_pc: TimekprHost
) -> None:
    begin(page, "kids-pc")
    script = page.get_by_label("The whole script").inner_text()
    line = page.locator(".copybox code").filter(has_text="base64 -d").inner_text()
    printed = kids_pc.run("bash", "-c", line)
    assert "Done: " in printed.stdout, printed.stderr
    assert kids_pc.run("bash", "-c", line.removesuffix("| sudo sh")).stdout.split() == script.split()

    page.get_by_role("button", name="It is done: go on").click()
    say_where(page, kids_pc)
    fingerprint = re.search(r"Fingerprint +(SHA256:\S+)", printed.stdout)
    assert fingerprint is not None
    expect(page.get_by_text(fingerprint[1])).to_be_visible()
    page.get_by_role("button", name="It is the same: trust this computer").click()

    for sentence in (
        "The server can be reached.",
        "It shows the host key that is trusted.",
        "It lets our key in, and the key can do nothing but what is needed.",
        "Its system bus answers.",
        "The account is in the group timekpr.",
        "timekpr answers.",
        "Its clock agrees with ours.",
        "Its time zone is Europe/Vienna.",
        "2 users were found.",
    ):
        expect(page.locator(".check").filter(has_text=sentence)).to_contain_text("holds")
    page.locator(".wizard-step.open").get_by_role("button", name="Go on").click()

    page.get_by_role("switch", name="Show bob").click()
    expect(page.get_by_role("switch", name="Show bob")).not_to_be_checked()
    page.get_by_role("link", name="Done: to kids-pc").click()
    expect(page.locator("#main .item").filter(has_text="bob")).to_contain_text("out of view")
    expect(page.locator("#main .item").filter(has_text="alice")).not_to_contain_text("out of view")
    expect(page.get_by_text("Nothing that was found stands against it.")).to_be_visible()


def test_what_fails_has_a_fix_and_what_was_left_goes_on_where_it_was(
    page: Page, house: Stage, make_host: Callable[..., TimekprHost]
) -> None:
    """And the other way: a login that somebody has there, used once."""
    laptop = parent_with_sudo(as_shipped(make_host("laptop", users=["alice"], admins=[])))
    begin(page, "laptop")
    page.goto("/server/laptop")
    page.get_by_role("link", name="Go on setting it up").click()
    page.get_by_role("button", name="Its address").click()
    say_where(page, laptop)
    page.get_by_role("button", name="It is the same: trust this computer").click()
    refused = page.locator(".check").filter(has_text="does not let the key in")
    expect(refused).to_contain_text("fails")

    refused.get_by_role("button", name="Show the line again").click()
    page.get_by_role("button", name="Sign in once").click()
    page.get_by_label("Login", exact=True).fill("parent")
    page.get_by_label("Password", exact=True).fill("not it")
    page.get_by_role("button", name="Sign in once and run it").click()
    expect(page.get_by_text("does not let parent in with this password")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PARENT_PASSWORD)
    page.get_by_role("button", name="Sign in once and run it").click()
    expect(page.get_by_text("2 users were found.")).to_be_visible()

    page.goto("/servers/add/laptop")
    expect(page.get_by_role("switch", name="Show alice")).to_be_checked()
    assert PARENT_PASSWORD not in house.log
    with sqlite3.connect(house.data_dir / "timekpr-mngr.db") as database:
        assert PARENT_PASSWORD not in "\n".join(database.iterdump())
