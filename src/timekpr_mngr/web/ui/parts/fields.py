"""Fields that are bound to `Edits` by name: a switch, a duration, a number of seconds, a choice, a list of words."""

from collections.abc import Mapping

from nicegui import ui

from timekpr_mngr.domain.change import Json
from timekpr_mngr.errors import Invalid
from timekpr_mngr.services import words
from timekpr_mngr.web.ui.edits import Bound, Edits
from timekpr_mngr.web.ui.parts.duration_input import DurationInput
from timekpr_mngr.web.ui.parts.pending_mark import PendingMark
from timekpr_mngr.web.ui.parts.text import element, text


def switch_field(edits: Edits, name: str, explanation: str, *, enabled: bool, label: str = "") -> None:
    """On or off."""
    label = label or words.field(name)
    with element("div", "setting inline"):
        mark = _words(label, explanation)
        switch = ui.switch(
            value=bool(edits.value(name)), on_change=lambda event: edits.set(name, event.value)
        )
        switch.set_enabled(enabled)
        switch.props["aria-label"] = label
    edits.bind(name, Bound(put=lambda value: switch.set_value(bool(value)), pend=mark.show))


def duration_field(
    edits: Edits, name: str, explanation: str, *, enabled: bool, whole: int | None = None
) -> None:
    """A duration with its name before it."""
    with element("div", "setting inline"):
        mark = _words(words.field(name), explanation)
        field = bound_duration(edits, name, words.field(name), enabled=enabled, whole=whole, mark=mark)
        field.classes("short")


def bound_duration(
    edits: Edits,
    name: str,
    label: str,
    *,
    enabled: bool,
    whole: int | None,
    mark: PendingMark | None = None,
    visible_label: bool = False,
) -> DurationInput:
    """A duration alone."""

    def typed() -> None:
        if field.seconds is None:
            edits.set_unusable(name)
        else:
            edits.set(name, field.seconds)

    field = DurationInput(
        label, _seconds(edits.value(name)), whole=whole, on_seconds=typed, label=visible_label
    )
    field.set_enabled(enabled)
    edits.bind(
        name,
        Bound(
            put=lambda value: field.put(_seconds(value)),
            mark=lambda problem: set_error(field, problem),
            pend=mark.show if mark is not None else lambda _change: None,
            edited=lambda edited: set_changed(field, edited),
        ),
    )
    return field


def choice_field(
    edits: Edits, name: str, explanation: str, options: Mapping[Json, str], *, enabled: bool
) -> None:
    """One of a few."""
    with element("div", "setting inline"):
        mark = _words(words.field(name), explanation)
        field = ui.select(
            dict(options), value=edits.value(name), on_change=lambda event: edits.set(name, event.value)
        )
        field.props("outlined dense options-dense hide-bottom-space behavior=menu").classes(
            "short"
        ).set_enabled(enabled)
        field.props["aria-label"] = words.field(name)
    edits.bind(
        name, Bound(put=field.set_value, pend=mark.show, edited=lambda edited: set_changed(field, edited))
    )


def words_field(edits: Edits, name: str, explanation: str, *, enabled: bool) -> None:
    """A list of words, each a chip; Enter adds one."""
    with element("div", "setting"):
        mark = _words(words.field(name), explanation)
        field = ui.input_chips(
            value=_list(edits.value(name)),
            new_value_mode="add-unique",
            on_change=lambda event: edits.set(name, list(event.value or [])),
        )
        field.props("outlined dense hide-bottom-space").set_enabled(enabled)
        field.props["aria-label"] = words.field(name)
        field.without_auto_validation()
    edits.bind(
        name,
        Bound(
            put=lambda value: field.set_value(_list(value)),
            mark=lambda problem: set_error(field, problem),
            pend=mark.show,
            edited=lambda edited: set_changed(field, edited),
        ),
    )


def set_error(field: ui.input | ui.input_chips, problem: Invalid | None) -> None:
    """Puts an error below a field, or takes it away."""
    field.error = problem.message if problem is not None else None


def set_changed(field: ui.element, changed: bool) -> None:
    """Shows that a field holds something that was not sent yet; the save bar says it in words."""
    field.classes(add="changed" if changed else None, remove=None if changed else "changed")


def _words(label: str, explanation: str) -> PendingMark:
    with element("div", "grow"):
        text("div", label)
        if explanation:
            text("div", explanation, "small muted")
        return PendingMark()


def _seconds(value: Json) -> int | None:
    return value if isinstance(value, int) else None


def _list(value: Json) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else []
