"""What CycloneDX calls a model card: metrics, parameters and data of a version, and what it is said to be good for.

Source: the schema of CycloneDX 1.6, `modelCard`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from gto.export.cyclonedx_component import Component, Property, data_ref, is_data, properties
from gto.inspect.facts import ModelFacts
from gto.lineage.collect import CollectedFacts
from gto.lineage.values import Keyed

_CONSIDERATIONS = ("users", "useCases", "technicalLimitations", "performanceTradeoffs")


def model_card(known: CollectedFacts) -> Component:
    """Return the card; without any field where nothing is known."""
    metrics = _metrics(known.metrics.files)
    found: Component = {}
    facts = known.model.facts if known.model and not known.model.is_stale else ModelFacts()
    parameters = {**_task(known), **_architecture(facts), **_datasets(known), **_schemas(facts)}
    if parameters:
        found["modelParameters"] = parameters
    if metrics:
        found["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    considered = _considerations(known)
    if considered:
        found["considerations"] = considered
    params = [Property(f"parameter:{name}", value) for name, value in _flat(known.params.files)]
    return {**found, **properties([*params, *_model_properties(facts)])}


def custom(known: CollectedFacts) -> Mapping[str, object]:
    """Return the custom metadata of the annotation, where they are a mapping."""
    said = known.annotation.custom if known.annotation else None
    return said if isinstance(said, dict) else {}


def _metrics(files: Mapping[str, Keyed]) -> list[Component]:
    return [{"type": name, "value": value} for name, value in _flat(files)]


def _flat(files: Mapping[str, Keyed]) -> list[tuple[str, str]]:
    """Return name and value of all that files say; a name that stands in several has its file before it."""
    times = Counter(key for keyed in files.values() for key in keyed)
    found = []
    for path, keyed in files.items():
        for key, value in keyed.items():
            name = (f"{path}:{key}" if times[key] > 1 else key) if key else path
            found.append((name, _text(value)))
    return found


def _text(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _task(known: CollectedFacts) -> Component:
    task = custom(known).get("task")
    return {"task": task} if isinstance(task, str) and task else {}


def _architecture(facts: ModelFacts) -> Component:
    return {"modelArchitecture": facts.class_name} if facts.class_name else {}


def _schemas(facts: ModelFacts) -> Component:
    """Return inputs and outputs of each method, a text a column: CycloneDX has no field for datatypes."""
    found: Component = {}
    for side in ("inputs", "outputs"):
        schemas = {name: getattr(method, side) for name, method in facts.methods.items()}
        texts = [f"{name}: {one.text}" for name, schema in schemas.items() if schema for one in schema.tensors]
        if texts:
            found[side] = [{"format": text} for text in dict.fromkeys(texts)]
    return found


def _model_properties(facts: ModelFacts) -> Iterator[Property]:
    """Yield what CycloneDX has no field for."""
    known = {
        "format": facts.format,
        "codeOnLoad": str(facts.code_on_load) if facts.format else "",
        "framework": f"{facts.framework} {facts.framework_version}".strip(),
        "parameterCount": "" if facts.parameter_count is None else str(facts.parameter_count),
        "python": facts.python,
    }
    yield from (Property(f"model:{name}", value) for name, value in known.items() if value)
    yield from (Property("model:requirement", text) for text in facts.requirements)


def _datasets(known: CollectedFacts) -> Component:
    steps = known.lineage.steps if known.lineage else ()
    itself = known.lineage.datum.path if known.lineage else ""
    paths = [one.datum.path for step in steps for one in step.inputs if is_data(one) and one.datum.path != itself]
    found = [{"ref": data_ref(path)} for path in dict.fromkeys(paths)]
    return {"datasets": found} if found else {}


def _considerations(known: CollectedFacts) -> Component:
    """Return those texts of `considerations` in the custom metadata that stand under CycloneDX's own names."""
    said = custom(known).get("considerations")
    found: Component = {}
    for key in _CONSIDERATIONS:
        value = said.get(key) if isinstance(said, dict) else None
        texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one]
        if texts:
            found[key] = texts
    return found


# Those of the SPDX list that models and data are usually under; any other licence is told by its name.
_KNOWN = frozenset({
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
    "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0",
    "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "ECL-2.0", "EPL-2.0",
    "EUPL-1.2", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.1-only",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "ODbL-1.0", "ODC-By-1.0",
    "PDDL-1.0", "Unlicense", "Zlib",
})  # fmt: skip
_WORD = r"[A-Za-z0-9.+:-]+"
_EXPRESSION_RE = re.compile(rf"{_WORD}(?: (?:AND|OR|WITH) {_WORD})+")


def licences(said: object) -> Component:
    """Return the field `licenses` for a text or a list of texts; nothing where none is declared."""
    texts = [one.strip() for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]
    named = [text for text in texts if text]
    if len(named) == 1 and _EXPRESSION_RE.fullmatch(named[0]):
        return {"licenses": [{"expression": named[0], "acknowledgement": "declared"}]}
    found = {tuple(known.values()): known for known in map(_licence, named)}
    return {"licenses": [{"license": one | {"acknowledgement": "declared"}} for one in found.values()]} if found else {}


def _licence(text: str) -> dict[str, str]:
    known = next((one for one in sorted(_KNOWN) if one.lower() == text.lower()), None)
    return {"id": known} if known else {"name": text}
