"""How everything looks: one style sheet for all pages, and the few facts the pages share."""

import json
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.installable import DARK, LIGHT

HERE = Path(__file__).parent
TITLE = "timekpr-mngr"
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f6e66"/>'
    '<circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-opacity=".35" stroke-width="3.4"/>'
    '<path d="M16 7a9 9 0 1 1-7.8 4.5" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/></svg>'
)
RECONNECT_SECONDS = 60.0
"""How long a page outlives its connection: a phone that sleeps for a moment comes back to the same page."""
_NONCE = "@NONCE@"


def apply(root: str, nonce: str) -> None:
    """Puts the style sheet and the small scripts of every page into this page's head, before the first paint. `root` is
    the path below which we are served, `nonce` what a script has to bear to be run (web.headers).
    """
    ui.add_head_html(_head(root).replace(_NONCE, nonce))


@cache
def _head(root: str) -> str:
    style, script = ((HERE / name).read_text("utf-8") for name in ("theme.css", "connection.js"))
    head = Template((HERE / "head.html").read_text("utf-8")).substitute(
        root=escape(root), light=LIGHT, dark=DARK, said=_as_json(_said()), nonce=_NONCE
    )
    return f'<style>\n{style}</style>\n{head}<script nonce="{_NONCE}">\n{script}</script>\n'


def _said() -> dict[str, str]:
    """What the page says by itself, while nobody here can."""
    return {
        "lost": _("No connection to timekpr-mngr."),
        "since": _("What you see is from {time}. It goes on by itself; nothing is lost that was sent."),
    }


def _as_json(content: object) -> str:
    """For a script in the page: nothing in it can end the script."""
    return json.dumps(content).replace("<", "\\u003c")
