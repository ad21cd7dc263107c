"""`/servers`: which there are, where each stands, and timekpr's own settings on each."""

from fastapi import APIRouter, Response

from timekpr_mngr.errors import NeverRead
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.models import (
    AcceptedOut,
    HealthOut,
    NewServer,
    ServerConfigOut,
    ServerConfigPart,
    ServerEdit,
    ServersOut,
    ServerWithKeyOut,
    Trust,
)
from timekpr_mngr.web.api.openapi import takes

SYNC_WAITS_SECONDS = 10.0

router = APIRouter(prefix="/servers", tags=["servers"])


@router.get("")
async def list_servers(
    caller: Caller,
    ours: Ours,
    state: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> ServersOut:
    """Servers by name: all of them, or with a `limit` a page; `cursor` is the `next` of the page before.

    The state `waiting` is that changes wait. All words of `search` are in a name, an address or a user's name.
    """
    page = await ours.fleet.page(caller, state=state, search=search, cursor=cursor, limit=limit)
    return ServersOut.of(page)


@router.post("", status_code=201, openapi_extra=takes(NewServer))
async def add_server(caller: Caller, ours: Ours, body: Body) -> ServerWithKeyOut:
    """Adds a server. Without a `host_key` it stays `host-key-unknown` until its fingerprint is trusted."""
    return ServerWithKeyOut.of(await ours.fleet.add(caller, **given(body, NewServer)))


@router.get("/{server}")
async def get_server(caller: Caller, ours: Ours, server: str) -> ServerWithKeyOut:
    """One server."""
    return ServerWithKeyOut.of(await ours.fleet.server(caller, server))


@router.patch("/{server}", openapi_extra=takes(ServerEdit))
async def edit_server(caller: Caller, ours: Ours, server: str, body: Body) -> ServerWithKeyOut:
    """Changes what is given."""
    values = given(body, ServerEdit)
    if "name" in values:
        values["new_name"] = values.pop("name")
    return ServerWithKeyOut.of(await ours.fleet.edit(caller, server, **values))


@router.delete("/{server}", status_code=204)
async def remove_server(caller: Caller, ours: Ours, server: str, force: bool = False) -> None:
    """Forgets a server and its key. 409 while changes wait, or something holds for a day only, unless `force`."""
    await ours.fleet.remove(caller, server, force)


@router.post("/{server}/trust", openapi_extra=takes(Trust))
async def trust_host_key(caller: Caller, ours: Ours, server: str, body: Body) -> ServerWithKeyOut:
    """Says which key the server must show; with that one it connects."""
    return ServerWithKeyOut.of(await ours.fleet.trust(caller, server, given(body, Trust)["fingerprint"]))


@router.post("/{server}/learn-host-key")
async def learn_host_key(caller: Caller, ours: Ours, server: str) -> ServerWithKeyOut:
    """Looks again which key the server shows; another one than before is not trusted until somebody does."""
    return ServerWithKeyOut.of(await ours.fleet.learn_host_key(caller, server))


@router.post("/{server}/sync", status_code=202, responses={200: {"model": ServerWithKeyOut}})
async def sync_server(
    caller: Caller, ours: Ours, server: str, response: Response, wait: bool = False
) -> ServerWithKeyOut:
    """Connects or reads now. With `wait` it answers 200 when the server was read, or 202 after 10 s."""
    done = await ours.fleet.synced(caller, server, SYNC_WAITS_SECONDS if wait else 0)
    response.status_code = 200 if done else 202
    return ServerWithKeyOut.of(await ours.fleet.server(caller, server))


@router.get("/{server}/health")
async def check_server(caller: Caller, ours: Ours, server: str) -> HealthOut:
    """Tries the server now and says of every step whether it holds. Takes up to 10 s."""
    return HealthOut.of(await ours.fleet.check(caller, server))


@router.get("/{server}/config")
async def get_server_config(caller: Caller, ours: Ours, server: str) -> ServerConfigOut:
    """timekpr's own settings as last read; 409 `never_read` before that."""
    view = await ours.limits.server_config(caller, server)
    if view.config is None:
        raise NeverRead(_("The settings of {server} could not be read yet.").format(server=server))
    return ServerConfigOut.of(view.config)


@router.patch("/{server}/config", status_code=202, openapi_extra=takes(ServerConfigPart))
async def change_server_config(caller: Caller, ours: Ours, server: str, body: Body) -> AcceptedOut:
    """Queues what differs: one change a field."""
    return AcceptedOut.of(await ours.limits.change_server(caller, server, body))
