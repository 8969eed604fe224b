"""The value of the table of experiments: what its page shows, and its addresses with something changed."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from gto.output.published import Published
from gto.studio.addresses import repository_url, url
from gto.studio.index.commit_table import CommitTable, LackingFile, ProjectPlace, ValueColumn
from gto.studio.index.lookup import FoundRepository
from gto.studio.live.live_experiment import RUNNING, LiveExperiment
from gto.studio.pages.experiment_baseline import Baseline, offer_baselines
from gto.studio.pages.experiment_cells import BranchTrend, Cells, lacking, row_dict, trends
from gto.studio.pages.experiment_columns import ExperimentColumn, ExperimentColumns
from gto.studio.pages.experiment_rows import BranchRows, ExperimentRow, ExperimentRows


class ExperimentsPage(NamedTuple):
    """One page of the table, and what it was asked for."""

    repo: FoundRepository
    asked: Mapping[str, tuple[str, ...]]
    """The address's query, without the number of the page."""
    table: CommitTable
    project: ProjectPlace
    projects: tuple[ProjectPlace, ...]
    columns: ExperimentColumns
    rows: ExperimentRows
    baseline: Baseline | None
    stages: tuple[str, ...]
    names: tuple[str, ...]
    """The artifacts of the repository."""
    number: int
    error: str = ""
    hint: str = ""

    @property
    def cells(self) -> Cells:
        """What makes the cells of rows."""
        base = self.table.values_of(self.baseline.oid) if self.baseline else None
        return Cells(self.columns.shown, self.rows.every, base, is_delta=self.is_on("delta"))

    @property
    def trends(self) -> tuple[BranchTrend, ...]:
        """The first metrics over the commits of a branch: of the one that was chosen, else of the default one."""
        return trends(self.table, self.columns.shown, self.asked.get("branch", ()), self.baseline)

    @property
    def lacking(self) -> Mapping[LackingFile, int]:
        """Files of values that were not read, and of how many rows."""
        return lacking(self.rows.every)

    @property
    def can_come(self) -> bool:
        """Whether a file that lacks can be had: it has a hint."""
        return any(one.hint for one in self.lacking)

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """Commits that others may be measured by."""
        return offer_baselines(self.table, self.repo.stages, self.project)

    @property
    def shown_columns(self) -> frozenset[ValueColumn]:
        """The columns that are shown."""
        return frozenset(one.column for one in self.columns.shown)

    @property
    def heads(self) -> list[tuple[str, int]]:
        """What stands above the columns, each with how many there are below it."""
        firsts = [number for number, one in enumerate(self.columns.shown) if one.is_first]
        ends = [*firsts, len(self.columns.shown)][1:]
        return [(self.columns.shown[at].group, end - at) for at, end in zip(firsts, ends, strict=True)]

    @property
    def is_running(self) -> bool:
        """Whether an experiment runs, so that the page is read again."""
        now = time.time()
        return any(one.state(now) == RUNNING for one in (*self.table.live.values(), *self.table.astray))

    def live_url(self, live: LiveExperiment) -> str:
        """Return the address of an experiment that runs."""
        return repository_url(self.repo.name, f"live/{live.id}")

    @property
    def left_out(self) -> int:
        """How many commits of the branches on this page are not read."""
        return sum(one.left_out for one in self.rows.branches)

    @property
    def path(self) -> str:
        """The address of the table, without its query."""
        return repository_url(self.repo.name, "experiments")

    def is_on(self, switch: str) -> bool:
        """Tell whether one of SWITCHES is on."""
        return bool(self.asked.get(switch))

    def one(self, key: str) -> str:
        """Return what the address says of something that it says once; empty for nothing."""
        return next(iter(self.asked.get(key, ())), "")

    def link(self, path: str = "", **changes: object) -> str:
        """Return the address of this table with something changed."""
        return url(path or self.path, **{**self.asked, **changes})

    def hidden_fields(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form must say beside its own fields for all else to stay."""
        return [(key, value) for key, values in self.asked.items() if key not in without for value in values]

    def toggle_fold(self, name: str) -> str:
        """Return the address of this page with a branch folded, or unfolded."""
        folded = self.asked.get("fold", ())
        fold = [one for one in folded if one != name] if name in folded else [*folded, name]
        return self.link(fold=fold, page=self.number if self.number > 1 else "")

    def toggle_goal(self, column: ExperimentColumn) -> str:
        """Return the address with a metric better the other way."""
        up, down = ([one for one in self.asked.get(key, ()) if one != column.id] for key in ("up", "down"))
        (down if column.higher_better else up).append(column.id)
        return self.link(up=up, down=down)

    def sort_link(self, column: ExperimentColumn) -> str:
        """Return the address sorted by a column: the best first, then the other way round, then not at all."""
        is_better_low = column.higher_better is False
        first, second = ("asc", "") if is_better_low else ("", "asc")
        if self.one("sort") != column.id:
            return self.link(sort=column.id, order=first)
        return self.link(sort=column.id, order=second) if self.one("order") == first else self.link(sort="", order="")

    def move(self, column: ExperimentColumn) -> str:
        """Return the address with a column one place further to the left."""
        ids = [one.id for one in self.columns.shown]
        at = ids.index(column.id)
        ids[max(0, at - 1) : at + 1] = reversed(ids[max(0, at - 1) : at + 1])
        return self.link(columns=ids)

    def as_dict(self) -> Published:
        """Return it for JSON."""
        return {
            "repo": self.repo.name,
            "project": self.project.path,
            "projects": [one.path for one in self.projects],
            "baseline": self.baseline.oid if self.baseline else None,
            "columns": [one.as_dict() for one in self.columns.every],
            "shown": [one.id for one in self.columns.shown],
            "page": self.number,
            "pages": self.rows.pages,
            "unchanged": self.rows.unchanged,
            "hidden": self.rows.hidden,
            "merged": list(self.rows.merged),
            "unread": self.table.unread,
            "not_in_git": [{**one._asdict(), "commits": count} for one, count in self.lacking.items()],
            "branches": [_branch_dict(one, self.table.live) for one in self.rows.branches],
            **({"astray": [one.as_dict(time.time()) for one in self.table.astray]} if self.table.astray else {}),
            **({"error": self.error, "hint": self.hint} if self.error else {}),
        }


def _row_dict(row: ExperimentRow, live: Mapping[str, LiveExperiment]) -> Published:
    """Return a row for JSON; one that runs has no commit yet."""
    found = live.get(row.oid)
    return {**row_dict(row), "commit": None, "live": found.state(time.time())} if found else row_dict(row)


def _branch_dict(one: BranchRows, live: Mapping[str, LiveExperiment]) -> Published:
    return {
        "name": one.branch.name,
        "tip": one.branch.tip,
        "is_default": one.is_default,
        "ahead": one.branch.total,
        "behind": one.branch.behind,
        "fitting": one.fitting,
        "folded": one.is_folded,
        "left_out": one.left_out,
        "commits": [_row_dict(row, live) for row in one.rows],
    }
