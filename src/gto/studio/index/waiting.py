"""What waits for approval, as the last synchronisation found it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Connection, func, select

from gto.studio.index.schema import repository, review

Approved = Mapping[str, str]
"""An approval, with the keys of `gto reviews --json`."""


class WaitingLine(NamedTuple):
    """A version that a rule lets into a stage only with approvals."""

    artifact: str
    version: str
    stage: str
    needed: int
    given: int
    approvers: str | None
    """Whose approvals count, in words; None for anybody's whose key is trusted."""
    body: Mapping[str, object]
    """As `gto reviews --json` prints it."""

    @property
    def rule(self) -> str:
        """The name of the rule."""
        return str(self.body["rule"])

    @property
    def approvals(self) -> Sequence[Approved]:
        """Those that count."""
        return cast("Sequence[Approved]", self.body["approvals"])

    @property
    def not_counted(self) -> Sequence[Approved]:
        """Those that do not, each with the reason."""
        return cast("Sequence[Approved]", self.body["not_counted"])

    @property
    def is_enough(self) -> bool:
        """Whether nobody else needs to approve."""
        return self.given >= self.needed


class Waiting(NamedTuple):
    """What waits in one repository."""

    repo: str
    has_policy: bool
    policy: str | None
    """Where the policy was found; None where it could not be looked for."""
    error: str | None
    hint: str | None
    lines: tuple[WaitingLine, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON: `policy` and `reviews` as `gto reviews --json` prints them."""
        lines = [dict(line.body) for line in self.lines]
        return {"repo": self.repo, "policy": self.policy, "reviews": lines, "error": self.error, "hint": self.hint}


_COLUMNS = [review.c[name] for name in WaitingLine._fields]


def find(connection: Connection) -> tuple[Waiting, ...]:
    """Return what waits in each repository that was read, in the catalogue's order."""
    lines: dict[int, list[WaitingLine]] = {}
    for row in connection.execute(select(review.c.repository_id, *_COLUMNS).order_by(review.c.place)):
        lines.setdefault(row[0], []).append(WaitingLine(*row[1:]))
    names = ("id", "name", "has_policy", "policy", "policy_error", "policy_hint")
    query = select(*(repository.c[name] for name in names)).where(repository.c.judged != "")
    found = connection.execute(query.order_by(repository.c.position))
    return tuple(Waiting._make((*row[1:], tuple(lines.get(row[0], ())))) for row in found)


def find_of(connection: Connection, repository_id: int, artifact: str, version: str, stage: str) -> list[WaitingLine]:
    """Return what one version waits for on its way into a stage, rule by rule."""
    same = (review.c.repository_id == repository_id) & (review.c.artifact == artifact)
    query = select(*_COLUMNS).where(same, review.c.version == version, review.c.stage == stage)
    return [WaitingLine(*row) for row in connection.execute(query.order_by(review.c.place))]


def count_waiting(connection: Connection) -> int:
    """Count what waits for somebody's approval."""
    return int(connection.execute(select(func.count()).where(review.c.given < review.c.needed)).scalar_one())
