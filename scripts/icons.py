#!/usr/bin/env python3
"""Draws the icons of the installed application from the one that is drawn by hand.

    scripts/icons.py

They lie in src/timekpr_mngr/web/installable. A maskable icon, and Apple's, fill their square: the system cuts the
corners itself, and takes away up to a tenth at each side. Needs chromium.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.browser.browse import CHROMIUM  # noqa: E402

FOLDER = ROOT / "src/timekpr_mngr/web/installable"
GROUND = "#0f6e66"
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}


def main() -> None:
    """Writes every size."""
    drawing = (FOLDER / "icon.svg").read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        for name, (size, is_full) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            ground, part = (GROUND, 0.84) if is_full else ("transparent", 1)
            page.set_content(
                f"<style>body{{margin:0;background:{ground};display:grid;place-items:center;height:100vh}}"
                f"svg{{width:{part:.0%};height:{part:.0%}}}</style>{drawing}"
            )
            page.screenshot(path=FOLDER / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
