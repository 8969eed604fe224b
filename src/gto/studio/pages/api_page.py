"""`/api`: the REST API described, from its OpenAPI document."""

from typing import NamedTuple, cast

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from gto.output.published import Published
from gto.studio.context import context_of
from gto.studio.respond import respond
from gto.studio.rest.openapi_document import read_document

router = APIRouter()


class Parameter(NamedTuple):
    """One parameter of a route."""

    name: str
    place: str
    type: str
    is_required: bool
    description: str


class Operation(NamedTuple):
    """One route of the API."""

    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    answer: str
    """The name of the schema of its answer."""


class ApiPage(NamedTuple):
    """The routes, and the schemas of their answers: of each the fields and their types."""

    operations: tuple[Operation, ...]
    schemas: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]
    document: Published

    def as_dict(self) -> Published:
        """Return the OpenAPI document."""
        return self.document


Node = dict[str, object]


@router.get("/api", include_in_schema=False)
@router.get("/api.json", include_in_schema=False)
@router.get("/api/openapi.json", include_in_schema=False)
def describe(request: Request) -> Response:
    """Answer the description."""
    app = cast("FastAPI", request.app)
    document = read_document(app, has_tokens=context_of(request).team is not None)
    paths = cast("dict[str, dict[str, Node]]", document["paths"])
    operations = [_operation(path, method, one) for path, verbs in paths.items() for method, one in verbs.items()]
    schemas = cast("dict[str, Node]", cast("Node", document["components"])["schemas"])
    shown = [(name, str(one.get("description", "")), _fields(one)) for name, one in schemas.items()]
    return respond(request, "api.html", ApiPage(tuple(operations), tuple(shown), document))


def _operation(path: str, method: str, one: Node) -> Operation:
    given = cast("list[Node]", one.get("parameters", []))
    answers = cast("dict[str, Node]", one["responses"])
    done = next(one for status, one in answers.items() if status.startswith("2"))
    content = cast("dict[str, Node]", done.get("content", {}))
    schema = cast("Node", content.get("application/json", {}).get("schema", {}))
    body = cast("dict[str, dict[str, Node]]", one.get("requestBody", {})).get("content", {}).get("application/json")
    parameters = tuple(
        Parameter(
            str(p["name"]),
            str(p["in"]),
            _type(cast("Node", p["schema"])),
            bool(p.get("required")),
            str(p.get("description", "")),
        )
        for p in given
    )
    sent = (
        (Parameter("body", "body", _type(cast("Node", body["schema"])), is_required=True, description=""),)
        if body
        else ()
    )
    answer = _type(schema) if content else "nothing"
    return Operation(method.upper(), path, str(one.get("description", "")), (*parameters, *sent), answer)


def _fields(schema: Node) -> tuple[tuple[str, str, str], ...]:
    fields = cast("dict[str, Node]", schema.get("properties", {}))
    return tuple((name, _type(one), str(one.get("description", ""))) for name, one in fields.items())


def _type(schema: Node) -> str:
    """Return a type in words: `string or null`, `list of Artifact`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in cast("list[Node]", schema["anyOf"])))
    if schema.get("type") == "array":
        return f"list of {_type(cast('Node', schema.get('items', {})))}"
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        return f"object of {_type(cast('Node', schema['additionalProperties']))}"
    return str(schema.get("format", schema.get("type", "any")))
