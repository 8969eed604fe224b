"""Annotations of a registry's artifacts, found by path in commits or in the work tree."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.core import names
from gto.exceptions import BadFile
from gto.git.commit_files import Files, Place, may_stand_for_another
from gto.git.object_cache import ParsedBlobs, Read
from gto.git.objects import GitObject
from gto.git.tree import list_tree
from gto.registry.registry import Registry

DVC_FILE = "dvc.yaml"


def files_of(registry: Registry, name: str) -> list[str]:
    """Return the files that may annotate an artifact: the `dvc.yaml` of its directory, and for the root the index."""
    directory, _ = names.split_directory(name)
    if directory:
        return [posixpath.join(directory, DVC_FILE)]
    return [DVC_FILE, registry.config.index_file]


def with_params(commit: str | None, paths: Iterable[str]) -> list[Place]:
    """Add the file from which DVC fills in `${...}`, so that one process reads both."""
    places: list[Place] = []
    for path in paths:
        places.append((commit, path))
        if posixpath.basename(path) == DVC_FILE:
            places.append((commit, posixpath.join(posixpath.dirname(path), "params.yaml")))
    return places


def read_real(files: Files, commit: str | None, path: str) -> bytes | None:
    """Return what a file holds, links followed and pointers of Git LFS resolved; BadFile where that cannot be read."""
    data = files.read(commit, path)
    if data is None or not may_stand_for_another(data):
        return data
    from gto.dvc.checkout import Checkout, read_pointed

    return read_pointed(files, path, data) if commit is None else Checkout(files, commit).load(path)


def read_file(files: Files, commit: str | None, path: str) -> ReadAnnotations:
    """Read one annotation file; one that is not there says nothing."""
    try:
        data = read_real(files, commit, path)
    except BadFile as error:
        from gto.annotations.entry_reader import file_problem

        return ReadAnnotations(problems=(file_problem(error),))
    if data is None:
        return ReadAnnotations()
    parsed = files.cache.parsed
    return parsed.make(
        "annotations", data, path, partial(read_real, files, commit), partial(_parse, parsed, data, path)
    )


def _parse(parsed: ParsedBlobs, data: bytes, path: str, read: Read) -> ReadAnnotations:
    if posixpath.basename(path) == DVC_FILE:
        from gto.annotations.dvc_yaml import read_dvc_yaml  # YAML is imported where there is a file of it
        from gto.dvc.parsers import Parsers

        return read_dvc_yaml(data, path, read, Parsers(parsed))
    from gto.annotations.artifacts_yaml import read_artifacts_yaml

    return read_artifacts_yaml(data, path)


def read_files(files: Files, commit: str | None, paths: Sequence[str], beside: Sequence[str] = ()) -> ReadAnnotations:
    """Read several annotation files of one commit, or of the work tree, in order.

    The process that reads them brings `beside`, which is no annotation, for who asks `files` for it next.
    """
    files.fetch([*with_params(commit, paths), *((commit, path) for path in beside)])
    readings = [read_file(files, commit, path) for path in paths]
    return ReadAnnotations(
        tuple(chain.from_iterable(reading.annotations for reading in readings)),
        tuple(problem for reading in readings for problem in reading.problems),
    )


def fetch(registry: Registry, wanted: Iterable[tuple[str, str]]) -> None:
    """Bring the files that annotate artifacts in commits, all at once; only a mirror lacks any."""
    if not registry.repo.is_own:
        places = [one for name, commit in wanted for one in with_params(commit, files_of(registry, name))]
        Files(registry.repo).fetch(places)


def find(registry: Registry, name: str, commit: str | None, *, work_tree: bool = False) -> Annotation | None:
    """Return an artifact's annotation in a commit (None: HEAD), or in the work tree; `dvc.yaml` comes first."""
    return read_of(registry, name, commit, work_tree=work_tree).find(name)


def read_of(registry: Registry, name: str, commit: str | None, *, work_tree: bool = False) -> ReadAnnotations:
    """Read the files that may annotate an artifact in a commit (None: HEAD), or in the work tree."""
    where = None if work_tree else commit or registry.repo.rev
    if where is None and not work_tree:
        return ReadAnnotations()
    return read_files(Files(registry.repo), where, files_of(registry, name))


def places_in_tables(registry: Registry, known: Iterable[str]) -> list[str]:
    """Return the paths of the annotation files that tables show: at the root, and in directories that tags name."""
    directories = sorted({names.split_directory(name)[0] for name in known} - {""})
    return [registry.config.index_file, DVC_FILE, *(posixpath.join(one, DVC_FILE) for one in directories)]


def in_tables(registry: Registry, known: Iterable[str], revs: Sequence[str] = ()) -> list[str]:
    """Return the names that HEAD's annotations give, found by path: at the root, and in directories that tags name.

    With `revs` the trees of those commits are walked as well.
    """
    files = Files(registry.repo)
    found: list[str] = []
    if registry.repo.rev is not None:
        found += _names(files, registry.repo.rev, places_in_tables(registry, known))
    for rev in revs:
        found += [one.name for one in walk(registry, rev, files).annotations]
    return list(dict.fromkeys(found))


def _names(files: Files, commit: str, paths: Sequence[str]) -> list[str]:
    """Return the names that files of a commit give, with as little reading as each allows."""
    from gto.annotations.name_scan import read_names

    files.fetch((commit, path) for path in paths)
    found: list[str] = []
    for path in paths:
        data = files.kept.get((commit, path))
        if data is not None:
            is_itself = not may_stand_for_another(data)
            quick = read_names(data, path, dvc=posixpath.basename(path) == DVC_FILE) if is_itself else None
            found += [one.name for one in read_file(files, commit, path).annotations] if quick is None else quick
    return found


def walk(registry: Registry, commit: str, files: Files | None = None, beside: Sequence[str] = ()) -> ReadAnnotations:
    """Read every annotation file of a commit; this walks its tree. `beside` is brought as read_files() does."""
    index = registry.config.index_file
    listed = [entry.path for entry in list_tree(registry.git, commit)]
    paths = [path for path in listed if path == index or posixpath.basename(path) == DVC_FILE]
    return read_files(files or Files(registry.repo), commit, paths, sorted({*beside} & {*listed}))


def commits(registry: Registry, *, all_branches: bool, all_commits: bool) -> list[str]:
    """Return the commits at the tips of all branches, or all commits that branches reach."""
    if all_commits:
        return registry.git.run(["rev-list", "--branches"]).decode().split()
    if all_branches:
        out = registry.git.run(["for-each-ref", "--format=%(objectname)", "refs/heads"]).decode()
        return list(dict.fromkeys(out.split()))
    return []


def adds_head(registry: Registry, name: str, *, known: bool) -> bool:
    """Tell whether HEAD's annotation makes HEAD a line of the artifact's table.

    For an artifact with tags only the older `artifacts.yaml` does, as in GTO 1.x; without tags any annotation.
    """
    if not names.is_artifact(name):
        return False
    if not known:
        return find(registry, name, None) is not None
    directory, _ = names.split_directory(name)
    if directory or registry.repo.rev is None:
        return False
    found = read_file(Files(registry.repo), registry.repo.rev, registry.config.index_file)
    return any(one.name == name for one in found.annotations)


def names_in_index(registry: Registry, commit: str) -> list[str]:
    """Return the names in a commit's `artifacts.yaml`, in its order."""
    return [one.name for one in read_file(Files(registry.repo), commit, registry.config.index_file).annotations]


def in_index(registry: Registry, name: str, commit: str, found: GitObject | None) -> Annotation | None:
    """Return what a commit's `artifacts.yaml`, which git holds as `found`, says of an artifact."""
    if found is None or found.type != "blob" or found.body is None:
        return None
    if may_stand_for_another(found.body):
        return read_file(Files(registry.repo), commit, registry.config.index_file).find(name)
    from gto.annotations.artifacts_yaml import read_artifacts_yaml

    reading = read_artifacts_yaml(found.body, registry.config.index_file)
    return reading.find(name)


def of_each(registry: Registry, commits: Mapping[str, str | None]) -> dict[str, Annotation]:
    """Return the annotation of each artifact: at HEAD, else at the commit given with it."""
    files = Files(registry.repo)
    head = registry.repo.rev
    places = {(where, path) for name, commit in commits.items() for where in (head, commit) if where
              for path in files_of(registry, name)}  # fmt: skip
    files.fetch(place for where, path in sorted(places) for place in with_params(where, [path]))
    readings = {place: read_file(files, *place) for place in places}
    found: dict[str, Annotation] = {}
    for name, commit in commits.items():
        for where in (head, commit):
            for path in files_of(registry, name):
                reading = readings.get((where, path), ReadAnnotations()) if where else ReadAnnotations()
                one = reading.find(name)
                if one is not None:
                    found.setdefault(name, one)
    return found
