"""The import of an MLflow registry: each version a commit and a tag, one after the other, then the stages.

A version's commit is on the branch before its tag is there. Whatever stops an import, the next one finds what is done
by the trailers of tags and commits, and goes on behind it.
"""

import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from gto.core import plan as core_plan
from gto.exceptions import BadFile, Conflict, GTOException, StorageError, UncommittedChanges, UsageError
from gto.git.branch_growth import GrowingBranch, advance, find_branch
from gto.git.command import tell
from gto.git.commit import changed_paths
from gto.git.push_refs import push_branch, push_commit
from gto.git.tag_writer import read_identity
from gto.importers.commit_texts import CommitTexts
from gto.importers.mlflow import trailers, version_commit
from gto.importers.mlflow.allowed_names import folder_of
from gto.importers.mlflow.client import MlflowClient
from gto.importers.mlflow.earlier_imports import KnownImports, read_known
from gto.importers.mlflow.import_plan import ImportPlan, NewVersion, StageMove, Unplaced, Wishes, decide
from gto.importers.mlflow.report import ImportedVersion, ImportReport
from gto.importers.mlflow.version_commit import Places
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE
from gto.registry.write import sync, verbs
from gto.registry.write.retry import persist
from gto.registry.write.transaction import WriteOptions


class ImportOptions(NamedTuple):
    """What is imported, and how."""

    patterns: Sequence[str]
    """Names of models, with `*` and `?`; none for all."""
    wishes: Wishes
    places: Places
    branch: str | None = None
    push: bool = False
    dry_run: bool = False


def import_registry(registry: Registry, client: MlflowClient, how: ImportOptions) -> ImportReport:
    """Bring what is new, and say what was done and what has no place."""
    _check_repository(registry, how)
    branch = find_branch(registry.git, how.branch)
    is_new = how.branch is not None and branch.tip is None and not branch.is_here
    if is_new:
        branch = branch._replace(tip=registry.repo.rev)  # it begins where HEAD is
    known = read_known(registry.snapshot(), registry.git, branch.tip)
    tell("asking MLflow")
    planned = decide(client.read_models(how.patterns), registry.snapshot(), known, how.wishes)
    _check_places(registry, branch, planned, known, how.places)
    report = ImportReport(branch.name, how.dry_run, known=planned.known, unplaced=list(planned.unplaced))
    report.names = {one.model.name: one.artifact for one in planned.versions if one.model.name != one.artifact}
    if how.dry_run:
        report.versions = [_imported(new) for new in planned.versions]
        report.moves = [(move, None) for move in planned.moves]
        return report
    work = _Import(registry, client, how, report, _Growth(branch, is_new))
    for at, new in enumerate(planned.versions, 1):
        tell(f"version {new.found.number} of {new.artifact} ({at} of {len(planned.versions)})")
        work.bring(new)
    for move in planned.moves:
        work.move(move)
    if how.push:
        tell("pushing")
        work.push()
    tell("")
    return report


def _check_repository(registry: Registry, how: ImportOptions) -> None:
    """Raise where nothing can be written, or earlier imports may not be here; before a push, fetch them."""
    if not registry.repo.is_own:
        raise UsageError("An import writes to a clone, and a URL is none", "clone it, and import with --push")
    if registry.repo.is_shallow:
        reason = "This clone is shallow: what was imported before may not be here"
        raise Conflict(reason, "`git fetch --unshallow --tags` brings it")
    if how.dry_run:
        return
    read_identity(registry.repo.writer)  # who commits is known before MLflow is asked
    if how.push:
        sync.fetch(registry)
        del registry.listing


def _check_places(
    registry: Registry, branch: GrowingBranch, planned: ImportPlan, known: KnownImports, places: Places
) -> None:
    """Raise before anything is done, where files of others, or changes that are not committed, stand in the way."""
    artifacts = {one.artifact: one.model.name for one in planned.versions}
    begun = {*known.names, *(name for name, _ in known.commits)}
    fresh = [artifact for artifact, model in artifacts.items() if model not in begun]
    is_first = bool(artifacts) and not begun
    version_commit.check_free(CommitTexts(registry, branch.tip), places, fresh, is_first=is_first)
    if branch.is_here and branch.tip is not None and artifacts:
        own = [
            places.metrics,
            places.params,
            places.file,
            "dvc.yaml",
            places.of(".gitattributes"),
            places.of(".gitignore"),
        ]
        own += [places.of(folder_of(name)) for name in artifacts]
        changed = changed_paths(registry.git, own)
        if changed:
            raise UncommittedChanges(changed[0])


class _Growth(NamedTuple):
    branch: GrowingBranch
    is_new: bool
    """Whether the branch is still to be made."""


class _Import:
    """One import at work."""

    def __init__(
        self, registry: Registry, client: MlflowClient, how: ImportOptions, report: ImportReport, growth: _Growth
    ) -> None:
        self._registry = registry
        self._client = client
        self._how = how
        self._report = report
        self._growth = growth
        self._here: set[tuple[str, str]] = set()
        self._failed: set[tuple[str, str]] = set()

    def bring(self, new: NewVersion) -> None:
        """Bring one version; where its files cannot be had, say so, and let the others come."""
        try:
            done = _imported(new)._replace(commit=new.commit) if new.commit else self._commit(new)
            done = done._replace(ref=self._register(new, done.commit or ""))
        except (StorageError, _Refused) as error:
            why = f"{error.message}{f' ({error.hint})' if error.hint else ''}"
            self._failed.add((new.artifact, new.version))
            self._report.failed.append(Unplaced(new.model.name, f"version {new.found.number}", why))
            return
        self._report.versions.append(done)

    def _commit(self, new: NewVersion) -> ImportedVersion:
        with tempfile.TemporaryDirectory(prefix="gto-mlflow-") as scratch:
            brought = version_commit.bring(self._client, new, scratch, allow_local=self._how.places.allow_local)
            self._report.unplaced += brought.unplaced

            def attempt() -> version_commit.MadeCommit:
                try:
                    made = version_commit.make(self._registry, self._growth.branch.tip, new, brought, self._how.places)
                except (BadFile, Conflict, UsageError) as error:
                    raise _Refused(error.message, error.hint) from error
                old = self._growth.branch._replace(tip=None) if self._growth.is_new else self._growth.branch
                self._growth = _Growth(advance(self._registry.repo.writer, old, made.oid), is_new=False)
                return made

            made = persist(attempt, self._look_again)
            return _imported(new)._replace(
                commit=made.oid, storage=made.storage.value, files=len(brought.files), bytes=brought.size
            )

    def _look_again(self) -> None:
        """Go on from where somebody else brought the branch."""
        self._growth = _Growth(find_branch(self._registry.git, self._growth.branch.name), is_new=False)

    def _register(self, new: NewVersion, commit: str) -> str:
        at = Registry(self._registry.repo._replace(rev=commit), commit, self._registry.session)
        said = {
            trailers.MODEL: new.model.name,
            trailers.VERSION: new.found.number,
            trailers.RUN: new.found.run,
            trailers.USER: new.found.user,
        }
        title = f"Registering artifact {new.artifact} version {new.version}"
        text = trailers.message(title, new.found.description, said)
        return _ref(verbs.register(at, new.artifact, new.version, None, WriteOptions(text, force=True, when=new.when)))

    def move(self, move: StageMove) -> None:
        """Put a version into a stage, or take it off; of a version that did not come, do nothing."""
        if (move.artifact, move.version) in self._failed:
            return
        said = {trailers.MODEL: move.model, move.trailer: move.source, trailers.VERSION: move.number}
        done = "Assigning stage {} to" if move.is_on else "Unassigning stage {} of"
        title = f"{done.format(move.stage)} artifact {move.artifact} version {move.version}"
        manner = WriteOptions(trailers.message(title, "", said), force=True, when=move.when)
        try:
            if move.is_on:
                wish = core_plan.Assignment(move.stage, version=move.version)
                ref = _ref(verbs.assign(self._registry, move.artifact, wish, manner))
            else:
                back = core_plan.TakeBack(version=move.version)
                ref = _ref(verbs.unassign(self._registry, move.artifact, move.stage, back, manner))
        except GTOException as error:
            what = f"stage '{move.source}' of version {move.number}"
            why = f"{error.message}{f' ({error.hint})' if error.hint else ''}"
            self._report.failed.append(Unplaced(move.model, what, why))
            return
        self._report.moves.append((move, ref))

    def push(self) -> None:
        """Push the branch, then the tags that the remote lacks of the artifacts that came."""
        git, branch = self._registry.repo.writer, self._growth.branch
        if branch.is_here:
            push_branch(git, REMOTE)
        else:
            there = (
                git.run(["ls-remote", "--refs", "--", REMOTE, f"refs/heads/{branch.name}"]).decode().partition("\t")[0]
            )
            if there != branch.tip and branch.tip is not None:
                push_commit(git, REMOTE, branch.name, there, branch.tip)
        del self._registry.listing
        snapshot = self._registry.snapshot()
        names = sorted(set(read_known(snapshot, git, None).names.values()))
        if names:
            self._report.pushed = list(sync.push(self._registry, names, per_push=0).refs)


class _Refused(GTOException):
    """A commit that cannot be made of one version, and does not keep others from coming."""


def _ref(outcome: verbs.Outcome) -> str:
    return outcome.events[-1].ref


def _imported(new: NewVersion) -> ImportedVersion:
    return ImportedVersion(new.model.name, new.found.number, new.artifact, new.version, new.when)
