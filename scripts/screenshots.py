#!/usr/bin/env python3
"""Photographs every screen, phone and desktop, light and dark.

    scripts/screenshots.py OUT_DIR [NAME…] [--quick] [--webp]

The application is the real one, over simulated computers (tests/browser/serving.py). With names, only those screens;
--quick leaves out the dark ones; --webp makes files small enough to be kept. Needs chromium.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from tests.browser.browse import CHROMIUM, sign_in  # noqa: E402
from tests.browser.stage import SPARE, VIEWER, Stage, stage  # noqa: E402

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
SCHEMES = ("light", "dark")
STRANGER = ""

Visit = Callable[[Page], None]


def main() -> None:
    """Makes the pictures."""
    names = [argument for argument in sys.argv[2:] if not argument.startswith("-")]
    schemes = SCHEMES[:1] if "--quick" in sys.argv else SCHEMES
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        with stage() as family:
            prepare(browser, family)
            shoot(browser, family, folder, SCREENS, names, schemes)
            shoot(
                browser,
                family,
                folder,
                {"home-viewer": lambda page: open_(page, "/")},
                names,
                schemes,
                VIEWER,
            )
            door: dict[str, Visit] = {"sign-in": lambda page: page.wait_for_load_state("networkidle")}
            shoot(browser, family, folder, door, names, schemes, STRANGER)
        with stage(empty=True) as nobody:
            shoot(
                browser,
                nobody,
                folder,
                {"home-empty": lambda page: open_(page, "/", "No computers")},
                names,
                schemes,
            )
        browser.close()


def shoot(
    browser: Browser,
    where: Stage,
    folder: Path,
    screens: dict[str, Visit],
    names: list[str],
    schemes: tuple[str, ...],
    account: str | None = None,
) -> None:
    """Every screen in every size and scheme."""
    for size, (width, height) in SIZES.items():
        for scheme in schemes:
            with signed_in(browser, where, width, height, scheme, account) as page:
                for name, visit in screens.items():
                    if names and name not in names:
                        continue
                    visit(page)
                    page.wait_for_timeout(700)
                    whole = page.evaluate("document.documentElement.scrollHeight")
                    path = folder / f"{name}-{size}{'-dark' if scheme == 'dark' else ''}"
                    page.set_viewport_size({"width": width, "height": min(max(whole, height), 2600)})
                    page.wait_for_timeout(150)
                    keep(browser, path, page.screenshot())
                    page.set_viewport_size({"width": width, "height": height})
                    page.evaluate("window.tkUnsaved = false")


def keep(browser: Browser, path: Path, png: bytes) -> None:
    """Writes the picture; chromium itself makes the smaller kind."""
    if "--webp" not in sys.argv:
        path.with_suffix(".png").write_bytes(png)
        return
    page = browser.new_page()
    encoded: str = page.evaluate(
        """async (png) => {
            const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
            const canvas = new OffscreenCanvas(image.width, image.height);
            canvas.getContext("2d").drawImage(image, 0, 0);
            const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.85 });
            const bytes = new Uint8Array(await blob.arrayBuffer());
            return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
        }""",
        base64.b64encode(png).decode(),
    )
    path.with_suffix(".webp").write_bytes(base64.b64decode(encoded))
    page.close()


@contextmanager
def signed_in(
    browser: Browser, where: Stage, width: int, height: int, scheme: str, account: str | None = None
) -> Iterator[Page]:
    """A page of somebody who is signed in, or of a stranger at the door."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        base_url=where.url,
    )
    page = context.new_page()
    if account == STRANGER:
        page.goto("/")
    else:
        sign_in(page, account)
    yield page
    context.close()


def prepare(browser: Browser, family: Stage) -> None:
    """Something has happened: time was given, the laptop is off and changes wait, a computer is not trusted yet."""
    with signed_in(browser, family, 1440, 900, "light") as page:
        open_(page, "/", "Emma Berg")
        page.get_by_role("button", name="give emma 15 minutes").first.click()
        expect(page.get_by_text("arrived on kids-pc")).to_be_visible()
        conflict(page, family)
        family.switch_off("laptop.home")
        open_(page, "/", "Emma Berg")
        expect(page.get_by_text("laptop not reachable")).to_be_visible(timeout=20_000)
        page.get_by_label("Noah Berg, laptop").get_by_role("button", name="give noah 30 minutes").click()
        expect(page.get_by_text("+30 min")).to_be_visible()
        open_(page, "/server/laptop/user/noah", "Week")
        page.get_by_label("Saturday: limit").fill("2 h 30")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saturday: limit 2 h 30 min")).to_be_visible()
        ask(page, family)
        open_(page, "/servers/add", "What is the computer called?")
        page.get_by_label("Name").first.fill("attic")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="It is done: go on").click()
        page.get_by_label("Address", exact=True).fill(SPARE)
        page.get_by_role("button", name="Go on").first.click()
        expect(page.get_by_text("trust this computer")).to_be_visible()


def conflict(page: Page, family: Stage) -> None:
    """While the laptop is off, somebody sets there what is set here too."""
    family.switch_off("laptop.home")
    expect(page.get_by_text("laptop not reachable")).to_be_visible(timeout=20_000)
    open_(page, "/server/laptop/user/noah", "Week")
    page.get_by_label("Tuesday: limit").fill("1 h 30")
    family.somebody_limits("laptop.home", "noah", 2, 3 * 3600, seen=False)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Tuesday: limit 1 h 30 min")).to_be_visible()
    family.switch_on("laptop.home")
    open_(page, "/changes?state=asks")
    expect(page.get_by_text("conflict", exact=True)).to_be_visible(timeout=20_000)


def ask(page: Page, family: Stage) -> None:
    """Two edits of Noah's week; then somebody lifts a limit and gives time, and of a grant nobody can tell."""
    open_(page, "/server/kids-pc/user/noah", "Week")
    page.get_by_label("Limit for a week").fill("12 h")
    page.get_by_label("Friday: limit").fill("2 h")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc").nth(1)).to_be_visible()
    family.somebody_limits("kids-pc.home", "noah", 6, 24 * 3600)
    family.somebody_gives("kids-pc.home", "noah", 45 * 60)
    family.somebody_comes_between("living-room.home", "mia", 600)
    open_(page, "/", "Mia Berg")
    page.get_by_role("button", name="give mia 30 minutes").click()
    page.get_by_role("button", name="Give anyway").click()  # the week leaves less
    open_(page, "/changes?state=asks")
    expect(page.get_by_text("not certain", exact=True)).to_be_visible(timeout=20_000)


def open_(page: Page, path: str, awaited: str = "") -> None:
    """Opens a page and waits until it is alive."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if awaited:
        expect(page.locator("#main").get_by_text(awaited).first).to_be_visible()


def edited(page: Page) -> None:
    """The editor with a day open and two things edited."""
    open_(page, "/server/kids-pc/user/emma", "Week")
    page.get_by_role("button", name="Saturday:").click()
    page.get_by_label("Saturday: limit").fill("3 h 30")
    page.get_by_role("group", name="Saturday").get_by_label("Until").fill("21:30")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="free, not counted").click()
    for hour in (9, 10, 11):
        page.get_by_role("gridcell", name=f"Sunday {hour:02d}:00").click()
    expect(page.get_by_text("3 changes")).to_be_visible()


def copied(page: Page) -> None:
    """A day about to be copied to others."""
    open_(page, "/server/kids-pc/user/emma", "Week")
    page.get_by_role("button", name="Wednesday:").click()
    page.get_by_role("button", name="Copy Wednesday to…").click()
    page.get_by_role("dialog").get_by_role("button", name="Mon–Fri").click()
    page.wait_for_timeout(400)


def as_text(page: Page) -> None:
    """The file as text, with a line that cannot be sent."""
    open_(page, "/server/kids-pc/user/emma", "Week")
    page.get_by_text("The files as text").click()
    area = page.get_by_role("textbox", name="timekpr.emma.conf")
    written = area.input_value().replace("ALLOWED_HOURS_6 = 15;", "ALLOWED_HOURS_6 = 9;010;15;")
    area.fill(written.replace("LIMIT_PER_WEEK = ", "# holidays\nLIMIT_PER_WEEK = 1"))
    expect(page.get_by_role("button", name="Go to line").first).to_be_visible()
    area.scroll_into_view_if_needed()


def tried(page: Page) -> None:
    """PlayTime masks, tried on a name."""
    open_(page, "/server/kids-pc/user/noah", "Week")
    page.get_by_role("button", name="Add a program").click()
    expect(page.get_by_label("Program", exact=True)).to_have_count(3)
    page.get_by_label("Program", exact=True).last.fill("gnome.*")
    page.get_by_label("Would this program count?").fill("supertuxkart-1.4")
    expect(page.get_by_text("Yes: supertuxkart-1.4 counts")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("also matches gnome-shell")).to_be_visible(timeout=20_000)


def to_copy(page: Page) -> None:
    """Limits about to be copied to two users, one of them on a computer that is off."""
    open_(page, "/server/kids-pc/user/emma/copy", "For whom")
    page.get_by_role("checkbox", name="Noah Berg: noah on kids-pc").click()
    expect(page.get_by_text("for 1 user")).to_be_visible()
    page.get_by_role("checkbox", name="Noah Berg: noah on laptop").click()
    expect(page.get_by_text("for 2 users")).to_be_visible()


def wrong(page: Page) -> None:
    """A value that cannot be used, at its field."""
    open_(page, "/server/kids-pc/user/noah", "Week")
    page.get_by_role("button", name="Monday:").click()
    page.get_by_role("group", name="Monday").get_by_label("Until").fill("06:00")
    page.get_by_label("Monday: limit").fill("often")
    page.keyboard.press("Tab")


def checked(page: Page) -> None:
    """A server with its health looked at."""
    open_(page, "/server/kids-pc", "Users")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("holds").first).to_be_visible()


def tried_live(page: Page) -> None:
    """The wizard's checks of a computer in order."""
    open_(page, "/servers/add/kids-pc?step=checks", "users were found")


def more(page: Page) -> None:
    """The dialog for any amount."""
    open_(page, "/", "Emma Berg")
    page.get_by_role("button", name="more for emma").first.click()
    page.get_by_text("Another amount").click()
    page.wait_for_timeout(400)


def ended(page: Page) -> None:
    """What ending a session will do."""
    open_(page, "/", "Emma Berg")
    page.get_by_role("button", name="more for emma").first.click()
    page.get_by_text("End the session").click()
    page.wait_for_timeout(400)


def joined(page: Page) -> None:
    """Whose users are one person."""
    open_(page, "/", "Emma Berg")
    page.get_by_role("button", name="more for emma").first.click()
    page.get_by_text("Name and computers").click()
    page.wait_for_timeout(400)


def edit(page: Page) -> None:
    """A conflict answered with something else."""
    open_(page, "/changes?state=asks", "conflict")
    page.get_by_role("button", name="Edit: set something else").click()
    page.wait_for_timeout(400)


def undo(page: Page) -> None:
    """What undoing a grant will do."""
    open_(page, "/changes", "+15 min")
    page.get_by_role("button", name="Undo +15 min").click()
    page.wait_for_timeout(400)


def compare(page: Page) -> None:
    """A version beside what is so now."""
    open_(page, "/server/kids-pc/user/noah/history?show=versions", "first seen")
    page.get_by_role("button", name="Compare, and bring back").last.click()
    page.wait_for_timeout(400)


SCREENS: dict[str, Visit] = {
    "home": lambda page: open_(page, "/", "Emma Berg"),
    "home-another-amount": more,
    "home-end-session": ended,
    "home-who": joined,
    "person": lambda page: open_(page, "/person/kids-pc/noah", "Looking back"),
    "servers": lambda page: open_(page, "/servers", "kids-pc"),
    "servers-searched": lambda page: open_(page, "/servers?search=noah", "laptop"),
    "server-add": lambda page: open_(page, "/servers/add", "What is the computer called?"),
    "server-line": lambda page: open_(page, "/servers/add/attic?step=computer", "The same as one line"),
    "server-compare": lambda page: open_(page, "/servers/add/attic", "trust this computer"),
    "server-checks": tried_live,
    "server-users": lambda page: open_(
        page, "/servers/add/kids-pc?step=users", "Whom do you want to see here?"
    ),
    "server": checked,
    "server-off": lambda page: open_(page, "/server/laptop", "Users"),
    "server-trust": lambda page: open_(page, "/server/attic", "trust this computer"),
    "editor": lambda page: open_(page, "/server/kids-pc/user/noah", "Week"),
    "editor-edited": edited,
    "editor-copy-a-day": copied,
    "editor-wrong": wrong,
    "editor-as-text": as_text,
    "editor-playtime": tried,
    "copy": to_copy,
    "editor-waiting": lambda page: open_(page, "/server/laptop/user/noah", "Week"),
    "stats": lambda page: open_(page, "/server/kids-pc/stats/noah", "Left today"),
    "stats-off": lambda page: open_(page, "/server/laptop/stats/noah", "Left today"),
    "stats-year": lambda page: open_(page, "/server/kids-pc/stats/noah?days=365", "Looking back"),
    "changes": lambda page: open_(page, "/changes", "+15 min"),
    "changes-searched": lambda page: open_(page, "/changes?search=noah&kind=user", "noah"),
    "changes-edit": edit,
    "changes-undo": undo,
    "changes-nothing-asks": lambda page: open_(page, "/changes?state=asks&user=emma", "Nothing asks"),
    "history": lambda page: open_(page, "/server/kids-pc/user/noah/history", "What happened"),
    "versions": lambda page: open_(page, "/server/kids-pc/user/noah/history?show=versions", "first seen"),
    "versions-compare": compare,
    "sent": lambda page: open_(page, "/server/kids-pc/sent", "setTimeLeft"),
    "settings": lambda page: open_(page, "/settings", "Accounts"),
    "not-found": lambda page: open_(page, "/server/kids-pc/user/nobody", "nothing here"),
}


if __name__ == "__main__":
    main()
