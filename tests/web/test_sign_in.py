"""Signing in and out, as a browser does it."""

import re

import httpx
import pyotp
import pytest

from tests.services.house import ADMIN
from tests.web.served import PASSWORD, URL, Served
from timekpr_mngr.domain.account import Actor, Source
from timekpr_mngr.web.sign_in import safe_next

SESSION = "timekpr_mngr_8765"
HTML = {"Accept": "text/html"}


def hidden(page: httpx.Response, name: str) -> str:
    """A hidden value of the page's form."""
    match = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert match is not None, page.text
    return match[1]


async def sign_in(site: Served, name: str = "anna", password: str = PASSWORD, **extra: str) -> httpx.Response:
    """Opens the form, fills it in and sends it."""
    page = await site.client.get("/sign-in")
    values = {"name": name, "password": password, "form": hidden(page, "form"), "next": "/", **extra}
    return await site.client.post("/sign-in", data=values, headers={"Origin": URL})


async def test_the_right_password_leads_on_with_a_cookie_that_scripts_cannot_read(site: Served) -> None:
    await site.add_accounts()

    answer = await sign_in(site, next="/server/kids-pc?tab=users")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/server/kids-pc?tab=users")
    cookie = next(c for c in answer.headers.get_list("Set-Cookie") if c.startswith(f"{SESSION}="))
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "secure" not in cookie.lower()
    assert (await site.client.get("/sign-in")).status_code == 303


async def test_behind_tls_the_cookie_is_never_sent_in_the_clear(site: Served) -> None:
    await site.add_accounts()
    site.client.base_url = httpx.URL("https://testserver")
    page = await site.client.get("/sign-in")

    answer = await site.client.post(
        "/sign-in", data={"name": "anna", "password": PASSWORD, "form": hidden(page, "form")}
    )

    assert all(
        "secure" in cookie.lower() for cookie in answer.headers.get_list("Set-Cookie") if SESSION in cookie
    )


async def test_a_wrong_password_is_said_and_the_name_kept(site: Served) -> None:
    await site.add_accounts()

    answer = await sign_in(site, "anna", "wrong horse")

    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert 'value="anna"' in answer.text
    assert "wrong horse" not in answer.text
    assert SESSION not in site.client.cookies


async def test_a_second_factor_is_asked_for_before_there_is_any_session(site: Served) -> None:
    await site.add_accounts()
    anna = Actor((await site.services.accounts.list(ADMIN))[0], Source.PAGE)
    factors = site.services.accounts.second_factors
    seed = (await factors.begin(anna, PASSWORD)).seed
    codes = await factors.confirm(anna, pyotp.TOTP(seed).now())

    async def send(page: httpx.Response, code: str) -> httpx.Response:
        values = {name: hidden(page, name) for name in ("form", "ticket", "next")} | {"code": code}
        return await site.client.post("/sign-in/code", data=values, headers={"Origin": URL})

    asked = await sign_in(site, next="/changes")
    assert asked.status_code == 200
    assert SESSION not in site.client.cookies
    wrong = await send(asked, "000000")
    assert (wrong.status_code, SESSION in site.client.cookies) == (401, False)
    assert "This code is wrong" in wrong.text
    right = await send(wrong, codes[0])
    assert (right.status_code, right.headers["Location"]) == (303, "/changes")
    assert SESSION in site.client.cookies
    assert (await site.client.get("/sign-in/code")).headers["Location"] == "/sign-in"


async def test_a_code_from_a_strangers_page_is_not_taken(site: Served) -> None:
    await site.add_accounts()
    values = {"ticket": "x", "code": "000000", "form": "x"}
    assert (await site.client.post("/sign-in/code", data=values)).status_code == 403
    page = await site.client.get("/sign-in")
    values["form"] = hidden(page, "form")
    answer = await site.client.post("/sign-in/code", data=values, headers={"Origin": URL})
    assert answer.status_code == 401
    assert "That took too long" in answer.text


async def test_too_many_attempts_have_to_wait(site: Served) -> None:
    await site.add_accounts()
    for _ in range(5):
        await sign_in(site, password="wrong horse")

    answer = await sign_in(site)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_strangers_page_cannot_sign_anybody_in(site: Served) -> None:
    await site.add_accounts()
    page = await site.client.get("/sign-in")
    values = {"name": "anna", "password": PASSWORD, "form": hidden(page, "form")}

    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = await site.client.post("/sign-in", data=values, headers=headers)
        assert answer.status_code == 403
    assert SESSION not in site.client.cookies


async def test_a_form_that_was_not_shown_to_this_browser_is_refused(site: Served) -> None:
    await site.add_accounts()
    values = {"name": "anna", "password": PASSWORD}

    assert (await site.client.post("/sign-in", data=values)).status_code == 403
    page = await site.client.get("/sign-in")
    site.client.cookies.clear()
    answer = await site.client.post("/sign-in", data={**values, "form": hidden(page, "form")})
    assert answer.status_code == 403
    assert "try again" in answer.text


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/server/kids-pc", "/server/kids-pc"),
        ("/changes?state=queued", "/changes?state=queued"),
        ("", "/"),
        ("//evil.example", "/"),
        ("//[", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/\tevil", "/"),
        ("evil", "/"),
        ("/sign-out", "/"),
        ("/sign-in?next=/sign-in", "/"),
    ],
)
def test_only_pages_of_our_own_are_gone_on_to(wanted: str, leads_to: str) -> None:
    assert safe_next(wanted) == leads_to


async def test_who_is_not_signed_in_is_led_to_the_form_and_back(site: Served) -> None:
    await site.add_accounts()

    answer = await site.client.get("/server/kids-pc?tab=a%26b", headers=HTML)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=%2Fserver%2Fkids-pc%3Ftab%3Da%2526b"
    form = await site.client.get(answer.headers["Location"])
    assert hidden(form, "next") == "/server/kids-pc?tab=a%26b"


@pytest.mark.parametrize(
    "path", ["/changes", "/_nicegui/3.18.0/static/nicegui.js", "/favicon.ico", "/nowhere"]
)
async def test_nothing_is_shown_to_who_is_not_signed_in(site: Served, path: str) -> None:
    await site.add_accounts()

    answer = await site.client.get(path)

    assert (answer.status_code, answer.text) == (401, "Sign in first.")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_program_that_knocks_at_the_front_door_is_shown_the_way_in(site: Served, method: str) -> None:
    answer = await site.client.request(method, "/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert (await site.client.get("/sign-in")).status_code == 200


@pytest.mark.parametrize("cookie", ["x", "x" * 500, 'a"b', "%00", ""])
async def test_a_made_up_cookie_is_no_session(site: Served, cookie: str) -> None:
    await site.add_accounts()

    answer = await site.client.get("/changes", headers={"Cookie": f"{SESSION}={cookie}"})

    assert answer.status_code == 401


async def test_who_is_signed_in_sees_the_pages(site: Served) -> None:
    await site.add_accounts()
    await sign_in(site)

    answer = await site.client.get("/", headers=HTML)

    assert answer.status_code == 200
    assert "timekpr-mngr" in answer.text


async def test_what_nobody_foresaw_is_a_calm_page_and_its_words_are_in_the_log_alone(
    site: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("row 7 of the table of secrets")

    await site.add_accounts()
    await sign_in(site)
    monkeypatch.setattr(site.services.people, "everybody", breaks)  # what stands around every page needs it

    for path in ("/", "/server/nowhere"):
        answer = await site.client.get(path, headers=HTML)

        assert answer.status_code == 500
        assert "This could not be shown" in answer.text
        assert "table of secrets" not in answer.text
    assert caplog.text.count("RuntimeError: row 7 of the table of secrets") == 2
    caplog.clear()  # it was meant to be there


async def test_signing_out_ends_the_session_itself(site: Served) -> None:
    await site.add_accounts()
    await sign_in(site)
    stolen = site.client.cookies[SESSION]
    page = await site.client.get("/sign-out")

    answer = await site.client.post("/sign-out", data={"form": hidden(page, "form")}, headers={"Origin": URL})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert SESSION not in site.client.cookies
    again = await site.client.get("/changes", headers={"Cookie": f"{SESSION}={stolen}"})
    assert again.status_code == 401


async def test_a_strangers_page_cannot_sign_anybody_out(site: Served) -> None:
    await site.add_accounts()
    await sign_in(site)

    assert (await site.client.get("/sign-out")).status_code == 200
    answer = await site.client.post("/sign-out", headers={"Origin": "http://evil.example"})

    assert answer.status_code == 403
    assert (await site.client.get("/changes", headers=HTML)).status_code == 200


async def test_signing_in_again_ends_the_session_before(site: Served) -> None:
    await site.add_accounts()
    await sign_in(site)
    first = site.client.cookies[SESSION]
    page = await site.client.get("/sign-out")

    await site.client.post(
        "/sign-in", data={"name": "ben", "password": PASSWORD, "form": hidden(page, "form")}
    )

    assert site.client.cookies[SESSION] != first
    assert await site.services.accounts.by_session(first) is None


async def test_the_first_account_is_made_with_the_link_and_signed_in(site: Served) -> None:
    welcome = await site.client.get("/sign-in")
    assert "one-time link" in welcome.text
    token = await site.services.accounts.setup_link()
    page = await site.client.get("/setup", params={"token": token})
    values = {"token": hidden(page, "token"), "form": hidden(page, "form"), "name": "anna"}

    short = await site.client.post("/setup", data={**values, "password": "short"}, headers={"Origin": URL})
    assert short.status_code == 422
    assert "8 to 256 characters" in short.text
    answer = await site.client.post("/setup", data={**values, "password": PASSWORD}, headers={"Origin": URL})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert (await site.client.get("/changes", headers=HTML)).status_code == 200
    later = await site.another_client().get("/setup", params={"token": token})
    assert later.headers["Location"] == "/sign-in"


async def test_a_link_that_is_void_makes_nothing(site: Served) -> None:
    good = await site.services.accounts.setup_link()
    assert (await site.client.get("/setup?token=guessed")).status_code == 403
    page = await site.client.get("/setup", params={"token": good})

    answer = await site.client.post(
        "/setup",
        data={"token": "guessed", "form": hidden(page, "form"), "name": "eve", "password": PASSWORD},
    )

    assert answer.status_code == 403
    assert not await site.services.accounts.has_any()


async def test_there_is_no_way_in_with_one_press_but_in_the_demo(site: Served) -> None:
    await site.add_accounts()
    page = await site.client.get("/sign-in")

    answer = await site.client.post("/enter-demo", data={"form": hidden(page, "form")})

    assert answer.status_code in (401, 404, 405)
    assert SESSION not in site.client.cookies


async def test_a_session_that_was_chosen_by_somebody_else_is_not_taken_over(site: Served) -> None:
    await site.add_accounts()
    site.client.cookies.set(SESSION, "chosen-by-a-stranger-beforehand")

    answer = await sign_in(site)

    given = next(c for c in answer.headers.get_list("Set-Cookie") if c.startswith(f"{SESSION}="))
    assert "chosen-by-a-stranger" not in given
    site.client.cookies.clear()
    site.client.cookies.set(SESSION, "chosen-by-a-stranger-beforehand")
    assert (await site.client.get("/", headers=HTML)).status_code == 303


@pytest.mark.parametrize("up", ["../", "..%2f", "%2e%2e/", "..%5c", "....//", "%252e%252e%252f"])
async def test_no_path_leads_out_of_what_is_served(site: Served, up: str) -> None:
    await site.add_accounts()
    await sign_in(site)
    for root in ("/_nicegui", "/_nicegui/auto/static", "/installable", "/api/v1", ""):
        path = f"{root}/{up * 8}etc/passwd"

        answer = await site.client.get(site.client.base_url.copy_with(raw_path=path.encode()), headers=HTML)

        assert answer.status_code in (303, 404), path
        assert "root:" not in answer.text, path


async def test_what_a_person_typed_cannot_become_a_part_of_the_page(site: Served) -> None:
    await site.add_accounts()

    answer = await sign_in(site, name='"><script>alert(1)</script>', next='/"><script>')

    assert "<script>" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/api/v1/openapi.json", "/changes"])
async def test_every_answer_tells_the_browser_what_our_pages_never_do(site: Served, path: str) -> None:
    answer = await site.client.get(path)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_page_runs_its_own_scripts_and_no_other(site: Served) -> None:
    """All scripts of a page bear a word that the policy names, and that is another one each time."""
    await site.add_accounts()
    await sign_in(site)

    pages = [await site.client.get(path, headers=HTML) for path in ("/", "/settings", "/nowhere")]

    words = set()
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        [scripts] = [part for part in policy.split("; ") if part.startswith("script-src ")]
        nonces = re.findall(r"'nonce-([\w-]{22})'", scripts)
        marks = re.findall(r"<script\b(?! type=\"text/x-template\")([^>]*)>", page.text)
        assert "unsafe-inline" not in scripts
        assert len(marks) > 5
        assert all(f'nonce="{nonces[0]}"' in mark for mark in marks), marks
        words |= set(nonces)
    assert len(words) == len(pages)


async def test_over_tls_a_browser_is_told_to_come_by_tls_from_then_on(site: Served) -> None:
    assert "Strict-Transport-Security" not in (await site.client.get("/sign-in")).headers
    site.client.base_url = httpx.URL("https://testserver")
    answer = await site.client.get("/sign-in")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_form_needs_no_script_and_nothing_from_elsewhere(site: Served) -> None:
    await site.add_accounts()

    page = await site.client.get("/sign-in")

    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    assert "http" not in re.sub(r"<title>.*?</title>", "", page.text)


async def test_a_form_that_is_too_large_or_no_form_is_no_form(site: Served) -> None:
    await site.add_accounts()

    large = await site.client.post("/sign-in", data={"name": "x" * 20_000})
    other = await site.client.post("/sign-in", json={"name": "anna"})

    assert {large.status_code, other.status_code} == {403}


async def test_an_account_that_was_removed_is_signed_out(site: Served) -> None:
    await site.add_accounts()
    await sign_in(site, "ben")

    await site.services.accounts.remove(ADMIN, "ben")

    assert (await site.client.get("/changes")).status_code == 401
