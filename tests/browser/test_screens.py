"""What people do with the screens, in a real browser, over the whole application."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browse import go, sign_in
from tests.browser.conftest import PHONE, SignedIn
from tests.browser.stage import HOSTILE, SPARE, VIEWER, Stage
from timekpr_mngr.link import ssh_keys

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/servers",
    "/servers/add",
    "/servers/add/kids-pc?step=computer",
    "/servers/add/kids-pc?step=checks",
    "/server/kids-pc",
    "/server/kids-pc/user/emma",
    "/server/kids-pc/user/emma/copy",
    "/server/kids-pc/stats/emma",
    "/server/kids-pc/stats/emma?days=365",
    "/server/kids-pc/user/emma/history",
    "/server/kids-pc/user/emma/history?show=versions",
    "/server/kids-pc/history",
    "/server/kids-pc/sent",
    "/person/kids-pc/emma",
    "/changes",
    "/settings",
]
CARDS = {
    "Left today": r"[78] min",
    "Left in a row": r"[78] min",
    "Used today": r"\d+ min",
    "This week": r"\d+ min",
    "This month": r"\d+ min",
    "Balance today": r"\d+ min",
    "PlayTime left": r"\d+ min",
    "PlayTime used": r"\d+ min",
    "Last seen": "nowsigned in and counted",
}
"""What stands on the cards of somebody who is there and has some minutes left."""
SOON = 60_000  # milliseconds in which a computer that was switched off or on is noticed


@pytest.fixture
def laptop_off(family: Stage) -> Iterator[None]:
    """The laptop is switched off for the test."""
    family.switch_off("laptop.home")
    yield
    family.switch_on("laptop.home")


def test_a_stranger_is_sent_to_sign_in(stranger: Page) -> None:
    stranger.goto("/servers")
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()


def test_quarter_of_an_hour_is_said_to_have_arrived_only_then(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    card = page.get_by_label("Emma Berg, kids-pc")
    card.get_by_role("button", name="give emma 15 minutes").click()
    expect(card.get_by_text("+15 min")).to_be_visible()
    expect(card.get_by_text("arrived on kids-pc at")).to_be_visible()


def test_what_is_left_can_be_set_and_the_ring_counts_on_from_there(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/stats/noah")
    page.get_by_role("button", name="Set what is left").click()
    page.get_by_label("How long").fill("8 min")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible()
    number = page.locator("svg.dial text").first
    expect(number).to_have_text(re.compile(r"[78]:\d\d"))
    before = number.text_content() or ""
    expect(number).not_to_have_text(before)
    for name, says in CARDS.items():
        card = page.locator(".stat").filter(has=page.get_by_text(name, exact=True))
        expect(card).to_contain_text(re.compile(says))
    expect(
        page.get_by_text("What was used is counted by timekpr itself and cannot be edited")
    ).to_be_visible()
    page.get_by_role("button", name="give noah 60 minutes").click()


def test_saturdays_limit_is_sent_as_it_was_announced(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/user/emma", size=PHONE)
    page.get_by_label("Saturday: limit").fill("3 h 30")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    expect(page.get_by_text("Saturday: limit 3 h → 3 h 30 min")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("arrived on kids-pc at")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Saturday: limit")).to_have_value("3 h 30 min")


def test_hours_are_typed_and_copied_to_other_days(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/user/emma")
    page.get_by_role("button", name="Sunday:").click()
    page.get_by_role("group", name="Sunday").get_by_label("Until").fill("20:30")
    expect(page.get_by_text("Sunday: hours 15:00–21:00 → 15:00–20:30")).to_be_visible()
    page.get_by_role("button", name="Copy Sunday to…").click()
    page.get_by_role("dialog").get_by_role("button", name="Friday").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("Friday and Sunday: hours 15:00–21:00 → 15:00–20:30")).to_be_visible()
    expect(page.get_by_text("3 changes", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()


def test_an_error_stands_at_its_field_and_nothing_is_sent(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/user/noah", size=PHONE)
    page.get_by_role("button", name="Monday:").click()
    page.get_by_role("group", name="Monday").get_by_label("Until").fill("05:00")
    expect(page.get_by_text("The end must come after the start")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("button", name="Undo").click()


def test_leaving_with_edits_asks(signed_in: SignedIn) -> None:
    page = signed_in("/server/kids-pc/user/noah")
    page.get_by_label("Monday: limit").fill("1 h")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.wait_for_function("window.tkUnsaved")
    asked = []

    def dismiss(dialog: object) -> None:
        asked.append(dialog)
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    page.goto("/servers")
    assert len(asked) == 1


def test_what_is_typed_survives_what_happens_meanwhile(signed_in: SignedIn) -> None:
    mine = signed_in("/server/kids-pc/user/noah")
    mine.get_by_label("Tuesday: limit").fill("1 h 10")
    hers = signed_in("/server/kids-pc/user/noah")
    hers.get_by_label("Wednesday: limit").fill("1 h 20")
    hers.get_by_role("button", name="Save").click()
    expect(mine.get_by_label("Wednesday: limit")).to_have_value("1 h 20 min")
    expect(mine.get_by_label("Tuesday: limit")).to_have_value("1 h 10")
    mine.get_by_role("button", name="Undo").click()


def test_a_change_for_a_computer_that_is_off_waits_and_can_be_cancelled(
    signed_in: SignedIn, laptop_off: None
) -> None:
    page = signed_in(size=PHONE)
    card = page.get_by_label("Noah Berg, laptop")
    expect(card.get_by_text("laptop not reachable since")).to_be_visible(timeout=SOON)
    card.get_by_role("button", name="give noah 30 minutes").click()
    expect(card.get_by_text("waits:")).to_be_visible()
    card.get_by_text("Show").click()
    expect(page.get_by_role("heading", name="Changes")).to_be_visible()
    page.get_by_role("button", name="Cancel +30 min").click()
    expect(page.locator("li.change").first.get_by_text("cancelled")).to_be_visible()


def test_what_waited_arrives_when_the_computer_is_back(signed_in: SignedIn, family: Stage) -> None:
    page = signed_in()
    family.switch_off("laptop.home")
    card = page.get_by_label("Noah Berg, laptop")
    expect(card.get_by_text("laptop not reachable since")).to_be_visible(timeout=SOON)
    card.get_by_role("button", name="give noah 15 minutes").click()
    expect(card.get_by_text("waits:")).to_be_visible()
    family.switch_on("laptop.home")
    expect(card.get_by_text("arrived on laptop at")).to_be_visible(timeout=SOON)


def test_a_server_is_added_trusted_read_and_removed(signed_in: SignedIn) -> None:
    page = signed_in("/servers/add", size=PHONE)
    page.get_by_label("Name").first.fill("Attic!")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("A name has 1 to 63 small letters")).to_be_visible()
    page.get_by_label("Name").first.fill("attic")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="It is done: go on").click()
    page.get_by_label("Address", exact=True).fill(SPARE)
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_role("button", name="It is the same: trust this computer").click()
    expect(page.get_by_text("timekpr answers.")).to_be_visible(timeout=SOON)
    page.goto("/server/attic")
    expect(page.locator("#main").get_by_text("Oma Lotte")).to_be_visible(timeout=SOON)
    page.locator("#main").get_by_text(f"{HOSTILE} Lotte").click()  # nothing but a text, wherever it stands
    page.wait_for_url("**/stats/**")
    expect(page.get_by_role("heading", name=f"{HOSTILE} Lotte")).to_be_visible()
    go(page, "/")
    expect(page.locator("#main").get_by_text(f"{HOSTILE} Lotte").first).to_be_visible()
    go(page, "/server/attic")
    page.get_by_role("button", name="more for this server").click()
    page.get_by_text("Remove this server…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url("**/servers")
    expect(page.locator("#main").get_by_text("attic")).to_be_hidden()


def test_a_key_of_ones_own_is_uploaded_its_public_half_copied_and_the_address_edited(
    signed_in: SignedIn,
) -> None:
    private, public = ssh_keys.make_key("anna's own")
    page = signed_in("/servers/add")
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    )  # as without TLS
    page.get_by_text("I have an account or a key there already").click()
    page.get_by_label("Name").last.fill("own-key")
    page.get_by_label("Address", exact=True).fill("nowhere.home")
    page.get_by_text("Use a key that I have").click()
    file = {"name": "../../id_ed25519", "mimeType": "text/plain", "buffer": private.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.get_by_text("id_ed25519")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/server/own-key")
    expect(page.get_by_label("the public key", exact=True)).to_have_text(public.strip())

    page.get_by_role("button", name="Copy the public key").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    page.get_by_role("button", name="more for this server").click()
    page.get_by_text("Edit address or key…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Use another key").click()
    dialog.get_by_label("or paste it here").press("Control+V")
    expect(dialog.get_by_label("or paste it here")).to_have_value(public.strip())
    dialog.get_by_text("Keep the present key").click()
    dialog.get_by_label("Address", exact=True).fill("elsewhere.home")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("elsewhere.home:22")).to_be_visible()
    expect(page.get_by_label("the public key", exact=True)).to_have_text(public.strip())
    page.get_by_role("button", name="more for this server").click()
    page.get_by_text("Remove this server…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url("**/servers")


def test_the_menu_follows_users_that_go_out_of_view(signed_in: SignedIn) -> None:
    page = signed_in("/server/living-room")
    menu = page.get_by_label("Places, people and servers")
    expect(menu.get_by_text("mia", exact=True)).to_be_visible()
    page.get_by_role("button", name="more for mia").click()
    page.get_by_text("Take out of view").click()
    expect(menu.get_by_text("mia", exact=True)).to_be_hidden()
    page.get_by_role("button", name="more for mia").click()
    page.get_by_text("Bring back into view").click()
    expect(menu.get_by_text("mia", exact=True)).to_be_visible()


def test_a_viewer_sees_no_buttons_that_change_anything(signed_in: SignedIn) -> None:
    page = signed_in(account=VIEWER)
    expect(page.get_by_label("Emma Berg, kids-pc")).to_be_visible()
    expect(page.get_by_role("button", name="give emma 15 minutes")).to_have_count(0)
    page.goto("/server/kids-pc/user/emma")
    expect(page.get_by_label("Saturday: limit")).to_be_disabled()
    page.goto("/servers")
    expect(page.get_by_text("Add a server")).to_have_count(0)
    page.goto("/settings")
    expect(page.get_by_role("heading", name="Accounts")).to_have_count(0)


def test_a_token_is_shown_once(signed_in: SignedIn) -> None:
    page = signed_in("/settings")
    page.get_by_label("What is it for?").fill("home assistant")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    page.reload()
    expect(page.get_by_text("home assistant")).to_be_visible()
    expect(page.get_by_text("it is not shown again")).to_have_count(0)
    page.get_by_role("button", name="Revoke home assistant").click()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("home assistant")).to_have_count(0)


def test_signing_out_ends_every_open_page(stranger: Page) -> None:
    page = stranger
    sign_in(page)
    other = page.context.new_page()
    other.goto("/servers")
    expect(other.get_by_role("heading", name="Servers")).to_be_visible()
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(other.get_by_role("button", name="Sign in")).to_be_visible(timeout=SOON)


def test_what_does_not_exist_is_said_in_words(signed_in: SignedIn) -> None:
    page = (
        signed_in().context.new_page()
    )  # the browser itself writes a 404 into its console: nobody hears this one
    for path in (
        "/server/nowhere",
        "/server/nowhere/history",
        "/server/nowhere/sent",
        "/server/kids-pc/user/nobody",
        "/server/kids-pc/user/nobody/history",
        "/server/kids-pc/stats/nobody",
    ):
        response = page.goto(path)
        assert response is not None
        assert response.status == 404
        assert "Traceback" not in response.text()
        expect(page.get_by_text("There is nothing here")).to_be_visible()
