"""Who calls the API: a Bearer token says it, and nothing else does, above all no browser's cookie."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from timekpr_mngr.domain.account import Actor, Source
from timekpr_mngr.errors import Unauthenticated
from timekpr_mngr.services import Services
from timekpr_mngr.texts import _
from timekpr_mngr.web.api.body import json_body

SOURCE_HEADER = "X-Timekpr-Source"
_bearer = HTTPBearer(auto_error=False, description="A token of `timekpr-mngr token create`")


async def services(request: Request) -> Services:
    """The services of this running program. A coroutine: what is none FastAPI runs in a thread."""
    found = request.app.state.services()
    assert isinstance(found, Services)
    return found


async def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """The account whose token it is. Raises Unauthenticated."""
    if credentials is None:
        raise Unauthenticated(_("Send a token: Authorization: Bearer tkm_…"))
    source = Source.CLI if request.headers.get(SOURCE_HEADER) == Source.CLI.value else Source.API
    actor = await (await services(request)).accounts.by_token(credentials.credentials, source)
    if actor is None:
        raise Unauthenticated(_("This token is not valid (any more)."))
    return actor


async def _body(
    _actor: Annotated[Actor, Depends(caller)], body: Annotated[object, Depends(json_body)]
) -> object:
    """The body, only read for those who may ask at all."""
    return body


Caller = Annotated[Actor, Depends(caller)]
Ours = Annotated[Services, Depends(services)]
Body = Annotated[object, Depends(_body)]
