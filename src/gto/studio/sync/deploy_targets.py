"""The targets that `deploy.yaml` of HEAD declares, brought into the index with what was reported of each."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, delete, func, insert, literal, select, union_all, update

from gto.core.selector import Pick, Selector
from gto.core.target_state import BAD_STATES, TargetState, WantedVersion, state_of
from gto.declared_targets import DEPLOY_FILE, DeclaredTarget, read_declared
from gto.exceptions import BadFile
from gto.git.commit_files import Files
from gto.studio.deployments.report_store import SeenReport
from gto.studio.index.schema import artifact, deploy_target, event, standing

FindReports = Callable[[], Mapping[str, SeenReport]]
"""Returns the last report of each target of the repository, by name."""


def read(files: Files, commit: str | None) -> tuple[DeclaredTarget, ...]:
    """Read the file of a commit; no targets where there is none, or one that the doctor complains of."""
    try:
        data = files.read(commit, DEPLOY_FILE) if commit is not None else None
        return read_declared(data) if data is not None else ()
    except BadFile:
        return ()


def write(
    connection: Connection, repository_id: int, found: Sequence[DeclaredTarget], find_reports: FindReports
) -> None:
    """Put the targets in the place of those that the index held; reports are asked for where there is a target."""
    same = deploy_target.c.repository_id == repository_id
    held = connection.execute(select(func.count()).where(same).select_from(deploy_target)).scalar_one()
    if not (held or found):
        return
    connection.execute(delete(deploy_target).where(same))
    reports = find_reports()
    wanted = _wanted(connection, repository_id, [one.selector for one in found])
    rows = [_declared_row(one, place, wanted.get(one.selector)) for place, one in enumerate(found)]
    names = {one.name for one in found}
    rows += [_undeclared_row(name, one) for name, one in reports.items() if name not in names]
    rows = [{"repository_id": repository_id, **_told(row, reports.get(str(row["name"])))} for row in rows]
    if rows:
        connection.execute(insert(deploy_target), rows)
    _count_out_of_sync(connection, repository_id)


def write_reports(connection: Connection, repository_id: int, reports: Mapping[str, SeenReport]) -> None:
    """Have the index know reports that just came, of targets that it knows or does not."""
    same = deploy_target.c.repository_id == repository_id
    columns = ("name", "place", "kind", "selector", "artifact", "stage", "version", "commit")
    query = select(*(deploy_target.c[name] for name in columns)).where(same, deploy_target.c.name.in_(reports))
    known = {row.name: dict(row._mapping) for row in connection.execute(query)}  # noqa: SLF001  SQLAlchemy's own name for it
    rows = [known.get(name) or _undeclared_row(name, one) for name, one in reports.items()]
    connection.execute(delete(deploy_target).where(same, deploy_target.c.name.in_(reports)))
    told = [{"repository_id": repository_id, **_told(row, reports[str(row["name"])])} for row in rows]
    if told:
        connection.execute(insert(deploy_target), told)
    _count_out_of_sync(connection, repository_id)


def drop_report(connection: Connection, repository_id: int, target: str) -> None:
    """Have the index know nothing any more of what was found on a target."""
    same = (deploy_target.c.repository_id == repository_id) & (deploy_target.c.name == target)
    connection.execute(delete(deploy_target).where(same, deploy_target.c.place.is_(None)))
    nothing = {"state": str(TargetState.UNREPORTED), "runs": None, "detail": "", "seen_at": None, "seen_by": None}
    connection.execute(update(deploy_target).where(same).values(nothing))
    _count_out_of_sync(connection, repository_id)


def _declared_row(one: DeclaredTarget, place: int, wanted: WantedVersion | None) -> dict[str, object]:
    return {
        "name": one.name,
        "place": place,
        "kind": one.kind,
        "selector": str(one.selector),
        "artifact": one.selector.name,
        "stage": one.selector.value if one.selector.pick is Pick.STAGE else None,
        "version": wanted.version if wanted else None,
        "commit": wanted.commit if wanted else None,
    }


def _undeclared_row(name: str, one: SeenReport) -> dict[str, object]:
    told = {"name": name, "place": None, "kind": one.kind, "selector": "", "artifact": one.report.artifact}
    return {**told, "stage": None, "version": None, "commit": None}


def _told(row: Mapping[str, object], seen: SeenReport | None) -> dict[str, object]:
    """Return the row of a target with what was reported of it, if anything was."""
    artifact_name, version, commit = (row[name] for name in ("artifact", "version", "commit"))
    wanted = WantedVersion(str(artifact_name), str(version), str(commit)) if version is not None else None
    report = seen.report if seen else None
    state = state_of(is_declared=row["place"] is not None, wanted=wanted, report=report)
    return {
        **row,
        "state": str(state),
        "runs": _runs(row, seen),
        "detail": (report.unreachable or report.detail) if report else "",
        "seen_at": seen.seen_at if seen else None,
        "seen_by": seen.seen_by if seen else None,
    }


def _runs(row: Mapping[str, object], seen: SeenReport | None) -> str | None:
    """Return what runs: a version, with the artifact's name before it where it is another's."""
    if seen is None or not seen.report.artifact:
        return None
    report = seen.report
    if report.artifact == row["artifact"] or not report.version:
        return report.version or None
    return f"{report.artifact}@{report.version}"


def _wanted(
    connection: Connection, repository_id: int, selectors: Sequence[Selector]
) -> Mapping[Selector, WantedVersion]:
    """Return what selectors name, by one query for all; one that names nothing is missing."""
    names = {one.name for one in selectors}
    values = {one.value for one in selectors if one.pick is Pick.VERSION}
    its = (artifact.c.repository_id == repository_id, artifact.c.name.in_(names))
    told = (event.c.repository_id == repository_id, event.c.artifact.in_(names), event.c.version.in_(values))
    shown = (artifact.c.name, literal(Pick.STAGE.value), standing.c.stage, standing.c.version, standing.c.commit)
    latest = (artifact.c.name, literal(Pick.LATEST.value), literal(""), artifact.c.latest, artifact.c.latest_commit)
    asked = (event.c.artifact, literal(Pick.VERSION.value), event.c.version, event.c.version, event.c.commit)
    query = union_all(
        select(*shown, literal(0)).select_from(standing.join(artifact)).where(*its, standing.c.place == 0),
        select(*latest, literal(0)).where(*its, artifact.c.latest.is_not(None)),
        select(*asked, event.c.time).where(*told, event.c.counts),
    )
    rows = sorted(connection.execute(query), key=lambda row: int(row[-1]))  # of several events the newest
    return {Selector(row[0], Pick(row[1]), row[2]): WantedVersion(row[0], row[3], row[4]) for row in rows}


def _count_out_of_sync(connection: Connection, repository_id: int) -> None:
    """Write on each artifact how many of its targets do not run what Git says."""
    its = (deploy_target.c.repository_id == repository_id, deploy_target.c.artifact == artifact.c.name)
    counted = select(func.count()).select_from(deploy_target).where(*its, deploy_target.c.state.in_(BAD_STATES))
    same = artifact.c.repository_id == repository_id
    connection.execute(update(artifact).where(same).values(out_of_sync=counted.scalar_subquery()))
