"""A bundle put beside the events: as a tag on the commit of the version whose files it covers."""

from typing import NamedTuple

from gto.core import names, wording
from gto.core.event import moment
from gto.core.files_signature import FilesSignature, FilesSignatureName
from gto.core.snapshot import ArtifactState
from gto.exceptions import Conflict
from gto.output.published import Published
from gto.registry import files_signatures
from gto.registry.registry import Registry
from gto.registry.write import attach
from gto.registry.write.transaction import (
    Prepared,
    WriteOptions,
    WriteRequest,
    carry_out,
    checked,
    find_policies,
)
from gto.signing.model_bundle import Bundle, SignedVersion


class FilesSigned(NamedTuple):
    """A signature of files that was written."""

    tag: FilesSignature
    bundle: Bundle
    uncovered: tuple[str, ...]
    """The files of the version that the bundle does not cover."""
    notes: tuple[str, ...]
    pushed: bool

    def lines(self) -> list[str]:
        """Return what is said about it on stdout."""
        name, ref = self.tag.name, self.tag.ref
        said = f"Created git tag '{ref}' that signs {len(self.bundle.files)} file(s) of '{name.version}'"
        return [said, *(wording.pushed(ref) if self.pushed else wording.how_to_push(ref))]

    def dict_state(self) -> Published:
        """Return it as the command line prints it in JSON."""
        return {
            "ref": self.tag.ref,
            "artifact": self.tag.name.artifact,
            "version": self.tag.name.version,
            "commit": self.tag.commit,
            "author": self.tag.author,
            "author_email": self.tag.author_email,
            "created_at": moment(self.tag.time),
            "key": self.bundle.hint or None,
            "files": len(self.bundle.files),
            "not_covered": list(self.uncovered),
            "pushed": self.pushed,
        }


def write(
    registry: Registry, about: SignedVersion, bundle: Bundle, manner: WriteOptions, uncovered: tuple[str, ...]
) -> FilesSigned:
    """Write the tag; the version must be where it was when the files were read."""
    manner = checked(registry, manner)

    def prepare(state: ArtifactState) -> tuple[Prepared, FilesSignature]:
        _check(registry, state, about, bundle)
        name = FilesSignatureName(names.parse_artifact(about.artifact), about.version, attach.new_id())
        new = attach.make(registry, manner, str(name), about.commit, bundle.text.decode())
        assert isinstance(new, FilesSignature)  # noqa: S101  its name is that of one
        attach.judge(registry, find_policies(registry), state, new)
        return Prepared({new.ref: new.oid}, versions={about.version}), new

    wish = WriteRequest(about.artifact, manner, lambda found: prepare(found.state), approvals=True)
    new, _, notes = carry_out(registry, wish)
    return FilesSigned(new, bundle, uncovered, notes, manner.push)


def _check(registry: Registry, state: ArtifactState, about: SignedVersion, bundle: Bundle) -> None:
    version = state.version(about.version)
    if version is None or not version.is_registered or version.commit != about.commit:
        raise Conflict(f"'{about.artifact}@{about.version}' is not on commit {about.commit[:7]} any more", "try again")
    for one in files_signatures.judge(files_signatures.read(registry, *about), ()):
        if one.bundle is not None and _said(one.bundle) == _said(bundle):
            hint = f"`gto verify {about.artifact}@{about.version} --files` tells who signed"
            raise Conflict(f"The same key signed these files already: '{one.tag.ref}'", hint)


def _said(bundle: Bundle) -> tuple[object, ...]:
    return bundle.hint, bundle.files, bundle.subject
