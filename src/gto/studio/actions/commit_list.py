"""The commits that a version can be registered at, each with what helps to choose: metrics, file, version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from gto.core.snapshot import ArtifactState
from gto.exceptions import GTOException
from gto.git.command import Git
from gto.git.commit_walk import current_branch
from gto.git.repo import commit_of
from gto.lineage.collect import CollectedFacts, gather
from gto.lineage.values import is_number
from gto.registry.registry import Registry
from gto.registry.resolve import Target
from gto.studio.goals import is_gain, is_higher_better, read_goals

MOST = 30
"""How many commits are listed."""
_MOST_BRANCHES = 100
_MOST_VERSIONS = 10  # the newest, whose files are compared
_FORMAT = "--format=%H%x00%h%x00%an%x00%ct%x00%s"
_FIELDS = 5


class BranchName(NamedTuple):
    """A branch, by its name and as git takes it."""

    name: str
    ref: str


class CommitRow(NamedTuple):
    """One commit of the list."""

    oid: str
    short: str
    author: str
    time: int
    subject: str
    version: str = ""
    """The version that it has; empty for none."""
    is_taken: bool = False
    """Whether nothing can be registered there."""
    metric: str = ""
    value: float | None = None
    change: float | None = None
    """Against the latest version."""
    is_better: bool | None = None
    file: str = ""
    """Whether the artifact's file changed, in words."""


class CommitList(NamedTuple):
    """The commits of one branch, the newest first, or those that fit a text."""

    rows: tuple[CommitRow, ...]
    branch: str
    branches: tuple[BranchName, ...]
    text: str

    def find(self, rev: str) -> CommitRow | None:
        """Return the commit that is meant."""
        return next((row for row in self.rows if rev and rev in {row.oid, row.short}), None)

    def suggest(self) -> str:
        """Return the newest commit that can take a version; empty where none can."""
        return next((row.short for row in self.rows if not row.is_taken), "")

    @property
    def is_full(self) -> bool:
        """Whether each of them has a version already."""
        return bool(self.rows) and all(row.is_taken for row in self.rows)


def read_commits(registry: Registry, state: ArtifactState, branch: str, text: str, also: str = "") -> CommitList:
    """List the commits of a branch that fit a text; `also` is a commit that is listed in any case."""
    git = registry.git
    branches = list_branches(git)
    named = {one.name: one.ref for one in branches}
    start, grep = named.get(branch, branch or "HEAD"), text
    if text and (place := named.get(text) or commit_of(git, text)):  # a branch or a hash
        start, grep = place, ""
    is_there = commit_of(git, start) is not None
    rows = list(_log(git, ["--branches", "--remotes=origin"] if grep else [start], grep)) if is_there else []
    if also and not any(also in {row.oid, row.short} for row in rows) and (oid := commit_of(git, also)):
        rows = [*_log(git, [oid], "", 1), *rows]
    shown = branch or default_branch(git, branches)
    rows = [_with_version(row, state) for row in rows]
    with suppress(GTOException):  # a commit whose files cannot be read is listed all the same
        rows = list(_with_facts(registry, state, rows))
    return CommitList(tuple(rows), shown, branches, text)


def read_commit(git: Git, oid: str) -> CommitRow:
    """Return one commit, without what its files tell."""
    found = list(_log(git, [oid], "", 1)) if oid and commit_of(git, oid) else []
    return found[0] if found else CommitRow(oid, oid[:7], "", 0, "")


def list_branches(git: Git) -> tuple[BranchName, ...]:
    """Return the branches here, and those of `origin`, the last one that changed first."""
    return tuple(_branches(git))


def _branches(git: Git) -> Iterator[BranchName]:
    kinds = ["refs/heads", "refs/remotes/origin"]
    args = ["for-each-ref", "--sort=-committerdate", f"--count={_MOST_BRANCHES}", "--format=%(refname)", *kinds]
    for ref in git.run(args).decode("utf-8", "surrogateescape").splitlines():
        name = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
        if name != "origin/HEAD":
            yield BranchName(name, ref)


def default_branch(git: Git, branches: Iterable[BranchName]) -> str:
    """Return the name of the branch that HEAD is on; empty where it is on none."""
    name = current_branch(git) or ""
    return name if any(one.name == name for one in branches) else ""


def _log(git: Git, start: Sequence[str], text: str, most: int = MOST) -> Iterator[CommitRow]:
    grep = ["--fixed-strings", "--regexp-ignore-case", f"--grep={text}"] if text else []
    args = ["rev-list", f"--max-count={most}", "--no-commit-header", _FORMAT, *grep, *start, "--"]
    for line in git.run(args).decode("utf-8", "replace").split("\n"):
        fields = line.split("\0")
        if len(fields) == _FIELDS:
            yield CommitRow(fields[0], fields[1], fields[2], int(fields[3]), fields[4])


def _with_version(row: CommitRow, state: ArtifactState) -> CommitRow:
    here = state.at_commit(row.oid)
    return row._replace(version=here[0].name, is_taken=here[0].is_active) if here else row


class _Seen(NamedTuple):
    """What was read of some commits."""

    facts: Mapping[str, CollectedFacts]
    files: Mapping[str, str]
    """What names the artifact's file in each commit: an object id, or DVC's hash."""


def _with_facts(registry: Registry, state: ArtifactState, rows: Sequence[CommitRow]) -> Iterator[CommitRow]:
    known = sorted((one for one in state.versions if one.semver and one.is_active), key=lambda one: one.semver.key)  # type: ignore[union-attr]  # asked just before
    versions = {one.commit: one.name for one in known[-_MOST_VERSIONS:]}
    commits = list(dict.fromkeys([*(row.oid for row in rows), *versions]))
    found = gather(registry, [Target(oid, oid, state.name) for oid in commits])
    facts = dict(zip(commits, found, strict=True))
    seen = _Seen(facts, _files(registry, facts))
    of_file = {seen.files[oid]: name for oid, name in versions.items() if oid in seen.files}
    base = facts.get(state.latest.commit) if state.latest else None
    for row in rows:
        yield _measured(_placed(row, seen, of_file), facts[row.oid], base)


def _files(registry: Registry, facts: Mapping[str, CollectedFacts]) -> dict[str, str]:
    found: dict[str, str] = {}
    in_git = {}
    for oid, one in facts.items():
        if one.lineage is not None and one.lineage.datum.md5 and one.lineage.home != "git":
            found[oid] = one.lineage.datum.md5
        elif one.lineage is not None and "\n" not in one.lineage.datum.path:
            in_git[oid] = one.lineage.datum.path
    if in_git:
        data = "".join(f"{oid}:{path}\n" for oid, path in in_git.items()).encode("utf-8", "surrogateescape")
        lines = registry.git.run(["cat-file", "--batch-check=%(objectname)"], data=data).decode("utf-8", "replace")
        pairs = zip(in_git, lines.splitlines(), strict=False)
        found |= {oid: line for oid, line in pairs if not line.endswith(" missing")}
    return found


def _placed(row: CommitRow, seen: _Seen, of_file: Mapping[str, str]) -> CommitRow:
    lineage = seen.facts[row.oid].lineage
    if lineage is None:
        return row
    mark = seen.files.get(row.oid)
    if mark is None:
        return row._replace(file=f"no {lineage.datum.path} there")
    same = of_file.get(mark)
    if same == row.version and same:
        return row
    return row._replace(file=f"same file as {same}" if same else f"{lineage.datum.path} changed")


def _measured(row: CommitRow, facts: CollectedFacts, base: CollectedFacts | None) -> CommitRow:
    numbers, before = _numbers(facts), _numbers(base)
    key = next((one for one in before if one in numbers), next(iter(numbers), None))
    if key is None:
        return row
    value, old = numbers[key], before.get(key)
    told = read_goals(facts.annotation.as_dict() if facts.annotation else None)
    change = value - old if old is not None and base is not None and row.oid != base.point.commit else None
    better = is_gain(change, higher=is_higher_better("", key, told))
    return row._replace(metric=key, value=value, change=change, is_better=better)


def _numbers(facts: CollectedFacts | None) -> dict[str, float]:
    files = facts.metrics.files if facts else {}
    found: dict[str, float] = {}
    for keyed in files.values():
        for key, value in keyed.items():
            if is_number(value):
                found.setdefault(key, value)
    return found
