"""A small page of our own, with one form or none: for those who are not signed in. No script, nothing from outside."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse

from timekpr_mngr import texts

_STYLE = files("timekpr_mngr.web").joinpath("plain_page.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form; `type` is HTML's."""

    name: str
    label: str
    type: str = "text"
    value: str = ""
    autocomplete: str = "off"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is posted to `action`, with its hidden values."""

    action: str
    button: str
    fields: Sequence[Field] = ()
    hidden: Sequence[tuple[str, str]] = ()


def plain_page(
    title: str, *paragraphs: str, form: Form | None = None, problem: str = "", status: int = 200
) -> HTMLResponse:
    """The page, every text of it escaped. `problem` is read out at once by a screen reader."""
    parts = [f"<h1>{escape(title)}</h1>"]
    if problem:
        parts.append(f'<p class="problem" role="alert" id="problem">{escape(problem)}</p>')
    parts += [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    if form is not None:
        parts.append(_form(form, bool(problem)))
    html = (
        f'<!doctype html><html lang="{texts.tag()}" dir="{texts.direction()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{escape(title)} · timekpr-mngr</title><style>{_STYLE}</style></head>"
        f'<body><main><div class="brand">timekpr-mngr</div>{"".join(parts)}</main></body></html>'
    )
    return HTMLResponse(html, status, {"Content-Security-Policy": _POLICY})


def _form(form: Form, has_problem: bool) -> str:
    hidden = [
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in form.hidden
    ]
    first_empty = next((field.name for field in form.fields if not field.value), None)
    inputs = [_field(field, field.name == first_empty, has_problem) for field in form.fields]
    return (
        f'<form method="post" action="{escape(form.action)}">{"".join(hidden)}{"".join(inputs)}'
        f'<button type="submit">{escape(form.button)}</button></form>'
    )


def _field(field: Field, has_focus: bool, has_problem: bool) -> str:
    described = [f"{field.name}-hint"] if field.hint else []
    described += ["problem"] if has_problem else []
    extra = f' aria-describedby="{" ".join(described)}"' if described else ""
    extra += " autofocus" if has_focus else ""
    extra += ' minlength="8" maxlength="256"' if field.autocomplete == "new-password" else ' maxlength="256"'
    hint = f'<span class="hint" id="{field.name}-hint">{escape(field.hint)}</span>' if field.hint else ""
    return (
        f'<label for="{field.name}">{escape(field.label)}</label>'
        f'<input id="{field.name}" name="{field.name}" type="{field.type}" value="{escape(field.value)}" required '
        f'autocomplete="{field.autocomplete}" autocapitalize="none" autocorrect="off" spellcheck="false"{extra}>{hint}'
    )
