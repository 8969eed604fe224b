"""What is known of a model: the facts, and the form in which JSON and side-cars have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


_MOST_NOTES, _LONGEST_NOTE = 50, 500  # they repeat names of a stranger's file


class CodeOnLoad(StrEnum):
    """What loading the file would run."""

    NONE = "none"
    """Nothing: the format holds numbers and settings, and its loader runs no code that the file names."""
    TRUSTED_TYPES = "trusted-types"
    """The loader builds only objects of types that it was told to trust."""
    PICKLE = "pickle"
    """The file says what to call, and every name that it imports is one that models of known libraries import."""
    UNKNOWN = "unknown"
    """The file imports names that are not on GTO's list, or it could not be read to its end."""


class Tensor(NamedTuple):
    """One array, or one column of a table, as the Open Inference Protocol describes it."""

    name: str
    datatype: str
    """`BOOL`, `UINT8` to `UINT64`, `INT8` to `INT64`, `FP16`, `FP32`, `FP64`, `BF16`, `BYTES` (text or bytes)."""
    shape: tuple[int, ...] = (-1,)
    """The length of each axis; -1 where it is free."""


class Schema(NamedTuple):
    """What goes into a method, or comes out of it."""

    tensors: tuple[Tensor, ...] = ()
    content_type: str = ""
    """`pd` (a table), `np` (arrays), `str` or `json`, as the Open Inference Protocol has them; empty where unknown."""
    json_schema: Mapping[str, Json] | None = None
    """The JSON Schema, where data is no tensor."""

    def as_dict(self) -> dict[str, Json]:
        """Return the schema as JSON and side-cars have it."""
        tensors: list[Json] = [{**one._asdict(), "shape": list(one.shape)} for one in self.tensors]
        found: dict[str, Json] = {"content_type": self.content_type} if self.content_type else {}
        if self.json_schema is not None:
            found["json_schema"] = self.json_schema
        return found | {"tensors": tensors} if tensors or not found else found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the schema that as_dict() wrote."""
        tensors = tuple(
            Tensor(one["name"], one["datatype"], tuple(one.get("shape", (-1,)))) for one in data.get("tensors", ())
        )
        return cls(tensors, data.get("content_type", ""), data.get("json_schema"))


class Method(NamedTuple):
    """A method of the model; a side that the file does not describe is None."""

    inputs: Schema | None = None
    outputs: Schema | None = None


class Step(NamedTuple):
    """A part of a pipeline or an ensemble, in the order of the file."""

    name: str
    """With the names of the parts around it, joined by `__` as scikit-learn joins them."""
    class_name: str
    params: Mapping[str, Json] = {}


@dataclass
class ModelFacts:
    """What a file says of the model in it.

    A reader fills it in as it goes, so that what was read stands when the rest cannot be read; `code_on_load` stays
    `unknown` until the reader has proved something better.
    """

    format: str = ""
    """`pickle`, `safetensors`, `onnx`, ...; empty where no reader knows the file."""
    loader: str = ""
    """What loads it, and what the verdict on code holds for: `joblib.load`, `torch.load`, ..."""
    code_on_load: CodeOnLoad = CodeOnLoad.UNKNOWN
    framework: str = ""
    """The distribution's name: `scikit-learn`, `torch`, ..."""
    framework_version: str = ""
    class_name: str = ""
    """Module and name of the model's class."""
    steps: list[Step] = field(default_factory=list)
    params: dict[str, Json] = field(default_factory=dict)
    """Hyper-parameters."""
    methods: dict[str, Method] = field(default_factory=dict)
    parameter_count: int | None = None
    """How many numbers were trained."""
    imports: list[str] = field(default_factory=list)
    """What loading would import, as `module.name`, sorted."""
    unlisted: list[str] = field(default_factory=list)
    """Those of `imports` that are not on GTO's list."""
    details: dict[str, Json] = field(default_factory=dict)
    """What only this format knows: opset, quantization, datatypes of the weights."""
    notes: list[str] = field(default_factory=list)
    """What could not be read and why, a sentence each."""

    def as_dict(self) -> dict[str, Json]:
        """Return the facts as `gto inspect --json` has them."""
        return {
            "format": self.format,
            "loader": self.loader,
            "code_on_load": str(self.code_on_load),
            "framework": {"name": self.framework, "version": self.framework_version},
            "class": self.class_name,
            "steps": [{"name": one.name, "class": one.class_name, "params": one.params} for one in self.steps],
            "params": self.params,
            "methods": {name: _sides(method) for name, method in self.methods.items()},
            "parameter_count": self.parameter_count,
            "imports": self.imports,
            "unlisted": self.unlisted,
            "details": self.details,
            "notes": [note[:_LONGEST_NOTE] for note in self.notes[:_MOST_NOTES]],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the facts that as_dict() wrote; keys that are missing are facts that are not known."""
        framework = data.get("framework", {})
        return cls(
            format=data.get("format", ""),
            loader=data.get("loader", ""),
            code_on_load=CodeOnLoad(data.get("code_on_load", CodeOnLoad.UNKNOWN)),
            framework=framework.get("name", ""),
            framework_version=framework.get("version", ""),
            class_name=data.get("class", ""),
            steps=[Step(one["name"], one["class"], one.get("params", {})) for one in data.get("steps", ())],
            params=dict(data.get("params", {})),
            methods={name: _method(sides) for name, sides in data.get("methods", {}).items()},
            parameter_count=data.get("parameter_count"),
            imports=list(data.get("imports", ())),
            unlisted=list(data.get("unlisted", ())),
            details=dict(data.get("details", {})),
            notes=list(data.get("notes", ())),
        )


def _sides(method: Method) -> dict[str, Json]:
    return {side: schema.as_dict() for side, schema in method._asdict().items() if schema is not None}


def _method(sides: Mapping[str, Any]) -> Method:
    return Method(**{side: Schema.from_dict(sides[side]) for side in ("inputs", "outputs") if side in sides})
