"""The functions that scripts call: `gto.api`, keyword for keyword as in GTO 1.x.

`repo` is the path of a repository or an object with `root_dir`. Errors are those of `gto.exceptions`. With `stdout`
the lines that the command line prints are printed.
"""

import os
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gto.annotations.annotation import Annotation
from gto.annotations.edit import AnnotationEdit
from gto.catalog import combined
from gto.catalog.file import find_all
from gto.catalog.parallel import SECONDS, Way
from gto.catalog.repositories import choose, parse_address
from gto.catalog.search import SearchResult, search_all
from gto.catalog.search import search as search_registry
from gto.core import selector, tag
from gto.core.plan import Assignment, TakeBack
from gto.core.policy import Verdict
from gto.core.selector import Pick, Selector
from gto.core.semver import Bump
from gto.core.view import Choice, parse_sort
from gto.exceptions import ArtifactNotFound, BadFile, EmptyStage, NoAnnotation, NoRepo, UsageError, VersionNotFound
from gto.fs import atomic_write
from gto.lineage.description import describe_all as describe_at_length
from gto.lineage.diff import Direction, compare
from gto.output import published, signature_columns
from gto.output.published import Published, PublishedEvent
from gto.output.published_artifact import PublishedArtifact
from gto.output.published_registry import PublishedRegistry
from gto.output.published_version import PublishedStage, PublishedVersion, published_stage, published_version
from gto.output.tables import Cell, Table, history_table, overview_table, version_table
from gto.plots import gallery
from gto.registry import overview, resolve, version_reader
from gto.registry.overview import Look
from gto.registry.policy.check import check_tags, default_source
from gto.registry.policy.check import require_policy as require_policy_of
from gto.registry.registry import Registry
from gto.registry.reviews import Reviews
from gto.registry.reviews import reviews as find_reviews
from gto.registry.signatures import Signatures, whom_to_trust
from gto.registry.verify import Verified
from gto.registry.verify import verify as verify_tags
from gto.registry.version_reader import HistoryQuery
from gto.registry.write import sync, verbs
from gto.registry.write.annotate import annotate as write_annotation
from gto.registry.write.annotate import remove as remove_annotation
from gto.registry.write.approve import Approved
from gto.registry.write.approve import approve as write_approval
from gto.registry.write.edit_target import Saved, SaveOptions
from gto.registry.write.publish import TAGS_PER_PUSH
from gto.registry.write.sync import Fetched, Pushed, Status
from gto.registry.write.transaction import WriteOptions
from gto.registry.write.verbs import Outcome

if TYPE_CHECKING:
    from gto.delivery.signed_files import VerifiedFiles
    from gto.dvc.output_contents import DataReach
    from gto.lineage.fact_sources import FactSources
    from gto.registry.resolve import AnnotatedTarget
    from gto.registry.write.sign_files import FilesSigned
    from gto.storage.location import Located

__all__ = [
    "Annotation",
    "Approved",
    "Fetched",
    "Published",
    "PublishedArtifact",
    "PublishedEvent",
    "PublishedRegistry",
    "PublishedStage",
    "PublishedVersion",
    "Pushed",
    "Reviews",
    "Status",
    "TableRows",
    "Verdict",
    "Verified",
    "annotate",
    "approve",
    "assign",
    "check",
    "check_ref",
    "deprecate",
    "deregister",
    "describe",
    "describe_all",
    "diff",
    "fetch",
    "find_latest_version",
    "find_versions_in_stage",
    "get",
    "get_stages",
    "history",
    "history_all",
    "inspect",
    "ls",
    "parse_tag",
    "plots",
    "push",
    "register",
    "remove",
    "reviews",
    "rollback",
    "search",
    "show",
    "show_all",
    "sign",
    "status",
    "unassign",
    "url",
    "verify",
    "verify_files",
]

TableRows = tuple[list[dict[str, Cell]], str]
"""The rows of a table as dictionaries, and the word `keys`: what tabulate takes."""


def register(
    repo: object,
    name: str,
    ref: str,
    version: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    bump_major: bool = False,
    bump_minor: bool = False,
    bump_patch: bool = False,
    push: bool = False,
    stdout: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent:
    """Register a version at `ref` (HEAD where it is empty), and return the event."""
    bumps = [bump for bump, asked in zip(Bump, (bump_major, bump_minor, bump_patch), strict=True) if asked]
    if len(bumps) + bool(version) > 1:
        raise UsageError("Need to specify either version or single bump argument", "leave the others out")
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    registry = Registry.open(repo, ref or "HEAD")
    return _last(verbs.register(registry, name, version, bumps[0] if bumps else None, manner), stdout=stdout)


def assign(
    repo: object,
    name: str,
    stage: str,
    version: str | None = None,
    ref: str | None = None,
    name_version: str | None = None,
    message: str | None = None,
    simple: bool | None = False,
    force: bool = False,
    push: bool = False,
    skip_registration: bool = False,
    stdout: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent:
    """Assign a stage to `version`, or to the version at `ref`, and return the event.

    A commit without a version is registered first, as `name_version` if that is given, in the same transaction.
    """
    registry, commit = _open_at(repo, ref)
    wish = Assignment(stage, version, commit, name_version, skip_registration)
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    return _last(verbs.assign(registry, name, wish, manner), stdout=stdout)


def unassign(
    repo: object,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    stage: str | None = None,
    message: str | None = None,
    stdout: bool = False,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    push: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent | None:
    """Take a stage off a version, and return the event; None where tags were deleted instead."""
    if stage is None:
        raise UsageError("'stage' is required", "name the stage to take off")
    registry, commit = _open_at(repo, ref)
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    return _maybe(verbs.unassign(registry, name, stage, TakeBack(version, commit, delete), manner), stdout=stdout)


def deregister(
    repo: object,
    name: str,
    ref: str | None = None,
    version: str | None = None,
    message: str | None = None,
    stdout: bool = False,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    push: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent | None:
    """Take a version back, and return the event; None where tags were deleted instead."""
    registry, commit = _open_at(repo, ref)
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    return _maybe(verbs.deregister(registry, name, TakeBack(version, commit, delete), manner), stdout=stdout)


def deprecate(
    repo: object,
    name: str,
    ref: str | None = None,
    message: str | None = None,
    stdout: bool = False,
    simple: bool | None = None,
    force: bool = False,
    delete: bool = False,
    push: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent | None:
    """Retire an artifact, and return the event; None where tags were deleted instead."""
    registry, commit = _open_at(repo, ref)
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    return _maybe(verbs.deprecate(registry, name, commit, manner, delete=delete), stdout=stdout)


def rollback(
    repo: object,
    name: str,
    stage: str,
    to: str | None = None,
    message: str | None = None,
    simple: bool | None = None,
    force: bool = False,
    push: bool = False,
    stdout: bool = False,
    author: str | None = None,
    author_email: str | None = None,
    sign: bool | None = None,
) -> PublishedEvent:
    """Put the version that was in `stage` before, or the version `to`, into it again, and return the event."""
    manner = WriteOptions(message, simple, force, push, author, author_email, sign=sign)
    return _last(verbs.rollback(Registry.open(repo), name, stage, to, manner), stdout=stdout)


def _open_at(repo: object, ref: str | None) -> tuple[Registry, str | None]:
    """Open a repository at a revision, and return with it the commit; None where no revision is named."""
    registry = Registry.open(repo, ref or "HEAD")
    return registry, registry.commit() if ref is not None else None


def _last(outcome: Outcome, *, stdout: bool) -> PublishedEvent:
    _say(outcome, stdout=stdout)
    return outcome.events[-1]


def _maybe(outcome: Outcome, *, stdout: bool) -> PublishedEvent | None:
    _say(outcome, stdout=stdout)
    return outcome.events[-1] if outcome.events else None


def _say(done: "Outcome | Approved | Saved | FilesSigned", *, stdout: bool) -> None:
    if stdout:
        print("\n".join(done.lines()))  # noqa: T201  asked for


def show(
    repo: object,
    name: str | None = None,
    truncate_hexsha: bool = False,
    registered_only: bool = False,
    deprecated: bool = False,
    assignments_per_version: int = -1,
    versions_per_stage: int = 1,
    sort: str | Enum = "timestamp",
    table: bool = False,
    verify: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> dict[str, Published] | list[Published] | TableRows:
    """Return the registry, or the versions that `name` (an artifact or a selector) names.

    The registry is a dictionary by artifact, versions are a list, both with the keys of `gto show --json`; with
    `table` the rows of the table. With `verify` each has what its signatures are worth; with `require_signed` events
    without a good one are left out, with `require_policy` those that the
    policy refuses. `allowed_signers` is the path of a file that says whose keys count.
    """
    choice = Choice(registered_only, deprecated, assignments_per_version, versions_per_stage, parse_sort(sort))
    registry = Registry.open(repo)
    proof = _proof(registry, _Wants(require_signed, require_policy, allowed_signers, verify))
    if not name:
        seen = overview.overview(registry, choice)
        found = proof.under_artifacts() if proof is not None and verify else None
        if not table:
            return seen.dicts() if found is None else signature_columns.artifacts(seen.dicts(), found)
        rows = overview_table(seen.rows, seen.stages, cut=truncate_hexsha)
        return _rows(rows if found is None else signature_columns.overview(rows, found))
    chosen = selector.parse(name)
    versions = version_reader.versions(registry, chosen, choice, details=not table)
    under = proof.under_versions(versions.rows) if proof is not None and verify else None
    if not table:
        return versions.dicts() if under is None else signature_columns.dicts(versions.dicts(), under)
    rows = version_table(
        chosen.name, versions.rows, versions.enriched.commits, known=versions.known, cut=truncate_hexsha
    )
    return _rows(rows if under is None else signature_columns.rows(rows, under))


class _Wants(NamedTuple):
    """What a reader wants to know, or demands, of events."""

    signed: bool
    policy: bool
    signers: str | None
    """The path of the file that says whose keys count."""
    signatures: bool = False


def _proof(registry: Registry, wants: _Wants) -> Signatures | None:
    """Have events checked, where that is asked for."""
    signers = _read(wants.signers)
    found = None
    if wants.signatures or wants.signed:
        found = Signatures(registry, whom_to_trust(registry, signers), required=wants.signed)
    if wants.policy:
        require_policy_of(registry, signers)
    return found


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadFile(path, f"{error.strerror}", hint="name a file of allowed signers") from error


def history(
    repo: object,
    artifact: str | None = None,
    ascending: bool = False,
    table: bool = False,
    truncate_hexsha: bool = False,
    verify: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> list[Published] | TableRows:
    """Return the events, newest first, with the keys of `gto history --json`; with `table` the rows of the table.

    `verify` and the arguments after it are those of show().
    """
    registry = Registry.open(repo)
    proof = _proof(registry, _Wants(require_signed, require_policy, allowed_signers, verify))
    events = version_reader.history(registry, artifact, ascending=ascending)
    if proof is not None and verify:
        events = proof.on(events)
    rows = history_table(events, cut=truncate_hexsha)
    if table:
        return _rows(signature_columns.rows(rows, [event.signature for event in events]) if verify else rows)
    return [published.history_line(event) for event in events]


def _rows(table: Table) -> TableRows:
    return table.dicts(), "keys"


def describe(repo: object, name: str, rev: str | None = None) -> Annotation | None:
    """Return an artifact's annotation at `rev` (HEAD), or at the version that a selector names; None without one."""
    try:
        return resolve.describe(Registry.open(repo), name, rev, work_tree=False)
    except (ArtifactNotFound, EmptyStage, NoAnnotation, VersionNotFound):
        return None


def describe_all(
    repo: object,
    name: str,
    rev: str | None = None,
    fetch: bool = False,
    trust_remote: bool = False,
    allow_local: bool = False,
) -> Published:
    """Return all that is known of a version: annotation, commit, lineage, metrics, parameters, files, requirements.

    `name` is a selector, or an artifact at `rev` (HEAD). What DVC keeps outside of Git, and a model that has no facts
    beside it, are read where they are on this machine, with `fetch` from remotes too. The keys are those of
    `gto describe --all --json`.
    """
    registry, sources = _sources(repo, fetch=fetch, trust_remote=trust_remote, allow_local=allow_local)
    return describe_at_length(registry, name, rev, sources).as_dict()


def diff(
    repo: object,
    old: str,
    new: str,
    name: str | None = None,
    lower_better: Iterable[str] = (),
    higher_better: Iterable[str] = (),
    fetch: bool = False,
    trust_remote: bool = False,
    allow_local: bool = False,
) -> Published:
    """Return what changed between two versions, with the keys of `gto diff --json`.

    `old` and `new` are selectors, names of artifacts (their latest versions) or revisions; `name` is the artifact that
    revisions are asked about, by default the one that the other side names. `lower_better` and `higher_better` name
    metrics. The other arguments are those of describe_all().
    """
    direction = Direction(tuple(_words(lower_better)), tuple(_words(higher_better)))
    registry, sources = _sources(repo, fetch=fetch, trust_remote=trust_remote, allow_local=allow_local)
    return compare(registry, old, new, name, direction, sources).as_dict()


def plots(
    repo: object,
    selectors: Iterable[str],
    out: str = "plots.html",
    name: str | None = None,
    fetch: bool = False,
    trust_remote: bool = False,
    allow_local: bool = False,
) -> Published:
    """Write the plots of versions to the page `out`, and return what it shows, with the keys of `gto plots --json`.

    The other arguments are those of diff(). ExtraMissing is raised without the extra `plots`.
    """
    registry, reach = _reach(repo, fetch=fetch, trust_remote=trust_remote, allow_local=allow_local)
    found = gallery.plot(registry, _words(selectors), name, reach)
    atomic_write.replace(os.path.abspath(out), found.page())
    return found.as_dict(out)


def check_ref(
    repo: object,
    ref: str,
    verify: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> list[PublishedEvent]:
    """Return the event of a tag, in a list that is empty where the tag is none.

    With `verify` it has its `signature`; the arguments after it are those of show().
    """
    registry = Registry.open(repo)
    proof = _proof(registry, _Wants(require_signed, require_policy, allowed_signers, verify))
    event = version_reader.check_ref(registry, ref)
    if event is None:
        return []
    return proof.on([event]) if proof is not None and verify else [event]


def verify(repo: object, names: Iterable[str] = (), allowed_signers: str | None = None) -> list[Verified]:
    """Check the signatures of tags, or of all tags of artifacts, that are named; of all events where none is.

    `allowed_signers` is the path of a file that says whose keys count, in the place of the policy's or of git's.
    """
    registry = Registry.open(repo)
    return verify_tags(registry, _words(names), whom_to_trust(registry, _read(allowed_signers)))


def approve(
    repo: object,
    name: str,
    stage: str,
    message: str | None = None,
    push: bool = False,
    stdout: bool = False,
    author: str | None = None,
    author_email: str | None = None,
) -> Approved:
    """Approve the version that `name` (a selector; an artifact alone is its latest) names for a stage, by a signed tag.

    What is returned has the approval, and for each rule that asks for approvals how many are given now.
    """
    manner = WriteOptions(message, push=push, author=author, author_email=author_email)
    done = write_approval(Registry.open(repo), name, stage, manner)
    _say(done, stdout=stdout)
    return done


def sign(
    repo: object,
    selector: str,
    key: str | None = None,
    bundle: str | None = None,
    password: str | None = None,
    trust_remote: bool = False,
    allow_local: bool = False,
    push: bool = False,
    stdout: bool = False,
    author: str | None = None,
    author_email: str | None = None,
) -> "FilesSigned":
    """Sign the files of a version with a private key, or keep a bundle that model-signing made; both are paths.

    The key is an elliptic-curve key in PEM, P-256, P-384 or P-521. What is returned has the tag that was written, the
    bundle, and the files that it does not cover.
    """
    from gto.delivery import get as delivery
    from gto.delivery.sign import ForeignBundle
    from gto.delivery.sign import sign as sign_version
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.signing.ec_key import read_private_key

    if (key is None) == (bundle is None):
        raise UsageError("Either key or bundle says who signs", "name the path of one")
    by = (
        ForeignBundle(_read_whole(bundle), bundle)
        if bundle is not None
        else read_private_key(_read_whole(key or ""), key or "", lambda: password.encode() if password else None)
    )
    registry = Registry.open(repo)
    trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local)
    manner = WriteOptions(push=push, author=author, author_email=author_email)
    done = sign_version(registry, delivery.find(registry, selector, None, trust), by, manner)
    _say(done, stdout=stdout)
    return done


def verify_files(
    repo: object,
    selector: str,
    public_keys: Iterable[str] = (),
    trust_remote: bool = False,
    allow_local: bool = False,
) -> "VerifiedFiles":
    """Read the files of a version, and say of each signature of them whether a trusted key signed just these.

    `public_keys` are paths of PEM files, in the place of the policy's keys or of those that git's setting
    `gto.publicKeys` names. `good` of what is returned is how many trusted keys signed the files.
    """
    from gto.delivery import get as delivery
    from gto.delivery import signed_files
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.registry.files_signers import whose_keys

    registry = Registry.open(repo)
    keys = whose_keys(registry, _key_files(public_keys))
    trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local)
    return signed_files.verify_files(registry, *delivery.find(registry, selector, None, trust), keys)


def _key_files(paths: Iterable[str]) -> list[tuple[str, bytes]]:
    return [(path, _read_whole(path)) for path in _words(paths)]


def _read_whole(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BadFile(path, f"{error.strerror}", hint="name a file in PEM, or a bundle") from error


def reviews(repo: object, name: str | None = None, allowed_signers: str | None = None) -> Reviews:
    """Return the versions that a rule lets into a stage only with approvals, and that are not in it.

    `allowed_signers` is the path of a file that says whose keys count, in the place of the policy's.
    """
    return find_reviews(Registry.open(repo), name, _read(allowed_signers))


def _is_gto_repo(repo: object) -> bool:
    """Tell whether there is anything of GTO in a repository; false where there is none."""
    try:
        return version_reader.is_gto_repo(Registry.open(repo))
    except NoRepo:
        return False


def _get_state(repo: object) -> PublishedRegistry:
    """Return the whole registry."""
    return version_reader.state(Registry.open(repo))


def _show_versions(repo: object, name: str, ref: str | None = None) -> list[Published]:
    """Return the versions that `name` names as show() does, with `ref` those on its commit."""
    registry = Registry.open(repo, ref or "HEAD")
    found = version_reader.versions(registry, selector.parse(name), Choice(), details=True).dicts()
    return [one for one in found if ref is None or one["commit_hexsha"] == registry.commit()]


def parse_tag(name: str) -> dict[str, object]:
    """Return the parts of an event tag's name, or raise InvalidTagName."""
    return tag.parts(tag.parse(name))


def find_latest_version(
    repo: object,
    name: str,
    all: bool = False,  # noqa: A002  published
    registered: bool = True,
) -> PublishedVersion | list[PublishedVersion] | None:
    """Return the highest active version of an artifact, None where there is none; with `all`, all, highest first."""
    registry = Registry.open(repo)
    rows = version_reader.versions(registry, Selector(name), Choice(registered_only=registered)).rows
    kept = [row.version for row in rows if row.version.is_registered or not registered]
    chosen = kept if all else kept[:1]
    enriched = version_reader.enrich(registry, name, [version.commit for version in chosen], details=True)
    versions = [published_version(name, version, enriched) for version in chosen]
    return versions if all else next(iter(versions), None)


def find_versions_in_stage(
    repo: object,
    name: str,
    stage: str,
    assignments_per_version: int = -1,
    versions_per_stage: int = 1,
    registered_only: bool = False,
) -> list[PublishedStage] | None:
    """Return the versions that are in a stage, the last assigned first, or None where none is."""
    choice = Choice(
        registered_only, assignments_per_version=assignments_per_version, versions_per_stage=versions_per_stage
    )
    rows = version_reader.versions(Registry.open(repo), Selector(name, Pick.STAGE, stage), choice).rows
    states = [state for row in rows for state in row.stages if state.stage == stage]
    states.sort(key=lambda state: state.assignments[-1].key, reverse=True)
    return [published_stage(name, state) for state in states] or None


def get_stages(repo: object, allowed: bool = False, used: bool = False) -> list[str] | None:
    """Return the stages of the configuration (None for any), those ever used, or by default those that matter."""
    if allowed and used:
        raise UsageError('Either "allowed" or "used" can be set', "leave one of them out")
    return overview.stages(Registry.open(repo), allowed=allowed, used=used)


def annotate(
    repo: object,
    name: str,
    type: str | None = None,  # noqa: A002  published
    path: str | None = None,
    must_exist: bool = False,
    allow_same_path: bool = False,
    labels: Iterable[str] | None = None,
    description: str = "",
    custom: object = None,
    commit: bool = False,
    push: bool = False,
    stdout: bool = False,
    file: str | None = None,
    inspect: bool = False,
    meta: Mapping[str, object] | None = None,
) -> str:
    """Insert or update an artifact's annotation, and return the path of the file that was written.

    `custom` replaces the custom metadata, `meta` adds keys to them, and takes out those whose value is None. With
    `inspect` the facts of the model's file are written beside it, and the annotation names them as `model`.
    """
    if isinstance(labels, str):
        raise UsageError("Labels are a list of words, not one", f"labels=[{labels!r}]")
    change = AnnotationEdit(
        type or None, path or None, tuple(labels or ()), description or None, custom, must_exist, meta=meta or {}
    )
    registry = Registry.open(repo)
    beside: Mapping[str, str] = {}
    if inspect:
        from gto.delivery.model_record import inspected_edit

        change, beside, _ = inspected_edit(registry, name, change)
    options = SaveOptions(commit, push)
    saved = write_annotation(registry, name, change, options, file=file, allow_same_path=allow_same_path, beside=beside)
    _say(saved, stdout=stdout)
    return saved.file


def remove(
    repo: object,
    name: str,
    commit: bool = False,
    push: bool = False,
    stdout: bool = False,
    file: str | None = None,
) -> str:
    """Remove an artifact's annotation, and return the path of the file that was written."""
    saved = remove_annotation(Registry.open(repo), name, SaveOptions(commit, push), file=file)
    _say(saved, stdout=stdout)
    return saved.file


def status(repo: object, names: Iterable[str] = (), remote: str = "origin") -> Status:
    """Compare the events here with those on a remote; `names` are artifacts or tags, none for all."""
    return sync.status(sync.open_clone(repo), _words(names), remote)


def push(repo: object, names: Iterable[str] = (), remote: str = "origin", tags_per_push: int = TAGS_PER_PUSH) -> Pushed:
    """Push the events that a remote lacks, so many tags at a time (0: all, or 2000); each push is all or nothing.

    TagsDiffer is raised before anything is pushed, PartlyPushed where one of several pushes fails.
    """
    return sync.push(sync.open_clone(repo), _words(names), remote, per_push=tags_per_push)


def fetch(repo: object, names: Iterable[str] = (), remote: str = "origin") -> Fetched:
    """Fetch the events that are lacking here; a tag that is here is never overwritten and never deleted."""
    return sync.fetch(sync.open_clone(repo), _words(names), remote)


def check(
    repo: object, tags: Iterable[str], policy_from: str | None = None, allowed_signers: str | None = None
) -> list[Verdict]:
    """Return a verdict on each tag, by the policy of the remote's default branch or of the revision `policy_from`.

    `allowed_signers` is the path of a file that says whose keys count, in the place of the policy's. A tag that
    is no business of GTO has no verdict; one that is not there raises RefNotFound.
    """
    registry = Registry.open(repo)
    source = default_source(registry, policy_from)
    return check_tags(registry, _words(tags), source, signers=_read(allowed_signers))


def show_all(
    catalog: str | None = None,
    address: str | None = None,
    groups: Iterable[str] = (),
    registered_only: bool = False,
    deprecated: bool = False,
    assignments_per_version: int = -1,
    versions_per_stage: int = 1,
    sort: str | Enum = "timestamp",
    offline: bool = False,
    seconds: float = SECONDS,
) -> Published:
    """Return the artifacts of all repositories of a catalogue, as `gto show --all --json` prints them.

    `catalog` is the path of its file, without one the user's own. `address` is a repository's name or
    `repository/artifact`, which may end as a selector does. A repository that cannot be read, or not within
    `seconds`, is one of the `problems` in the answer; nothing is raised for it.
    """
    choice = Choice(registered_only, deprecated, assignments_per_version, versions_per_stage, parse_sort(sort))
    found, way = find_all(catalog, _words(groups)), Way(seconds, offline)
    wanted = parse_address(address) if address else None
    if wanted and wanted.rest:
        return combined.show_versions(found, wanted, Look(choice), way, details=True).as_dict()
    return combined.show(choose(found, [wanted.repo]) if wanted else found, Look(choice), way).as_dict()


def history_all(
    catalog: str | None = None,
    address: str | None = None,
    groups: Iterable[str] = (),
    ascending: bool = False,
    offline: bool = False,
    seconds: float = SECONDS,
) -> Published:
    """Return the events of all repositories of a catalogue in one order, as `gto history --all --json` prints them.

    The arguments are those of show_all().
    """
    found = find_all(catalog, _words(groups))
    return combined.history(found, address, HistoryQuery(ascending), Way(seconds, offline)).as_dict()


def search(
    text: str,
    repo: object | None = None,
    catalog: str | None = None,
    groups: Iterable[str] = (),
    deprecated: bool = False,
    offline: bool = False,
    seconds: float = SECONDS,
) -> Published:
    """Return the artifacts whose name, description, label, type or stage holds a text, as `gto search --json` does.

    All repositories of a catalogue are searched, as in show_all(); with `repo` that one alone.
    """
    if repo is not None:
        registry = Registry.open(repo, offline=offline)
        return SearchResult(text, search_registry(registry, text, deprecated=deprecated)).as_dict()
    found = find_all(catalog, _words(groups))
    return search_all(found, text, Way(seconds, offline), deprecated=deprecated).as_dict()


def get(
    repo: object,
    selector: str,
    out: str | None = None,
    rev: str | None = None,
    force: bool = False,
    jobs: int | None = None,
    trust_remote: bool = False,
    allow_local: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
    public_keys: Iterable[str] = (),
) -> Published:
    """Bring the files of a version to disk, and return what `gto get --json` prints: `target` is where they are.

    `selector` is an artifact's name (its latest version), `name@v1.0.0`, `name#stage`, or a name with `rev`. `out` is
    the name that the file or directory gets; one that ends with `/` is a directory that it is put into. With
    `public_keys`, paths of PEM files, the files are those that one of these keys signed, or FilesNotSigned or
    ChecksumMismatch is raised and nothing is written.
    """
    from gto.delivery.get import GetOptions
    from gto.delivery.get import get as deliver
    from gto.delivery.signed_files import SignedWish, hold

    wants = _Wants(require_signed, require_policy, allowed_signers)
    given = _key_files(public_keys)
    registry, chosen, located = _located(repo, selector, rev, wants, trust_remote=trust_remote, allow_local=allow_local)
    located, _ = hold(registry, chosen, located, SignedWish(given, require_signed, require_policy))
    return deliver(registry, chosen, located, GetOptions(out, force, jobs)).as_dict()


def ls(
    repo: object,
    selector: str,
    rev: str | None = None,
    trust_remote: bool = False,
    allow_local: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> Published:
    """Return the files of a version with sizes and hashes, as `gto ls -R --json` prints them.

    The arguments are those of get().
    """
    from gto.delivery.get import about, files

    wants = _Wants(require_signed, require_policy, allowed_signers)
    _, chosen, located = _located(repo, selector, rev, wants, trust_remote=trust_remote, allow_local=allow_local)
    return {**about(chosen), "files": files(located)}


def inspect(
    target: str,
    repo: object = ".",
    rev: str | None = None,
    trust_remote: bool = False,
    allow_local: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> Published:
    """Return what a model's file says of the model, as `gto inspect --json` prints it; the model is never loaded.

    `target` is a path on this machine, a URL, or a selector of the repository; the arguments beside `repo`, which are
    those of get(), are about selectors.
    """
    from gto.delivery.inspection import inspect_place, inspect_version, is_place

    if is_place(target):
        return inspect_place(target).as_dict()
    wants = _Wants(require_signed, require_policy, allowed_signers)
    found = _located(repo, target, rev, wants, trust_remote=trust_remote, allow_local=allow_local)
    return inspect_version(target, *found).as_dict()


def url(
    repo: object,
    selector: str,
    rev: str | None = None,
    sign: bool = False,
    expires: int = 3600,
    trust_remote: bool = False,
    allow_local: bool = False,
    require_signed: bool = False,
    require_policy: bool = False,
    allowed_signers: str | None = None,
) -> list[str]:
    """Return the URLs under which a store has the files of a version.

    With `sign`, anybody may read them for `expires` seconds. The other arguments are those of get().
    """
    from gto.delivery import file_urls

    wants = _Wants(require_signed, require_policy, allowed_signers)
    _, _, located = _located(repo, selector, rev, wants, trust_remote=trust_remote, allow_local=allow_local)
    return [one.url for one in file_urls.urls(located, expires if sign else None)]


def _located(
    repo: object, selector: str, rev: str | None, wants: _Wants, *, trust_remote: bool, allow_local: bool
) -> "tuple[Registry, AnnotatedTarget, Located]":
    """Open a repository, and find what a selector leads to and where its files are."""
    from gto.delivery.get import find
    from gto.dvc.dvc_config import RepositoryTrust

    registry = Registry.open(repo)
    _proof(registry, wants)
    trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local)
    return registry, *find(registry, selector, rev, trust)


def _reach(repo: object, *, fetch: bool, trust_remote: bool, allow_local: bool) -> "tuple[Registry, DataReach | None]":
    registry = Registry.open(repo)
    if not fetch:
        return registry, None
    from gto.delivery.locate import reach_remotes
    from gto.dvc.dvc_config import RepositoryTrust

    return registry, reach_remotes(registry, RepositoryTrust(registry.repo.is_own, trust_remote, allow_local))


def _sources(repo: object, *, fetch: bool, trust_remote: bool, allow_local: bool) -> "tuple[Registry, FactSources]":
    from gto.delivery.file_facts import read_file_facts
    from gto.dvc.dvc_config import RepositoryTrust
    from gto.lineage.fact_sources import FactSources

    registry, reach = _reach(repo, fetch=fetch, trust_remote=trust_remote, allow_local=allow_local)
    trust = RepositoryTrust(registry.repo.is_own, trust_remote, allow_local) if fetch else None
    return registry, FactSources(reach, partial(read_file_facts, registry, trust))


def _words(names: Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
