"""Every route of REST and every page, tried with every role, for one's own person and for somebody else's, from tables.

The member accounts have alice, and nobody else: bob is somebody else's. What is not in its table fails.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from nicegui import core

from tests.services.house import ADMIN
from tests.web.served import PASSWORD, PORT, URL, Served, served
from timekpr_mngr.domain.account import Power
from timekpr_mngr.web.api import make_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALICE, BOB = {"server": "kids-pc", "user": "alice"}, {"server": "kids-pc", "user": "bob"}
RAW = {"base": "", "text": ""}
NOBODYS = "0" * 16
READ, GRANT, LIMITS, ADMINS = Power.READ, Power.GRANT, Power.LIMITS, Power.ADMIN
ROLES = {"viewer": READ, "carer": GRANT, "parent": LIMITS, "admin": ADMINS}
EVERYBODY = "viewer-of-all"


@dataclass(frozen=True)
class Case:
    """What a route needs. `of` is whose it is: a `user`, a `person`, a `change`, a `server`, a `list`, one's `own`.

    `body` is what is sent, or is called with the child's login and gives it.
    """

    power: Power
    of: str
    body: Any = None


USERS = "/servers/{server}/users/{user}"
TABLE: dict[tuple[str, str], Case] = {
    ("GET", "/servers"): Case(READ, "list"),
    ("POST", "/servers"): Case(ADMINS, "server", {"name": "x", "host": "x", "ssh_user": "x"}),
    ("GET", "/servers/{server}"): Case(READ, "list"),
    ("PATCH", "/servers/{server}"): Case(ADMINS, "server", {"port": 22}),
    ("DELETE", "/servers/{server}"): Case(ADMINS, "server"),
    ("POST", "/servers/{server}/trust"): Case(ADMINS, "server", {"fingerprint": "x"}),
    ("POST", "/servers/{server}/learn-host-key"): Case(ADMINS, "server"),
    ("POST", "/servers/{server}/sync"): Case(READ, "list"),
    ("GET", "/servers/{server}/health"): Case(READ, "server"),
    ("GET", "/servers/{server}/config"): Case(READ, "server"),
    ("PATCH", "/servers/{server}/config"): Case(ADMINS, "server", {}),
    ("GET", "/servers/{server}/config/raw"): Case(READ, "server"),
    ("PUT", "/servers/{server}/config/raw"): Case(ADMINS, "server", RAW),
    ("GET", "/servers/{server}/history"): Case(READ, "server"),
    ("GET", "/servers/{server}/versions"): Case(READ, "server"),
    ("GET", "/servers/{server}/versions/{version}"): Case(READ, "server"),
    ("POST", "/servers/{server}/versions/{version}/bring-back"): Case(ADMINS, "server"),
    ("GET", "/servers/{server}/users"): Case(READ, "list"),
    ("GET", USERS): Case(READ, "user"),
    ("PATCH", USERS): Case(ADMINS, "server", {"hidden": False}),
    ("PATCH", f"{USERS}/config"): Case(LIMITS, "user", {}),
    ("GET", f"{USERS}/config/raw"): Case(READ, "user"),
    ("PUT", f"{USERS}/config/raw"): Case(LIMITS, "user", RAW),
    ("POST", f"{USERS}/grants"): Case(GRANT, "user", {"seconds": 60}),
    ("POST", f"{USERS}/grants/check"): Case(READ, "user", {"seconds": 60}),
    ("GET", f"{USERS}/allowance"): Case(GRANT, "user"),
    ("POST", f"{USERS}/copy"): Case(LIMITS, "user", {"to": [ALICE]}),
    ("POST", "/edits"): Case(
        LIMITS, "user", lambda child: {"edits": [{"server": "kids-pc", "user": child, "config": {}}]}
    ),
    ("GET", f"{USERS}/day"): Case(READ, "user"),
    ("GET", f"{USERS}/history"): Case(READ, "user"),
    ("GET", f"{USERS}/versions"): Case(READ, "user"),
    ("GET", f"{USERS}/versions/{{version}}"): Case(READ, "user"),
    ("POST", f"{USERS}/versions/{{version}}/bring-back"): Case(LIMITS, "user"),
    ("GET", f"{USERS}/usage"): Case(READ, "user"),
    ("GET", f"{USERS}/usage.csv"): Case(READ, "user"),
    ("GET", "/changes"): Case(READ, "list"),
    ("GET", "/changes/{change}"): Case(READ, "change"),
    ("DELETE", "/changes/{change}"): Case(LIMITS, "change"),
    ("POST", "/changes/{change}/retry"): Case(LIMITS, "change"),
    ("POST", "/changes/{change}/answer"): Case(LIMITS, "change", {"answer": "ours"}),
    ("POST", "/changes/{change}/undo"): Case(LIMITS, "change"),
    ("POST", "/changes/{change}/keep"): Case(LIMITS, "change"),
    ("GET", "/drift"): Case(READ, "list"),
    ("GET", "/drift/{drift}"): Case(READ, "drift"),
    ("POST", "/drift/{drift}/adopt"): Case(LIMITS, "drift"),
    ("POST", "/drift/{drift}/revert"): Case(LIMITS, "drift"),
    ("GET", "/sent"): Case(READ, "list"),
    ("GET", "/findings"): Case(READ, "list"),
    ("GET", "/servers/{server}/runs"): Case(READ, "server"),
    ("GET", "/people"): Case(READ, "list"),
    ("POST", "/people"): Case(ADMINS, "server", {"users": [ALICE, BOB]}),
    ("GET", "/people/offers"): Case(READ, "list"),
    ("POST", "/people/keep-apart"): Case(ADMINS, "server", {"login": "alice"}),
    ("GET", "/people/{person:path}"): Case(READ, "person"),
    ("PATCH", "/people/{person:path}"): Case(LIMITS, "person", {"name": "Alice"}),
    ("POST", "/people/{person:path}/split"): Case(ADMINS, "server", {}),
    ("GET", "/people/{person:path}/usage"): Case(READ, "person"),
    ("GET", "/people/{person:path}/usage.csv"): Case(READ, "person"),
    ("GET", "/account"): Case(READ, "own"),
    ("POST", "/account/password"): Case(READ, "own", {"old": PASSWORD, "new": PASSWORD}),
    ("POST", "/account/second-factor"): Case(READ, "own", {"password": PASSWORD}),
    ("POST", "/account/second-factor/confirm"): Case(READ, "own", {"code": "x"}),
    ("POST", "/account/second-factor/off"): Case(READ, "own", {"password": PASSWORD, "code": "x"}),
    ("POST", "/account/recovery-codes"): Case(READ, "own", {"password": PASSWORD}),
    ("GET", "/account/sessions"): Case(READ, "own"),
    ("DELETE", "/account/sessions"): Case(READ, "own"),
    ("DELETE", "/account/sessions/{session}"): Case(READ, "missing"),
    ("GET", "/tokens"): Case(READ, "own"),
    ("POST", "/tokens"): Case(READ, "own", {"label": "", "scope": "read"}),
    ("DELETE", "/tokens/{token}"): Case(ADMINS, "server"),
    ("GET", "/accounts"): Case(ADMINS, "server"),
    ("POST", "/accounts"): Case(ADMINS, "server", {"name": "x", "role": "admin", "password": ""}),
    ("GET", "/accounts/{account}"): Case(ADMINS, "server"),
    ("PATCH", "/accounts/{account}"): Case(ADMINS, "server", {"role": "viewer"}),
    ("DELETE", "/accounts/{account}"): Case(ADMINS, "server"),
    ("DELETE", "/accounts/{account}/second-factor"): Case(ADMINS, "server"),
    ("PUT", "/accounts/{account}/people/{person:path}"): Case(ADMINS, "server", {"role": "parent"}),
    ("DELETE", "/accounts/{account}/people/{person:path}"): Case(ADMINS, "server"),
    ("GET", "/audit"): Case(ADMINS, "server"),
    ("GET", "/diagnostics"): Case(ADMINS, "server"),
}
PAGES = {
    "/": "all",
    "/changes": "all",
    "/servers": "all",
    "/server/{server}": "all",
    "/server/{server}/sent": "all",
    "/settings": "all",
    "/servers/add": "admins",
    "/servers/add/{server}": "admins",
    "/server/{server}/history": "server",
    "/server/{server}/user/{user}": "user",
    "/server/{server}/user/{user}/copy": "user",
    "/server/{server}/user/{user}/history": "user",
    "/server/{server}/stats/{user}": "user",
    "/person/{person:path}": "user",
}
"""Whose a page is: of `all` who sign in, of who sees everybody on a `server`, of who sees a `user`, of `admins`."""


@dataclass
class Family:
    """The application, a client for each role, and a change and drift of each child."""

    site: Served
    clients: dict[str, httpx.AsyncClient]
    numbers: dict[str, str]

    def path(self, template: str, child: str) -> str:
        """The address for one of the children; accounts, tokens and sessions are those of nobody."""
        named = template.replace("{person:path}", "{person}")
        return named.format(
            server="kids-pc",
            user=child,
            person=f"kids-pc/{child}",
            change=self.numbers[child],
            drift="999",
            version="999",
            session=NOBODYS,
            token="999",
            account="nobody",
        )

    async def ask(self, role: str, route: tuple[str, str], child: str) -> httpx.Response:
        """What is answered."""
        method, template = route
        body = TABLE[route].body
        if callable(body):
            body = body(child)
        return await self.clients[role].request(method, self.path(template, child), json=body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def family(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Family]:
    """alice and bob, and somebody of each role."""
    async with served(tmp_path_factory.mktemp("roles") / "data") as site:
        ours = site.services
        await site.add_server()
        await ours.accounts.add(ADMIN, "admin", "admin", PASSWORD)
        await ours.accounts.add(ADMIN, EVERYBODY, "viewer", PASSWORD)
        for role in ("viewer", "carer", "parent"):
            await ours.accounts.add(ADMIN, role, "member", PASSWORD)
            minutes = 30 if role == "carer" else None
            await ours.roles.set_for(ADMIN, role, "kids-pc/alice", role, minutes)
        numbers = {}
        for child in ("alice", "bob"):
            accepted = await ours.grants.give(ADMIN, "kids-pc", child, seconds=60)
            numbers[child] = str(accepted.changes[0].id)
        clients = {}
        for role in (*ROLES, EVERYBODY):
            client = clients[role] = site.another_client()
            client.base_url = httpx.URL(f"{URL}/api/v1")
            client.headers["Authorization"] = f"Bearer {await site.token(role)}"
        yield Family(site, clients, numbers)
        for client in clients.values():
            await client.aclose()


def routes() -> list[tuple[str, str]]:
    """Every route of the API."""
    paths = make_api(lambda: pytest.fail("not asked")).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


async def test_every_route_is_in_the_table() -> None:
    known = {(method, template.replace(":path", "")) for method, template in TABLE}
    assert [route for route in routes() if route not in known] == []
    assert len(routes()) > 70


@pytest.mark.parametrize("role", ["viewer", "carer", "parent", EVERYBODY])
async def test_who_may_not_is_refused_and_hears_nothing_of_another_child(family: Family, role: str) -> None:
    """All routes in one test for each role: a refusal changes nothing, so each finds what the one before found."""
    wrong = []
    for route, case in TABLE.items():
        for child in ("alice", "bob"):
            answer = await family.ask(role, route, child)
            expected = _expected(role, case, child)
            tells = role != EVERYBODY and child == "alice" and "bob" in answer.text.casefold()
            if (answer.status_code not in expected) or tells:
                wrong.append((route, child, answer.status_code, answer.text[:120]))
    assert wrong == []


async def test_every_page_is_in_the_table(family: Family) -> None:
    found = {route.path for route in core.app.routes if isinstance(route, APIRoute)}
    assert {path for path in found if not path.startswith(("/_nicegui", "/favicon"))} == set(PAGES)


@pytest.mark.parametrize("role", ["viewer", "carer", "parent", EVERYBODY, "admin"])
async def test_no_page_tells_of_another_child(family: Family, role: str) -> None:
    """Who has alice alone sees of bob only what they typed themselves."""
    wrong = []
    sees_bob = role in (EVERYBODY, "admin")
    async with family.site.another_client() as client:
        session = await family.site.services.accounts.open_session(role, address="", agent="")
        client.cookies.set(f"timekpr_mngr_{PORT}", session)
        for template, of in PAGES.items():
            for child in ("alice", "bob") if of == "user" else ("alice",):
                path = family.path(template, child)
                answer = await client.get(path, headers={"Accept": "text/html"})
                expected = _expected_of_a_page(role, of, child)
                typed = path.endswith(("bob", "bob/history", "bob/copy"))
                tells = not sees_bob and not typed and "bob" in answer.text
                shows = expected != 200 or of != "user" or child in answer.text.casefold()
                if answer.status_code != expected or tells or not shows:
                    wrong.append((path, answer.status_code, tells, shows))
    assert wrong == []


async def test_who_is_not_signed_in_sees_no_page(family: Family) -> None:
    async with family.site.another_client() as client:
        for template in PAGES:
            answer = await client.get(family.path(template, "alice"), headers={"Accept": "text/html"})
            assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/sign-in"), template
            assert answer.text == ""


@pytest.mark.parametrize("role", [None, "no token"])
async def test_without_a_token_there_is_nothing(family: Family, role: str | None) -> None:
    async with family.site.another_client() as client:
        client.base_url = httpx.URL(f"{URL}/api/v1")
        if role is not None:
            client.headers["Authorization"] = "Bearer tkm_nothing"
        for method, template in TABLE:
            answer = await client.request(method, family.path(template, "alice"), json={})
            assert answer.status_code == 401, (method, template)


async def test_an_admin_is_refused_nothing(family: Family) -> None:
    """Last in this file: it does what all the others were refused. What removes something comes at the end."""
    wrong = []
    for route in sorted(TABLE, key=lambda one: (one[0] == "DELETE", one)):
        answer = await family.ask("admin", route, "bob")
        if answer.status_code in (401, 403) or answer.status_code >= 500:
            wrong.append((route, answer.status_code, answer.text[:120]))
    assert wrong == []


FINE = set(range(200, 300)) | {404, 409, 422}
"""That it was let through; what there is not, or is not possible now, is said then."""
FORBIDDEN, UNKNOWN = {403}, {404}


def _expected_of_a_page(role: str, of: str, child: str) -> int:
    if role == "admin" or of == "all":
        return 200
    if of == "admins":
        return 403
    if role == EVERYBODY:
        return 200
    return 403 if of == "server" else 200 if child == "alice" else 404


def _expected(role: str, case: Case, child: str) -> set[int]:
    """The statuses that are right."""
    if case.of in ("list", "own", "missing"):
        return FINE
    if case.of == "drift":  # there is none with that number
        return UNKNOWN
    if role == EVERYBODY:
        return FINE if case.power is READ else FORBIDDEN
    if case.of == "server":
        return FORBIDDEN | UNKNOWN if case.power is ADMINS else FORBIDDEN
    if child == "bob":
        return UNKNOWN
    return FINE if ROLES[role].covers(case.power) else FORBIDDEN
