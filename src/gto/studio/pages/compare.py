"""`/m/REPO/NAME/-/compare` and `/r/REPO/compare`: up to ten versions or commits beside a baseline."""

from collections.abc import Sequence
from heapq import nlargest

from fastapi import APIRouter, Request
from starlette.responses import Response

from gto.catalog.repositories import Failure
from gto.core.snapshot import ArtifactState, VersionState
from gto.core.view import version_key
from gto.exceptions import GTOException, UsageError, VersionNotFound
from gto.lineage.collect import gather
from gto.lineage.description import Description
from gto.lineage.diff import Comparison, compare_with_each
from gto.registry.registry import Registry
from gto.registry.resolve import Target, find_targets
from gto.studio.context import StudioContext, context_of
from gto.studio.index import events, list_counts, lookup
from gto.studio.index.database import kept
from gto.studio.index.lookup import Facts
from gto.studio.pages.compare_page import ComparePage, Side
from gto.studio.pages.comparison_facts import stale_ones
from gto.studio.pages.comparison_rows import ComparedColumn, groups_of
from gto.studio.pages.version_detail import Holders, choose, default_baseline, holders_of
from gto.studio.production import nearness
from gto.studio.respond import respond

router = APIRouter()

MOST = 10
_MOST_OFFERED = 40


@router.get("/m/{repo}/{name:path}/-/compare", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/compare.json", include_in_schema=False)
@router.get("/m/{repo}/{name:path}/-/compare.md", include_in_schema=False)
def compare_versions(request: Request, repo: str, name: str) -> Response:
    """Answer the comparison of versions."""
    return answer(request, read_versions(request, repo, name))


@router.get("/r/{repo}/compare", include_in_schema=False)
@router.get("/r/{repo}/compare.json", include_in_schema=False)
@router.get("/r/{repo}/compare.md", include_in_schema=False)
def compare_commits(request: Request, repo: str) -> Response:
    """Answer the comparison of commits."""
    return answer(request, read_commits(request, repo))


def answer(request: Request, page: ComparePage) -> Response:
    """Answer a comparison as a page, as JSON, or as Markdown."""
    if request.url.path.endswith(".md"):
        return Response(page.markdown().encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8")
    return respond(request, "compare.html", page)


def asked_names(request: Request, key: str) -> list[str]:
    """Return what the address names under `key`, each once, the baseline last if it names another one."""
    given = request.query_params
    wanted = list(dict.fromkeys(one for one in [*given.getlist(key), given.get("baseline", "")] if one))
    if len(wanted) > MOST:
        raise UsageError(f"{len(wanted)} are too many to compare", f"choose at most {MOST}")
    return wanted


def asked_switches(request: Request) -> tuple[bool, bool]:
    """Return whether the address asks for rows in which nothing differs, and for differences."""
    return bool(request.query_params.get("all")), request.query_params.get("deltas") != "0"


def read_versions(request: Request, repo: str, name: str) -> ComparePage:
    """Read what the address asks for: facts from the index, code and packages from Git."""
    studio, given = context_of(request), request.query_params
    with studio.database.read() as connection:
        found = lookup.find_repository(connection, repo)
        lookup.find_artifact(connection, found, name)
        state = events.artifact_state(connection, found.id, name)
        stages = kept(connection, list_counts.stages)
        holders = holders_of(state, stages)
        versions = _versions(state, asked_names(request, "v"), holders)
        commits = [one.commit for one in versions]
        facts = lookup.facts_of(connection, found, name, commits)
        files = lookup.files_of_each(connection, found, name, commits)
    sides = tuple(side_of(name, one, holders) for one in versions)
    base = _base(sides, given.get("baseline", ""), stages)
    shown = {side.name for side in sides}
    free = (one.name for one in state.versions if one.is_active and one.name not in shown)
    others = nlargest(_MOST_OFFERED, free, key=version_key)
    page = ComparePage(
        repo, name, sides, base, *asked_switches(request), others=tuple(others), stages=stages, web=found.web
    )
    return compared(studio, page, [ComparedColumn(facts.get(one), None, files.get(one)) for one in commits], repo)


def wanted_versions(state: ArtifactState, names: Sequence[str]) -> list[VersionState]:
    """Return the versions of these names, the latest where none is named; VersionNotFound where there is none."""
    versions = [choose(state, one) for one in names or [""]]
    found = [one for one in versions if one is not None]
    if not found:
        raise VersionNotFound(f"'{state.name}' has no version", "register one first")
    return found


def _versions(state: ArtifactState, names: Sequence[str], holders: Holders) -> list[VersionState]:
    versions = wanted_versions(state, names)
    if len(versions) == 1:
        other, _ = default_baseline(state, versions[0], holders)
        versions += [other] if other else []
    return versions


def side_of(name: str, version: VersionState, holders: Holders) -> Side:
    """Return a version as one side of a comparison."""
    first = version.origin
    own = tuple(stage for stage, held in holders.items() if held == version.name)
    label = f"{name}@{version.name}" if version.is_registered else version.commit
    target = Target(label, version.commit, name, version.name if version.is_registered else None)
    return Side(version.name, target, first.time, first.author, own)


def _base(sides: Sequence[Side], asked: str, stages: Sequence[str]) -> int:
    """Return the place of the baseline: as asked, else the one nearest to production, else the lowest version."""
    if asked:
        return next(at for at, side in enumerate(sides) if side.name == asked)
    places = {stage: at for at, side in reversed(list(enumerate(sides))) for stage in side.stages}
    staged = [stage for stage in stages if stage in places]
    if staged:
        return places[max(staged, key=lambda stage: nearness(stage, stages))]
    return min(range(len(sides)), key=lambda at: version_key(sides[at].name))


def compared(studio: StudioContext, page: ComparePage, known: Sequence[ComparedColumn], repo: str) -> ComparePage:
    """Return the page with what is known: code and packages from Git, where all are of one repository."""
    page = page._replace(stale=stale_ones([side.short for side in page.sides], [one.facts for one in known]))
    if not repo:
        return page._replace(groups=groups_of(known, page.base))
    targets = [side.target for side in page.sides]
    old = targets.pop(page.base)

    def work(registry: Registry) -> tuple[list[Comparison], list[Facts]]:
        is_read = all(one.facts for one in known)
        found = [] if is_read else gather(registry, [side.target for side in page.sides])
        return compare_with_each(registry, old, targets) if targets else [], [
            Description(one).as_dict() for one in found
        ]

    answer = studio.read_git(repo, work)
    if isinstance(answer, Failure):
        return page._replace(groups=groups_of(known, page.base), failure=answer)
    comparisons, gathered = answer
    apart = iter(comparisons)
    columns = [
        one._replace(facts=one.facts or gathered[at], comparison=None if at == page.base else next(apart))
        for at, one in enumerate(known)
    ]
    stale = stale_ones([side.short for side in page.sides], [one.facts for one in columns])
    return page._replace(groups=groups_of(columns, page.base), comparisons=tuple(comparisons), stale=stale)


def read_commits(request: Request, repo: str) -> ComparePage:
    """Read what the address asks for from Git alone: the index knows commits of versions only."""
    studio, given = context_of(request), request.query_params
    wanted = asked_names(request, "c")
    if not wanted:
        raise UsageError("No commit to compare is named", "choose some among the experiments")
    with studio.database.read() as connection:
        web = lookup.find_repository(connection, repo).web
    sides = targets_of_commits(studio, repo, wanted)
    base = next((at for at, side in enumerate(sides) if side.name == given.get("baseline")), len(sides) - 1)
    page = ComparePage(repo, "", sides, base, *asked_switches(request), web=web)
    return compared(studio, page, [ComparedColumn(None, None)] * len(sides), repo)


def targets_of_commits(studio: StudioContext, repo: str, names: Sequence[str]) -> tuple[Side, ...]:
    """Return the commits that revisions name, or raise the error that says which one names none."""

    def work(registry: Registry) -> Sequence[Target] | GTOException:
        try:
            return find_targets(registry, names, None)
        except GTOException as error:
            return error

    found = studio.read_git(repo, work)
    if isinstance(found, Failure):
        raise UsageError(f"{found.repo} cannot be read: {found.error}", found.hint)
    if isinstance(found, GTOException):
        raise found
    return tuple(Side(name, target, None, "") for name, target in zip(names, found, strict=True))
