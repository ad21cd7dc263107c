"""The scripts that NiceGUI writes into a page bear the page's nonce, and so run though no other script does."""

import re
from collections.abc import Callable

from jinja2 import BaseLoader, Environment
from nicegui.client import templates

_SCRIPT = re.compile(r"<script\b")
_MARKED = '<script nonce="{{ request.state.script_nonce }}"'


class _Marked(BaseLoader):
    """The templates of another loader with every script of their own marked. What is filled into them is not."""

    def __init__(self, plain: BaseLoader) -> None:
        self._plain = plain

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, path, is_fresh = self._plain.get_source(environment, template)
        return _SCRIPT.sub(_MARKED, source), path, is_fresh


def mark_own_scripts() -> None:
    """From now on every page comes so. NiceGUI has no setting for it."""
    plain = templates.env.loader
    assert plain is not None
    if not isinstance(plain, _Marked):
        templates.env.loader = _Marked(plain)
