"""Which policies count for a repository, and the facts that their verdicts rest on."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from gto.core.approval import Approval
from gto.core.beside import Beside
from gto.core.event import Event
from gto.core.files_signature import FilesSignature
from gto.core.policy import Facts, Needs, Policy
from gto.core.policy.approver import group
from gto.core.policy.judge import needs
from gto.core.tag import Kind
from gto.core.tag_signature import Signature
from gto.exceptions import BadFile
from gto.git.approvals import read_approvals
from gto.git.commit import read_reached
from gto.git.commit_files import Files
from gto.git.repo import commit_of
from gto.git.tree import read_modes
from gto.policy_file import FILE, read_policy
from gto.registry.annotation_lookup import find
from gto.registry.registry import Registry
from gto.registry.remote_check import REMOTE, knows_upstream
from gto.registry_config import FILE as CONFIG_FILE
from gto.registry_config import read_config
from gto.signing.tag_signatures import SignedTag, Trusted, read_trusted, verify_tags

if TYPE_CHECKING:
    from gto.registry.policy.model_reader import ModelReader
    from gto.signing.ec_key import PublicKey

_MANY = 20  # artifacts; the approvals of more are read all at once


class PolicySource(NamedTuple):
    """A policy, and where it was found."""

    policy: Policy
    where: str
    """For people: `the work tree`, `branch main of origin`."""
    rev: str | None
    """The revision whose file it is; None for the work tree."""


def sources(registry: Registry) -> list[PolicySource]:
    """Return the policies that a writer meets, each of which must allow what is written.

    They are those of the work tree and of the default branch of the remote, as it was last fetched; in a bare
    repository and for a URL that of its default branch.
    """
    if registry.repo.top is None:
        found = [read_source(registry, "HEAD", "the default branch")]
    else:
        found = [read_source(registry, None, "the work tree")]
        if knows_upstream(registry):
            found.append(read_source(registry, f"refs/remotes/{REMOTE}/HEAD", f"the default branch of '{REMOTE}'"))
    return [source for source in found if source is not None]


def read_source(registry: Registry, rev: str | None, where: str) -> PolicySource | None:
    """Read the policy of a revision, or of the work tree (None); None where there is no such file.

    A file that is there and cannot be read raises BadFile: it may forbid what is asked for.
    """
    found = _read_plain(registry, rev, (FILE, CONFIG_FILE))
    data = found.get(FILE)
    if data is None:
        return None
    config = read_config(found.get(CONFIG_FILE), CONFIG_FILE, {})
    return PolicySource(read_policy(data, FILE, config.stages), where, rev)


def _read_plain(registry: Registry, rev: str | None, paths: Sequence[str]) -> dict[str, bytes]:
    """Read those of the files that are there; BadFile for one that is there and is no plain file, or unreadable."""
    modes = _modes_here(registry, paths) if rev is None else read_modes(registry.git, rev, paths)
    files = Files(registry.repo)
    files.fetch([(rev, path) for path in modes])
    found: dict[str, bytes] = {}
    for path, mode in modes.items():
        if not mode.startswith("100"):
            raise BadFile(
                path, "it is no file in the repository, but a link or a directory", hint="make it a plain file"
            )
        data = files.read(rev, path)
        if data is None:
            hint = "what it forbids is not known; `git fsck` tells what is damaged"
            raise BadFile(path, "git cannot read it", hint=hint)
        found[path] = data
    return found


def _modes_here(registry: Registry, paths: Sequence[str]) -> dict[str, str]:
    """Return the modes of what is in the work tree, as git writes them."""
    top = registry.repo.top or ""
    here = {path: os.path.join(top, path) for path in paths}
    plain = {path: os.path.isfile(place) and not os.path.islink(place) for path, place in here.items()}
    return {path: "100644" if plain[path] else "0" for path, place in here.items() if os.path.lexists(place)}


def trusted(registry: Registry, source: PolicySource | None, allowed_signers: bytes | None = None) -> Trusted:
    """Return whose keys count: those that the caller names, else the policy's, else those of git's configuration.

    A repository that was fetched by URL does not vouch for itself: its policy's file of signers does not count.
    """
    own = registry.repo.is_own
    path = source.policy.allowed_signers if source is not None else None
    if allowed_signers is None and own and source is not None and path is not None:
        allowed_signers = Files(registry.repo).read(source.rev, path)
        if allowed_signers is None:
            raise BadFile(FILE, f"there is no file '{path}'", hint="add the file of allowed signers, or name another")
    return read_trusted(registry.git, allowed_signers, own=own)


class Scope(NamedTuple):
    """What facts are gathered from."""

    registry: Registry
    source: PolicySource
    trusted: Callable[[], Trusted]
    keys: "Callable[[], list[PublicKey]]"
    """Returns the public keys by which files may be signed."""
    tip: Callable[[str], str | None]
    """Returns the commit of a branch by its name; None where there is no such branch."""


def scope(
    registry: Registry,
    source: PolicySource,
    signers: bytes | None = None,
    tip: Callable[[str], str | None] | None = None,
) -> Scope:
    """Return a scope whose signers and branches are found out when they are needed."""
    signed = cache(lambda: trusted(registry, source, signers))
    keys = cache(lambda: read_keys(registry, source, own=registry.repo.is_own))
    return Scope(registry, source, signed, keys, tip or find_branches(registry))


def read_keys(registry: Registry, source: PolicySource, *, own: bool) -> "list[PublicKey]":
    """Return the keys that a policy names; where it names none, or does not count, those of git's configuration."""
    from gto.signing import public_keys  # only where a rule is about files

    path = source.policy.public_keys
    if path is None or not own:
        return public_keys.configured(registry.git, own=registry.repo.is_own)
    data = Files(registry.repo).read(source.rev, path)
    if data is None:
        raise BadFile(FILE, f"there is no file '{path}'", hint="add the file of public keys, or name another")
    return public_keys.parse([(path, data)])


def for_writing(registry: Registry, source: PolicySource) -> Scope:
    """Return the scope of a writer, who goes by the signers that the server will go by: those of the policy.

    A reader of a URL does not: for him the repository would vouch for itself.
    """
    path = source.policy.allowed_signers
    signers = None if registry.repo.is_own or path is None else Files(registry.repo).read(source.rev, path)
    return scope(registry, source, signers)._replace(keys=cache(lambda: read_keys(registry, source, own=True)))


def find_branches(registry: Registry) -> Callable[[str], str | None]:
    """Return what finds branches: in a clone those of its remote, as they were last fetched, else those here.

    A branch here is nobody's but the user's: it is not taken for one of its name that the remote may have.
    """

    @cache
    def tip(branch: str) -> str | None:
        if registry.repo.top is not None:
            found = commit_of(registry.git, f"refs/remotes/{REMOTE}/{branch}")
            if found is not None or registry.git.run(["remote"]).strip():
                return found
        return commit_of(registry.git, f"refs/heads/{branch}")

    return tip


def gather(
    where: Scope, events: Sequence[Event], beside: Iterable[Beside] = (), *, known: Iterable[Event] = ()
) -> dict[str, Facts]:
    """Return the facts on events and on new approvals, by object id: those that the policy asks for, in bulk.

    `beside` are approvals and signatures of files that no ref names yet, `known` the other events of the artifacts.
    """
    policy, registry = where.source.policy, where.registry
    # What comes after a deprecation may bring all versions of the artifact back.
    back = {event.artifact for part in (events, known) for event in part if event.kind is Kind.DEPRECATION}
    wanted = {event.oid: needs(policy, event, revives=event.artifact in back) for event in events}
    there = _approvals(registry, [event for event in events if wanted[event.oid].approvals], back)
    others = list(beside)
    new = [one for one in others if isinstance(one, Approval)]
    asked: list[Event | Approval] = [event for event in events if wanted[event.oid].signature]
    every = {one.oid: one for one in (*there, *new)}.values()
    asked += every
    signatures = verify(where, asked) if asked else {}
    on = _reached(where, events, wanted)
    annotated = _annotated(registry, [event for event in events if wanted[event.oid].annotation])
    given: dict[str, list[tuple[Approval, Signature]]] = {}
    for one in every:
        if signatures[one.oid].is_good:
            given.setdefault(one.name.artifact, []).append((one, signatures[one.oid]))
    people = {name: group(pairs) for name, pairs in given.items()}
    models = _models(registry, [event for event in events if wanted[event.oid].models])
    doubts = _files_doubts(where, [event for event in events if wanted[event.oid].files], others)
    found = {one.oid: Facts(signatures[one.oid]) for one in new}
    for event in events:
        own = people.get(event.artifact, {})
        found[event.oid] = Facts(
            signatures.get(event.oid),
            on[event.oid],
            event.oid in annotated,
            own,
            registry.repo.is_shallow,
            models.get(event.artifact),
            doubts.get(event.oid, ""),
        )
    return found


def verify(where: Scope, items: Iterable[Event | Approval]) -> dict[str, Signature]:
    """Return the signatures of tags, by object id."""
    signed = [SignedTag(item.ref, item.oid, item.body, item.commit, item.time) for item in items]
    return verify_tags(where.registry.git, signed, where.trusted())


def _approvals(registry: Registry, events: Sequence[Event], back: Collection[str]) -> list[Approval]:
    """Read the approvals of artifacts; of those that are not `back` from a deprecation, only on the events' commits."""
    artifacts = sorted({event.artifact for event in events})
    names = artifacts if len(artifacts) <= _MANY else [None]
    commits = {event.commit for event in events}
    found = (item for name in names for item in read_approvals(registry.git, name))
    return [
        item for item in found if isinstance(item, Approval) and (item.commit in commits or item.name.artifact in back)
    ]


def _files_doubts(where: Scope, events: Sequence[Event], new: Iterable[Beside]) -> dict[str, str]:
    """Return why the files of events' commits are not signed, empty where they are; `new` has no ref yet."""
    if not events:
        return {}
    from gto.registry import files_signatures  # only where a rule is about files

    given = [one for one in new if isinstance(one, FilesSignature)]
    places = {(event.artifact, event.commit) for event in events}
    found = files_signatures.doubts(where.registry, places, where.keys(), given)
    return {event.oid: found[event.artifact, event.commit] for event in events}


def _reached(where: Scope, events: Sequence[Event], wanted: Mapping[str, Needs]) -> dict[str, frozenset[str]]:
    on: dict[str, set[str]] = {event.oid: set() for event in events}
    for branch in sorted({branch for one in wanted.values() for branch in one.branches}):
        tip = where.tip(branch)
        if tip is None:
            continue
        asked = [event for event in events if branch in wanted[event.oid].branches]
        reached = read_reached(where.registry.git, tip, {event.commit for event in asked})
        for event in asked:
            if event.commit in reached:
                on[event.oid].add(branch)
    return {oid: frozenset(found) for oid, found in on.items()}


def _annotated(registry: Registry, events: Iterable[Event]) -> set[str]:
    return {event.oid for event in events if find(registry, event.artifact, event.commit) is not None}


def _models(registry: Registry, events: Iterable[Event]) -> "dict[str, ModelReader]":
    wanted = [(event.artifact, event.commit) for event in events]
    if not wanted:
        return {}
    from gto.registry.policy.model_reader import read_models  # what reads facts is imported where a rule needs them

    return read_models(registry, wanted)
