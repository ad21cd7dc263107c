"""REST v1: `/api/v1`, with a token, in JSON throughout."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

import timekpr_mngr
from timekpr_mngr.services import Services
from timekpr_mngr.texts import _
from timekpr_mngr.web.api import (
    accounts,
    answers,
    changes,
    copies,
    days,
    diagnostics,
    drift,
    edits,
    findings,
    history,
    people,
    raw,
    sent,
    servers,
    usage,
    users,
)
from timekpr_mngr.web.api.openapi import describe

PREFIX = "/api/v1"


def make_api(services: Callable[[], Services]) -> FastAPI:
    """The API as an application of its own, to be mounted at PREFIX. `services` gives them once it runs."""
    api = FastAPI(
        title="timekpr-mngr",
        version=timekpr_mngr.__version__,
        description="Administers the screen time of timekpr-next. Times are RFC 3339 in UTC.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.services = services
    # people come last: the id of a user alone has a slash in it, so theirs are all addresses that are left
    for part in (
        servers,
        users,
        raw,
        copies,
        days,
        changes,
        drift,
        edits,
        findings,
        history,
        sent,
        usage,
        accounts,
        diagnostics,
        people,
    ):
        api.include_router(part.router)
    answers.install(api)
    api.openapi = lambda: describe(api)  # type: ignore[method-assign]
    return api


class NothingHere:
    """Answers for every address under `/api` that is none of the API's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        response = answers.error(
            404,
            "unknown_path",
            _("There is nothing at this address. The API is at {prefix}.").format(prefix=PREFIX),
        )
        await response(scope, receive, send)
