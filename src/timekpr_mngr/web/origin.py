"""Whether a request that changes something comes from one of our own pages, and not from a stranger's."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_ours(headers: Headers) -> bool:
    """A browser says where a request comes from; what is no browser sends no cookie that could be misused.

    `Sec-Fetch-Site` is sent to https and localhost only, `Origin` with every POST and every websocket.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
