"""Facts of models beside each other, with what of it breaks who uses the model, as `gto diff` says it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from gto.inspect.fact_changes import fact_lines
from gto.inspect.facts import ModelFacts
from gto.lineage.diff import Comparison
from gto.studio.index.lookup import Facts

Place = tuple[str, str]
"""A file, which facts have none of, and the words of a row."""

_LAST = ("method", "input", "output", "step", "parameter", "requirement", "import")
_NAMED = ("method ", "import ")  # their value is their name


def lines_of(told: Facts | None) -> dict[Place, object]:
    """Return the facts of a version's model by the words of their rows; none of a side-car that is of another file."""
    said = _model(told)
    if said is None or said["stale"]:
        return {}
    lines = fact_lines(ModelFacts.from_dict(said))
    return {("", _words(fact, name)): value for (fact, name), value in lines.items()}


def order_of(words: str) -> int:
    """Return where a row belongs among the others: what the model is first, what it imports last."""
    return next((place for place, fact in enumerate(_LAST) if words.startswith(f"{fact} ")), -1)


def fact_text(words: str, value: object) -> str:
    """Return a fact for a cell: of what is there or not, whether it is."""
    if value is None:
        return "\N{EN DASH}"
    return "yes" if words.startswith(_NAMED) else str(value)


def breaking_rows(compared: Comparison | None) -> set[str]:
    """Return the words of the rows in which a version breaks who uses the baseline."""
    changes = compared.model if compared else ()
    return {_words(one.fact, "" if one.fact == "framework" else one.name) for one in changes if one.is_breaking}


def stale_ones(names: Sequence[str], told: Sequence[Facts | None]) -> tuple[str, ...]:
    """Return the versions whose side-cars are of another file."""
    return tuple(name for name, one in zip(names, told, strict=True) if (_model(one) or {}).get("stale"))


def _words(fact: str, name: str) -> str:
    return f"{fact} {name}".strip()


def _model(told: Facts | None) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any] | None", told.get("model")) if told else None
