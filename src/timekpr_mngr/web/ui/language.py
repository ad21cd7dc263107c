"""The language of the pages, as the elements of NiceGUI know it: their own few words, and which way one reads."""

from typing import get_args

from nicegui.language import Language

from timekpr_mngr import texts

_KNOWN: tuple[Language, ...] = get_args(Language)
_ENGLISH: Language = "en-GB"


def language() -> Language:
    """The language in force, or the nearest that the elements speak; it becomes the page's `lang` and `dir`."""
    tag = texts.tag()
    if tag == texts.DEFAULT:
        return _ENGLISH
    alone = tag.partition("-")[0]
    near = [name for name in _KNOWN if name in (tag, alone)] + [
        name for name in _KNOWN if name.startswith(f"{alone}-")
    ]
    return next((name for name in near if name == tag), near[0] if near else _ENGLISH)
