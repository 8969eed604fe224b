"""The OpenAPI document, as the routes answer: FastAPI's own says 422 and JSON where this API refuses by RFC 9457."""

from typing import Any

from fastapi import FastAPI

from gto.studio.rest.answers import ProblemDetails

Node = dict[str, Any]

_REFUSALS = {
    "400": "A parameter or the body is wrong",
    "401": "Nobody is known by this request's token or session",
    "403": "The role, the token's scope or the policy does not allow it",
    "404": "It is not there, or not yours to see",
}
_OF_WRITES = {"409": "Somebody was first", "413": "The body is too large"}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
_UNUSED = ("HTTPValidationError", "ValidationError")
_TOKEN = {"type": "http", "scheme": "bearer", "description": "A personal token, from the page of your account"}


def read_document(app: FastAPI, *, has_tokens: bool) -> Node:
    """Return the document of all routes that are in it; with tokens, it says how one is sent."""
    is_kept = app.openapi_schema is not None
    document: Node = app.openapi()
    if is_kept:
        return document
    for verbs in document["paths"].values():
        for method, operation in verbs.items():
            _tell_refusals(method, operation["responses"])
    schemas = document["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas.setdefault(ProblemDetails.__name__, ProblemDetails.model_json_schema())
    if has_tokens:
        document["components"]["securitySchemes"] = {"token": _TOKEN}
        document["security"] = [{"token": []}]
    return document


def _tell_refusals(method: str, responses: Node) -> None:
    responses.pop("422", None)
    usual = _REFUSALS if method == "get" else _REFUSALS | _OF_WRITES
    for status, text in usual.items():
        responses.setdefault(status, {"description": text})
    for status, told in responses.items():
        if status.startswith("4"):
            told["description"] = usual.get(status, told["description"])
            told["content"] = _PROBLEM
