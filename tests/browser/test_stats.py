"""Looking back, in a real browser, over the demo's past."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import BOTH_SIZES, DESK, PHONE, SignedIn
from timekpr_mngr.cli.past import DAYS

pytestmark = pytest.mark.browser

STATS = "/server/kids-pc/stats/noah"
COLUMN = ".columns >> nth=0 >> .run > div"


@pytest.fixture
def emma(signed_in: SignedIn) -> Iterator[str]:
    """Emma is one person on two computers for the test; this is her id."""
    page = signed_in("/settings")
    page.get_by_label("What is it for?").fill(f"people {time.time_ns()}")
    page.get_by_role("button", name="Make a token").click()
    found = re.search(r"tkm_\S+", page.locator("code", has_text="tkm_").first.inner_text())
    assert found is not None
    headers = {"Authorization": f"Bearer {found[0]}"}
    users = [{"server": server, "user": "emma"} for server in ("kids-pc", "living-room")]
    joined = page.request.post("/api/v1/people", data={"users": users}, headers=headers)
    assert joined.status == 201, joined.text()
    person = str(joined.json()["id"])
    yield person
    assert page.request.post(f"/api/v1/people/{person}/split", data={}, headers=headers).status == 204


def opened(signed_in: SignedIn, path: str, size: ViewportSize = DESK) -> Page:
    page = signed_in(path, size=size)
    expect(page.get_by_role("heading", name="Looking back")).to_be_visible()
    return page


def saved(page: Page, button: str) -> tuple[str, str]:
    """The name of the file, and what is in it."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    return waiting.value.suggested_filename, waiting.value.path().read_text("utf-8")


def test_a_day_without_a_reading_is_an_empty_frame_and_a_partial_one_says_so(signed_in: SignedIn) -> None:
    page = opened(signed_in, STATS)
    expect(page.locator(COLUMN)).to_have_count(30)
    columns = page.locator(COLUMN)
    for age, is_unknown in ((16, False), (17, True), (18, True)):
        column = columns.nth(29 - age)
        expect(column).to_have_attribute("title", re.compile("not known$" if is_unknown else r"\d"))
        assert (column.get_attribute("class") == "unknown") is is_unknown
    expect(columns.nth(29 - 9)).to_have_attribute("title", re.compile("this much at least$"))
    expect(columns.nth(29)).to_have_attribute("title", re.compile("^Today: .* so far$"))


@pytest.mark.parametrize(("label", "columns"), [("7 days", 7), ("90 days", 90)])
def test_another_span_is_shown_at_once_and_stays_in_the_address(
    signed_in: SignedIn, label: str, columns: int
) -> None:
    page = opened(signed_in, STATS, PHONE)
    page.get_by_role("button", name=label).click()
    expect(page.locator(COLUMN)).to_have_count(columns)
    expect(page.get_by_role("button", name=label)).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(f"**{STATS}?days={columns}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.reload()
    expect(page.locator(COLUMN)).to_have_count(columns)


def test_a_year_is_told_by_week_and_says_since_when_anything_is_known(signed_in: SignedIn) -> None:
    page = opened(signed_in, f"{STATS}?days=365")
    expect(page.get_by_text("Nothing of these 365 days is known before").first).to_be_visible()
    weeks = page.locator(COLUMN).count()
    assert DAYS // 7 <= weeks <= DAYS // 7 + 2
    expect(page.locator(COLUMN).first).to_have_attribute("title", re.compile("^Week of "))


def test_a_chart_is_also_a_table(signed_in: SignedIn) -> None:
    page = opened(signed_in, STATS)
    page.get_by_text("As a table").first.click()
    table = page.get_by_role("table", name="How much was used")
    expect(table.get_by_role("row")).to_have_count(31)
    expect(table.get_by_role("columnheader")).to_have_text(["Day", "kids-pc", "Limit", "Known"])
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text("Today")
    expect(row.get_by_role("cell").last).to_have_text("so far")
    expect(table.get_by_text("not known")).to_have_count(2)


def test_playtime_has_a_chart_of_its_own_where_there_is_any(signed_in: SignedIn) -> None:
    page = opened(signed_in, STATS)
    expect(page.get_by_role("heading", name="PlayTime and other time")).to_be_visible()
    page.goto("/server/kids-pc/stats/emma")
    expect(page.get_by_role("heading", name="Looking back")).to_be_visible()
    expect(page.get_by_role("heading", name="PlayTime and other time")).to_be_hidden()


def test_the_days_are_saved_as_a_table_and_as_json(signed_in: SignedIn) -> None:
    page = opened(signed_in, f"{STATS}?days=90")
    name, text = saved(page, "Save as CSV")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert re.fullmatch(r"noah-kids-pc-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv", name)
    assert len(rows) == 90
    assert [row["used_seconds"] for row in rows if row["known"] == "gap"] == ["", "", ""]
    name, text = saved(page, "Save as JSON")
    report = json.loads(text)
    assert name.endswith(".json")
    assert [day["day"] for day in report["days"]] == [row["day"] for row in rows]
    assert report["users"] == [{"server": "kids-pc", "user": "noah"}]


def test_nothing_moves_while_the_page_is_built(signed_in: SignedIn) -> None:
    page = signed_in(size=PHONE)
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(seen => seen.getEntries().forEach("
        "entry => window.moved += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(STATS)
    expect(page.get_by_role("heading", name="Looking back")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") < 0.05


@pytest.mark.parametrize("size", BOTH_SIZES)
def test_a_person_is_told_over_all_computers(signed_in: SignedIn, emma: str, size: ViewportSize) -> None:
    page = opened(signed_in, "/server/kids-pc/stats/emma", size)
    page.get_by_role("link", name="All of them together").click()
    page.wait_for_url(f"**/person/{emma}")
    expect(page.get_by_role("heading", name="Emma Berg")).to_be_visible()
    page.get_by_text("As a table").first.click()
    heads = page.get_by_role("table", name="How much was used").get_by_role("columnheader")
    expect(heads).to_have_text(["Day", "kids-pc", "living-room", "Limit", "Known"])
    expect(page.locator(COLUMN).nth(29 - 17)).to_have_attribute("title", re.compile("this much at least$"))
    row = page.get_by_role("table", name="How much was used").get_by_role("row").nth(1 + 17)
    expect(row.get_by_role("cell").first).to_have_text("–")
    expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"\d"))
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.locator("#main").get_by_role("link", name="living-room").click()
    page.wait_for_url("**/server/living-room/stats/emma")


def test_who_is_not_there_is_said_in_words(signed_in: SignedIn) -> None:
    page = signed_in()
    assert page.request.get("/person/p99").status == 404
    assert page.request.get("/person/kids-pc/nobody").status == 404
