"""What changed from the facts of one model to those of another, and what of it breaks who uses the model."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema, Step, Tensor

_REQUIREMENT_RE = re.compile(r"([A-Za-z0-9._-]+)(.*)")
_SEPARATORS_RE = re.compile(r"[-_.]+")  # which mean the same in names of packages
_SEVERITY = (CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES, CodeOnLoad.PICKLE, CodeOnLoad.UNKNOWN)


class FactChange(NamedTuple):
    """A fact that differs; None stands for none."""

    fact: str
    """`framework`, `class`, `input`, `output`, `requirement`, `step`, `parameter`, `import`, ..."""
    name: str
    """Of what: a method's column as `predict.tenure`, a package; empty where the fact has no parts."""
    old: str | None
    new: str | None
    is_breaking: bool = False
    """Whether who loads the model, or calls it, as they did may fail now."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"fact": self.fact, "name": self.name, "old": self.old, "new": self.new, "breaking": self.is_breaking}


def fact_changes(old: ModelFacts, new: ModelFacts) -> tuple[FactChange, ...]:
    """Return what differs; what one side does not tell is no change.

    Breaking is: another format or framework, or a new major version of it; code on load where
    there was none; a method that is gone; an input that is new, gone, or of another datatype or shape; an output that
    is gone or of another datatype or shape.
    """
    return (
        *_plain(old, new),
        *_framework(old, new),
        *_methods(old.methods, new.methods),
        *_listed("requirement", _packages(old), _packages(new)),
        *_steps({one.name: one for one in old.steps}, {one.name: one for one in new.steps}),
        *_parameters("", old.params, new.params),
        *_listed("import", dict.fromkeys(old.imports, ""), dict.fromkeys(new.imports, "")),
    )


def _steps(old: Mapping[str, Step], new: Mapping[str, Step]) -> Iterator[FactChange]:
    if not (old and new):
        return
    for name in dict.fromkeys((*old, *new)):
        was, is_ = old.get(name), new.get(name)
        if was and is_ and was.class_name == is_.class_name:
            yield from _parameters(f"{name}.", was.params, is_.params)
        else:
            yield FactChange("step", name, was.class_name if was else None, is_.class_name if is_ else None)


def _parameters(step: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[FactChange]:
    """Return the hyper-parameters that differ; one that only one side tells is another version's."""
    for name in old:
        if name in new and old[name] != new[name]:
            yield FactChange("parameter", f"{step}{name}", text_of(old[name]), text_of(new[name]))


def text_of(value: Json) -> str:
    """Return a value of a fact in one line: text as it is, the rest as JSON."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fact_lines(facts: ModelFacts) -> dict[tuple[str, str], str]:
    """Return what is known in lines, each under the fact and the name that a change of it has; a framework has none."""
    plain = {
        "format": facts.format,
        "framework": f"{facts.framework} {facts.framework_version}".strip(),
        "class": facts.class_name,
        "code on load": str(facts.code_on_load),
        "parameter count": str(facts.parameter_count or ""),
        "python": facts.python,
    }
    found = {(fact, ""): value for fact, value in plain.items() if value}
    for name, method in facts.methods.items():
        found["method", name] = name
        for side, schema in (("input", method.inputs), ("output", method.outputs)):
            if schema is not None:
                found |= {(side, f"{name}.{one.name}"): _shown(one) for one in schema.tensors}
                found |= {(side, name): "JSON Schema"} if schema.json_schema is not None else {}
    found |= {("requirement", name): wanted for name, wanted in _packages(facts).items()}
    found |= {("parameter", name): text_of(value) for name, value in facts.params.items()}
    for step in facts.steps:
        found["step", step.name] = step.class_name
        found |= {("parameter", f"{step.name}.{name}"): text_of(value) for name, value in step.params.items()}
    return found | {("import", name): name for name in facts.imports}


def _plain(old: ModelFacts, new: ModelFacts) -> Iterator[FactChange]:
    if _differ(old.format, new.format):
        yield FactChange("format", "", old.format, new.format, is_breaking=True)
    if old.code_on_load is not new.code_on_load:
        worse = _SEVERITY.index(new.code_on_load) > _SEVERITY.index(old.code_on_load)
        yield FactChange("code on load", "", str(old.code_on_load), str(new.code_on_load), worse)
    if _differ(old.class_name, new.class_name):
        yield FactChange("class", "", old.class_name, new.class_name)
    if old.parameter_count and new.parameter_count and old.parameter_count != new.parameter_count:
        yield FactChange("parameter count", "", str(old.parameter_count), str(new.parameter_count))
    if _differ(old.python, new.python):
        yield FactChange("python", "", old.python, new.python)


def _differ(old: str, new: str) -> bool:
    return bool(old and new) and old != new


def _framework(old: ModelFacts, new: ModelFacts) -> Iterator[FactChange]:
    if _differ(old.framework, new.framework):
        yield FactChange("framework", "", old.framework, new.framework, is_breaking=True)
    elif _differ(old.framework_version, new.framework_version):
        major = old.framework_version.partition(".")[0] != new.framework_version.partition(".")[0]
        yield FactChange("framework", old.framework, old.framework_version, new.framework_version, major)


def _methods(old: Mapping[str, Method], new: Mapping[str, Method]) -> Iterator[FactChange]:
    if not (old and new):
        return
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield FactChange("method", name, name, None, is_breaking=True)
        elif name not in old:
            yield FactChange("method", name, None, name)
        else:
            yield from _tensors("input", name, old[name].inputs, new[name].inputs)
            yield from _tensors("output", name, old[name].outputs, new[name].outputs)


def _tensors(side: str, method: str, old: Schema | None, new: Schema | None) -> Iterator[FactChange]:
    if old is None or new is None:
        return
    before, after = ({one.name: one for one in schema.tensors} for schema in (old, new))
    for name in dict.fromkeys((*before, *after)):
        was, is_ = before.get(name), after.get(name)
        if was and is_ and not (was.columns and is_.columns):
            was, is_ = was._replace(columns=()), is_._replace(columns=())
        if was != is_:
            is_breaking = side == "input" or was is not None
            yield FactChange(side, f"{method}.{name}", was and _shown(was), is_ and _shown(is_), is_breaking)
    if old.json_schema and new.json_schema and old.json_schema != new.json_schema:
        yield FactChange(side, method, "another JSON Schema", "this JSON Schema", is_breaking=True)


def _shown(tensor: Tensor) -> str:
    parts = (tensor.datatype, str(list(tensor.shape)), tensor.kind, ", ".join(tensor.columns))
    return " ".join(part for part in parts if part)


def _packages(facts: ModelFacts) -> dict[str, str]:
    """Return what is asked of each package."""
    matches = (_REQUIREMENT_RE.match(one.replace(" ", "")) for one in facts.requirements)
    return {_SEPARATORS_RE.sub("-", match[1]).lower(): match[2] or "any" for match in matches if match}


def _listed(fact: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[FactChange]:
    if not (old and new):
        return
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield FactChange(fact, name, _noted(old, name), _noted(new, name))


def _noted(listed: Mapping[str, str], name: str) -> str | None:
    return (listed[name] or name) if name in listed else None
