"""Where the last report of each target is kept: it lasts beside the index, since Git does not know it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from gto.core.target_state import TargetReport
from gto.exceptions import UsageError
from gto.studio.lasting.lasting_file import Lasting
from gto.studio.lasting.lasting_tables import deployment

MOST = 500
"""Targets of one repository that are kept."""


class SeenReport(NamedTuple):
    """A report, when it came and from whom."""

    report: TargetReport
    kind: str
    """What platform the target is on; empty where the report did not say."""
    seen_at: float
    seen_by: str

    def as_row(self) -> dict[str, object]:
        """Return it as the table has it."""
        return {**self.report._asdict(), "kind": self.kind, "seen_at": self.seen_at, "seen_by": self.seen_by}


_COLUMNS = [deployment.c[name] for name in (*TargetReport._fields, *SeenReport._fields[1:])]


def find_reports(lasting: Lasting, repository: str) -> Mapping[str, SeenReport]:
    """Return the last report of each target of a repository, by the target's name."""
    with lasting.read() as connection:
        query = select(*_COLUMNS).where(deployment.c.repository == repository).order_by(deployment.c.target)
        rows = [tuple(row) for row in connection.execute(query)]
    count = len(TargetReport._fields)
    return {row[0]: SeenReport(TargetReport._make(row[:count]), *row[count:]) for row in rows}


def keep_reports(lasting: Lasting, repository: str, reports: Sequence[SeenReport]) -> None:
    """Put reports in the place of those before of the same targets; UsageError where there would be too many."""
    with lasting.record() as connection:
        lasting.wait_for_turn(connection, f"deployments {repository}")
        _forget(connection, repository, [one.report.target for one in reports])
        held = select(func.count()).select_from(deployment).where(deployment.c.repository == repository)
        if int(connection.execute(held).scalar_one()) + len(reports) > MOST:
            raise UsageError(f"'{repository}' has more than {MOST} targets", "forget those that are gone")
        rows = [
            {
                "repository": repository,
                **one.report._asdict(),
                **{key: getattr(one, key) for key in SeenReport._fields[1:]},
            }
            for one in reports
        ]
        if rows:
            connection.execute(insert(deployment), rows)


def forget_report(lasting: Lasting, repository: str, target: str) -> bool:
    """Forget what was reported of a target; False where nothing was."""
    with lasting.record() as connection:
        return _forget(connection, repository, [target])


def _forget(connection: Connection, repository: str, targets: Sequence[str]) -> bool:
    same = (deployment.c.repository == repository) & deployment.c.target.in_(targets)
    return bool(connection.execute(delete(deployment).where(same)).rowcount)
