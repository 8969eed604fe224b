"""The grammar of approvals: tags beside the events, which name artifact, version and stage, and lie on the commit."""

import re
from typing import NamedTuple

from gto.core import names, semver
from gto.core.names import ArtifactName

PREFIX = "approvals/"
# A comma is in no artifact, version or stage, and a shell leaves it alone; without `@` and `#` GTO 1.10 reads no event.
_RE = re.compile(
    rf"{PREFIX}((?:{names.DIRECTORY}+=)?{names.PLAIN}),({semver.PATTERN}),({names.PLAIN}),([0-9a-f]{{12}})"
)


class ApprovalName(NamedTuple):
    """The parts of an approval's name; `id` sets apart the approvals that several people give."""

    artifact: ArtifactName
    version: str
    stage: str
    id: str
    """Twelve hexadecimal digits."""

    def __str__(self) -> str:
        """Write the tag's name."""
        return f"{PREFIX}{names.to_tag(self.artifact)},{self.version},{self.stage},{self.id}"


class Approval(NamedTuple):
    """One person's word that a version may go into a stage, read from an annotated tag."""

    name: ApprovalName
    ref: str
    """The tag's name."""
    commit: str
    time: int
    """Seconds since 1970-01-01T00:00:00Z."""
    author: str
    author_email: str
    oid: str
    """The tag object's id."""


def find(text: str) -> ApprovalName | None:
    """Return the parts of an approval's name, or None where the text is none."""
    match = _RE.fullmatch(text)
    if match is None or not names.is_artifact(names.from_tag(match[1])) or semver.parse(match[2]) is None:
        return None
    return ApprovalName(names.from_tag(match[1]), match[2], match[3], match[4])
