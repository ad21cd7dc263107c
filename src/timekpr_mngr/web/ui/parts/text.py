"""Plain HTML elements, with and without a text."""

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement


def element(tag: str, classes: str = "") -> Element:
    """An element to put others into."""
    return Element(tag).classes(classes)


def text(tag: str, content: str, classes: str = "") -> TextElement:
    """An element that holds a text, which is escaped."""
    return TextElement(tag=tag, text=content).classes(classes)


def named(item: Element, label: str) -> Element:
    """Gives the element a name for those who do not see it; any character may stand in it."""
    item.props["aria-label"] = label
    return item
