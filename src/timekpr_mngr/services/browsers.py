"""What a browser calls itself (`User-Agent`), in words: a guess, for a person who looks for their own phone."""

from timekpr_mngr.texts import _

_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chromium", "Chromium"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
"""In this order: each of the last ones says that it is those after it, too."""
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("cros", "ChromeOS"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def browser(agent: str | None) -> str:
    """`Firefox on Linux`; what is not known is said to be so."""
    said = (agent or "").casefold()
    program = next((name for sign, name in _BROWSERS if sign in said), None)
    system = next((name for sign, name in _SYSTEMS if sign in said), None)
    if program is None:
        return _("an unknown browser")
    return program if system is None else _("{browser} on {system}").format(browser=program, system=system)
