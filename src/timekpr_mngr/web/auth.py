"""Who is signed in: put into the scope of every page and websocket, and a closed door for everybody else.

`request.state.account` is the Account and `request.state.session` the session's token. The API is not asked here: it
takes tokens only (web.api.caller).
"""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from timekpr_mngr.services import Services
from timekpr_mngr.services.accounts import token_hash
from timekpr_mngr.texts import _
from timekpr_mngr.web import installable, watching
from timekpr_mngr.web.origin import is_ours
from timekpr_mngr.web.sessions import Sessions

SIGN_IN = "/sign-in"
SIGN_IN_CODE = "/sign-in/code"
OPEN_TO_ALL = {SIGN_IN, SIGN_IN_CODE, "/setup", "/enter-demo", *installable.PATHS}
API = "/api"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
TOKEN_MAX = 100


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names of our cookies: with the port in them, because cookies know hosts but no ports."""

    port: int

    @property
    def session(self) -> str:
        """Holds a session's token."""
        return f"timekpr_mngr_{self.port}"

    @property
    def form(self) -> str:
        """Recognises the browser to which a form was shown before anybody was signed in."""
        return f"timekpr_mngr_form_{self.port}"


class Authentication:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp, cookies: Cookies, sessions: Sessions) -> None:
        self._app = app
        self._cookies = cookies
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets through, redirects or refuses."""
        if scope["type"] not in ("http", "websocket") or _is_api(scope) or _watches(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS) and not is_ours(headers):
            await _refuse(
                scope, receive, send, 403, _("This request did not come from a page of timekpr-mngr.")
            )
            return
        token = _cookie(headers, self._cookies.session)
        services: Services = scope["app"].state.services
        account = await services.accounts.by_session(token) if token else None
        scope.setdefault("state", {}).update(account=account, session=token if account else None)
        if account is None and _path(scope) not in OPEN_TO_ALL:
            await _turn_away(scope, receive, send, headers)
            return
        if scope["type"] == "websocket":
            assert token is not None
            await self._sessions.serve(self._app, token_hash(token), scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_api(scope: Scope) -> bool:
    path = _path(scope)
    return path == API or path.startswith(f"{API}/")


def _watches(scope: Scope) -> bool:
    """Whether another program looks how we are: with no session, and also while the store cannot say whose it is."""
    return scope["type"] == "http" and scope["method"] in watching.METHODS and _path(scope) in watching.PATHS


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel is not None and 0 < len(morsel.value) <= TOKEN_MAX else None


async def _turn_away(scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
    """Who opens a page, or asks at the front door whether anybody is there, goes to sign in first; everything else is
    told that it may not.
    """
    is_page = "text/html" in headers.get("accept", "") or _path(scope) == "/"
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not is_page:
        await _refuse(scope, receive, send, 401, _("Sign in first."))
        return
    query = scope["query_string"].decode("latin-1")
    wanted = _path(scope) + (f"?{query}" if query else "")
    suffix = "" if wanted == "/" else f"?next={quote(wanted, safe='')}"
    await RedirectResponse(f"{scope.get('root_path', '')}{SIGN_IN}{suffix}", 303)(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, message: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    response: Response = PlainTextResponse(message, status)
    await response(scope, receive, send)
