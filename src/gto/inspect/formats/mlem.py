"""`.mlem` files: what MLEM recorded of a model beside it, methods and requirements; the model itself is not in them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gto.exceptions import BadFile
from gto.inspect.bounded import MOST, names, short
from gto.inspect.facts import Method, ModelFacts
from gto.inspect.formats._mlem_types import schema
from gto.inspect.json_parts import mapping_at
from gto.inspect.model_file import ModelFile, UnreadableModel
from gto.yamldoc import parse_yaml

FORMAT = "mlem"
NO_VERDICT = "it describes a model: what loading that would run, the model's own file tells"

_HEAD_RE = re.compile(rb"^object_type: model\s*$|^artifacts:\n(  ? ?[^\n]+:\n)?    hash: ", re.MULTILINE)
_LARGEST = 1 << 20
_MOST_METHODS = 16
_PACKAGES = {"sklearn": "scikit-learn", "skimage": "scikit-image", "yaml": "PyYAML"}  # as MLEM names them
_FRAMEWORKS = {"sklearn": "scikit-learn", "sklearn_pipeline": "scikit-learn", "tf_keras": "tensorflow"}
_KNOWN = frozenset({"catboost", "lightgbm", "onnx", "torch", "xgboost"})
_WORD_RE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_CALLABLE = "callable"
_CALL = "__call__"


def can_read(head: bytes) -> bool:
    """Return whether a file begins as MLEM's do: keys in order, so that `object_type` may stand further down."""
    return _HEAD_RE.search(head) is not None


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in what MLEM recorded; what loading the model would run, its own file must tell."""
    if file.size > _LARGEST:
        raise UnreadableModel(f"a .mlem file of more than {_LARGEST:,} bytes")
    try:
        data = parse_yaml(file.read(0, file.size), file.name).value
    except BadFile as error:
        raise UnreadableModel(f"it is no YAML: {short(error)}") from error
    if not isinstance(data, dict) or data.get("object_type") != "model":
        raise UnreadableModel("it is a .mlem file of something else than a model")
    facts.format, facts.loader = FORMAT, "mlem.api.load"
    facts.notes.append(NO_VERDICT)
    facts.details["artifacts"] = [_artifact(one) for one in list(mapping_at(data, "artifacts").values())[:MOST]]
    for key in ("description", "labels", "tags"):
        if data.get(key):
            facts.details[key] = names(data[key]) if isinstance(data[key], list) else short(data[key])
    _read_requirements(data.get("requirements"), facts)
    processors = _processors(data)
    _read_framework(processors, facts)
    for name, method in _methods(data, processors, facts):
        facts.methods.setdefault(name, method)


def _artifact(one: object) -> dict[str, Any]:
    said = one if isinstance(one, dict) else {}
    return {key: short(said.get(key, "")) for key in ("uri", "size", "hash")}


def _processors(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the parts that are called one after the other; before MLEM 0.4 there was but the model."""
    found = mapping_at(data, "processors") or {"model": data.get("model_type")}
    return {name: one for name, one in list(found.items())[:_MOST_METHODS] if isinstance(one, dict)}


def _read_framework(processors: Mapping[str, Mapping[str, Any]], facts: ModelFacts) -> None:
    kinds = [str(one.get("type")) for one in processors.values()]
    found = [_FRAMEWORKS.get(kind, kind if kind in _KNOWN else "") for kind in kinds]
    facts.framework = next((one for one in reversed(found) if one), "")
    start = f"{facts.framework}=="
    facts.framework_version = next((one[len(start) :] for one in facts.requirements if one.startswith(start)), "")


def _methods(
    data: Mapping[str, Any], processors: Mapping[str, Mapping[str, Any]], facts: ModelFacts
) -> Iterator[tuple[str, Method]]:
    """Yield the methods under the names that the model has for them: `sklearn_predict` is its `predict`."""
    orders = mapping_at(data, "call_orders")
    last: Mapping[str, Any] = next(reversed(list(processors.values())), {})
    for name, signature in _signatures(last).items() if not orders else ():
        yield name, _method([signature], facts)
    for key, order in list(orders.items())[:_MOST_METHODS]:
        calls = [call for call in order if isinstance(call, list) and len(call) == 2] if isinstance(order, list) else []
        found = [_signatures(processors.get(str(part), {})).get(str(method)) for part, method in calls]
        name = str(calls[0][1]) if len(calls) == 1 else str(key)
        if found and None not in found:
            yield short(name), _method([one for one in found if one is not None], facts)
        if len(calls) > 1:
            chain = ", then ".join(f"{part}.{method}()" for part, method in calls)
            facts.notes.append(f"{short(key)}() calls {chain}")


def _signatures(processor: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the methods of a part by their own names; a function has no `predict`, which MLEM put around it."""
    found = [one for one in list(mapping_at(processor, "methods").values())[:_MOST_METHODS] if isinstance(one, dict)]
    named = {short(one.get("name")): one for one in reversed(found)}
    if processor.get("type") == _CALLABLE and _CALL in named:
        return {_CALL: named[_CALL]}
    return dict(reversed(named.items()))


def _method(calls: list[Mapping[str, Any]], facts: ModelFacts) -> Method:
    """Return what goes into the first call, and what comes out of the last."""
    args = calls[0].get("args")
    needed = [one for one in args or () if isinstance(one, dict) and one.get("required", True)]
    if len(needed) > 1:
        facts.notes.append(f"{short(calls[0].get('name'))}() takes {len(needed)} arguments: none is described")
    inputs = schema(needed[0].get("type_"), "input") if len(needed) == 1 else None
    return Method(inputs, schema(calls[-1].get("returns"), "output"))


def _read_requirements(listed: object, facts: ModelFacts) -> None:
    """Take what pip can install; code that MLEM packed into the file is named, and left there."""
    for one in listed[:MOST] if isinstance(listed, list) else ():
        said = one if isinstance(one, dict) else {"module": one}
        module, version = short(said.get("module", said.get("name", ""))), short(said.get("version") or "")
        name = short(said.get("package_name") or _PACKAGES.get(module, module))
        if "source64zip" in said:
            facts.notes.append(f"code of '{short(said.get('name', module))}' is in the .mlem file, and stays there")
        elif said.get("type") == "unix":
            facts.notes.append(f"it needs the system's package '{name}'")
        elif _WORD_RE.fullmatch(name) and (not version or _WORD_RE.fullmatch(version)):
            facts.requirements.append(f"{name}=={version}" if version else name)
        else:
            facts.notes.append(f"'{name} {version}' is no requirement that pip takes")
