"""The JSON Schema of what `gto inspect --json` prints, of which a side-car holds the same keys.

`python -m scripts.reference` writes it to docs/reference/schemas/.
"""

from __future__ import annotations

from gto.inspect.facts import CodeOnLoad
from scripts.schemas import DRAFT, Schema

_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_ANY: Schema = {"type": "object"}
_COUNT: Schema = {"type": ["integer", "null"]}


def _about(schema: Schema, words: str) -> Schema:
    return {"description": words, **schema}


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    needed = list(properties) if required is None else required
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


_TENSOR = _object(
    {
        "name": _TEXT,
        "datatype": _about(
            _TEXT, "As the Open Inference Protocol has them: `INT64`, `FP32`, `BYTES` (text); else the format's own."
        ),
        "shape": _about(
            {"type": "array", "items": {"type": "integer"}}, "The length of each axis; -1 where it is free."
        ),
        "kind": _about(_TEXT, "How pandas has a column of BYTES that is no text: `category`, `datetime64[ns]`."),
        "columns": _about(
            {"type": "array", "items": _TEXT},
            "What the last axis counts, by name: the classes whose probabilities an array holds.",
        ),
    },
    ["name", "datatype", "shape"],
)
_SCHEMA = _object(
    {
        "content_type": _about({"enum": ["pd", "np", "str", "json"]}, "A table, arrays, one text, or other JSON."),
        "tensors": {"type": "array", "items": _TENSOR},
        "json_schema": _about(_ANY, "The JSON Schema of data that are no tensors."),
    },
    [],
)
_METHOD = _object({"inputs": _SCHEMA, "outputs": _SCHEMA}, [])
_STEP = _object({"name": _TEXT, "class": _TEXT, "params": _ANY})
FACTS: dict[str, Schema] = {
    "format": _about(_TEXT, "`pickle`, `safetensors`, `onnx`, ...; empty where no reader knows the file."),
    "loader": _about(_TEXT, "What loads the file; the verdict holds for that alone."),
    "code_on_load": _about({"enum": [str(one) for one in CodeOnLoad]}, "The verdict: what loading would run."),
    "framework": _about(_object({"name": _TEXT, "version": _TEXT}), "The distribution that wrote it."),
    "class": _about(_TEXT, "Module and name of the model's class."),
    "steps": _about({"type": "array", "items": _STEP}, "The parts of a pipeline or ensemble, in the file's order."),
    "params": _about(_ANY, "Hyper-parameters."),
    "methods": _about(
        {"type": "object", "additionalProperties": _METHOD}, "By name; empty where nothing says what it takes."
    ),
    "parameter_count": _about(_COUNT, "How many numbers were trained; null where that is not known."),
    "imports": _about(_TEXTS, "What loading would import, as `module.name`, sorted."),
    "unlisted": _about(_TEXTS, "Those of `imports` that are not on GTO's list."),
    "python": _about(_TEXT, "The version of Python that wrote it, `3.12`; empty where nothing says it."),
    "requirements": _about(_TEXTS, "What must be installed to load it, as pip takes them."),
    "details": _about(_ANY, "What only this format knows; keys come and go with releases."),
    "notes": _about(_TEXTS, "What could not be read and why, a sentence each."),
}


def inspected() -> Schema:
    """Return the schema of `gto inspect --json`."""
    target: dict[str, Schema] = {"target": _about(_TEXT, "As it was named.")}
    version: dict[str, Schema] = {
        "artifact": _about(_TEXT, "This and the next three stand only where a version was named."),
        "version": {"type": ["string", "null"]},
        "commit_hexsha": _TEXT,
        "path": _about({"type": ["string", "null"]}, "From the root of the repository."),
    }
    sizes: dict[str, Schema] = {
        "size": _about(_COUNT, "Of all files, in bytes; null where nobody knows one."),
        "hash": _about(
            {"type": ["string", "null"]}, "That somebody recorded: `md5:...`, `sha256:...`, `git:...`; null for none."
        ),
    }
    needed = [*target, *sizes, *FACTS]
    about = {"$schema": DRAFT, "title": "Facts of a model", "description": "What `gto inspect --json` prints."}
    return {**about, **_object({**target, **version, **sizes, **FACTS}, needed)}
