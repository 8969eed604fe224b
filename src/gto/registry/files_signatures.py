"""The signatures of the files of versions: which there are, and which of some keys made each."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from gto.core.event import Problem, moment
from gto.exceptions import BadFile
from gto.git.approvals import read_files_signatures
from gto.signing.model_bundle import Bundle, SignedVersion, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from gto.core.files_signature import FilesSignature
    from gto.output.published import Published
    from gto.registry.registry import Registry
    from gto.signing.ec_key import PublicKey


_MANY = 20  # artifacts; the signatures of more are read all at once


class FilesTrust(Enum):
    """What a signature of files is worth; only GOOD counts where one is required."""

    GOOD = "good"
    """A trusted key signed; who asks about the files too knows that they are those that it signed."""
    UNKNOWN_KEY = "unknown key"
    """None of the trusted keys signed: whose key it is, and whether the signature is sound, is not known."""
    TAMPERED = "tampered"
    """It names a trusted key, and that did not sign this."""
    OTHER_VERSION = "of another version"
    """A trusted key signed the files of another version, or of another commit."""
    OTHER_FILES = "other files"
    """A trusted key signed, and the files are not those that it signed."""
    UNREADABLE = "unreadable"
    """The tag holds no bundle that can be read."""


class JudgedFiles(NamedTuple):
    """A signature of files, judged."""

    tag: FilesSignature
    trust: FilesTrust
    owner: str = ""
    """Whose key it is, as those say who trust it; empty where nobody does."""
    key: str = ""
    """SHA-256 of the key's PEM; of a key that is not trusted, what the bundle says."""
    reason: str = ""
    """One clause that says why it is not good."""
    bundle: Bundle | None = None

    @property
    def is_good(self) -> bool:
        """Whether it counts."""
        return self.trust is FilesTrust.GOOD

    def dict_state(self) -> Published:
        """Return it as `gto verify --files --json` prints it."""
        return {
            "tag": self.tag.ref,
            "signature": self.trust.value,
            "owner": self.owner or None,
            "key": self.key or None,
            "author_email": self.tag.author_email,
            "created_at": moment(self.tag.time).isoformat(),
            "reason": self.reason or None,
        }


def read(registry: Registry, artifact: str, version: str, commit: str) -> list[FilesSignature]:
    """Return the signatures of the files of a version, on its commit, oldest first."""
    found = [one for one in read_files_signatures(registry.git, artifact) if not isinstance(one, Problem)]
    own = [one for one in found if one.name[:2] == (artifact, version) and one.commit == commit]
    return sorted(own, key=lambda one: (one.time, one.ref))


def broken(one: FilesSignature) -> Iterator[Problem]:
    """Yield the problem that a signature of files is, where its tag holds no bundle that can be read."""
    try:
        parse(one.bundle, one.ref)
    except BadFile as error:
        hint = f"it counts for nothing; `git tag -d '{one.ref}'` deletes it, and `gto sign` makes a new one"
        yield Problem("files-signature-broken", one.ref, error.reason, hint, one.name.artifact)


def doubts(
    registry: Registry,
    places: Collection[tuple[str, str]],
    keys: Sequence[PublicKey],
    new: Iterable[FilesSignature] = (),
) -> dict[tuple[str, str], str]:
    """Return for artifacts and commits why no trusted key is known to have signed the files; empty where one has.

    Who asks has not read the files, so a bundle that does not say which version it is of proves nothing here. `new`
    are signatures that no ref names yet.
    """
    artifacts = sorted({artifact for artifact, _ in places})
    names = artifacts if len(artifacts) <= _MANY else [None]
    there = [one for name in names for one in read_files_signatures(registry.git, name)]
    given = {one.oid: one for one in (*there, *new) if not isinstance(one, Problem)}.values()
    found = dict.fromkeys(places, "nobody signed them")
    for one in judge((one for one in given if (one.name.artifact, one.commit) in found), keys):
        place = one.tag.name.artifact, one.tag.commit
        if one.is_good and one.bundle is not None and one.bundle.subject is not None:
            found[place] = ""
        elif found[place]:
            found[place] = one.reason or "the bundle does not say which version it is of"
    return found


def judge(tags: Iterable[FilesSignature], keys: Sequence[PublicKey]) -> list[JudgedFiles]:
    """Say who signed, and whether it is for the version that the tag names; the files are not looked at."""
    return [_judge(one, keys) for one in tags]


def _judge(one: FilesSignature, keys: Sequence[PublicKey]) -> JudgedFiles:
    try:
        bundle = parse(one.bundle, one.ref)
    except BadFile as error:
        return JudgedFiles(one, FilesTrust.UNREADABLE, reason=error.reason)
    owner = bundle.signer(keys)
    if owner is None:
        named = next((key for key in keys if key.hint == bundle.hint), None)
        if named is not None:
            return JudgedFiles(one, FilesTrust.TAMPERED, named.owner, named.hint, "the key did not sign this", bundle)
        reason = "no trusted key signed it" if keys else "no key is trusted: --public-key names one"
        return JudgedFiles(one, FilesTrust.UNKNOWN_KEY, "", bundle.hint, reason, bundle)
    mine = SignedVersion(one.name.artifact, one.name.version, one.commit)
    if bundle.subject not in {None, mine}:
        reason = f"it was signed as {_told(bundle.subject)}"
        return JudgedFiles(one, FilesTrust.OTHER_VERSION, owner.owner, owner.hint, reason, bundle)
    return JudgedFiles(one, FilesTrust.GOOD, owner.owner, owner.hint, bundle=bundle)


def _told(subject: SignedVersion | None) -> str:
    return f"'{subject.artifact}@{subject.version}' on commit {subject.commit[:7]}" if subject else "no version"
