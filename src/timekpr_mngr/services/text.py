"""Texts that people and programs give, before anything is done with them."""

from timekpr_mngr.errors import Invalid


def plain_text(value: object, field: str, most: int, *, least: int = 0) -> str:
    """A text on one line, trimmed. Raises Invalid that names `field`."""
    if not isinstance(value, str):
        raise Invalid(field, "This is a text.")
    text = value.strip()
    if not least <= len(text) <= most:
        bounds = f"{least} to {most}" if least else f"at most {most}"
        raise Invalid(field, f"This has {bounds} characters.")
    if any(not character.isprintable() for character in text):
        raise Invalid(field, "This is one line of text, with no control characters.")
    return text
