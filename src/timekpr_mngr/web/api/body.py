"""The body of a request: JSON, strictly, and with a path to whatever is wrong with it."""

import json
from typing import Any

from fastapi import Request
from pydantic import BaseModel

from timekpr_mngr.errors import Invalid
from timekpr_mngr.texts import _

BODY_MAX = 256 * 1024  # bytes


class TooLarge(Exception):
    """The body is larger than anything that we take."""


async def json_body(request: Request) -> object:
    """The parsed body. Raises Invalid for what is no JSON, TooLarge for more than we take."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    text = await _read(request)
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise Invalid("", _("The body is JSON, with Content-Type: application/json."))
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Invalid("", _("The body holds half of a surrogate pair, which is no character.")) from None
    except (ValueError, RecursionError):
        raise Invalid("", _("The body is not valid JSON.")) from None
    return value


def given(body: object, model: type[BaseModel]) -> dict[str, Any]:
    """The values by their names, as `model` names them; a null counts as not given. Their values are not looked at.

    Raises Invalid for a name that is missing or unknown.
    """
    if not isinstance(body, dict):
        raise Invalid("", _("The body is an object with named values."))
    for name in body:
        if name not in model.model_fields:
            raise Invalid(name, _("There is no {unknown} here.").format(unknown=name))
    for name, field in model.model_fields.items():
        if field.is_required() and body.get(name) is None:
            raise Invalid(name, _("{name} is missing.").format(name=name))
    return {key: value for key, value in body.items() if value is not None}


async def _read(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > BODY_MAX:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise TooLarge
    return bytes(body)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return result
