"""Where a server, or a change, stands: a word with a shape; colour only helps."""

from nicegui import ui
from nicegui.element import Element

from timekpr_mngr.domain.change import Change, ChangeState
from timekpr_mngr.domain.drift import DriftState
from timekpr_mngr.domain.server import ServerState
from timekpr_mngr.services import words
from timekpr_mngr.texts import _, noop
from timekpr_mngr.web.ui.parts.icon import icon
from timekpr_mngr.web.ui.parts.text import element, named

SERVER_WORDS = {
    ServerState.ONLINE: noop("live"),
    ServerState.CONNECTING: noop("connecting"),
    ServerState.OFFLINE: noop("not reachable"),
    ServerState.HOST_KEY_UNKNOWN: noop("waits for your trust"),
}
_SERVER_TONES = {
    ServerState.ONLINE: "",
    ServerState.CONNECTING: "idle",
    ServerState.OFFLINE: "off",
    ServerState.HOST_KEY_UNKNOWN: "soon",
}
_CHANGE_TONES = {
    ChangeState.QUEUED: ("soon", "clock"),
    ChangeState.SENDING: ("on", ""),
    ChangeState.APPLIED: ("on", "check"),
    ChangeState.REFUSED: ("over", "close"),
    ChangeState.CONFLICT: ("soon", "warning"),
    ChangeState.UNCERTAIN: ("soon", "question"),
}


def server_dot(state: ServerState) -> Element:
    """A dot, full where the server is live; its word is its name."""
    dot = element("span", f"dot {_SERVER_TONES[state]}").props("role=img")
    return named(dot, _(SERVER_WORDS[state]))


def server_pill(state: ServerState) -> Element:
    """The dot's word."""
    tone = {ServerState.ONLINE: "on", ServerState.CONNECTING: "", ServerState.OFFLINE: ""}.get(state, "soon")
    with element("span", f"pill {tone}") as pill:
        if state is ServerState.CONNECTING:
            element("span", "spin").props("aria-hidden=true")
        elif state is ServerState.OFFLINE:
            icon("off")
        ui.label(_(SERVER_WORDS[state]))
    return pill


def change_pill(change: Change) -> Element:
    """What became of a change. What was answered asks for nobody's eye any more."""
    tone, shape = _CHANGE_TONES.get(change.state, ("", ""))
    with element("span", f"pill {'' if change.answer is not None else tone}") as pill:
        if change.state is ChangeState.SENDING:
            element("span", "spin").props("aria-hidden=true")
        elif shape:
            icon(shape)
        ui.label(_(words.STATES[change.state]))
    return pill


def drift_pill(state: DriftState) -> Element:
    """What became of drift."""
    asks = state is DriftState.OPEN
    with element("span", f"pill {'soon' if asks else ''}") as pill:
        if asks:
            icon("question")
        ui.label(_("asks") if asks else _(words.DRIFT_STATES[state]))
    return pill
