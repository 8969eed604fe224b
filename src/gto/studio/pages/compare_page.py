"""What a page that compares shows: versions, commits or models side by side, and what differs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.catalog.repositories import Failure
from gto.lineage.diff import Comparison
from gto.output import escape
from gto.output.published import Published
from gto.output.tables import Table
from gto.registry.resolve import Target
from gto.studio.addresses import sides_url
from gto.studio.forge import WebPlace
from gto.studio.pages.comparison_rows import MOST_ROWS, RowGroup, as_json

_MOST_COPIED = 20_000  # characters


class Side(NamedTuple):
    """One version, or one commit."""

    name: str
    """As the address has it."""
    target: Target
    time: int | None
    author: str
    stages: tuple[str, ...] = ()
    repo: str = ""
    """Of a model that stands beside others; empty where all sides are of one repository."""

    @property
    def short(self) -> str:
        """The name, a hash cut short; of a model that of the artifact, with its version."""
        if self.repo:
            return f"{self.target.artifact} {self.version}"
        return self.name[:7] if self.name == self.target.commit else self.name

    @property
    def version(self) -> str:
        """The version, the hash of a commit without one cut short."""
        return self.target.version or self.target.commit[:7]

    def as_dict(self) -> Published:
        """Return it for JSON."""
        whose = {"repo": self.repo} if self.repo else {}
        return {**whose, **self.target.as_dict(), "stages": list(self.stages)}


class ComparePage(NamedTuple):
    """The versions, what differs, and what the page was asked for."""

    repo: str
    name: str
    """Of the artifact; empty for commits."""
    sides: tuple[Side, ...]
    base: int
    """The place of the baseline among them."""
    is_whole: bool
    """Whether rows are shown in which nothing differs."""
    has_deltas: bool
    groups: tuple[RowGroup, ...] = ()
    comparisons: tuple[Comparison, ...] | None = None
    """Of each but the baseline with it, in their order; None where Git cannot be read."""
    failure: Failure | None = None
    others: tuple[str, ...] = ()
    """Versions that could be added."""
    stages: tuple[str, ...] = ()
    web: WebPlace | None = None
    """The repository on a forge."""
    left_out: tuple[str, ...] = ()
    """Models without a version."""
    stale: tuple[str, ...] = ()
    """Versions whose side-cars are of another file; their facts are not compared."""

    @property
    def names(self) -> list[str]:
        """The sides, as the address has them."""
        return [side.name for side in self.sides]

    @property
    def shown(self) -> tuple[RowGroup, ...]:
        """The groups as the page has them."""
        if self.is_whole:
            return self.groups
        differing = (one._replace(rows=tuple(row for row in one.rows if not row.is_equal)) for one in self.groups)
        return tuple(one for one in differing if one.rows)

    @property
    def breaking(self) -> list[tuple[str, int]]:
        """The versions that break who uses the baseline's model, each with in how many ways."""
        others = (side for at, side in enumerate(self.sides) if at != self.base)
        counts = (sum(change.is_breaking for change in one.model) for one in self.comparisons or ())
        return [(side.short, count) for side, count in zip(others, counts, strict=False) if count]

    @property
    def hidden(self) -> int:
        """How many equal rows are not shown."""
        return 0 if self.is_whole else sum(row.is_equal for group in self.groups for row in group.rows)

    @property
    def most(self) -> int:
        """How many rows of a group are shown."""
        return MOST_ROWS

    def link(self, suffix: str = "", **changes: object) -> str:
        """Return the address of this page with something changed."""
        return self._address(f"compare{suffix}", self.names, changes)

    def _address(self, page: str, names: Sequence[str], changes: Mapping[str, object]) -> str:
        here = {"baseline": self.names[self.base], "all": self.is_whole, "deltas": "" if self.has_deltas else "0"}
        return sides_url(self.repo, self.name, page, names, **{**here, **changes})

    def plots(self, page: str = "plots") -> str:
        """Return the address of the plots of these versions."""
        return sides_url(self.repo, self.name, page, self.names)

    def without(self, name: str) -> str:
        """Return the address of this page without a version."""
        changes = {"baseline": ""} if name == self.names[self.base] else {}
        return self._address("compare", [one for one in self.names if one != name], changes)

    def with_one(self, name: str) -> str:
        """Return the address of this page with a version more."""
        return self._address("compare", [*self.names, name], {})

    @property
    def to_copy(self) -> str:
        """What the page shows as Markdown; empty where that is too long to lie in the page."""
        text = self.markdown()
        return text if len(text) <= _MOST_COPIED else ""

    def as_dict(self) -> Published:
        """Return it for JSON: each comparison as `gto diff --json` prints it."""
        return {
            "repo": self.repo or None,
            "artifact": self.name or None,
            "versions": [side.as_dict() for side in self.sides],
            "baseline": self.names[self.base],
            **({} if self.repo else {"left_out": list(self.left_out)}),
            "comparisons": None if self.comparisons is None else [one.as_dict() for one in self.comparisons],
            "unread": {"error": self.failure.error, "hint": self.failure.hint} if self.failure else None,
            "groups": as_json(self.groups),
        }

    def markdown(self) -> str:
        """Return what the page shows as Markdown."""
        heads = [side.short + (" (baseline)" if at == self.base else "") for at, side in enumerate(self.sides)]
        whose = escape.code(self.name or self.repo or "models")
        parts = [f"### {whose}: {', '.join(escape.code(one) for one in heads)}"]
        for group in self.shown:
            rows = [(row.key or row.file, *(cell.words for cell in row.cells)) for row in group.rows]
            parts.append(f"**{group.title}**\n\n{escape.markdown(Table(('', *heads), tuple(rows)))}")
        return "\n\n".join(parts) + "\n"
