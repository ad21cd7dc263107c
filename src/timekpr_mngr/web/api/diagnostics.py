"""`/diagnostics`: a report for a bug."""

from fastapi import APIRouter
from starlette.responses import Response

from timekpr_mngr.services.diagnostics import Bundle
from timekpr_mngr.web.api.caller import Caller, Ours

router = APIRouter(prefix="/diagnostics", tags=["diagnostics"])


class Zip(Response):
    """Files in one, which a browser saves."""

    media_type = "application/zip"

    @classmethod
    def of(cls, bundle: Bundle) -> "Zip":
        """From the services."""
        disposition = f'attachment; filename="{bundle.name}"'
        return cls(bundle.content, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})


@router.get("", response_class=Zip)
async def get_diagnostics(caller: Caller, ours: Ours) -> Zip:
    """What somebody who looks into a bug needs to know of this installation, as a zip file that names nobody."""
    return Zip.of(await ours.diagnostics.bundle(caller))
