"""What CycloneDX calls a model card: metrics, parameters and data of a version, and what it is said to be good for.

Source: the schema of CycloneDX 1.6, `modelCard`.
"""

from collections import Counter
from collections.abc import Mapping

from gto.ci.export.component import Component, Property, data_ref, is_data, properties
from gto.lineage.gathering import Known
from gto.lineage.values import Keyed

_CONSIDERATIONS = ("users", "useCases", "technicalLimitations", "performanceTradeoffs")


def model_card(known: Known) -> Component:
    """Return the card; without any field where nothing is known."""
    metrics = _metrics(known.metrics.files)
    found: Component = {}
    parameters = {**_task(known), **_datasets(known)}
    if parameters:
        found["modelParameters"] = parameters
    if metrics:
        found["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    considered = _considerations(known)
    if considered:
        found["considerations"] = considered
    return {**found, **properties(Property(f"parameter:{name}", value) for name, value in _flat(known.params.files))}


def custom(known: Known) -> Mapping[str, object]:
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


def _task(known: Known) -> Component:
    task = custom(known).get("task")
    return {"task": task} if isinstance(task, str) and task else {}


def _datasets(known: Known) -> Component:
    steps = known.lineage.steps if known.lineage else ()
    itself = known.lineage.datum.path if known.lineage else ""
    paths = [one.datum.path for step in steps for one in step.inputs if is_data(one) and one.datum.path != itself]
    found = [{"ref": data_ref(path)} for path in dict.fromkeys(paths)]
    return {"datasets": found} if found else {}


def _considerations(known: Known) -> Component:
    """Return those texts of `considerations` in the custom metadata that stand under CycloneDX's own names."""
    said = custom(known).get("considerations")
    found: Component = {}
    for key in _CONSIDERATIONS:
        value = said.get(key) if isinstance(said, dict) else None
        texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one]
        if texts:
            found[key] = texts
    return found
