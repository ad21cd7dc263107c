"""NiceGUI beneath the application: the pages take every address that is left."""

from fastapi import FastAPI
from nicegui import ui

from timekpr_mngr.web import installable
from timekpr_mngr.web.ui import theme
from timekpr_mngr.web.ui.language import language
from timekpr_mngr.web.ui.own_scripts import mark_own_scripts


def mount(app: FastAPI) -> None:
    """Puts the pages under `app`, and what installs them. To be called last: a route that is added after it is never
    reached.
    """
    app.include_router(installable.router)
    mark_own_scripts()
    ui.menu_item.default_props("role=menuitem")  # Quasar gives its menus a role, and what is in them none
    ui.run_with(
        app,
        title=theme.TITLE,
        favicon=theme.FAVICON,
        dark=None,
        language=language(),
        reconnect_timeout=theme.RECONNECT_SECONDS,
        show_welcome_message=False,
        tailwind=False,  # nothing here uses it, and at every change of a page it looks through the whole of it
    )
