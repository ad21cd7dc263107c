"""A report for a bug, to be saved."""

from nicegui import ui

from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.text import element
from timekpr_mngr.web.ui.visit import Visit


def diagnostics_card(visit: Visit) -> None:
    """For an admin."""

    async def save() -> None:
        bundle = await visit.do(visit.services.diagnostics.bundle)
        if bundle is not None:
            ui.download.content(bundle.content, bundle.name, "application/zip")

    with (
        card(
            _("Something is wrong?"),
            _(
                "A report tells how timekpr-mngr runs here. It names no person and no computer, and holds no secrets."
            ),
        ),
        element("div", "line"),
    ):
        button(_("Save a report"), save)
