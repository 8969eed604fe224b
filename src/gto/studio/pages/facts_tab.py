"""The facts of a version's model, as its page shows them: what it is, its methods as tables, what loading it runs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from gto.inspect.fact_tables import VERDICTS
from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema, Tensor
from gto.inspect.schema_formats import FORMATS, schema_text
from gto.studio.words import plain

T = TypeVar("T")

MOST = 50
"""Of what is a list on the page; JSON has all."""
_MOST_TENSORS, _MOST_PARAMS, _MOST_METHODS, _MOST_COLUMNS = 200, 120, 20, 200
_MOST_COPIED = 24_000  # characters of schemas that lie in the page
_FORMS = dict(zip(FORMATS, ("JSON Schema", "MLflow", "Open Inference"), strict=True))
_CONTENTS = {"pd": "a table", "np": "arrays", "str": "text", "json": "JSON"}
_ICONS = {CodeOnLoad.NONE: "check", CodeOnLoad.TRUSTED_TYPES: "check", CodeOnLoad.PICKLE: "code"}
_NO_MODELS = "dataset"  # a type of which nobody expects the facts of a model


class SchemaSide(NamedTuple):
    """What goes into a method, or comes out of it."""

    name: str
    content: str
    tensors: Sequence[Tensor]
    left: int
    """How many tensors the page does not show."""
    json_schema: str
    columns: Sequence[Sequence[str]]
    """Of each tensor that is shown, what its last axis counts: the classes of probabilities; as far as there is room.
    """


class SchemaForm(NamedTuple):
    """The schema of a method in the words of others."""

    id: str
    name: str
    text: str
    """Empty where it is too long to lie in the page."""


class ShownMethod(NamedTuple):
    """A method as two tables, and its schema to copy."""

    name: str
    sides: tuple[SchemaSide, ...]
    forms: tuple[SchemaForm, ...]


class ShownStep(NamedTuple):
    """A step with the parameters that the page shows."""

    name: str
    class_name: str
    params: Sequence[tuple[str, str]]
    total: int
    """How many parameters it has."""


class FactsTab(NamedTuple):
    """What the page of a version says of its model."""

    path: str
    """Of the artifact; empty where no annotation says it."""
    facts: ModelFacts | None
    """None where the version has no side-car."""
    source: str
    stale: bool | None
    size: int | None
    steps: tuple[ShownStep, ...] = ()
    params: Sequence[tuple[str, str]] = ()
    methods: tuple[ShownMethod, ...] = ()

    @property
    def verdict(self) -> str:
        """What loading the file runs, in words."""
        said = VERDICTS[self.facts.code_on_load].partition(": ")[2] if self.facts else ""
        return said[:1].upper() + said[1:]

    @property
    def icon(self) -> str:
        """The mark of the verdict."""
        return _ICONS.get(self.facts.code_on_load, "warning") if self.facts else ""

    @property
    def is_doubtful(self) -> bool:
        """Whether loading it may run anything."""
        return self.facts is not None and self.facts.code_on_load is CodeOnLoad.UNKNOWN

    @property
    def imports(self) -> list[tuple[str, bool]]:
        """What loading imports, and whether that is on GTO's list; what is not comes first."""
        if self.facts is None:
            return []
        unlisted = set(self.facts.unlisted)
        known = ((one, one not in unlisted) for one in dict.fromkeys((*self.facts.unlisted, *self.facts.imports)))
        return sorted(known, key=lambda pair: pair[1])

    @property
    def details(self) -> list[tuple[str, str]]:
        """What only this format knows."""
        return _pairs(self.facts.details if self.facts else {})[:MOST]


class _Room:
    """How many rows of a kind the page still has room for."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, rows: Sequence[T]) -> Sequence[T]:
        """Return as many of the rows as there is room for."""
        taken = rows[: self._left]
        self._left -= len(taken)
        return taken


def read_tab(told: Mapping[str, object] | None, size: int | None) -> FactsTab | None:
    """Return what a commit tells of the model; None where nobody expects facts: not read yet, or a data set."""
    said = cast("Mapping[str, Any] | None", told.get("model")) if told else None
    annotation = cast("Mapping[str, Any]", (told or {}).get("annotation") or {})
    if told is None or (said is None and annotation.get("type") == _NO_MODELS):
        return None
    if said is None:
        return FactsTab(str(annotation.get("path") or ""), None, "", None, size)
    facts = ModelFacts.from_dict(said)
    params = _Room(_MOST_PARAMS)
    return FactsTab(
        str(annotation.get("path") or ""),
        facts,
        str(said["read_from"]),
        cast("bool | None", said["stale"]),
        size,
        tuple(
            ShownStep(one.name, one.class_name, params.take(_pairs(one.params)), len(one.params))
            for one in facts.steps[:MOST]
        ),
        _pairs(facts.params)[:MOST],
        tuple(_methods(facts.methods)),
    )


def _pairs(values: Mapping[str, Json]) -> list[tuple[str, str]]:
    return [(key, plain(value)) for key, value in values.items()]


def _methods(methods: Mapping[str, Method]) -> Sequence[ShownMethod]:
    rooms, letters, found = (_Room(_MOST_TENSORS), _Room(_MOST_COLUMNS)), _Room(_MOST_COPIED), []
    for name, method in list(methods.items())[:_MOST_METHODS]:
        sides = tuple(_side(side, schema, *rooms) for side, schema in method._asdict().items() if schema is not None)
        is_small = not any(side.left for side in sides)
        texts = {one: _copied(method, one, letters) if is_small else "" for one in _FORMS if sides}
        found.append(ShownMethod(name, sides, tuple(SchemaForm(one, _FORMS[one], text) for one, text in texts.items())))
    return found


def _side(name: str, schema: Schema, room: _Room, columns: _Room) -> SchemaSide:
    shown = room.take(schema.tensors)
    text = "" if schema.json_schema is None else plain(schema.json_schema)
    names = tuple(columns.take(one.columns[:MOST]) for one in shown)
    return SchemaSide(
        name, _CONTENTS.get(schema.content_type, ""), shown, len(schema.tensors) - len(shown), text, names
    )


def _copied(method: Method, form: str, room: _Room) -> str:
    text = schema_text(method, form)
    return text if len(room.take(text)) == len(text) else ""
