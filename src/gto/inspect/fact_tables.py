"""The facts of a model as tables, for a terminal."""

from collections.abc import Iterable, Iterator, Mapping

from gto.inspect.fact_changes import text_of
from gto.inspect.facts import CodeOnLoad, Json, Method, ModelFacts, Schema
from gto.output.tables import Section, Table

_MOST_ROWS = 40
VERDICTS = {
    CodeOnLoad.NONE: "none: loading it runs no code",
    CodeOnLoad.TRUSTED_TYPES: "trusted-types: loading it builds objects of known types only",
    CodeOnLoad.PICKLE: "pickle: loading it runs code; all that it imports belongs to known libraries",
    CodeOnLoad.UNKNOWN: "unknown: loading it may run anything",
}
"""What each verdict means, after its name."""


def fact_tables(facts: ModelFacts, more: Iterable[tuple[str, str]] = ()) -> tuple[Section, ...]:
    """Return what is known, by kind; kinds of which nothing is known are left out. `more` are rows about the model."""
    sections = (
        Section("Model", _wrapping(("fact", "value"), (*_model(facts), *more))),
        Section("Methods", _wrapping(("method", "side", "name", "datatype", "shape"), _methods(facts.methods))),
        _cut(
            "Steps",
            ("step", "class", "parameters"),
            [(one.name, one.class_name, _pairs(one.params)) for one in facts.steps],
        ),
        _cut(
            "Hyper-parameters", ("parameter", "value"), [(key, text_of(value)) for key, value in facts.params.items()]
        ),
        _cut("Not known to GTO", ("import",), [(one,) for one in facts.unlisted]),
        _cut("Details", ("detail", "value"), [(key, text_of(value)) for key, value in facts.details.items()]),
    )
    return tuple(section for section in sections if section.table.rows)


def _model(facts: ModelFacts) -> Iterator[tuple[str, str]]:
    count = facts.parameter_count
    rows = (
        ("format", facts.format or "unknown"),
        ("loaded by", facts.loader),
        ("code on load", VERDICTS[facts.code_on_load]),
        ("framework", f"{facts.framework} {facts.framework_version}".strip()),
        ("class", facts.class_name),
        ("parameters", "" if count is None else f"{count:,}"),
        ("imports", f"{len(facts.imports)}, of which {len(facts.unlisted)} unknown to GTO" if facts.imports else ""),
    )
    return ((name, value) for name, value in rows if value)


def _methods(methods: Mapping[str, Method]) -> Iterator[tuple[str, str, str, str, str]]:
    for name, method in methods.items():
        for side, schema in method._asdict().items():
            for row in _tensors(schema) if schema else ():
                yield (name, side, *row)


def _tensors(schema: Schema) -> Iterator[tuple[str, str, str]]:
    if schema.json_schema is not None:
        yield "", "json", text_of(schema.json_schema)
    for one in schema.tensors:
        shape = " x ".join("?" if length < 0 else str(length) for length in one.shape)
        yield one.name, one.datatype, f"{shape}: {', '.join(one.columns)}" if one.columns else shape


def _cut(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Section:
    left = len(rows) - _MOST_ROWS
    return Section(title, _wrapping(columns, rows[:_MOST_ROWS]), f"and {left} more: --json has all" if left > 0 else "")


def _wrapping(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    return Table(columns, tuple(rows), wraps=True)


def _pairs(params: Mapping[str, Json]) -> str:
    return ", ".join(f"{key}={text_of(value)}" for key, value in params.items())
