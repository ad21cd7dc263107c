"""What all pages have in common: the route, the account, the frame around failures."""

import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui

from timekpr_mngr.domain.account import Actor, Source
from timekpr_mngr.errors import Forbidden, Missing, TimekprMngrError
from timekpr_mngr.services import Services
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui import theme
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.language import language
from timekpr_mngr.web.ui.parts.empty import empty
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import SIGN_IN, Visit, account_of

P = ParamSpec("P")
log = logging.getLogger(__name__)


def page(
    services: Services, route: str
) -> Callable[[Callable[Concatenate[Visit, P], Awaitable[None]]], Callable[..., Any]]:
    """Makes the decorated builder, whose first argument is the visit, a page for those who are signed in.

    What is named in the address and does not exist is a page in words, with status 404; so is, with status 500, what
    nobody foresaw.
    """

    def decorate(build: Callable[Concatenate[Visit, P], Awaitable[None]]) -> Callable[..., Any]:
        async def shown(request: Request, *args: P.args, **kwargs: P.kwargs) -> Response | None:
            account = account_of(request)
            if account is None:
                return RedirectResponse(request.scope.get("root_path", "") + SIGN_IN, status_code=303)
            theme.apply(request.scope.get("root_path", ""), request.state.script_nonce)
            client = ui.context.client
            try:
                rights = await services.permission.rights(Actor(account, Source.PAGE))
                visit = Visit(services, client, request, account, rights)
                try:
                    await build(visit, *args, **kwargs)
                except TimekprMngrError as error:
                    await _failed(visit, error)
            except Exception:
                log.exception("a page could not be made")
                _broken(client)
            return None

        functools.update_wrapper(shown, build)
        shown.__signature__ = _with_request(build)  # type: ignore[attr-defined]
        return ui.page(
            route,
            title=theme.TITLE,
            favicon=theme.FAVICON,
            dark=None,
            language=language(),
            response_timeout=10.0,
            reconnect_timeout=theme.RECONNECT_SECONDS,
        )(shown)

    return decorate


def _with_request(build: Callable[..., Any]) -> Any:
    """The builder's signature with the request in the place of the visit, for FastAPI to read the address by."""
    import inspect

    signature = inspect.signature(build)
    first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    return signature.replace(parameters=[first, *list(signature.parameters.values())[1:]])


def _broken(client: Client) -> None:
    """The page for what nobody foresaw: nothing is looked up for it, and it says nothing that only the log may hold."""
    headline = _("This could not be shown")
    ui.status_code(500)
    ui.page_title(f"{headline} · {theme.TITLE}")
    client.content.clear()
    with client.content, element("main", "page"):
        explanation = _("Something went wrong here, and it was written to the log. Nothing was sent.")
        empty("warning", headline, explanation, _("To the home screen"), "/")


async def _failed(visit: Visit, error: TimekprMngrError) -> None:
    """The page in words for what could not be shown."""
    status, headline = (
        (404, _("There is nothing here"))
        if isinstance(error, Missing)
        else (403, _("This is not yours to see"))
        if isinstance(error, Forbidden)
        else (500, _("This could not be shown"))
    )
    ui.status_code(status)
    visit.client.content.clear()
    async with frame(visit, title=headline):
        empty("question", headline, error.message, _("To the home screen"), "/")
