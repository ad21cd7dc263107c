"""Signing in and out, and the first account: real forms, which work before anything else of the page has loaded."""

import hashlib
import hmac
import ipaddress
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from timekpr_mngr.errors import CodeNeeded, Invalid, Throttled, TimekprMngrError, Unauthenticated
from timekpr_mngr.services import Services
from timekpr_mngr.services.accounts import SESSION_LASTS
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.auth import SIGN_IN, SIGN_IN_CODE, Cookies
from timekpr_mngr.web.plain_page import Field, Form, plain_page

FORM_MAX = 16 * 1024  # bytes
FORM_COOKIE_LASTS = timedelta(hours=12)
SETUP = "/setup"
SIGN_OUT = "/sign-out"
ENTER_DEMO = "/enter-demo"
STALE = noop("This page was open for too long. Please try again.")

MakePage = Callable[[str], Response]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need. `secret` is new at each start; `demo_account` is who enters with one press, if anybody."""

    cookies: Cookies
    secret: bytes
    demo_account: str | None = None

    def router(self) -> APIRouter:
        """The routes of signing in and out."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(SIGN_IN, self.show_sign_in, methods=["GET"], response_model=None)
        router.add_api_route(SIGN_IN, self.sign_in, methods=["POST"], response_model=None)
        router.add_api_route(SIGN_IN_CODE, self.back_to_sign_in, methods=["GET"], response_model=None)
        router.add_api_route(SIGN_IN_CODE, self.sign_in_with_code, methods=["POST"], response_model=None)
        router.add_api_route(SETUP, self.show_setup, methods=["GET"], response_model=None)
        router.add_api_route(SETUP, self.set_up, methods=["POST"], response_model=None)
        router.add_api_route(SIGN_OUT, self.show_sign_out, methods=["GET"], response_model=None)
        router.add_api_route(SIGN_OUT, self.sign_out, methods=["POST"], response_model=None)
        if self.demo_account is not None:
            router.add_api_route(ENTER_DEMO, self.enter_demo, methods=["POST"], response_model=None)
        return router

    async def show_sign_in(self, request: Request, next: str = "/") -> Response:
        """The form; who is signed in already goes on."""
        if request.state.account is not None:
            return _redirect(request, safe_next(next))
        return await self._sign_in_page(request, next)

    async def sign_in(self, request: Request) -> Response:
        """Verifies and opens a session."""
        values = await _posted(request)
        name, wanted = values.get("name", "").strip(), values.get("next", "/")
        if not self._is_our_form(request, values):
            return await self._sign_in_page(request, wanted, name=name, problem=_(STALE), status=403)
        accounts = _services(request).accounts
        try:
            token = await accounts.sign_in(
                name, values.get("password", ""), address=_address(request), agent=_agent(request)
            )
        except Throttled as problem:
            page = await self._sign_in_page(request, wanted, name=name, problem=problem.message, status=429)
            page.headers["Retry-After"] = str(problem.retry_seconds)
            return page
        except CodeNeeded as needed:
            return self._code_page(request, needed.ticket, wanted)
        except Unauthenticated as problem:
            log.warning("a sign-in from %s was refused", _address(request))
            return await self._sign_in_page(request, wanted, name=name, problem=problem.message, status=401)
        return await self._let_in(request, token, safe_next(wanted))

    async def sign_in_with_code(self, request: Request) -> Response:
        """The second step, for an account with a second factor."""
        values = await _posted(request)
        ticket, wanted = values.get("ticket", ""), values.get("next", "/")
        if not self._is_our_form(request, values):
            return await self._sign_in_page(request, wanted, problem=_(STALE), status=403)
        try:
            token = await _services(request).accounts.sign_in_with_code(
                ticket, values.get("code", ""), address=_address(request), agent=_agent(request)
            )
        except Throttled as problem:
            page = self._code_page(request, ticket, wanted, problem=problem.message, status=429)
            page.headers["Retry-After"] = str(problem.retry_seconds)
            return page
        except CodeNeeded as problem:
            log.warning("a code from %s was refused", _address(request))
            return self._code_page(request, ticket, wanted, problem=problem.message, status=401)
        except Unauthenticated as problem:
            return await self._sign_in_page(request, wanted, problem=problem.message, status=401)
        return await self._let_in(request, token, safe_next(wanted))

    async def back_to_sign_in(self, request: Request) -> Response:
        """Who comes to the second step by its address begins with the first."""
        return _redirect(request, SIGN_IN)

    async def enter_demo(self, request: Request) -> Response:
        """One press, in the demo only."""
        values = await _posted(request)
        if self.demo_account is None or not self._is_our_form(request, values):
            return await self._sign_in_page(request, "/", problem=_(STALE), status=403)
        token = await _services(request).accounts.open_session(
            self.demo_account, address=_address(request), agent=_agent(request)
        )
        return await self._let_in(request, token, safe_next(values.get("next", "/")))

    async def show_setup(self, request: Request, token: str = "") -> Response:
        """The form for the first account, for who has the one-time link."""
        accounts = _services(request).accounts
        if await accounts.has_any():
            return _redirect(request, SIGN_IN)
        if not await accounts.is_setup_link(token):
            return plain_page(
                _("This link does not work"),
                _(
                    "It was replaced or is more than an hour old. Start timekpr-mngr again: it prints a new one."
                ),
                status=403,
            )
        return self._setup_page(request, token)

    async def set_up(self, request: Request) -> Response:
        """Makes the first account and signs it in."""
        values = await _posted(request)
        token, name = values.get("token", ""), values.get("name", "")
        if not self._is_our_form(request, values):
            return self._setup_page(request, token, name, _(STALE), 403)
        accounts = _services(request).accounts
        try:
            account = await accounts.set_up(token, name, values.get("password"))
        except Invalid as problem:
            return self._setup_page(request, token, name, problem.message, 422)
        except TimekprMngrError as problem:
            return self._setup_page(request, token, name, problem.message, 403)
        session = await accounts.open_session(account.name, address=_address(request), agent=_agent(request))
        return await self._let_in(request, session, "/")

    async def show_sign_out(self, request: Request) -> Response:
        """For a link: leaving takes a press, so that no stranger's page can do it."""
        return self._with_form_cookie(
            request,
            lambda secret: plain_page(
                _("Sign out?"),
                _("You are signed in as {account}.").format(account=request.state.account.name),
                form=Form(_url(request, SIGN_OUT), _("Sign out"), hidden=[("form", secret)]),
            ),
        )

    async def sign_out(self, request: Request) -> Response:
        """Ends the session and its pages."""
        values = await _posted(request)
        comes_from_us = (
            "sec-fetch-site" in request.headers or "origin" in request.headers
        )  # checked by web.auth
        if not comes_from_us and not self._is_our_form(request, values):
            return await self.show_sign_out(request)
        await _services(request).accounts.sign_out(request.state.session)
        response = _redirect(request, SIGN_IN)
        response.delete_cookie(self.cookies.session, path=_cookie_path(request))
        return response

    async def _let_in(self, request: Request, token: str, where: str) -> Response:
        if request.state.session is not None:
            await _services(request).accounts.sign_out(request.state.session)
        response = _redirect(request, where)
        response.set_cookie(
            self.cookies.session,
            token,
            max_age=int(SESSION_LASTS.total_seconds()),
            path=_cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        response.delete_cookie(self.cookies.form, path=_cookie_path(request))
        return response

    async def _sign_in_page(
        self, request: Request, wanted: str, *, name: str = "", problem: str = "", status: int = 200
    ) -> Response:
        if self.demo_account is not None:
            return self._demo_page(request, wanted, problem, status)
        if not await _services(request).accounts.has_any():
            return plain_page(
                _("Welcome"),
                _(
                    "There is no account yet. Open the one-time link that timekpr-mngr printed when it started: "
                    "it makes the first one."
                ),
                _("It is good for an hour. To get a new one, start timekpr-mngr again."),
                problem=problem,
                status=status,
            )
        return self._with_form_cookie(
            request,
            lambda secret: plain_page(
                _("Sign in"),
                form=Form(
                    _url(request, SIGN_IN),
                    _("Sign in"),
                    [
                        Field("name", _("Name"), value=name[:64], autocomplete="username"),
                        Field("password", _("Password"), "password", autocomplete="current-password"),
                    ],
                    [("next", safe_next(wanted)), ("form", secret)],
                ),
                problem=problem,
                status=status,
            ),
        )

    def _code_page(
        self, request: Request, ticket: str, wanted: str, *, problem: str = "", status: int = 200
    ) -> Response:
        return self._with_form_cookie(
            request,
            lambda secret: plain_page(
                _("One more step"),
                form=Form(
                    _url(request, SIGN_IN_CODE),
                    _("Sign in"),
                    [
                        Field(
                            "code",
                            _("Code"),
                            autocomplete="one-time-code",
                            hint=_("The six digits that your authenticator shows now, or a recovery code."),
                        )
                    ],
                    [("ticket", ticket), ("next", safe_next(wanted)), ("form", secret)],
                ),
                problem=problem,
                status=status,
            ),
        )

    def _demo_page(self, request: Request, wanted: str, problem: str, status: int) -> Response:
        return self._with_form_cookie(
            request,
            lambda secret: plain_page(
                _("The demo"),
                _(
                    "Computers that exist only in memory, with children who play on them. Press whatever you like: "
                    "nothing is kept when the demo ends."
                ),
                form=Form(
                    _url(request, ENTER_DEMO),
                    _("Enter"),
                    hidden=[("next", safe_next(wanted)), ("form", secret)],
                ),
                problem=problem,
                status=status,
            ),
        )

    def _setup_page(
        self, request: Request, token: str, name: str = "", problem: str = "", status: int = 200
    ) -> Response:
        return self._with_form_cookie(
            request,
            lambda secret: plain_page(
                _("The first account"),
                _("It may change everything. More can be added later."),
                form=Form(
                    _url(request, SETUP),
                    _("Make the account"),
                    [
                        Field("name", _("Name"), value=name[:64], autocomplete="username"),
                        Field(
                            "password",
                            _("Password"),
                            "password",
                            autocomplete="new-password",
                            hint=_("At least 8 characters."),
                        ),
                    ],
                    [("token", token), ("form", secret)],
                ),
                problem=problem,
                status=status,
            ),
        )

    def _with_form_cookie(self, request: Request, make: MakePage) -> Response:
        """A page with a form, and the cookie by which the form is recognised when it comes back."""
        cookie = request.cookies.get(self.cookies.form) or secrets.token_urlsafe(16)
        response = make(self._form_token(cookie))
        response.set_cookie(
            self.cookies.form,
            cookie,
            max_age=int(FORM_COOKIE_LASTS.total_seconds()),
            path=_cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    def _is_our_form(self, request: Request, values: dict[str, str]) -> bool:
        cookie = request.cookies.get(self.cookies.form, "")
        sent = values.get("form", "").encode()
        return bool(cookie) and hmac.compare_digest(sent, self._form_token(cookie).encode())

    def _form_token(self, cookie: str) -> str:
        return hmac.new(self.secret, cookie.encode(), hashlib.sha256).hexdigest()


def safe_next(wanted: str) -> str:
    """A path of our own to go on to, and the home screen for anything else."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if not is_path or parts.scheme or parts.netloc or not wanted.isprintable() or "\\" in wanted:
        return "/"
    return "/" if parts.path in (SIGN_IN, SIGN_IN_CODE, SIGN_OUT, SETUP, ENTER_DEMO) else wanted


async def _posted(request: Request) -> dict[str, str]:
    """The values of a posted form; nothing where it is none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_MAX:
            return {}
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        pairs = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in pairs.items()}


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def _redirect(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(_url(request, path), 303)


def _url(request: Request, path: str) -> str:
    return f"{request.scope.get('root_path', '')}{path}"


def _cookie_path(request: Request) -> str:
    return request.scope.get("root_path", "") or "/"


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


def _address(request: Request) -> str:
    """Where the request comes from; of an IPv6 address the network, since who has one has all of it."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
