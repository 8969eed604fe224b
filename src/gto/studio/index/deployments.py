"""The targets of all repositories, with what is to run on each and what was found there."""

from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from gto.core.target_state import BAD_STATES, TargetState
from gto.studio.index.schema import deploy_target, repository


class DeployedTarget(NamedTuple):
    """A target."""

    repo: str
    name: str
    kind: str
    """Of platform: `kubernetes`, `systemd`, ...; empty where nobody told."""
    selector: str
    """What is to run; empty where `deploy.yaml` does not declare the target."""
    artifact: str
    stage: str | None
    version: str | None
    """What is to run; None where its stage holds none."""
    commit: str | None
    state: str
    """Of TargetState."""
    runs: str | None
    """What runs; None where nothing does, or nobody told."""
    detail: str
    """What the platform says, or why it could not be asked."""
    seen_at: float | None
    seen_by: str | None

    @property
    def is_told(self) -> bool:
        """Whether the target told what runs on it."""
        untold = {TargetState.UNREPORTED, TargetState.UNREACHABLE}
        return self.runs is not None or self.state not in {*untold, TargetState.OUT_OF_SYNC}

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to see to it."""
        return self.state in BAD_STATES

    @property
    def is_good(self) -> bool:
        """Whether it runs what Git says."""
        return self.state == TargetState.SYNCED


_COLUMNS = (repository.c.name, *(deploy_target.c[name] for name in DeployedTarget._fields[1:]))
_ALL = select(*_COLUMNS).select_from(deploy_target.join(repository))
_BAD_FIRST = case((deploy_target.c.state.in_(BAD_STATES), 0), else_=1)
_IN_FILE = func.coalesce(deploy_target.c.place, 1 << 30)


def find_targets(connection: Connection) -> tuple[DeployedTarget, ...]:
    """Return all targets: those that do not run what Git says first, then as catalogue and files have them."""
    query = _ALL.order_by(_BAD_FIRST, repository.c.position, _IN_FILE, deploy_target.c.name)
    return tuple(DeployedTarget._make(row) for row in connection.execute(query))


def find_targets_of(connection: Connection, repository_id: int, artifact: str) -> tuple[DeployedTarget, ...]:
    """Return the targets of one artifact, in the order of the file."""
    same = (deploy_target.c.repository_id == repository_id) & (deploy_target.c.artifact == artifact)
    query = _ALL.where(same).order_by(_IN_FILE, deploy_target.c.name)
    return tuple(DeployedTarget._make(row) for row in connection.execute(query))


def count_targets(connection: Connection) -> tuple[int, int]:
    """Count the targets, and those that do not run what Git says."""
    counted = func.count()
    out_of_sync = counted.filter(deploy_target.c.state.in_(BAD_STATES))
    row = connection.execute(select(counted, out_of_sync).select_from(deploy_target)).one()
    return int(row[0]), int(row[1])
