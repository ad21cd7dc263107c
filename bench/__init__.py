"""How fast it is, on the real thing: `make bench` (`python -m bench`). It measures; it judges nothing but numbers."""

import aiohttp as aiohttp  # for the browsers' lines (`watcher`), before `timekpr_mngr.web.lean` has engineio go without
