"""Home in a real browser, over the running program and real computers: when it stands, how quick it answers, and
whether anything jumps under the thumb.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from bench import serving
from bench.figure import Figure, Section, quantile
from bench.fleet import AT_THE_COMPUTER, AWAY, Fleet
from bench.machine import cpu_seconds
from tests.browser.browse import CHROMIUM
from tests.end_to_end.service import Service
from timekpr_mngr.link.connect import SshConnector
from timekpr_mngr.link.session import LinkEvent, ServerSession, Ticked
from timekpr_mngr.timekpr import interface

CARDS_MOST_MS, TICK_MOST_MS, PRESS_MOST_MS, SHIFT_MOST = 1000.0, 1000.0, 100.0, 0.05
PHONE: ViewportSize = {"width": 390, "height": 844}
WATCHED_SECONDS = 8.0  # at least two ticks of every user
GIVEN_SECONDS = 900
PRESSES_EACH = 25  # of 15 minutes; more would meet midnight, and the page would ask first
JUMP_MINUTES = 10  # what the ring shows moves by less than this of itself
PATIENCE_MS = 60_000  # on a machine that does much besides

# Installed before the page's own scripts. `shift` is what Chromium calls the cumulative layout shift: the most within
# five seconds, in which no second was still; what follows a press within half a second does not count.
WATCHER = """
(() => {
  const seen = window.bench = { shift: 0, paint: null, cards: null, press: null, painted: null, jumped: null };
  let began = 0, last = 0, sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries().filter((one) => !one.hadRecentInput)) {
      if (entry.startTime - last > 1000 || entry.startTime - began > 5000) [began, sum] = [entry.startTime, 0];
      last = entry.startTime;
      sum += entry.value;
      seen.shift = Math.max(seen.shift, sum);
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") seen.paint = entry.startTime;
  }).observe({ type: "paint", buffered: true });
  const painted = (then) => requestAnimationFrame(() => setTimeout(() => then(performance.now())));
  const minutes = (card) => {
    const ring = card.querySelector("svg.dial text");
    const [hours, rest] = ring ? ring.textContent.split(":") : [];
    return rest === undefined ? Number(hours) : 60 * hours + Number(rest);
  };
  const look = () => {
    const cards = document.querySelectorAll(".cards .card");
    if (seen.cards === null && seen.wanted && cards.length >= seen.wanted) {
      seen.cards = -1;
      painted((at) => { seen.cards = at; });
    }
    if (seen.card && seen.press !== null && seen.painted === null) {
      const note = seen.card.querySelector(".note.going, .note.good");
      if (note && note.textContent !== seen.said) {
        seen.painted = -1;
        painted((at) => { seen.painted = at; });
      }
    }
    if (seen.ring && seen.jumped === null && Math.abs(minutes(seen.ring) - seen.from) >= JUMP) {
      seen.jumped = -1;
      painted(() => { seen.jumped = Date.now(); });
    }
  };
  seen.wanted = WANTED;
  seen.watchPress = (label) => {
    seen.card = document.querySelector(`section[aria-label^="${label}"]`);
    const note = seen.card.querySelector(".note.going, .note.good");
    seen.said = note ? note.textContent : "";
    seen.press = seen.painted = null;
  };
  seen.watchRing = (label) => {
    seen.ring = document.querySelector(`section[aria-label^="${label}"]`);
    seen.from = minutes(seen.ring);
    seen.jumped = null;
  };
  addEventListener("click", (event) => { seen.press = event.timeStamp; }, true);
  const everything = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, everything);
})();
"""


async def measured(fleet: Fleet, presses: int) -> list[Section]:
    """Home opened for the first time and again, ticks, presses and jumps, with a person on each computer."""
    with serving.served() as (service, _):
        people = await asyncio.to_thread(_people, service, fleet)
        async with chromium() as browser:
            context = await signed_in(browser, service)
            first = await opened(context, len(people))
            ours = processor_ms(service)
            again = [await opened(context, len(people)) for _ in range(max(presses // 20, 3))]
            ours = (processor_ms(service) - ours) / len(again)
            page = await context.new_page()
            await _go_home(page, len(people))
            await asyncio.sleep(WATCHED_SECONDS)
            count = min(presses // 4, PRESSES_EACH * len(people))
            pressed = [await _pressed(page, people[number % len(people)]) for number in range(count)]
            shifted = await page.evaluate("bench.shift")
            ticks = [await _ticked(page, fleet, number) for number in range(len(fleet.hosts))]
            await context.close()
    shifts = [first.shift, *(one.shift for one in again), shifted]
    cards, browsers = [one.cards_ms for one in again], [one.browser_ms for one in again]
    return [
        Section(
            f"Home in a browser, {len(people)} people, a phone's width",
            [
                Figure(
                    "first paint, opened again, median", quantile([one.paint_ms for one in again], 0.5), "ms"
                ),
                Figure("everybody's card, opened again, median", quantile(cards, 0.5), "ms", CARDS_MOST_MS),
                Figure("everybody's card, opened again, the slowest", max(cards), "ms", CARDS_MOST_MS),
                Figure("everybody's card, the very first time", first.cards_ms, "ms", CARDS_MOST_MS),
                Figure("the service's processor time, an opening", ours, "ms"),
                Figure("the browser's processor time, an opening", quantile(browsers, 0.5), "ms"),
                Figure(
                    "from the daemon's tick to its paint, median", quantile(ticks, 0.5), "ms", TICK_MOST_MS
                ),
                Figure("from the daemon's tick to its paint, the slowest", max(ticks), "ms", TICK_MOST_MS),
                Figure(
                    "from a press to its answer's paint, median", quantile(pressed, 0.5), "ms", PRESS_MOST_MS
                ),
                Figure(
                    "from a press to its answer's paint, p95", quantile(pressed, 0.95), "ms", PRESS_MOST_MS
                ),
                Figure("layout shift, the most of any visit", max(shifts), "", SHIFT_MOST),
            ],
        )
    ]


@dataclass(frozen=True, slots=True)
class Opening:
    """One visit: when anything was painted, when everybody's card was, how much moved meanwhile, and what it took of
    the browser's processor time.
    """

    paint_ms: float
    cards_ms: float
    shift: float
    browser_ms: float


def _people(service: Service, fleet: Fleet) -> list[str]:
    """Adds every computer, with one person on it; gives how the labels of their cards begin."""
    serving.add_all(service, fleet)
    for host in fleet.hosts:
        service.ask("PATCH", f"/servers/{host.name}/users/{AWAY}", {"hidden": True}, status=200)
    service.request("POST", "/people/keep-apart", {"login": AT_THE_COMPUTER}).raise_for_status()
    for number, host in enumerate(fleet.hosts, 1):
        service.ask(
            "PATCH", f"/people/{host.name}/{AT_THE_COMPUTER}", {"name": f"Person {number:02d}"}, status=200
        )
    return [f"Person {number:02d}" for number in range(1, len(fleet.hosts) + 1)]


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**CHROMIUM)
        yield browser
        await browser.close()


async def signed_in(browser: Browser, service: Service) -> BrowserContext:
    context = await browser.new_context(viewport=PHONE, base_url=service.url)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_label("Name").fill("mum")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/")
    await page.close()
    return context


async def opened(context: BrowserContext, people: int) -> Opening:
    """Home in a new tab, with the browser's cache as it is."""
    page = await context.new_page()
    await _go_home(page, people)
    await asyncio.sleep(1)  # what comes late moves things, too
    paint, cards, shift = await page.evaluate("[bench.paint, bench.cards, bench.shift]")
    opening = Opening(paint, cards, shift, await _browsers_processor_ms(page))
    await page.close()
    return opening


async def _browsers_processor_ms(page: Page) -> float:
    """What the page's own process has taken of the processor so far."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    seconds: float = next(one["value"] for one in metrics if one["name"] == "ProcessTime")
    return seconds * 1000


def processor_ms(service: Service) -> float:
    """What the service has taken of the processor so far."""
    assert service.process is not None
    return cpu_seconds(service.process.pid) * 1000


async def _go_home(page: Page, people: int) -> None:
    script = WATCHER.replace("WANTED", str(people)).replace("JUMP", str(JUMP_MINUTES))
    await page.add_init_script(script)
    await page.goto("/", wait_until="commit")
    await page.wait_for_function("window.bench && bench.cards > 0 && bench.paint !== null")


async def _pressed(page: Page, person: str) -> float:
    """Milliseconds from the click until its answer was painted."""
    await page.evaluate("(label) => bench.watchPress(label)", person)
    card = page.locator(f'section[aria-label^="{person}"]')
    await card.get_by_role("button", name="give alice 15 minutes").click()
    await page.wait_for_function("bench.painted > 0")
    took: float = await page.evaluate("bench.painted - bench.press")
    await card.get_by_text("arrived on").wait_for()
    return took


async def _ticked(page: Page, fleet: Fleet, number: int) -> float:
    """Milliseconds from the daemon's signal, heard on a line of our own, until the page shows what it says."""
    host = fleet.hosts[number]
    session = await SshConnector().open(fleet.server(host), fleet.private_key)
    try:
        return await jumped(page, session, f"Person {number + 1:02d}")
    finally:
        await session.close()


async def jumped(page: Page, session: ServerSession, person: str) -> float:
    heard = asyncio.get_running_loop().create_future()
    known: list[int] = []

    def hear(event: LinkEvent) -> None:
        if not isinstance(event, Ticked) or event.user != AT_THE_COMPUTER or heard.done():
            return
        if (left := event.live.left_day_seconds) is None:
            return
        if known and abs(left - known[0]) >= JUMP_MINUTES * 60:
            heard.set_result(time.time() * 1000)
        known[:] = [left]

    stop = session.listen(hear)
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not known:
            await asyncio.sleep(0.05)
        await page.evaluate("(label) => bench.watchRing(label)", person)
        reply = await session.call(interface.set_time_left(AT_THE_COMPUTER, "-", GIVEN_SECONDS))
        assert reply.ok, reply.message
        told_at: float = await heard
    stop()
    await page.wait_for_function("bench.jumped > 0")
    return float(await page.evaluate("bench.jumped")) - told_at
