"""How everything looks: one style sheet for all pages, and the few facts the pages share."""

from functools import cache
from pathlib import Path

from nicegui import ui

HERE = Path(__file__).parent
TITLE = "timekpr-mngr"
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f6e66"/>'
    '<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="3.4"/>'
    '<path d="M16 7a9 9 0 1 1-7.8 4.5" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/></svg>'
)
RECONNECT_SECONDS = 60.0
"""How long a page outlives its connection: a phone that sleeps for a moment comes back to the same page."""


def apply() -> None:
    """Puts the style sheet and the small script of every page into this page's head, before the first paint."""
    ui.add_head_html(_head())


@cache
def _head() -> str:
    style = (HERE / "theme.css").read_text("utf-8")
    return f"<style>\n{style}</style>\n{(HERE / 'head.html').read_text('utf-8')}"
