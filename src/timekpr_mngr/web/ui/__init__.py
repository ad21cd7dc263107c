"""The screens. `register` makes every page, once, before `ui.run_with` mounts them."""

from timekpr_mngr.services import Services
from timekpr_mngr.web.ui.pages import (
    changes,
    config_editor,
    copy,
    history,
    home,
    person,
    sent,
    server,
    server_add,
    servers,
    settings,
)
from timekpr_mngr.web.ui.pages import stats_dashboard as stats


def register(services: Services) -> None:
    """Makes every page. `request.state.account` is who is signed in, `request.state.session` the session."""
    for one in (
        home,
        servers,
        server_add,
        server,
        config_editor,
        copy,
        stats,
        person,
        history,
        sent,
        changes,
        settings,
    ):
        one.register(services)
