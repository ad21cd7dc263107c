"""A field for a carer's minutes a day."""

from nicegui import ui

from timekpr_mngr.texts import _


def minutes_input(value: int | None = None, *, name: str | None = None) -> ui.number:
    """`name` is what it is called for those who do not see where it stands."""
    field = ui.number(_("Minutes a day"), value=value or 30, min=1, max=1440, step=5, precision=0)
    field.without_auto_validation().props("outlined dense hide-bottom-space")
    if name is not None:
        field.props["aria-label"] = name
    return field


def minutes_of(field: ui.number) -> int | None:
    """What stands there; None where it is no number."""
    return None if field.value is None else int(field.value)
