"""What is known of a model: the facts, and the form in which JSON and side-cars have them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self, TypeVar

T = TypeVar("T")
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


_MOST_AXES = 64  # NumPy's own limit
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
    kind: str = ""
    """How pandas has it, where BYTES does not tell: `category`, `datetime64[ns]`; empty for text and numbers."""
    columns: tuple[str, ...] = ()
    """What the last axis counts, by name: the classes whose probabilities an array holds; empty where unknown."""

    @property
    def text(self) -> str:
        """The tensor in one line: `tenure INT64 [-1]`."""
        return f"{self.name} {self.datatype} {list(self.shape)}"

    def as_dict(self) -> dict[str, Json]:
        """Return it as JSON and side-cars have it."""
        found: dict[str, Json] = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        found |= {"kind": self.kind} if self.kind else {}
        return found | {"columns": list(self.columns)} if self.columns else found


class Schema(NamedTuple):
    """What goes into a method, or comes out of it."""

    tensors: tuple[Tensor, ...] = ()
    content_type: str = ""
    """`pd` (a table), `np` (arrays), `str` or `json`, as the Open Inference Protocol has them; empty where unknown."""
    json_schema: Mapping[str, Json] | None = None
    """The JSON Schema, where data is no tensor."""

    def as_dict(self) -> dict[str, Json]:
        """Return the schema as JSON and side-cars have it."""
        tensors: list[Json] = [one.as_dict() for one in self.tensors]
        found: dict[str, Json] = {"content_type": self.content_type} if self.content_type else {}
        if self.json_schema is not None:
            found["json_schema"] = self.json_schema
        return found | {"tensors": tensors} if tensors or not found else found

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the schema that as_dict() wrote, as ModelFacts.from_dict() does."""
        tensors = tuple(
            Tensor(_text(one, "name"), _text(one, "datatype"), _axes(one), _text(one, "kind"), _columns(one))
            for one in _list(data, "tensors", dict)
        )
        return cls(tensors, _text(data, "content_type"), _mapping(data, "json_schema") or None)


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
    python: str = ""
    """The version of Python that wrote the file, `3.12`, where the file says it."""
    requirements: list[str] = field(default_factory=list)
    """What must be installed to load it, as pip takes them, where the file says it."""
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
            "python": self.python,
            "requirements": self.requirements,
            "details": self.details,
            "notes": [note[:_LONGEST_NOTE] for note in self.notes[:_MOST_NOTES]],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> Self:
        """Return the facts that as_dict() wrote; keys that are missing are facts that are not known.

        TypeError or ValueError where a value is not of the kind that as_dict() writes.
        """
        framework = _mapping(data, "framework")
        count = data.get("parameter_count")
        return cls(
            format=_text(data, "format"),
            loader=_text(data, "loader"),
            code_on_load=CodeOnLoad(_text(data, "code_on_load") or CodeOnLoad.UNKNOWN),
            framework=_text(framework, "name"),
            framework_version=_text(framework, "version"),
            class_name=_text(data, "class"),
            steps=[_step(one) for one in _list(data, "steps", dict)],
            params=_mapping(data, "params"),
            methods={name: _method(_mapping(_mapping(data, "methods"), name)) for name in _mapping(data, "methods")},
            parameter_count=None if count is None else _whole(count),
            imports=_list(data, "imports", str),
            unlisted=_list(data, "unlisted", str),
            python=_text(data, "python"),
            requirements=_list(data, "requirements", str),
            details=_mapping(data, "details"),
            notes=_list(data, "notes", str),
        )


def _text(data: Mapping[str, object], key: str) -> str:
    return _checked(data.get(key, ""), str, key)


def _mapping(data: Mapping[str, object], key: str) -> dict[str, Any]:
    found: dict[object, Any] = _checked(data.get(key, {}), dict, key)
    return {_checked(name, str, key): value for name, value in found.items()}


def _list(data: Mapping[str, object], key: str, kind: type[T]) -> list[T]:
    return [_checked(one, kind, key) for one in _checked(data.get(key, []), list, key)]


def _axes(tensor: Mapping[str, object]) -> tuple[int, ...]:
    shape = tuple(_list(tensor, "shape", int))
    if len(shape) > _MOST_AXES:
        raise ValueError(f"'shape' has more than {_MOST_AXES} axes")
    return shape


def _columns(tensor: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(_list(tensor, "columns", str))


def _whole(value: object) -> int:
    return _checked(value, int, "a number")


def _checked(value: object, kind: type[T], what: str) -> T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"'{what}' must be of type {kind.__name__}")
    return value


def _step(data: Mapping[str, object]) -> Step:
    return Step(_text(data, "name"), _text(data, "class"), _mapping(data, "params"))


def _sides(method: Method) -> dict[str, Json]:
    return {side: schema.as_dict() for side, schema in method._asdict().items() if schema is not None}


def _method(sides: Mapping[str, object]) -> Method:
    return Method(**{side: Schema.from_dict(_mapping(sides, side)) for side in Method._fields if side in sides})
