"""What a browser needs to put us on a home screen: a manifest and icons, for everybody, since they tell nothing.

There is no service worker: browsers ask for none any more, and one that answered from its memory would show limits and
times that are not so. Without a connection there is nothing to show.
"""

from importlib.resources import files

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from timekpr_mngr.texts import _

MANIFEST = "/manifest.webmanifest"
NAME = "timekpr-mngr"
LIGHT, DARK = "#f6f6f3", "#0f1318"
"""The ground of the pages, as in theme.css."""
_ICONS = {
    "/icon.svg": "image/svg+xml",
    "/icon-192.png": "image/png",
    "/icon-512.png": "image/png",
    "/icon-maskable-512.png": "image/png",
    "/apple-touch-icon.png": "image/png",
}
_KEPT_SECONDS = 86_400
PATHS = frozenset({MANIFEST, *_ICONS})

router = APIRouter(include_in_schema=False)


@router.get(MANIFEST)
async def manifest() -> JSONResponse:
    """Addresses in it are relative to its own, and so hold below any path."""
    shown = {
        "name": NAME,
        "short_name": "timekpr",
        "description": _("Time limits on the family's computers"),
        "id": "./",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": LIGHT,
        "theme_color": LIGHT,
        "icons": [
            {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"},
            {"src": "icon-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": "icon-512.png", "sizes": "512x512", "type": "image/png"},
            {
                "src": "icon-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
        "shortcuts": [
            {"name": _("Changes"), "url": "changes"},
            {"name": _("Servers"), "url": "servers"},
        ],
    }
    return JSONResponse(shown, media_type="application/manifest+json")


async def icon(request: Request) -> Response:
    """One of them, as it lies beside this file."""
    name = request.url.path.rsplit("/", 1)[-1]
    body = files(__package__).joinpath(name).read_bytes()
    return Response(
        body, media_type=_ICONS[f"/{name}"], headers={"Cache-Control": f"max-age={_KEPT_SECONDS}"}
    )


for _path in _ICONS:
    router.add_api_route(_path, icon)
