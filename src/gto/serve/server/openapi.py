"""The OpenAPI document of what is served: its schemas are those of the models, so that generated clients know them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gto import version
from gto.inspect.schema_formats import rows_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gto.inspect.facts import Schema
    from gto.serve.runtime.served_model import LiveModel, ServedMethod
    from gto.serve.server.model_repository import ModelRepository

_TEXT = {"type": "string"}
_TENSOR = {
    "type": "object",
    "required": ["name", "datatype", "shape"],
    "properties": {
        "name": _TEXT,
        "datatype": _TEXT,
        "shape": {"type": "array", "items": {"type": "integer"}},
        "data": {"type": "array", "items": {}},
        "parameters": {"type": "object", "additionalProperties": True},
    },
}
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": _TEXT}}
_REFUSALS = {
    "400": "The request is not what its protocol says",
    "404": "There is no such model, version or method",
    "413": "The body is too large",
    "422": "The input is not as the model's schema says; the sentence names the column",
    "503": "The model is not loaded",
}


def document(repository: ModelRepository) -> dict[str, Any]:
    """Return the document: for each model its rows and the Open Inference Protocol, and the server's state."""
    schemas: dict[str, Any] = {"Tensor": _TENSOR, "Error": _ERROR, **_protocol_schemas()}
    paths: dict[str, Any] = _server_paths()
    for name in repository.names:
        models = [one for one in repository.models if one.served.name == name]
        if models:
            _add_model(models[0], schemas, paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "GTO", "version": version.__version__},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _protocol_schemas() -> dict[str, Any]:
    tensors = {"type": "array", "items": _ref("Tensor")}
    parameters = {"type": "object", "additionalProperties": True}
    names = {"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT}
    return {
        "InferenceRequest": {
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": _TEXT,
                "inputs": tensors,
                "outputs": {"type": "array", "items": {"type": "object"}},
                "parameters": parameters,
            },
        },
        "InferenceResponse": {
            "type": "object",
            "required": ["model_name", "model_version", "outputs"],
            "properties": {**names, "outputs": tensors},
        },
    }


def _server_paths() -> dict[str, Any]:
    said = {
        "/v2": ("server_metadata", "The server's name, version and extensions"),
        "/v2/health/live": ("server_live", "Whether the server answers"),
        "/v2/health/ready": ("server_ready", "Whether a model answers"),
    }
    answer = {"200": {"description": "The answer", "content": _json({"type": "object", "additionalProperties": True})}}
    return {
        path: {"get": {"operationId": name, "summary": summary, "tags": ["server"], "responses": answer}}
        for path, (name, summary) in said.items()
    }


def _add_model(model: LiveModel, schemas: dict[str, Any], paths: dict[str, Any]) -> None:
    name, word = model.served.name, _identifier(model.served.name)
    method = model.methods[model.default]
    rows, found = _sides(method)
    title = "".join(part.capitalize() for part in word.split("_"))
    items = rows.get("items")
    if rows.get("type") == "array" and isinstance(items, dict) and items.get("type") == "object":
        schemas[f"{title}Row"] = rows["items"]
        rows = {"type": "array", "items": _ref(f"{title}Row")}
    schemas[f"{title}Request"] = {"type": "object", "required": ["rows"], "properties": {"rows": rows}}
    schemas[f"{title}Response"] = {
        "type": "object",
        "required": ["model_name", "model_version", "method", "rows"],
        "properties": {"model_name": _TEXT, "model_version": _TEXT, "method": _TEXT, "rows": found},
    }
    choice = {
        "name": "method",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": [*model.methods]},
    }
    paths[f"/models/{name}/predict"] = {
        "post": {
            "operationId": f"predict_{word}",
            "summary": f"Ask {name} with rows",
            "tags": [word],
            "parameters": [choice],
            **_exchange(f"{title}Request", f"{title}Response"),
        }
    }
    paths[f"/v2/models/{name}/infer"] = {
        "post": {
            "operationId": f"infer_{word}",
            "summary": f"Ask {name} in the Open Inference Protocol",
            "tags": [word],
            **_exchange("InferenceRequest", "InferenceResponse"),
        }
    }


def _sides(method: ServedMethod) -> tuple[Any, Any]:
    schemas = method.schemas
    return _rows(schemas.inputs if schemas else None), _rows(schemas.outputs if schemas else None)


def _rows(schema: Schema | None) -> Any:  # noqa: ANN401  a JSON Schema
    if schema is None:
        return {}
    return {key: value for key, value in rows_schema(schema).items() if key != "$schema"}


def _exchange(request: str, response: str) -> dict[str, Any]:
    answers: dict[str, Any] = {
        code: {"description": said, "content": _json(_ref("Error"))} for code, said in _REFUSALS.items()
    }
    header = {"GTO-Model-Version": {"description": "Who answered: NAME@VERSION", "schema": _TEXT}}
    answers["200"] = {"description": "The answer", "headers": header, "content": _json(_ref(response))}
    return {"requestBody": {"required": True, "content": _json(_ref(request))}, "responses": answers}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _identifier(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]+", "_", name).strip("_")
