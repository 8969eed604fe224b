"""What is known of versions, as headed tables: for a terminal, or for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.inspect.fact_tables import fact_tables
from gto.output.tables import Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gto.annotations.model_facts import KnownModel
    from gto.core.event import Problem
    from gto.inspect.fact_changes import FactChange
    from gto.lineage.collect import CollectedFacts
    from gto.lineage.diff import Comparison, Moved, ValueChange
    from gto.lineage.trace import Lineage
    from gto.lineage.values import Elsewhere, Value, Values
    from gto.output.tables import Cell
    from gto.registry.resolve import Target

_MOST_COMMITS = 10
_MOST_FILES = 20
_THERE = "there"  # in a table, of what has a name and no value
_HASH = 7  # digits that are shown
_STALE = {True: "STALE: of another file", False: "of this version's file", None: "perhaps of another file"}


def compared(found: Comparison) -> tuple[Section, ...]:
    """Return what changed, by kind; kinds without a change are left out."""
    sections = (
        Section("Metrics", _metrics(found.metrics)),
        Section("Parameters", _changes("parameter", found.params)),
        Section("Data", _moves("path", found.data, cut=True)),
        Section("Dependencies", _moves("dependency", found.requirements, cut=False)),
        Section("Model", _facts(found.model)),
        *_code(found),
        Section("Annotation", _fields(found.annotation)),
    )
    return tuple(section for section in sections if section.table.rows)


def described(known: CollectedFacts) -> tuple[Section, ...]:
    """Return all that is known of a version, by kind."""
    sections = (
        Section("Version", _version(known)),
        *(_lineage(known.lineage) if known.lineage else ()),
        Section("Metrics", _values("metric", known.metrics)),
        Section("Parameters", _values("parameter", known.params)),
        _listed("Files", known.files),
        _listed("Plots", known.plots),
        _listed("Requirements", tuple(known.requirements)),
        *(_model(known.model) if known.model else ()),
    )
    return tuple(section for section in sections if section.table.rows)


def _model(known: KnownModel) -> tuple[Section, ...]:
    where = f"in {known.source}, {_STALE[known.is_stale]}" if known.source else "read from the file"
    return fact_tables(known.facts, (("facts", where),))


def notes(elsewhere: Iterable[Elsewhere], problems: Iterable[Problem]) -> Iterator[str]:
    """Yield a line for each file that is declared and not read, and why; one that is so in two versions once."""
    lacking = [one for one in elsewhere if one.place is None]
    yield from dict.fromkeys(f"{one.path} ({one.kind}) is not read: {why(one)}" for one in lacking)
    for problem in problems:
        yield f"{problem.subject}: {reason(problem)}"


def why(one: Elsewhere) -> str:
    """Return why a file that is declared is not read, and the next step."""
    return f"{one.reason}{f' ({one.hint})' if one.hint else ''}"


def reason(problem: Problem) -> str:
    """Return why something was set aside, and the next step."""
    return f"{problem.reason}{f' ({problem.hint})' if problem.hint else ''}"


def heading(point: Target) -> str:
    """Return how a version is called above a table: as it was asked for, with its number where that does not say it."""
    told = point.version is None or point.version in point.label
    return point.label if told else f"{point.label} ({point.version})"


def show(value: Value) -> str | None:
    """Return a value as a table shows it."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def signed(delta: float | None) -> str | None:
    """Return a difference with its sign, to six digits."""
    return None if delta is None else f"{delta:+.6g}"


def _metrics(changes: Sequence[ValueChange]) -> Table:
    table = _changes("metric", changes).beside("change", [signed(change.delta) for change in changes])
    words = {True: "better", False: "worse", None: None}
    if any(change.is_better is not None for change in changes):
        return table.beside("verdict", [words[change.is_better] for change in changes])
    return table


def _changes(kind: str, changes: Iterable[ValueChange]) -> Table:
    rows = ((change.file, change.key, show(change.old), show(change.new)) for change in changes)
    return Table(("file", kind, "old", "new"), tuple(rows))


def _fields(changes: Iterable[ValueChange]) -> Table:
    return Table(("field", "old", "new"), tuple((one.key, show(one.old), show(one.new)) for one in changes))


def _moves(kind: str, moves: Iterable[Moved], *, cut: bool) -> Table:
    rows = ((one.path, _hash(one.old, cut=cut), _hash(one.new, cut=cut)) for one in moves)
    return Table((kind, "old", "new"), tuple(rows))


def _hash(text: str | None, *, cut: bool) -> str | None:
    is_hash = text is not None and len(text) >= 32 and " " not in text  # noqa: PLR2004  md5, and longer ones
    return text[:_HASH] if text is not None and (cut or is_hash) else text


def _facts(changes: Iterable[FactChange]) -> Table:
    """Return what changed; what is only there or not, as an import, does not say its name three times."""
    found = tuple(changes)
    rows = [
        (one.fact, one.name, *(_THERE if side and side == one.name else side for side in (one.old, one.new)))
        for one in found
    ]
    if not any(one.is_breaking for one in found):
        return Table(("fact", "name", "old", "new"), tuple(rows), wraps=True)
    effects = ("breaking" if one.is_breaking else None for one in found)
    rows_with_effects = tuple((*row, effect) for row, effect in zip(rows, effects, strict=True))
    return Table(("fact", "name", "old", "new", "effect"), rows_with_effects, wraps=True)


def _code(found: Comparison) -> Iterator[Section]:
    code = found.code
    commits = [
        (passed.commit[:_HASH], passed.created_at[:10], passed.author, passed.subject)
        for passed in code.commits[:_MOST_COMMITS]
    ]
    more = _more(code.ahead, _MOST_COMMITS, "commits")
    if code.behind:
        sides = f"{code.behind} of its commits are not in '{found.new.label}'"
        more = f"{more}; of '{found.old.label}', {sides}" if more else f"'{found.old.label}': {sides}"
    yield Section("Commits", Table(("commit", "date", "author", "subject"), tuple(commits)), more)
    files = tuple((changed.path, changed.status) for changed in code.files[:_MOST_FILES])
    yield Section("Files", Table(("file", "change"), files), _more(code.files_changed, _MOST_FILES, "files"))


def _more(count: int, most: int, noun: str) -> str:
    return f"{count - most} more {noun}" if count > most else ""


def _version(known: CollectedFacts) -> Table:
    point, commit, said = known.point, known.commit, known.annotation
    rows: list[tuple[str, Cell]] = [("artifact", point.artifact), ("version", point.version), ("commit", point.commit)]
    if commit:
        subject = commit.message.strip().partition("\n")[0]
        rows += [("author", f"{commit.author} <{commit.author_email}>"), ("date", commit.created_at)]
        rows += [("subject", subject)]
    for key, value in (said.as_dict() if said else {}).items():
        rows.append((key, _text(value)))
    if known.lineage:
        kept = {"git": "Git", "dvc": "DVC", "elsewhere": "neither Git nor DVC"}[known.lineage.home]
        rows += [("kept in", kept), ("md5", known.lineage.datum.md5), ("imported from", known.lineage.origin)]
    return Table(("field", "value"), tuple(row for row in rows if row[1] is not None))


def _text(value: object) -> str:
    """Return a field of an annotation: labels as a list of words, other lists and mappings as JSON."""
    from json import dumps

    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return ", ".join(value)
    return dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value).rstrip("\n")


def _lineage(lineage: Lineage) -> Iterator[Section]:
    stages = tuple((step.stage, step.command or None) for step in lineage.steps)
    yield Section("Made by", Table(("stage", "command"), stages))
    rows: list[tuple[Cell, ...]] = []
    for step in lineage.steps:
        for one in step.inputs:
            origin = one.origin or (f"stage {one.stage}" if one.stage else {"git": "Git", "dvc": "DVC"}.get(one.home))
            rows.append((step.stage, one.datum.path, _hash(one.datum.md5, cut=True), origin))
    yield Section("Out of", Table(("stage", "path", "md5", "from"), tuple(rows)))


def _values(kind: str, values: Values) -> Table:
    rows = ((path, key, show(value)) for path, keyed in values.files.items() for key, value in keyed.items())
    return Table(("file", kind, "value"), tuple(rows))


def _listed(title: str, names: Sequence[str]) -> Section:
    rows = tuple((name,) for name in names[:_MOST_FILES])
    return Section(title, Table(("name",), rows), _more(len(names), _MOST_FILES, "names"))
