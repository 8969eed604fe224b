"""An artifact as the list shows it, read from its row of the index."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select

from gto.studio.goals import is_gain
from gto.studio.index.events import StageCell
from gto.studio.index.latest_model import ModelMark, read_mark
from gto.studio.index.schema import artifact, repository


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
    out_of_sync: int
    """How many targets do not run what Git says."""
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
            "out_of_sync": self.out_of_sync,
        }


_FIELDS: Mapping[str, ColumnElement[Any]] = {"repo": repository.c.name, "position": repository.c.position}
_COLUMNS = tuple(_FIELDS[name] if name in _FIELDS else artifact.c[name] for name in ArtifactRow._fields)


def choose() -> Select[*tuple[Any, ...]]:
    """Return the query whose rows rows_of() reads, before any condition."""
    return select(*_COLUMNS).select_from(artifact.join(repository))


def rows_of(
    connection: Connection, chosen: Select[*tuple[Any, ...]], values: Mapping[str, object] | None = None
) -> tuple[ArtifactRow, ...]:
    """Return the rows of a query for artifacts; `values` are those of its parameters."""
    return tuple(map(read_row, connection.execute(chosen, values)))


def read_row(row: Sequence[Any]) -> ArtifactRow:
    """Return a row that a query of choose() gave: with values in the place of JSON's."""
    found = ArtifactRow._make(row)
    said: Any = found.metric
    model: Any = found.model
    stages: Any = found.stages or {}
    return found._replace(
        labels=tuple(found.labels or ()),
        model=read_mark(model),
        metric=Trend(**{**said, "values": tuple(said["values"])}) if said else None,
        stages={stage: StageCell._make(cell) for stage, cell in stages.items()},
    )
