"""What an artifact says of the version in it, read from the version's commit: annotation, side-car, author, time."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from gto.annotations.annotation import Annotation
from gto.core.event import commit_time
from gto.delivery.recorded_facts import recorded_with
from gto.inspect.facts import ModelFacts
from gto.oci.artifact import VersionAbout
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget

_DATA = frozenset(("data", "dataset"))
_SCALES = "KMBTQ"
_THOUSAND = 1000
_FEWEST = 100  # parameters that can be told: of a thousand, with one digit after the point
_DATATYPE_RE = re.compile(r"(?:FP|F)(8|16|32|64)|I(?:NT)?(4|8|16|32|64)")


def read_about(registry: Registry, chosen: AnnotatedTarget) -> VersionAbout:
    """Return what is said of a version.

    Nothing of where the repository is, and no tag but the version's name, goes into it: each clone gives the same.
    """
    asked = ["show", "--no-patch", "--no-show-signature", "--format=%ct%x00%an", chosen.commit]
    seconds, _, author = registry.git.run(asked).decode("utf-8", "replace").rstrip("\n").partition("\0")
    facts = recorded_with(registry, chosen).fresh or ModelFacts()
    is_named = chosen.version is not None and not chosen.commit.startswith(chosen.version)
    return VersionAbout(
        name=chosen.name,
        commit=chosen.commit,
        created=datetime.fromtimestamp(commit_time(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=chosen.version or "" if is_named else "",
        authors=(author,) if author else (),
        description=chosen.annotation.description,
        licenses=_licenses(chosen.annotation),
        is_data=chosen.annotation.type in _DATA,
        format=facts.format,
        param_size=param_size(facts.parameter_count),
        precision=_precision(facts.details),
        quantization=_text(facts.details.get("quantization")),
        architecture=_architecture(facts),
    )


def _licenses(said: Annotation) -> tuple[str, ...]:
    """Return `license` of the custom metadata: a text, or a list of texts."""
    found = said.custom.get("license") if isinstance(said.custom, dict) else None
    return tuple(one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str) and one)


def param_size(count: int | None) -> str:
    """Return a number of parameters as ModelPack writes it, `6.7B`; empty where it is too small for that."""
    if count is None or count < _FEWEST:
        return ""
    value, scale = count / _THOUSAND, 0
    while round(value, 1) >= _THOUSAND and scale < len(_SCALES) - 1:
        value, scale = value / _THOUSAND, scale + 1
    return f"{value:.1f}".removesuffix(".0") + _SCALES[scale]


def _precision(details: Mapping[str, object]) -> str:
    """Return the datatype of the weights, `mixed` for several."""
    found = details.get("datatypes")
    names = [_datatype(one) for one in found if isinstance(one, str)] if isinstance(found, dict) else []
    return names[0] if len(names) == 1 else "mixed" if names else ""


def _datatype(name: str) -> str:
    match = _DATATYPE_RE.fullmatch(name.upper())
    if match is None:
        return name.lower()
    return f"fp{match[1]}" if match[1] else f"int{match[2]}"


def _architecture(facts: ModelFacts) -> str:
    named = facts.details.get("architectures")
    first = named[0] if isinstance(named, list) and named else facts.details.get("architecture")
    return _text(first) or facts.class_name


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
