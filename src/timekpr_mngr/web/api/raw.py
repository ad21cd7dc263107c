"""`…/config/raw`: timekpr's files as texts. Of an edited one the fields that differ are sent, never the file."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response

from timekpr_mngr.domain import rules
from timekpr_mngr.services.raw import Note
from timekpr_mngr.services.raw_texts import RawPreview, RawText
from timekpr_mngr.web.api.body import given
from timekpr_mngr.web.api.caller import Body, Caller, Ours
from timekpr_mngr.web.api.history_models import DifferenceOut
from timekpr_mngr.web.api.models import AcceptedOut, Answer, Sent
from timekpr_mngr.web.api.openapi import takes

router = APIRouter(prefix="/servers/{server}", tags=["users"])


class RawTextOut(Answer):
    """A file as it was last read. `counted` is a user's USER.time, which can only be read; null for a server."""

    text: str
    counted: str | None
    read_at: datetime | None

    @classmethod
    def of(cls, raw: RawText) -> Self:
        """From the services."""
        return cls(text=raw.text, counted=raw.counted, read_at=raw.read_at)


class RawEdit(Sent):
    """An edited text, and the one that it was made of, as it was read."""

    base: str
    text: str
    preview: bool = False


class NoteOut(Answer):
    """What is to be said of a line, which counts from 1. While there is an error, nothing of the text is sent."""

    line: int
    message: str
    is_error: bool

    @classmethod
    def each(cls, notes: Iterable[Note]) -> list[Self]:
        """From the services."""
        return [cls(line=note.line, message=note.message, is_error=note.is_error) for note in notes]


class RawPreviewOut(Answer):
    """What sending the text would change, and what is to be said of its lines."""

    differences: list[DifferenceOut]
    notes: list[NoteOut]

    @classmethod
    def of(cls, preview: RawPreview) -> Self:
        """From the services."""
        return cls(
            differences=list(map(DifferenceOut.of, preview.differences)), notes=NoteOut.each(preview.notes)
        )


@router.get("/users/{user}/config/raw")
async def get_user_file(caller: Caller, ours: Ours, server: str, user: str) -> RawTextOut:
    """timekpr.USER.conf and USER.time, as they were last read."""
    return RawTextOut.of(await ours.raw.read(caller, server, user))


@router.put(
    "/users/{user}/config/raw",
    status_code=202,
    openapi_extra=takes(RawEdit),
    responses={200: {"model": RawPreviewOut}, 202: {"model": AcceptedOut}},
)
async def send_user_file(
    caller: Caller, ours: Ours, server: str, user: str, body: Body, response: Response
) -> AcceptedOut | RawPreviewOut:
    """Queues the fields that the text says otherwise than its base: one change a field, none where nothing differs.

    With `preview` it answers 200 and what would differ, and nothing is queued.
    """
    return await _send(caller, ours, server, user, body, response)


@router.get("/config/raw")
async def get_server_file(caller: Caller, ours: Ours, server: str) -> RawTextOut:
    """timekpr.conf, as it was last read."""
    return RawTextOut.of(await ours.raw.read(caller, server, None))


@router.put(
    "/config/raw",
    status_code=202,
    openapi_extra=takes(RawEdit),
    responses={200: {"model": RawPreviewOut}, 202: {"model": AcceptedOut}},
)
async def send_server_file(
    caller: Caller, ours: Ours, server: str, body: Body, response: Response
) -> AcceptedOut | RawPreviewOut:
    """The same for the server's own settings."""
    return await _send(caller, ours, server, None, body, response)


async def _send(
    caller: Caller, ours: Ours, server: str, user: str | None, body: Body, response: Response
) -> AcceptedOut | RawPreviewOut:
    values = given(body, RawEdit)
    base, text = values["base"], values["text"]
    if rules.boolean(values.get("preview", False), "preview"):
        response.status_code = 200
        return RawPreviewOut.of(await ours.raw.preview(caller, server, user, base, text))
    return AcceptedOut.of(await ours.raw.send(caller, server, user, base, text))
