"""How an error is answered: always `{"error": {"code", "message", "field"}}`."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from timekpr_mngr.errors import (
    Forbidden,
    Invalid,
    Missing,
    NotNow,
    ServerFailure,
    Throttled,
    TimekprMngrError,
    Unauthenticated,
)
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import BODY_MAX, TooLarge

log = logging.getLogger(__name__)

_STATUS: dict[type[TimekprMngrError], int] = {
    Unauthenticated: 401,
    Throttled: 429,
    Forbidden: 403,
    Missing: 404,
    NotNow: 409,
    Invalid: 422,
    ServerFailure: 502,
    TimekprMngrError: 503,
}


def error(
    status: int, code: str, message: str, field: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error in its one shape."""
    body = {"error": {"code": code, "message": message, "field": field}}
    return JSONResponse(body, status, dict(headers or {}))


def install(api: FastAPI) -> None:
    """Makes every error of `api` one of this shape."""
    api.add_exception_handler(TimekprMngrError, _ours)
    api.add_exception_handler(RequestValidationError, _not_valid)
    api.add_exception_handler(TooLarge, _too_large)
    api.add_exception_handler(HTTPException, _of_http)
    api.add_exception_handler(Exception, _unexpected)


async def _ours(_request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, TimekprMngrError)
    status = next(status for kind, status in _STATUS.items() if isinstance(problem, kind))
    headers = {}
    if isinstance(problem, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="timekpr-mngr"'
    if isinstance(problem, Throttled):
        headers["Retry-After"] = str(problem.retry_seconds)
    field = problem.field if isinstance(problem, Invalid) else None
    return error(status, problem.code, problem.message, field, headers)


async def _not_valid(_request: Request, problem: Exception) -> JSONResponse:
    """A parameter of the address that FastAPI could not use."""
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    return error(422, Invalid.code, f"{first['msg']}.", _path(first["loc"][1:]))


async def _too_large(_request: Request, _problem: Exception) -> JSONResponse:
    return error(
        413,
        "too_large",
        _("A request has at most {most} KiB. Nothing was changed.").format(most=BODY_MAX // 1024),
    )


async def _of_http(request: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    if problem.status_code == 405:
        return error(
            405,
            "method_not_allowed",
            _("{method} is not for this.").format(method=request.method),
            None,
            problem.headers,
        )
    if problem.status_code == 404:
        return error(404, "unknown_path", _("There is nothing at this address."))
    return error(problem.status_code, "error", str(problem.detail), None, problem.headers)


async def _unexpected(request: Request, problem: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=problem)
    return error(500, "internal", _("Something went wrong here. It is in the log of timekpr-mngr."))


def _path(parts: tuple[int | str, ...]) -> str:
    """`("days", 5, "limit_seconds")` → `days[5].limit_seconds`."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
