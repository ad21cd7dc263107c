"""What other programs watch this one by: `/healthz`, `/readyz` and `/metrics` (docs/observability.md).

Nobody has to be signed in for the first two, which say nothing but whether; they work whatever becomes of the store.
The third is for those who come with a token of an account that sees everybody, or from an address that was named.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from timekpr_mngr.errors import Forbidden, Unauthenticated
from timekpr_mngr.services import Services
from timekpr_mngr.services.permission import must_see_everybody
from timekpr_mngr.services.readiness import NO_STORE, STARTING, Readiness
from timekpr_mngr.store import StoreFailure

HEALTH, READY, METRICS = "/healthz", "/readyz", "/metrics"
PATHS = {HEALTH, READY, METRICS}
METHODS = ["GET", "HEAD"]
BEARER = "bearer "
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
NEVER_KEPT = {"Cache-Control": "no-store"}


def watching(
    readiness: Readiness,
    metrics: Callable[[], Awaitable[bytes]],
    content_type: str,
    open_to: Sequence[str],
    services: Callable[[], Services | None],
) -> APIRouter:
    """The three addresses. `open_to` are networks from which `/metrics` is read without a token; `services` gives them
    once they are there.
    """
    networks = [ipaddress.ip_network(network) for network in open_to]
    router = APIRouter(include_in_schema=False)

    @router.api_route(HEALTH, methods=METHODS)
    async def healthz() -> PlainTextResponse:
        """Whether the process answers at all."""
        return _said("ok")

    @router.api_route(READY, methods=METHODS)
    async def readyz() -> PlainTextResponse:
        """Whether it can do its work."""
        why_not = await readiness.why_not()
        return _said("ok") if why_not is None else _said(f"not ready: {why_not}", 503)

    @router.api_route(METRICS, methods=METHODS)
    async def figures(request: Request) -> Response:
        """Figures for Prometheus."""
        if not _comes_from(request, networks):
            ours = services()
            if ours is None:
                return _said(STARTING, 503)
            try:
                await _must_be_let_in(request, ours)
            except Unauthenticated:
                return _said("Send a token: Authorization: Bearer tkm_…", 401, {"WWW-Authenticate": "Bearer"})
            except Forbidden as problem:
                return _said(problem.message, 403)
            except StoreFailure:
                return _said(NO_STORE, 503)
        return Response(await metrics(), media_type=content_type, headers=NEVER_KEPT)

    return router


def _said(word: str, status: int = 200, headers: dict[str, str] | None = None) -> PlainTextResponse:
    return PlainTextResponse(f"{word}\n", status, NEVER_KEPT | (headers or {}))


def _comes_from(request: Request, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether it comes from one of these itself: what a proxy hands on is its own address, or what somebody says."""
    if not networks or request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # as one that listens on both is told
    return any(address in network for network in networks)


async def _must_be_let_in(request: Request, ours: Services) -> None:
    """Raises Unauthenticated, Forbidden, StoreFailure."""
    said = request.headers.get("authorization", "")
    token = said[len(BEARER) :].strip() if said.lower().startswith(BEARER) else ""
    actor = await ours.accounts.by_token(token)
    if actor is None:
        raise Unauthenticated
    must_see_everybody(await ours.permission.rights(actor))
