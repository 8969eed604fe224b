"""The columns of `/models`: which there are, which an address asks for, and all of them as rows of a table for CSV."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gto.studio.index.artifact_row import ArtifactRow
from gto.studio.words import iso

_MOST_STAGES = 8
"""More stages than this are columns only where the address names them."""

_MOST_OFFERED = 100

_TEXTS = {
    "repository": "Repository",
    "type": "Type",
    "framework": "Framework",
    "labels": "Labels",
    "latest": "Latest",
    "author": "Author",
    "versions": "Versions",
    "size": "Size",
    "metric": "First metric",
    "health": "Health",
}
_SORTS = {
    "repository": "repo", "latest": "latest", "versions": "versions", "metric": "metric", "health": "problems",
    "framework": "framework", "size": "size",
}  # fmt: skip
_BEFORE = ("repository", "labels", "latest", "metric")

FIELDS = (
    "repository", "artifact", "latest", "commit", "registered_at", "registered_by", "changed_at", "versions",
    "registered", "active", "type", "path", "labels", "description", "metric_file", "metric", "metric_value",
    "metric_change", "framework", "framework_version", "code_on_load", "stale", "size", "problems",
)  # fmt: skip
"""What stands before the stages in the table of all columns."""


class ListColumn(NamedTuple):
    """A column beside the artifact's name."""

    id: str
    text: str
    stage: str = ""
    """Empty for a column that is not of a stage."""
    sort: str = ""
    """By what the list is sorted at a click; empty where it cannot be."""


class Columns(NamedTuple):
    """The columns that are shown, in their order, and those that could be."""

    shown: tuple[ListColumn, ...]
    others: tuple[ListColumn, ...]
    is_usual: bool

    @property
    def ids(self) -> list[str]:
        """Those that are shown, as an address names them; empty for the usual ones."""
        return [] if self.is_usual else [one.id for one in self.shown] or ["-"]


def choose(given: Sequence[str], stages: Sequence[str], left: str = "") -> Columns:
    """Return the columns that an address names, the usual ones where it names none; `left` a place further left."""
    every = {one: ListColumn(one, text, sort=_SORTS.get(one, "")) for one, text in _TEXTS.items()}
    every |= {f"#{stage}": ListColumn(f"#{stage}", stage, stage) for stage in stages}
    usual = [*_BEFORE, *(f"#{stage}" for stage in stages[:_MOST_STAGES]), "health"]
    wanted = list(dict.fromkeys(one for one in given if one in every)) if given else [*usual]
    if left in wanted[1:]:
        place = wanted.index(left)
        wanted[place - 1 : place + 1] = left, wanted[place - 1]
    others = tuple(column for one, column in every.items() if one not in wanted)
    return Columns(tuple(every[one] for one in wanted), others[:_MOST_OFFERED], wanted == usual)


def table(rows: Sequence[ArtifactRow], stages: Sequence[str]) -> Iterator[list[str | float]]:
    """Yield the values of artifacts: FIELDS, then the version in each stage."""
    for row in rows:
        trend = row.metric
        mark = row.model
        stale = None if mark is None or mark.stale is None else _word(is_so=mark.stale)
        known = (mark.framework, mark.framework_version, mark.code_on_load, stale) if mark else (None,) * 4
        measured = (trend.file, trend.key, trend.value, trend.change) if trend else ("", "", None, None)
        values = (
            row.repo, row.name, row.latest, row.latest_commit, _moment(row.latest_at), row.latest_by,
            _moment(row.changed_at), row.versions, _word(is_so=row.is_known), _word(is_so=row.is_active), row.type,
            row.path, " ".join(row.labels), row.description, *measured, *known, row.size, row.problems,
        )  # fmt: skip
        cells = (row.stages[stage].version if stage in row.stages else None for stage in stages)
        yield ["" if value is None else value for value in (*values, *cells)]


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else iso(seconds)


def _word(*, is_so: bool) -> str:
    return "true" if is_so else "false"
