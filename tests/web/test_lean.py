"""A start brings along what is used, and no more."""

import subprocess
import sys

BROUGHT_ALONG = """
import sys
import timekpr_mngr.app
print(*[name for name in ("aiohttp", "requests", "websocket") if name in sys.modules])
import requests
print(requests.__name__)
"""


def test_clients_that_nobody_here_speaks_with_stay_away_and_can_still_be_imported() -> None:
    said = subprocess.run(
        [sys.executable, "-c", BROUGHT_ALONG], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "\nrequests\n"
