"""A summary of a job in Markdown: the event, the registry's state, and what changed since the version before."""

from gto.ci.event_lookup import JobEvent
from gto.core.view import Choice
from gto.exceptions import GTOException
from gto.lineage import sections
from gto.lineage.diff import compare
from gto.output import escape
from gto.output.tables import Table, overview_table
from gto.registry.overview import overview
from gto.registry.registry import Registry

_MOST_ARTIFACTS = 50


def summary(registry: Registry, answer: JobEvent) -> str:
    """Return the summary; `registry` must hold all events, and the commits that are compared."""
    parts = [f"## {_title(answer)}"]
    if answer.event is not None:
        rows = tuple((key, value) for key, value in answer.report._asdict().items() if value)
        parts.append(escape.markdown(Table(("field", "value"), rows)))
        parts += _changes(registry, answer)
    return "\n\n".join([*parts, "### Registry", _state(registry)]) + "\n"


def _title(answer: JobEvent) -> str:
    one = answer.report
    words = [f"{one.event}:" if one.event else "No event of GTO:", escape.code(one.ref.removeprefix("refs/tags/"))]
    return " ".join([*words, f"version {escape.code(one.version)}"] if one.version else words)


def _changes(registry: Registry, answer: JobEvent) -> list[str]:
    """Return what changed since the version in whose place this one comes; what cannot be compared says why."""
    one = answer.report
    if not one.previous_version or one.previous_version == one.version:
        return []
    words = f"### {escape.code(one.previous_version)} → {escape.code(one.version)}"
    try:
        found = compare(registry, f"{one.name}@{one.previous_version}", one.commit, one.name)
    except GTOException as error:
        return [words, f"These cannot be compared: {escape.code(error.message)}"]
    tables = [f"**{part.title}**\n\n{escape.markdown(part.table)}" for part in sections.compared(found)]
    return [words, *(tables or ["Nothing differs."])]


def _state(registry: Registry) -> str:
    found = overview(registry, Choice())
    table = overview_table(found.rows, found.stages)
    if not table.rows:
        return "There is no artifact."
    shown = escape.markdown(table._replace(rows=table.rows[:_MOST_ARTIFACTS]))
    left = len(table.rows) - _MOST_ARTIFACTS
    return f"{shown}\n\n... and {left} more" if left > 0 else shown
