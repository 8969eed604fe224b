"""What loading a model's file would run, by the facts of the file."""

from collections.abc import Mapping

from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.models.writers.networks import CLASS

_HARMLESS = frozenset({CodeOnLoad.NONE, CodeOnLoad.TRUSTED_TYPES})
_MOST_NAMED = 10


def loads_class(facts: ModelFacts) -> str:
    """Return the class that safetensors of GTO name: it is imported and called, whatever it is. Empty for none."""
    metadata = facts.details.get("metadata")
    return str(metadata.get(CLASS, "")) if facts.format == "safetensors" and isinstance(metadata, Mapping) else ""


def _would_run(facts: ModelFacts) -> str:
    if loads_class(facts):
        return f"it would import and call {loads_class(facts)}"
    names = facts.unlisted or facts.imports
    if not names:
        return "; ".join(facts.notes) or "nobody can say what it would run"
    said = ", ".join(names[:_MOST_NAMED]) + (" and more" if len(names) > _MOST_NAMED else "")
    return f"it would import {said}" + (", which GTO does not know" if facts.unlisted else "")


def would_run(facts: ModelFacts) -> str:
    """Return what loading a file of these facts would run; empty where it runs nothing of the file's."""
    return _would_run(facts) if facts.code_on_load not in _HARMLESS or loads_class(facts) else ""
