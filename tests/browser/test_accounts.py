"""Roles and the second factor, as those see them who have them."""

import re
import zipfile

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.browse import go, sign_in
from tests.browser.conftest import PHONE, SignedIn
from tests.browser.stage import PASSWORD

pytestmark = pytest.mark.browser


def test_a_carer_has_one_child_and_so_many_minutes(signed_in: SignedIn) -> None:
    admin = signed_in("/settings")
    _add(admin, "gran")
    dialog = admin.get_by_role("dialog", name="Role and people of gran")
    dialog.get_by_role("combobox", name="Emma Berg (kids-pc)").click()
    admin.get_by_role("option", name="carer").click()
    dialog.get_by_label("Minutes a day for Emma Berg (kids-pc)").fill("20")
    dialog.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("carer of Emma Berg (20 min)")).to_be_visible()

    gran = signed_in(account="gran", size=PHONE)
    card = gran.get_by_label("Emma Berg, kids-pc")
    expect(card.get_by_text("You may give 20 min more today")).to_be_visible()
    expect(gran.get_by_text("Noah")).to_have_count(0)
    card.get_by_role("button", name="give emma 15 minutes").click()
    expect(card.get_by_text("You may give 5 min more today")).to_be_visible()
    card.get_by_role("button", name="give emma 15 minutes").click()
    expect(gran.get_by_text("You may give 20 min a day, and 5 min of it are left today")).to_be_visible()
    assert gran.request.get("/server/kids-pc/user/noah").status == 404
    go(gran, "/server/kids-pc")
    expect(gran.get_by_role("link", name="Limits of emma")).to_be_visible()
    expect(gran.get_by_text("noah")).to_have_count(0)


def test_an_admin_saves_a_report_for_a_bug(signed_in: SignedIn) -> None:
    admin = signed_in("/settings")

    with admin.expect_download() as waiting:
        admin.get_by_role("button", name="Save a report").click()

    assert re.fullmatch(r"timekpr-mngr-report-\d{8}-\d{6}\.zip", waiting.value.suggested_filename)
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert "servers.json" in archive.namelist()


def test_who_has_a_second_factor_signs_in_with_a_code(signed_in: SignedIn, stranger: Page) -> None:
    admin, otto = signed_in("/settings"), stranger
    _add(admin, "otto")
    admin.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    sign_in(otto, "otto")
    go(otto, "/settings")
    otto.get_by_role("button", name="Switch it on…").click()
    otto.get_by_label("Your password").fill(PASSWORD)
    otto.get_by_role("button", name="Go on").click()
    expect(otto.get_by_role("img", name="The QR code for the authenticator")).to_be_visible()
    seed = otto.get_by_label("the secret", exact=True).inner_text()
    otto.get_by_label("The code that it shows").fill(pyotp.TOTP(seed).now())
    otto.get_by_role("button", name="Switch it on", exact=True).click()
    codes = otto.locator(".codes li")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    otto.get_by_role("button", name="I have kept them").click()
    expect(otto.get_by_text("10 recovery codes left")).to_be_visible()

    otto.get_by_role("button", name="Sign out").click()
    otto.get_by_label("Name").fill("otto")
    otto.get_by_label("Password").fill(PASSWORD)
    otto.get_by_role("button", name="Sign in").click()
    otto.get_by_label("Code", exact=True).fill(recovery)
    otto.get_by_role("button", name="Sign in").click()
    otto.wait_for_url(re.compile("/$"))

    go(admin, "/settings")
    admin.get_by_role("button", name="more for otto").click()
    admin.get_by_text("Take the second factor away…").click()
    admin.get_by_role("button", name="Take it away").click()
    expect(admin.get_by_text("· second factor")).to_have_count(0)
    otto.context.clear_cookies()
    sign_in(otto, "otto")


def _add(page: Page, name: str) -> None:
    """Adds an account that has nobody yet; the dialog of its role stands open then."""
    page.get_by_text("Add an account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("dialog", name=f"Role and people of {name}")).to_be_visible()
