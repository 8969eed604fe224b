"""Artifacts as the list shows them: filtered, sorted and cut into pages by SQL."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from gto.core.tag_signature import Trust
from gto.studio.goals import is_gain
from gto.studio.index.database import kept
from gto.studio.index.events import StageCell
from gto.studio.index.latest_model import (
    FRAMEWORK,
    IS_STALE,
    RUNS_CODE,
    ModelMark,
    count_frameworks,
    has_framework,
    read_mark,
)
from gto.studio.index.query import Term
from gto.studio.index.schema import artifact, card, fact, label, metric, repository, standing
from gto.studio.index.waiting import count_waiting

SORTS = ("changed", "name", "repo", "latest", "staged", "metric", "versions", "problems", "framework", "size")
"""What the list can be sorted by; the first is the usual one."""

_COMPARE = {">": "__gt__", ">=": "__ge__", "<": "__lt__", "<=": "__le__", "=": "__eq__", "!=": "__ne__"}


class Trend(NamedTuple):
    """The first metric of a latest version."""

    file: str
    key: str
    value: float
    change: float | None
    """Against the version before; None where there is none with this metric."""
    values: tuple[float, ...]
    """Of the versions up to it, the lowest first."""
    higher: bool | None = None
    """Whether a higher value is better; None where nobody knows."""

    @property
    def is_better(self) -> bool | None:
        """Whether the change made it better; None without one, and where nobody knows."""
        return is_gain(self.change, higher=self.higher)


class ArtifactRow(NamedTuple):
    """One artifact of the list."""

    id: int
    repo: str
    position: int
    """Of the repository, in the catalogue's order."""
    name: str
    is_known: bool
    is_active: bool
    versions: int
    latest: str | None
    latest_commit: str | None
    latest_at: int | None
    latest_by: str | None
    changed_at: int | None
    type: str | None
    description: str | None
    path: str | None
    labels: tuple[str, ...]
    model: ModelMark | None
    """What the side-car of the latest version says; None without one."""
    size: int | None
    """Bytes of the latest version; None where nobody knows."""
    problems: int
    verdict: str | None
    """On the signatures of the events that it rests on, a value of Trust; None where nothing was judged."""
    signer: str | None
    fingerprint: str | None
    reason: str | None
    refused: int
    """How many of the events that count the policy refuses."""
    against: int
    """How many of these were refused when they were written, too."""
    metric: Trend | None
    stages: Mapping[str, StageCell]

    @property
    def signature(self) -> dict[str, str | None] | None:
        """What is said of the signatures, as `gto verify --json` names it."""
        if self.verdict is None:
            return None
        return {"verdict": self.verdict, "signer": self.signer, "key": self.fingerprint, "reason": self.reason}

    def as_dict(self, stages: Sequence[str]) -> dict[str, object]:
        """Return it for JSON; `version`, `stage`, `registered` and `active` are as `gto show --json` has them."""
        cells = {stage: cell._asdict() for stage, cell in self.stages.items()}
        return {
            "repo": self.repo,
            "artifact": self.name,
            "version": self.latest,
            "stage": {stage: self.stages[stage].version if stage in self.stages else None for stage in stages},
            "registered": self.is_known,
            "active": self.is_active,
            "type": self.type,
            "description": self.description,
            "path": self.path,
            "labels": list(self.labels),
            "commit": self.latest_commit,
            "registered_at": self.latest_at,
            "registered_by": self.latest_by,
            "changed_at": self.changed_at,
            "versions": self.versions,
            "metric": {**self.metric._asdict(), "values": list(self.metric.values)} if self.metric else None,
            "stages": cells,
            "model": self.model.as_dict() if self.model else None,
            "size": self.size,
            "problems": self.problems,
            "signature": self.signature,
            "refused": self.refused,
            "against": self.against,
        }


class ListQuery(NamedTuple):
    """Which artifacts are wanted, and in which order."""

    terms: tuple[Term, ...] = ()
    """All of them must fit."""
    filters: tuple[tuple[Term, ...], ...] = ()
    """Of each of these one must fit."""
    deprecated: bool = False
    """Whether deprecated ones count too."""
    sort: str = SORTS[0]
    is_ascending: bool = False
    after: tuple[int, str] | None = None
    """The number of a repository and a name: in the order of these, artifacts behind them are wanted."""
    limit: int = 50
    offset: int = 0
    only: tuple[tuple[str, str], ...] = ()
    """Repository and name of the artifacts that count, deprecated ones too; none for all."""


class ArtifactListing(NamedTuple):
    """The artifacts of one page of the list, and how many there are on all pages."""

    rows: tuple[ArtifactRow, ...]
    total: int


_FIELDS: Mapping[str, ColumnElement[Any]] = {"repo": repository.c.name, "position": repository.c.position}
_COLUMNS = tuple(
    _FIELDS[name] if name in _FIELDS else artifact.c[name] for name in ArtifactRow._fields if name != "stages"
)
_CELLS = select(standing.c.artifact_id, standing.c.stage, *(standing.c[name] for name in StageCell._fields)).where(
    standing.c.artifact_id.in_(bindparam("ids", expanding=True)), standing.c.place == 0
)
_SORT_COLUMNS: Mapping[str, ColumnElement[object]] = {
    "changed": artifact.c.changed_at,
    "name": artifact.c.name,
    "repo": repository.c.position,
    "latest": artifact.c.latest_at,
    "staged": artifact.c.staged_at,
    "metric": artifact.c.metric["value"].as_float(),
    "versions": artifact.c.versions,
    "problems": artifact.c.problems + artifact.c.against,
    "framework": func.nullif(FRAMEWORK, ""),
    "size": artifact.c.size,
}


def find(connection: Connection, wanted: ListQuery) -> ArtifactListing:
    """Return one page of the artifacts that fit."""
    column = _SORT_COLUMNS[wanted.sort]
    order = column.asc() if wanted.is_ascending else column.desc()
    chosen = _where(choose(), wanted)
    if wanted.after is not None:
        here, there = tuple_(repository.c.position, artifact.c.name), tuple_(*(literal(one) for one in wanted.after))
        chosen = chosen.where(here > there)
    chosen = chosen.order_by(order.nulls_last(), repository.c.position, artifact.c.name)
    rows = rows_of(connection, chosen.limit(wanted.limit).offset(wanted.offset))
    if wanted.after is None and (rows or not wanted.offset) and len(rows) < wanted.limit:  # the last page
        return ArtifactListing(rows, wanted.offset + len(rows))
    return ArtifactListing(rows, _count(connection, wanted))


def _count(connection: Connection, wanted: ListQuery) -> int:
    if not (wanted.terms or wanted.filters or wanted.deprecated or wanted.only):
        return kept(connection, totals).artifacts
    fitting = _where(select(func.count()).select_from(artifact.join(repository)), wanted)
    return int(connection.execute(fitting).scalar_one())


def choose() -> Select[*tuple[Any, ...]]:
    """Return the query whose rows rows_of() reads, before any condition."""
    return select(*_COLUMNS).select_from(artifact.join(repository))


def rows_of(
    connection: Connection, chosen: Select[*tuple[Any, ...]], values: Mapping[str, object] | None = None
) -> tuple[ArtifactRow, ...]:
    """Return the rows of a query for artifacts, each with its stages; `values` are those of its parameters."""
    found = [ArtifactRow._make((*row, {})) for row in connection.execute(chosen, values)]
    cells: dict[int, dict[str, StageCell]] = defaultdict(dict)
    for artifact_id, stage, *cell in connection.execute(_CELLS, {"ids": [row.id for row in found]}):
        cells[artifact_id][stage] = StageCell(*cell)
    return tuple(_read(row, cells[row.id]) for row in found)


def _read(row: ArtifactRow, stages: Mapping[str, StageCell]) -> ArtifactRow:
    """Return a row with its stages, and with values in the place of JSON's."""
    said: object = row.metric
    model: Any = row.model
    trend = Trend(**{**said, "values": tuple(said["values"])}) if isinstance(said, dict) else None
    return row._replace(labels=tuple(row.labels or ()), model=read_mark(model), metric=trend, stages=stages)


def _where(chosen: Select[*tuple[Any, ...]], wanted: ListQuery) -> Select[*tuple[Any, ...]]:
    every = [*wanted.terms, *(term for group in wanted.filters for term in group)]
    stages = [term.value for term in every if term.key == "stage" and not term.is_not]
    conditions = [_condition(term, stages) for term in wanted.terms]
    conditions += [or_(*(_condition(term, stages) for term in group)) for group in wanted.filters if group]
    asks_for_old = any(term.key == "is" and term.value == "deprecated" for term in every) or wanted.only
    if wanted.only:
        conditions.append(tuple_(repository.c.name, artifact.c.name).in_(wanted.only))
    if not wanted.deprecated and not asks_for_old:
        conditions.append(artifact.c.is_active)
    return chosen.where(*conditions)


def _condition(term: Term, stages: Sequence[str]) -> ColumnElement[bool]:
    found = _positive(term, stages)
    return not_(found) if term.is_not else found


def _positive(term: Term, stages: Sequence[str]) -> ColumnElement[bool]:
    if term.key == "metric":
        return _metric(term, stages)
    return _CONDITIONS[term.key](term.value)


def _has(text: ColumnElement[str], value: str) -> ColumnElement[bool]:
    return func.folded(func.coalesce(text, "")).contains(value.casefold(), autoescape=True)


def _in_stage_of(value: str) -> ColumnElement[bool]:
    """Tell whether an artifact is in a stage whose name holds a text, as `gto search` has it."""
    named = func.folded(standing.c.stage).contains(value, autoescape=True)
    return artifact.c.id.in_(select(standing.c.artifact_id).where(standing.c.place == 0, named))


def _has_in_card(value: str) -> ColumnElement[bool]:
    """Tell whether the card of the latest version holds a text: each card is looked through once, whoever has it."""
    described = artifact.alias()
    latest = (
        fact.c.repository_id == described.c.repository_id,
        fact.c.artifact == described.c.name,
        fact.c.commit == described.c.latest_commit,
    )
    holds = func.folded(card.c.text).contains(value, autoescape=True)
    same = tuple_(fact.c.repository_id, fact.c.card).in_(select(card.c.repository_id, card.c.oid).where(holds))
    return artifact.c.id.in_(select(described.c.id).where(*latest, same))


_CONDITIONS: Mapping[str, Callable[[str], ColumnElement[bool]]] = {
    "text": lambda value: (
        artifact.c.search.contains(value, autoescape=True) | _in_stage_of(value) | _has_in_card(value)
    ),
    "repo": lambda value: repository.c.name == value,
    "stage": lambda value: exists().where(standing.c.artifact_id == artifact.c.id, standing.c.stage == value),
    "label": lambda value: exists().where(label.c.artifact_id == artifact.c.id, label.c.label == value),
    "type": lambda value: func.coalesce(artifact.c.type, "") == value,
    "framework": has_framework,
    "author": lambda value: _has(artifact.c.latest_by, value),
    "name": lambda value: _has(artifact.c.name, value),
    "is": lambda value: _STATES[value],
}


_IS_BROKEN = or_(artifact.c.problems > 0, artifact.c.against > 0)
"""What is red under Health: what a page names as a problem, or events that the policy refuses."""

_STATES: Mapping[str, ColumnElement[bool]] = {
    "active": artifact.c.is_active,
    "deprecated": not_(artifact.c.is_active),
    "unregistered": artifact.c.versions == 0,
    "behind": artifact.c.behind > 0,
    "broken": _IS_BROKEN,
    "staged": exists().where(standing.c.artifact_id == artifact.c.id),
    "signed": func.coalesce(artifact.c.verdict, "") == Trust.GOOD.value,
    "unsigned": and_(artifact.c.is_known, func.coalesce(artifact.c.verdict, "") != Trust.GOOD.value),  # proves nothing
    "refused": artifact.c.against > 0,
    "code": RUNS_CODE,
    "stale": IS_STALE,
}


def _metric(term: Term, stages: Sequence[str]) -> ColumnElement[bool]:
    """A metric counts in the versions of the stages that the query names; without any, in the latest version."""
    if stages:
        held = and_(standing.c.artifact_id == artifact.c.id, standing.c.stage.in_(stages), standing.c.place == 0)
        commits = or_(metric.c.commit.in_(select(standing.c.commit).where(held).correlate(artifact)))
    else:
        commits = metric.c.commit == artifact.c.latest_commit
    same_key = or_(metric.c.name == term.value.lower(), func.lower(metric.c.key) == term.value.lower())
    fits = getattr(metric.c.value, _COMPARE[term.operator])(term.number)
    same = and_(metric.c.repository_id == artifact.c.repository_id, metric.c.artifact == artifact.c.name)
    return exists().where(same, commits, same_key, fits)


class Facet(NamedTuple):
    """A value that the list can be filtered by, and how many artifacts have it."""

    value: str
    artifacts: int


class Facets(NamedTuple):
    """What the filters offer."""

    repositories: tuple[Facet, ...]
    stages: tuple[Facet, ...]
    labels: tuple[Facet, ...]
    types: tuple[Facet, ...]
    frameworks: tuple[Facet, ...]


class Totals(NamedTuple):
    """Counts over all active artifacts."""

    artifacts: int
    repositories: int
    versions: int
    behind: int
    broken: int
    waiting: int
    """How much waits for somebody's approval."""


def facets(connection: Connection) -> Facets:
    """Count what active artifacts have: of a stage those that are in it, in the order of the configurations."""
    counted = func.count()
    active = artifact.c.is_active
    in_stages = select(standing.c.stage, counted).join(artifact).where(active, standing.c.place == 0)
    by_stage: dict[str, int] = {row[0]: row[1] for row in connection.execute(in_stages.group_by(standing.c.stage))}
    by_repo = select(repository.c.name, counted).select_from(artifact.join(repository)).where(active)
    by_label = select(label.c.label, counted).join(artifact).where(active).group_by(label.c.label)
    by_type = select(artifact.c.type, counted).where(active, artifact.c.type.is_not(None)).group_by(artifact.c.type)
    return Facets(
        _facets(connection, by_repo.group_by(repository.c.id).order_by(repository.c.position)),
        tuple(Facet(stage, by_stage.get(stage, 0)) for stage in kept(connection, stages)),
        _facets(connection, by_label.order_by(counted.desc(), label.c.label).limit(100)),
        _facets(connection, by_type.order_by(counted.desc(), artifact.c.type).limit(100)),
        _facets(connection, count_frameworks().limit(100)),
    )


def _facets(connection: Connection, chosen: Select[*tuple[Any, ...]]) -> tuple[Facet, ...]:
    return tuple(Facet(str(row[0]), int(str(row[1]))) for row in connection.execute(chosen))


_USUAL = ("dev", "staging", "prod")
"""The order in which versions go through these where no configuration says another."""


def stages(connection: Connection) -> tuple[str, ...]:
    """Return the stages that are columns: those of the configurations in their order, then others that are in use."""
    told = connection.execute(select(repository.c.stages).order_by(repository.c.position)).scalars()
    configured = [stage for one in told for stage in one or ()]
    used = connection.execute(select(standing.c.stage).distinct().order_by(standing.c.stage)).scalars()
    usual = sorted(used, key=lambda stage: _USUAL.index(stage) if stage in _USUAL else -1)
    return tuple(dict.fromkeys([*configured, *usual]))


def totals(connection: Connection) -> Totals:
    """Count over all active artifacts."""
    counted = func.count()
    behind, broken = counted.filter(artifact.c.behind > 0), counted.filter(_IS_BROKEN)
    repositories = select(counted).select_from(repository).scalar_subquery()
    versions = func.coalesce(func.sum(artifact.c.versions), 0)
    chosen = select(counted, repositories, versions, behind, broken).select_from(artifact).where(artifact.c.is_active)
    return Totals._make((*connection.execute(chosen).one(), count_waiting(connection)))
