"""Every page in a made-up language: all that is said there went through the catalogue, and longer texts fit."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browse import go, sign_in
from tests.browser.conftest import PHONE
from tests.browser.pseudo import outside
from tests.browser.stage import ADMIN, ROOT, VIEWER, Stage, stage
from tests.browser.test_screens import PAGES
from timekpr_mngr import texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # the first one waits for all to start

SEEN = """() => {
    const UNSAID = "script, style, noscript, template, code, pre, .q-icon, [aria-hidden=true]";
    const found = [];
    const shown = (element) => element.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (!parent || parent.closest(UNSAID) || !shown(parent)) continue;
        found.push(["text", walker.currentNode.data]);
    }
    for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
        for (const name of ["aria-label", "title", "placeholder", "alt"])
            if (element.getAttribute(name) && shown(element)) found.push([name, element.getAttribute(name)]);
    return found;
}"""
"""Text nodes and attributes that are seen or read out; not a computer's language, nor the names of icons."""

DATA = {
    # who and where
    "Emma", "Noah", "Mia", "Oma", "Lotte", "Berg", "emma", "noah", "mia", "oma",
    "kids-pc", "living-room", "laptop", "attic", "home", ADMIN, VIEWER,
    # what is called the same everywhere
    "timekpr", "timekpr-mngr", "timekpr-next", "PlayTime",
    "minecraft-launcher", "Minecraft",
    # sessions and logins that timekpr leaves alone
    "x11", "wayland", "mir", "tty", "unspecified", "testtimekpr",
    "cdm", "gdm", "kdm", "lightdm", "lxdm", "mdm", "sddm", "xdm",
    # what CLDR writes, and units
    "min", "and", "AM", "PM", "UTC",
    *(texts.weekday(day) for day in range(1, 8)),
    *(texts.weekday(day, short=True) for day in range(1, 8)),
}  # fmt: skip
OTHERS = re.compile(
    r"^(Expand|Collapse) |^Remove$"  # Quasar's own words; it has them in its languages
    r"|SHA256:[\w+/]+|/(usr|var)/[\w/]+|\b[A-Z]\w+/[A-Z]\w+\b"  # a fingerprint, a folder, a time zone
)
MONTH = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b")
WORD = re.compile(r"[^\W\d_][\w-]+")


SLOW = 90_000  # milliseconds: longer texts and a busy machine are no faults


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The application in the made-up language."""
    template = tmp_path_factory.mktemp("pseudo") / "all.pot"
    subprocess.run([sys.executable, ROOT / "scripts" / "messages", "--template", template], check=True)
    with stage(pseudo=template) as running:
        yield running


def left_over(page: Page) -> list[str]:
    """What is shown or read out, and neither came from the catalogue nor is data."""
    found = []
    for kind, shown in page.evaluate(SEEN):
        rest = MONTH.sub("", OTHERS.sub("", outside(shown)))
        if any(word not in DATA for word in WORD.findall(rest)):
            found.append(f"{kind}: {shown.strip()}")
    return sorted(set(found))


@pytest.fixture(scope="module")
def phone(browser: Browser, family: Stage) -> Iterator[Page]:
    """One page for all, signed in."""
    context = browser.new_context(viewport=PHONE, base_url=family.url)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.on("dialog", lambda dialog: dialog.accept())  # leaving with something unsaved
    sign_in(page)
    yield page
    context.close()


def opened(page: Page, path: str) -> None:
    """The page as it is once it is there."""
    go(page, path)
    expect(page.locator("#main h1").first).to_be_visible()


def looks_right(page: Page) -> None:
    """Everything went through the catalogue, and fits."""
    assert left_over(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_everything_on_a_page_went_through_the_catalogue_and_fits(phone: Page, path: str) -> None:
    opened(phone, path)
    looks_right(phone)


def test_the_dialogs_of_home_went_through_the_catalogue_and_fit(phone: Page) -> None:
    opened(phone, "/")
    phone.get_by_role("button", name="more for emma").first.click()
    expect(phone.get_by_text("Another amount")).to_be_visible()
    looks_right(phone)
    phone.get_by_text("Another amount").click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    looks_right(phone)


def test_what_is_edited_and_cannot_be_used_is_said_through_the_catalogue(phone: Page) -> None:
    opened(phone, "/server/kids-pc/user/noah")
    phone.get_by_label("Limit for a week").fill("12 h")
    phone.get_by_label("Limit for a month").fill("often")
    phone.keyboard.press("Tab")
    expect(phone.get_by_text("Write it like")).to_be_visible()
    looks_right(phone)


def test_removing_a_server_is_asked_through_the_catalogue(phone: Page) -> None:
    opened(phone, "/server/living-room")
    phone.get_by_role("button", name="more for this server").click()
    phone.get_by_text("Remove this server…").click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    looks_right(phone)


def test_what_the_health_of_a_server_is_went_through_the_catalogue(phone: Page) -> None:
    opened(phone, "/server/kids-pc")
    phone.get_by_role("button", name="Check now").click()
    expect(phone.get_by_text("The server can be reached.")).to_be_visible()
    looks_right(phone)


def test_what_does_not_exist_is_said_through_the_catalogue(phone: Page) -> None:
    go(phone, "/server/nowhere")
    expect(phone.get_by_text("There is nothing here")).to_be_visible()
    looks_right(phone)


def test_a_stranger_is_asked_in_through_the_catalogue(browser: Browser, family: Stage) -> None:
    context = browser.new_context(viewport=PHONE, base_url=family.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    looks_right(page)
    context.close()
