"""A field for a password."""

from nicegui import ui


def secret_input(label: str, autocomplete: str) -> ui.input:
    """`autocomplete` is HTML's: which password a browser may offer."""
    field = ui.input(label, password=True).without_auto_validation()
    field.props(f"outlined dense hide-bottom-space autocomplete={autocomplete}")
    return field
