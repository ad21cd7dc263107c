"""Every text of the screens passes through `_`, so that a catalogue can stand in for it."""

from gettext import NullTranslations

_catalogue = NullTranslations()


def _(text: str) -> str:
    """The text in the language in force."""
    return _catalogue.gettext(text)


def counted(singular: str, plural: str, number: int) -> str:
    """The form for this many, with `{n}` filled in."""
    return _catalogue.ngettext(singular, plural, number).format(n=number)
