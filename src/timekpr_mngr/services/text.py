"""Texts that people and programs give, before anything is done with them."""

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _


def plain_text(value: object, field: str, most: int, *, least: int = 0) -> str:
    """A text on one line, trimmed. Raises Invalid that names `field`."""
    if not isinstance(value, str):
        raise Invalid(field, _("This is a text."))
    text = value.strip()
    if not least <= len(text) <= most:
        bounds = (
            _("{least} to {most}").format(least=least, most=most)
            if least
            else _("at most {most}").format(most=most)
        )
        raise Invalid(field, _("This has {bounds} characters.").format(bounds=bounds))
    if any(not character.isprintable() for character in text):
        raise Invalid(field, _("This is one line of text, with no control characters."))
    return text
