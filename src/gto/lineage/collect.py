"""All that the files of a commit tell of a version."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.model_facts import KnownModel, read_side_car
from gto.annotations.model_pointer import side_car_places
from gto.core import names
from gto.core.commit_facts import Commit
from gto.core.event import Problem
from gto.dvc.checkout import Checkout, fetch_all
from gto.dvc.kept_files import KeptFiles
from gto.dvc.output import Datum
from gto.dvc.output_contents import DataReach
from gto.dvc.paths import tidy
from gto.dvc.project import Project, first_files, pointer_files, read_project, root_of
from gto.git.command import Git
from gto.git.commit import parse_commit
from gto.git.commit_files import Files
from gto.lineage import values
from gto.lineage.requirements import find_requirements, read_packages
from gto.lineage.trace import Lineage, trace
from gto.lineage.values import Elsewhere, Values
from gto.registry import annotation_lookup
from gto.registry.registry import Registry
from gto.registry.resolve import Target


class CollectedFacts(NamedTuple):
    """What is known of a version from its commit."""

    point: Target
    commit: Commit | None
    """None where git cannot read the commit as one."""
    annotation: Annotation | None
    lineage: Lineage | None
    """None where no annotation says where the artifact lies."""
    data: tuple[Datum, ...]
    """The artifact and what led to it; without a lineage, all that `dvc.lock` files record."""
    metrics: Values
    params: Values
    plots: tuple[str, ...]
    """The names of the plots, files or ids."""
    requirements: Mapping[str, str]
    """The files that say which packages are needed, each with its object id."""
    packages: Mapping[tuple[str, str], str]
    files: tuple[str, ...]
    """The files that Git holds at the artifact's path."""
    problems: tuple[Problem, ...]
    model: KnownModel | None = None
    """What a side-car says of the model."""

    @property
    def elsewhere(self) -> tuple[Elsewhere, ...]:
        """What is declared and not in Git, whether it was read or not."""
        return (*self.metrics.elsewhere, *self.params.elsewhere)


_Place = tuple[str, str]
"""A commit, and the root of a project in it."""


class Opened(NamedTuple):
    """A commit of which the project was read."""

    point: Target
    checkout: Checkout
    project: Project


_Asked = tuple[Opened, Annotation | None, str | None]
"""A version, what annotates it, and where the artifact lies."""


def open_points(
    registry: Registry, points: Sequence[Target], files: Files, reach: DataReach | None = None
) -> Iterator[Opened]:
    """Yield the projects of several commits, each read when it is asked for; one process reads all their files.

    `reach` says where files are looked for that DVC keeps; by default in its cache on this machine.
    """
    commits = {commit: Checkout(files, commit) for commit in dict.fromkeys(point.commit for point in points)}
    places = [(point.commit, root_of(commits[point.commit], directory_of(point))) for point in points]
    checkouts = {place: commits[place[0]].apart() for place in places}
    wanted = [(checkout, first_files(checkout, root)) for (_, root), checkout in checkouts.items()]
    wanted += [
        (commits[one.commit], annotation_lookup.files_of(registry, one.artifact)) for one in points if one.artifact
    ]
    fetch_all(files, wanted)
    projects: dict[_Place, Project] = {}
    for point, place in zip(points, places, strict=True):
        checkout = checkouts[place]
        if place not in projects:
            projects[place] = read_project(checkout, place[1])
            checkout.outside = KeptFiles(registry.repo, checkout, projects[place], reach or DataReach())
        own = checkout.apart()
        own.add(checkout.problems)
        yield Opened(point, own, projects[place])


def directory_of(point: Target) -> str:
    """Return the directory that an artifact's name begins with; empty for the root."""
    return names.split_directory(point.artifact)[0] if point.artifact else ""


def gather(registry: Registry, points: Sequence[Target], reach: DataReach | None = None) -> list[CollectedFacts]:
    """Return what is known of several versions; what cannot be read is among their problems.

    Where no annotation of a commit says where the artifact lies, the lineage is that of the path in another's. `reach`
    is that of open_points().
    """
    return gather_from(registry, points, Files(registry.repo), reach, lend_path=True)


def gather_from(
    registry: Registry,
    points: Sequence[Target],
    files: Files,
    reach: DataReach | None = None,
    *,
    lend_path: bool = False,
) -> list[CollectedFacts]:
    """Do as gather(), from files of which some may be read already; without `lend_path`, each version for itself."""
    # Project and annotations are read together: both are in `dvc.yaml`, which is kept for a moment.
    read = [(one, _annotation(registry, one, files)) for one in open_points(registry, points, files, reach)]
    opened, said = [one for one, _ in read], [found for _, found in read]
    known = next((one.path for one in said if one and one.path), None) if lend_path else None
    paths = [tidy(found) if found else None for found in (one.path if one and one.path else known for one in said)]
    groups: dict[_Place, list[_Asked]] = {}
    for one, annotated, path in zip(opened, said, paths, strict=True):
        groups.setdefault(_place(one), []).append((one, annotated, path))
    fetch_all(files, [(group[0][0].checkout, _second_files(group)) for group in groups.values()])
    measured = {place: _measure(group[0][0]) for place, group in groups.items()}
    commits = files.read_commits([point.commit for point in points])
    return [
        _know(one, parse_commit(commit) if commit else None, annotated, path, measured[_place(one)])
        for one, commit, annotated, path in zip(opened, commits, said, paths, strict=True)
    ]


def _place(opened: Opened) -> _Place:
    return opened.point.commit, opened.project.root


def _second_files(group: Sequence[_Asked]) -> list[str]:
    """Return the files that versions of one project in one commit need beside those that it began with."""
    _, checkout, project = group[0][0]
    params = values.param_files(project, checkout)
    used = values.variable_files(checkout, project.pipelines, params)
    directories = dict.fromkeys(directory_of(one.point) for one, _, _ in group)
    requirements = [file for each in directories for file in find_requirements(checkout, each)]
    pointers = pointer_files(checkout, project, [path for _, _, path in group if path])
    beside = [place for _, said, path in group for place in side_car_places(said, path) if checkout.has(place)]
    return [*values.metric_files(project, checkout), *params, *used, *requirements, *pointers, *beside]


class _Measured(NamedTuple):
    """What a project tells alike of all versions in a commit."""

    metrics: Values
    params: Values
    plots: tuple[str, ...]
    problems: Sequence[Problem]


def _measure(opened: Opened) -> _Measured:
    checkout, project = opened.checkout.apart(), opened.project
    metrics, params = values.read_metrics(checkout, project), values.read_params(checkout, project)
    return _Measured(metrics, params, plot_names(project), checkout.problems)


def _know(
    opened: Opened, commit: Commit | None, said: Annotation | None, path: str | None, measured: _Measured
) -> CollectedFacts:
    point, checkout, project = opened
    lineage = trace(checkout, project, path) if path else None
    checkout.add(measured.problems)
    requirements = find_requirements(checkout, posixpath.dirname(said.file) if said else directory_of(point))
    known = CollectedFacts(
        point,
        commit,
        said,
        lineage,
        tuple(lineage.data if lineage else _all_data(project)),
        measured.metrics,
        measured.params,
        measured.plots,
        {path: checkout.tree.entries[path].oid for path in requirements},
        read_packages(checkout, requirements),
        tuple(checkout.files_in(path) or [path]) if path and lineage and lineage.home == "git" else (),
        (),
        read_side_car(checkout, said, path, lineage.tracked if lineage else None),
    )
    return known._replace(problems=tuple(checkout.problems))


def _all_data(project: Project) -> list[Datum]:
    every = [datum for ran in project.stages if ran.locked for datum in (*ran.locked.deps, *ran.locked.outs)]
    return list({datum.path: datum for datum in every}.values())


def _annotation(registry: Registry, opened: Opened, files: Files) -> Annotation | None:
    name = opened.point.artifact
    if name is None or not names.is_artifact(name):
        return None
    found = annotation_lookup.read_files(files, opened.point.commit, annotation_lookup.files_of(registry, name))
    for problem in found.problems:
        if problem.artifact in {"", name}:
            opened.checkout.set_aside(problem.code, problem.subject, problem.reason, problem.hint)
    return found.find(name)


def plot_names(project: Project) -> tuple[str, ...]:
    """Return the files and ids of the plots that a project declares."""
    declared = [output.path for ran in project.stages for output in ran.stage.plots]
    for pipeline in project.pipelines:
        here = posixpath.dirname(pipeline.file)
        for plot in pipeline.plots:
            is_path = not isinstance(plot.properties.get("y"), dict)
            declared.append(posixpath.normpath(posixpath.join(here, plot.id)) if is_path else plot.id)
    return tuple(dict.fromkeys(declared))


MOST_COMMITS = 100
MOST_FILES = 1000

_FIELDS = 4  # of a commit's line
_STATUS = {"A": "added", "D": "deleted", "M": "modified", "T": "modified"}


class Passed(NamedTuple):
    """A commit on the way."""

    commit: str
    author: str
    created_at: str
    """The committer's time, in ISO form."""
    subject: str


class Changed(NamedTuple):
    """A file that differs."""

    path: str
    status: str
    """`added`, `deleted` or `modified`."""


class Between(NamedTuple):
    """The way from one commit to another."""

    ahead: int
    """How many commits the second has that the first has not."""
    behind: int
    """How many the first has that the second has not."""
    commits: tuple[Passed, ...]
    """The newest of those ahead, at most MOST_COMMITS."""
    files: tuple[Changed, ...]
    """At most MOST_FILES."""
    files_changed: int


def between(git: Git, old: str, new: str) -> Between:
    """Return the way between two commits, in three git processes; none for equal ones."""
    if old == new:
        return Between(0, 0, (), (), 0)
    left, right = git.run(["rev-list", "--left-right", "--count", f"{old}...{new}", "--"]).split()
    lines = git.run(["rev-list", f"--max-count={MOST_COMMITS}", "--no-commit-header",
                     "--format=%H%x00%an%x00%cI%x00%s", f"{old}..{new}", "--"])  # fmt: skip
    commits = []
    for line in lines.decode("utf-8", "replace").split("\n"):
        fields = line.split("\0")
        if len(fields) == _FIELDS:
            commits.append(Passed(*fields))
    files = _files(git, old, new)
    return Between(int(right), int(left), tuple(commits), tuple(files[:MOST_FILES]), len(files))


def _files(git: Git, old: str, new: str) -> list[Changed]:
    out = git.run(["diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new, "--"])
    words = out.decode("utf-8", "surrogateescape").split("\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    return [Changed(path, _STATUS.get(status, "modified")) for status, path in pairs]
