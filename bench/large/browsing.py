"""Home in a real browser, with everybody there."""

from bench import browsing
from bench.browsing import Opening
from bench.figure import Figure, Section, quantile
from bench.scale import Running
from timekpr_mngr.web.ui.pages.home import CARDS_AT_ONCE

CARDS_MOST_SECONDS = 0.8
OPENINGS = 5
USERS_OF_EACH = 3


async def measured(running: Running) -> Section:
    """Opened for the first time, then again and again: until all cards that it shows at first are painted."""
    cards = min(USERS_OF_EACH * len(running.fleet.well), CARDS_AT_ONCE)
    async with browsing.chromium() as browser:
        context = await browsing.signed_in(browser, running.service)
        first = await browsing.opened(context, cards)
        ours = running.watch.cpu_seconds()
        again = [await browsing.opened(context, cards) for _ in range(OPENINGS)]
        ours = (running.watch.cpu_seconds() - ours) / OPENINGS
        await context.close()
    seconds = [_seconds(one) for one in again]
    return Section(
        f"Home with {len(running.fleet.well):,} computers, {cards} cards, a phone's width",
        [
            Figure("its cards, opened again, median", quantile(seconds, 0.5), "s", CARDS_MOST_SECONDS),
            Figure("its cards, opened again, the slowest", max(seconds), "s"),
            Figure("its cards, the very first time", _seconds(first), "s"),
            Figure("the service's processor time, an opening", ours * 1000, "ms"),
        ],
    )


def _seconds(opening: Opening) -> float:
    return opening.cards_ms / 1000
