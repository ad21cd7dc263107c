"""What happens when time is up, each choice explained by what the child will see."""

from nicegui import ui

from timekpr_mngr.domain.change import Json
from timekpr_mngr.domain.user import LockoutType
from timekpr_mngr.services import words
from timekpr_mngr.texts import _
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.notice import Notice
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text

HOURS = {hour: f"{hour:02d}:00" for hour in range(24)}
LAST_HOURS = {hour: f"{hour:02d}:59" for hour in range(24)}


class LockoutInput(ui.element):
    """Bound to the field `lockout`."""

    def __init__(self, edits: Edits, *, enabled: bool) -> None:
        super().__init__("div")
        self.classes("stack none").props("role=radiogroup").props["aria-label"] = words.field("lockout")
        self._edits = edits
        self._value = _as_dict(edits.value("lockout"))
        self._radios: dict[str, ui.element] = {}
        with self:
            mark = PendingMark().style("justify-self: start")
            if self._value["type"] not in set(LockoutType):
                Notice("over").show(
                    "over",
                    _("“{type}” is not known to timekpr.").format(type=self._value["type"]),
                    _("While this stands there, nothing is enforced. Choose one of these."),
                )
            for kind, (label, explanation) in words.LOCKOUTS.items():
                self._choice(kind, label, explanation, enabled=enabled)
            with element("div", "line wrap") as self._wake:
                text("span", _("Wakes only from"), "muted")
                self._from = self._hour(_("First wake hour"), "wake_from", HOURS, enabled=enabled)
                text("span", _("to"), "muted")
                self._to = self._hour(_("Last wake hour"), "wake_to", LAST_HOURS, enabled=enabled)
        edits.bind("lockout", Bound(put=self._put, pend=mark.show))
        self._show()

    def _choice(self, kind: str, label: str, explanation: str, *, enabled: bool) -> None:
        with element("div", "choice") as row:
            radio = ui.element("q-radio").props(f"val={kind}")
            radio.props["model-value"] = self._value["type"]
            radio.props["aria-label"] = _(label)
            radio.props["disable"] = not enabled
            self._radios[kind] = radio
            with element("div"):
                text("div", _(label))
                text("div", _(explanation), "small muted")
        if enabled:
            row.on("click", lambda: self._choose(kind))
            radio.on("update:model-value", lambda: self._choose(kind))

    def _hour(self, name: str, key: str, options: dict[int, str], *, enabled: bool) -> ui.select:
        def changed(value: int) -> None:
            if self._value[key] != value:
                self._value = {**self._value, key: value}
                self._edits.set("lockout", dict(self._value))

        field = ui.select(options, value=self._value[key], on_change=lambda event: changed(event.value))
        field.props("outlined dense options-dense hide-bottom-space behavior=menu").set_enabled(enabled)
        field.props["aria-label"] = name
        return field

    def _choose(self, kind: str) -> None:
        if self._value["type"] != kind:
            self._value = {**self._value, "type": kind}
            self._edits.set("lockout", dict(self._value))
            self._show()

    def _put(self, value: Json) -> None:
        self._value = _as_dict(value)
        self._from.set_value(self._value["wake_from"])
        self._to.set_value(self._value["wake_to"])
        self._show()

    def _show(self) -> None:
        for radio in self._radios.values():
            radio.props["model-value"] = self._value["type"]
            radio.update()
        self._wake.set_visibility(self._value["type"] == LockoutType.SUSPENDWAKE)


def _as_dict(value: Json) -> dict[str, Json]:
    found = value if isinstance(value, dict) else {}
    return {
        "type": found.get("type", LockoutType.TERMINATE.value),
        "wake_from": found.get("wake_from", 0),
        "wake_to": found.get("wake_to", 23),
    }
