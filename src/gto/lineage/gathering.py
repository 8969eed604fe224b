"""All that the files of a commit tell of a version."""

import posixpath
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gto.annotations.annotation import Annotation
from gto.core import names
from gto.core.event import Problem
from gto.core.published import Commit
from gto.git.commit import parse_commit
from gto.lineage import requirement, values
from gto.lineage.point import Point
from gto.lineage.project import Project, first_files, read_project, root_of
from gto.lineage.trace import Lineage, trace
from gto.lineage.tree import Checkout, fetch_all
from gto.lineage.values import Elsewhere, Values
from gto.registry import annotation
from gto.registry.files import Files
from gto.registry.registry import Registry


class Known(NamedTuple):
    """What is known of a version from its commit."""

    point: Point
    commit: Commit | None
    """None where git cannot read the commit as one."""
    annotation: Annotation | None
    lineage: Lineage | None
    """None where no annotation says where the artifact lies."""
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

    @property
    def elsewhere(self) -> tuple[Elsewhere, ...]:
        """What is declared and not in Git."""
        return (*self.metrics.elsewhere, *self.params.elsewhere)


class Opened(NamedTuple):
    """A commit of which the project was read."""

    point: Point
    checkout: Checkout
    project: Project


def open_points(registry: Registry, points: Sequence[Point], files: Files) -> list[Opened]:
    """Read the projects of several commits, the files that they begin with in one process."""
    checkouts = [Checkout(files, point.commit) for point in points]
    roots = [root_of(checkout, directory_of(point)) for point, checkout in zip(points, checkouts, strict=True)]
    wanted = []
    for point, checkout, root in zip(points, checkouts, roots, strict=True):
        annotating = annotation.files_of(registry, point.artifact) if point.artifact else []
        wanted.append((checkout, [*first_files(checkout, root), *annotating]))
    fetch_all(files, wanted)
    projects = [read_project(checkout, root) for checkout, root in zip(checkouts, roots, strict=True)]
    return [Opened(*found) for found in zip(points, checkouts, projects, strict=True)]


def directory_of(point: Point) -> str:
    """Return the directory that an artifact's name begins with; empty for the root."""
    return names.split_directory(point.artifact)[0] if point.artifact else ""


def gather(registry: Registry, points: Sequence[Point]) -> list[Known]:
    """Return what is known of several versions; what cannot be read is among their problems."""
    files = Files(registry.repo)
    opened = open_points(registry, points, files)
    fetch_all(files, [(one.checkout, _second_files(one)) for one in opened])
    commits = registry.repo.read([point.commit for point in points])
    facts = [parse_commit(found) if found else None for found in commits]
    return [_know(registry, one, fact, files) for one, fact in zip(opened, facts, strict=True)]


def _second_files(opened: Opened) -> list[str]:
    params = values.param_files(opened.project, opened.checkout)
    used = values.variable_files(opened.project.pipelines, params)
    return [*values.metric_files(opened.project, opened.checkout), *params, *used]


def _know(registry: Registry, opened: Opened, commit: Commit | None, files: Files) -> Known:
    point, checkout, project = opened
    said, aside = _annotation(registry, point, files)
    lineage = trace(checkout, project, said.path) if said and said.path else None
    beside = posixpath.dirname(said.file) if said else directory_of(point)
    requirements = requirement.find_requirements(checkout, beside)
    known = Known(
        point,
        commit,
        said,
        lineage,
        values.read_metrics(checkout, project),
        values.read_params(checkout, project),
        plot_names(project),
        {path: checkout.tree.oids[path] for path in requirements},
        requirement.read_packages(checkout, requirements),
        tuple(values.expanded(checkout, [said.path]))
        if lineage and lineage.home == "git" and said and said.path
        else (),
        (),
    )
    return known._replace(problems=(*aside, *checkout.problems))


def _annotation(registry: Registry, point: Point, files: Files) -> tuple[Annotation | None, tuple[Problem, ...]]:
    if point.artifact is None or not names.is_artifact(point.artifact):
        return None, ()
    found = annotation.read_files(files, point.commit, annotation.files_of(registry, point.artifact))
    one = next((one for one in found.annotations if one.name == point.artifact), None)
    return one, tuple(problem for problem in found.problems if problem.artifact in {"", point.artifact})


def plot_names(project: Project) -> tuple[str, ...]:
    """Return the files and ids of the plots that a project declares."""
    declared = [output.path for ran in project.stages for output in ran.stage.plots]
    for pipeline in project.pipelines:
        here = posixpath.dirname(pipeline.file)
        for plot in pipeline.plots:
            is_path = not isinstance(plot.properties.get("y"), dict)
            declared.append(posixpath.normpath(posixpath.join(here, plot.id)) if is_path else plot.id)
    return tuple(dict.fromkeys(declared))
