"""What has to be run on the computer: the script in full, and the one line that carries it there."""

from nicegui import ui

from timekpr_mngr.errors import Invalid
from timekpr_mngr.services.server_script import ServerScript, server_script
from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.copy_button import copy_button
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, named, text


def wizard_script(server: ServerView) -> None:
    """The script, then the line. For an account that it cannot make, the line for authorized_keys."""
    try:
        script = server_script(server.public_key, server.ssh_user)
    except Invalid as problem:
        Notice("soon").show("soon", problem.message)
        text("p", _("Put this line into the authorized_keys of that account yourself:"), "small muted")
        copy_box(server.authorized_keys, _("the line for authorized_keys"))
        return
    text("h3", _("This runs there once, as root"))
    with element("ul", "dots small"):
        for item in (
            _("It installs timekpr-next and an SSH server where they are missing."),
            _("It makes the account {account} in the group timekpr, without a password.").format(
                account=server.ssh_user
            ),
            _(
                "It lets our key in as that account: to speak with timekpr and to read its files, nothing else."
            ),
        ):
            text("li", item)
    with element("div", "script").props("tabindex=0 role=region") as shown:
        named(shown, _("The whole script"))
        text("pre", script.text)
    text("h3", _("The same as one line"))
    text(
        "p",
        _(
            "Open a terminal on that computer and paste it. It asks for the password of somebody who may use sudo "
            "there. Nothing is fetched: the line carries the script."
        ),
        "small muted",
    )
    copy_box(script.line, _("the line to paste"))
    with element("div", "line wrap"):
        copy_button(script.line, _("Copy the line"))
        button(_("Save the script as a file"), lambda: _save(server, script))
    text(
        "p",
        _(
            "No sudo there? Become root with su - and leave out the word sudo. It may be run as often as you like."
        ),
        "small muted",
    )


def _save(server: ServerView, script: ServerScript) -> None:
    """To be carried there on a stick: sudo sh FILE."""
    ui.download.content(script.text, f"{server.name}-timekpr-mngr.sh", "text/x-shellscript")
