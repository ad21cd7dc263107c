"""Adding a server; its page then leads on to the key and the fingerprint."""

from nicegui import ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import Services
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.frame import frame
from timekpr_mngr.web.ui.page import page
from timekpr_mngr.web.ui.parts.button import button, link_button
from timekpr_mngr.web.ui.parts.card import card
from timekpr_mngr.web.ui.parts.server_form import ServerForm
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


def register(services: Services) -> None:
    """Makes the page."""

    @page(services, "/servers/add")
    async def server_add(visit: Visit) -> None:
        async with frame(visit, title=_("Add a server"), here="servers", path="/servers/add"):
            with element("nav", "crumbs"):
                ui.link(_("Servers"), "/servers")
            text("h1", _("Add a server"))
            with element("div", "two"):
                with card(_("Which computer?")):
                    form = ServerForm()

                    async def add() -> None:
                        await _add(visit, form)

                    form.on_submit(add)
                    with element("div", "line end"):
                        link_button(_("Cancel"), "/servers", "quiet")
                        button(_("Add"), add, "main")
                _preparation()


async def _add(visit: Visit, form: ServerForm) -> None:
    form.clean()
    try:
        values = form.values()
        added = await visit.act(lambda actor: visit.services.fleet.add(actor, name=form.name, **values))
    except Invalid as problem:
        if not form.show_error(problem):
            visit.tell(problem.message, bad=True)
        return
    if added is not None:
        ui.navigate.to(f"/server/{added.name}")


def _preparation() -> None:
    with card(_("What that computer needs")), element("div", "steps"):
        for headline, explanation in (
            (
                _("timekpr-next and an SSH server"),
                _("Most distributions have both: timekpr-next and openssh-server."),
            ),
            (
                _("An account for us, in timekpr's group"),
                _("sudo useradd --create-home --groups timekpr timekpr-mngr"),
            ),
            (_("Our key"), _("You get the line to put there in the next step.")),
        ):
            with element("div", "step"), element("div", "stack none"):
                text("h3", headline)
                text("p", explanation, "small muted anywhere")
