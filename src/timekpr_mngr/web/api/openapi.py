"""The OpenAPI document: bodies are read by us, so they are described by us."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from timekpr_mngr.web.api import models

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "401": "unauthenticated",
    "403": "forbidden, minutes_used_up",
    "404": "unknown_server, unknown_user, unknown_change, unknown_drift, unknown_version, unknown_person, "
    "unknown_account, unknown_token, unknown_session",
    "409": "not_now, exists, never_read, not_cancellable, changes_wait, idempotency_mismatch",
    "422": "invalid",
}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """What a route adds to its description to say which body it takes."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(api: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if api.openapi_schema is not None:
        return api.openapi_schema
    document = get_openapi(
        title=api.title, version=api.version, description=api.description, routes=api.routes
    )
    document["servers"] = [{"url": "/api/v1"}]
    bodies: list[type[BaseModel]] = [*models.Sent.__subclasses__(), models.Failed]
    _, schemas = models_json_schema([(model, "validation") for model in bodies], ref_template=_REF)
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(schemas["$defs"])
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, codes in _ERRORS.items():
                operation["responses"][status] = _error(codes)
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    api.openapi_schema = document
    return document


def _error(codes: str) -> dict[str, Any]:
    return {
        "description": codes,
        "content": {"application/json": {"schema": {"$ref": _REF.format(model="Failed")}}},
    }
