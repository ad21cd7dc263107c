"""The line that lets us in, and the fingerprint that says it is the right computer: the two steps after adding one."""

import shlex

from nicegui import ui

from timekpr_mngr.services.views import ServerView
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.parts.button import button, link_button
from timekpr_mngr.web.ui.parts.confirm import confirm
from timekpr_mngr.web.ui.parts.copy_box import copy_box
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.text import element, text
from timekpr_mngr.web.ui.visit import Visit


def authorized_keys_step(server: ServerView, *, done: bool = False) -> None:
    """What has to be put on the computer: by the wizard's line, or by hand."""
    with element("div", "step done" if done else "step"), element("div", "stack tight"):
        text("h3", _("Let us in"))
        text(
            "p",
            _("One line, pasted on that computer, does it. What it runs is shown in full first."),
            "small muted",
        )
        link_button(_("Go on setting it up"), wizard_path(server.name), "main")
        with ui.expansion(_("By hand, in an account that is there already")).classes("quiet"):
            text(
                "p",
                _(
                    "On {host}, add this line to ~{user}/.ssh/authorized_keys. "
                    "It opens the system bus and timekpr's files, no shell."
                ).format(host=server.host, user=server.ssh_user),
                "small muted",
            )
            copy_box(server.authorized_keys, _("the line for authorized_keys"))
            text("p", _("This does it, typed there by somebody who may use sudo:"), "small muted")
            copy_box(_command(server), _("the command that adds the line"))


def wizard_path(server: str, step: str = "") -> str:
    """Where a server goes on being set up."""
    return f"/servers/add/{server}" + (f"?step={step}" if step else "")


def _command(server: ServerView) -> str:
    """Adds the line as the account itself, so that folder and file are its own and closed to others."""
    adds = "umask 077; mkdir -p ~/.ssh; cat >> ~/.ssh/authorized_keys"
    line, account = shlex.quote(server.authorized_keys), shlex.quote(server.ssh_user)
    return f"echo {line} | sudo -H -u {account} sh -c {shlex.quote(adds)}"


def trust_step(visit: Visit, server: ServerView) -> None:
    """The fingerprint to compare, and the button that pins it, as one step of two."""
    with element("div", "step done" if server.host_key_trusted else "step"), element("div", "stack tight"):
        text("h3", _("Compare the fingerprint"))
        fingerprint(visit, server)


def fingerprint(visit: Visit, server: ServerView) -> None:
    """The fingerprint to compare, and the button that pins it."""
    if server.host_key_trusted:
        text("code", server.fingerprint or server.expected_fingerprint or "", "anywhere")
        text(
            "p",
            _("You trust this computer. If its key ever changes, everything stops and you are asked."),
            "small muted",
        )
        return
    if server.fingerprint is None:
        _asking(server)
        return
    text("p", _("{host} shows this key:").format(host=server.host), "small muted")
    copy_box(server.fingerprint, _("the fingerprint"))
    if server.expected_fingerprint and server.expected_fingerprint != server.fingerprint:
        Notice("over").show(
            "over",
            _("This is not the key that was expected."),
            _("Expected was {key}. Do not trust it unless you know why.").format(
                key=server.expected_fingerprint
            ),
        )
    text("p", _("The script prints it at its end; on that computer this prints the same:"), "small muted")
    copy_box("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub", _("the command"))
    if visit.is_admin:
        button(_("It is the same: trust this computer"), lambda: _trust(visit, server), "main").style(
            "width: 100%"
        )


def _asking(server: ServerView) -> None:
    if server.error is not None:
        Notice("soon").show("soon", server.error.message, fix=server.error.fix)
    with element("div", "line"):
        element("span", "spin").props("aria-hidden=true")
        text("p", _("Asking {host} for its key…").format(host=server.host), "muted")


async def _trust(visit: Visit, server: ServerView) -> None:
    fingerprint = server.fingerprint or ""
    differs = server.expected_fingerprint is not None and server.expected_fingerprint != fingerprint
    if differs and not await confirm(
        _("Trust another key for {server}?").format(server=server.name),
        _("Somebody could stand between you and {server}. Only go on if it was installed anew.").format(
            server=server.name
        ),
        _("Trust the new key"),
    ):
        return
    trusted = await visit.do(lambda actor: visit.services.fleet.trust(actor, server.name, fingerprint))
    if trusted is not None:
        ui.notify(_("{server} is trusted; connecting").format(server=server.name), timeout=3000)
