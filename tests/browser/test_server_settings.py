"""A server's settings and PlayTime masks, in a browser, over a real computer of the rig."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import BOTH_SIZES, PHONE, SignedIn
from tests.browser.real import RealHouse, real_house
from tests.noon import noon_zone
from tests.rig import TimekprHost

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]  # the first one waits for all to start

SOON = 60_000  # milliseconds in which what was sent is read back


@pytest.fixture(scope="module")
def family(
    shared_host: Callable[..., TimekprHost], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealHouse]:
    """It is about noon there, and the computer is on."""
    host = shared_host(
        users=["ada", "bea"], tz=noon_zone(), timekpr={"TIMEKPR_POLLTIME": 1, "TIMEKPR_SAVE_TIME": 2}
    )
    with real_house(tmp_path_factory.mktemp("service"), {"kids-pc": host}) as house:
        yield house


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_a_setting_says_when_it_takes_effect_and_is_what_timekprd_then_has(
    signed_in: SignedIn, family: RealHouse, size: ViewportSize
) -> None:
    seconds, words = ("90", "1 min 30 s") if size is PHONE else ("20", "20 s")
    page = signed_in("/server/kids-pc", size=size)
    setting = page.locator(".setting", has_text="Countdown before the end")
    expect(setting).to_contain_text("an end that is already counted down keeps its length")
    page.get_by_label("Countdown before the end").fill(words)
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible(timeout=SOON)
    assert family.server_setting("kids-pc", "TIMEKPR_TERMINATION_TIME") == seconds
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_what_would_stop_timekpr_stays_at_its_field(signed_in: SignedIn, family: RealHouse) -> None:
    page = signed_in("/server/kids-pc", size=PHONE)
    problem, save = page.get_by_text("is between 1 and 30"), page.get_by_role("button", name="Save")
    page.get_by_label("Looks every").fill("0 s")
    expect(save).to_be_enabled()
    save.dispatch_event("click")  # which a browser may tell before it tells that the field was left
    expect(problem).to_be_visible()
    page.get_by_label("Saves every").fill("40 s")
    expect(page.get_by_text("2 changes", exact=True)).to_be_visible()
    expect(problem).to_be_visible()
    assert family.server_setting("kids-pc", "TIMEKPR_POLLTIME") == "1"
    page.get_by_role("button", name="Undo").click()


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_a_mask_is_tried_on_a_name_before_it_is_sent(
    signed_in: SignedIn, family: RealHouse, size: ViewportSize
) -> None:
    user = "ada" if size is PHONE else "bea"
    page = masks(signed_in, user, size)
    page.get_by_label("Would this program count?").fill("minecraft-launcher")
    page.get_by_label("Program", exact=True).fill("minecraft")
    expect(page.get_by_text("No: minecraft-launcher does not count.")).to_be_visible(timeout=SOON)
    page.get_by_label("Program", exact=True).fill("minecraft.*")
    page.get_by_label("Called").fill("Minecraft")
    expect(page.get_by_text("Yes: minecraft-launcher counts, by minecraft.*.")).to_be_visible(timeout=SOON)
    page.get_by_label("Would this program count?").fill("java -jar /opt/minecraft.jar")
    expect(page.get_by_text("Only where PlayTime looks at the whole command")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible(timeout=SOON)
    assert family.setting("kids-pc", user, "PLAYTIME_ACTIVITY_001") == "minecraft.*[Minecraft]"


def test_each_rule_of_the_daemon_has_its_own_words_at_the_field(signed_in: SignedIn) -> None:
    page = masks(signed_in, "ada", PHONE)
    mask = page.get_by_label("Program", exact=True).last
    for wrong, said in (
        ("100%", "A mask holds no %"),
        ("a", "at least two characters"),
        ("a;b", "A mask holds no ;"),
        ("a[b]", "A mask holds no [ and no ]"),
        ("(a+)+", "timekpr could hang over it"),
        ("a(", "a pattern that timekpr cannot use"),
        ("x" * 201, "at most 200 characters"),
    ):
        mask.fill(wrong)
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
    mask.fill("gnome.*")
    expect(page.get_by_text("gnome.* also matches gnome-shell.")).to_be_visible(timeout=SOON)
    mask.fill("doom|quake")
    expect(page.get_by_text("Put it in round brackets: (doom|quake)")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Undo").click()


def masks(signed_in: SignedIn, user: str, size: ViewportSize) -> Page:
    """The editor with one more line for a program."""
    page = signed_in(f"/server/kids-pc/user/{user}", size=size)
    lines = page.get_by_label("Program", exact=True)
    were_there = lines.count()
    page.get_by_role("button", name="Add a program").click()
    expect(lines).to_have_count(
        were_there + 1
    )  # else the last one is another, which is about to be drawn anew
    return page
