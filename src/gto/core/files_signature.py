"""The grammar of signatures of files: tags beside the events, which name artifact and version, on its commit."""

import re
from typing import NamedTuple

from gto.core import names, semver, tag_signature
from gto.core.attached import ID, SIGNATURE_UNREADABLE, Attached, match_name, read_as
from gto.core.event import Problem, TagRecord
from gto.core.names import ArtifactName

PREFIX = "signatures/"
# As in the names of approvals, a comma separates the parts, and GTO 1.10 reads no event.
_RE = re.compile(rf"{PREFIX}((?:{names.DIRECTORY}+=)?{names.PLAIN}),({semver.PATTERN}),{ID}")


class FilesSignatureName(NamedTuple):
    """The parts of the name of a signature of files; `id` sets apart those that several people give."""

    artifact: ArtifactName
    version: str
    id: str
    """Twelve hexadecimal digits."""

    @property
    def stage(self) -> None:
        """None: the files are the same in every stage."""

    def __str__(self) -> str:
        """Write the tag's name."""
        return f"{PREFIX}{names.to_tag(self.artifact)},{self.version},{self.id}"


class FilesSignature(Attached[FilesSignatureName]):
    """One key's word on the files of a version: the tag's message is the bundle."""

    __slots__ = ()

    @property
    def bundle(self) -> bytes:
        """The message, without the signature that the tag itself may have."""
        text = self.body.partition(b"\n\n")[2]
        return text[: tag_signature.begin(text)].strip()


def find(text: str) -> FilesSignatureName | None:
    """Return the parts of the name of a signature of files, or None where the text is none."""
    match = match_name(_RE, text)
    if match is None:
        return None
    return FilesSignatureName(names.from_tag(match[1]), match[2], match[3])


def read(record: TagRecord) -> FilesSignature | Problem | None:
    """Return the signature that a tag holds, the problem that it is, or None where its name is that of none."""
    name = find(record.name)
    if name is None:
        return None
    return read_as(
        lambda commit, time: FilesSignature(name, record.name, commit, time, record.body, record.oid),
        SIGNATURE_UNREADABLE,
        record,
        name.artifact,
    )
