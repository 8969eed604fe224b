"""The grammar of approvals: tags beside the events, which name artifact, version and stage, and lie on the commit."""

import re
from typing import NamedTuple

from gto.core import names, semver
from gto.core.attached import APPROVAL_UNREADABLE, ID, Attached, match_name, read_as
from gto.core.event import Problem, TagRecord
from gto.core.names import ArtifactName

PREFIX = "approvals/"
# A comma is in no artifact, version or stage, and a shell leaves it alone; without `@` and `#` GTO 1.10 reads no event.
_RE = re.compile(rf"{PREFIX}((?:{names.DIRECTORY}+=)?{names.PLAIN}),({semver.PATTERN}),({names.PLAIN}),{ID}")


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


class Approval(Attached[ApprovalName]):
    """One person's word that a version may go into a stage."""

    __slots__ = ()


def find(text: str) -> ApprovalName | None:
    """Return the parts of an approval's name, or None where the text is none."""
    match = match_name(_RE, text)
    if match is None:
        return None
    return ApprovalName(names.from_tag(match[1]), match[2], match[3], match[4])


def read(record: TagRecord) -> Approval | Problem | None:
    """Return the approval that a tag records, the problem that it is, or None where its name is that of no approval."""
    name = find(record.name)
    if name is None:
        return None
    return read_as(
        lambda commit, time: Approval(name, record.name, commit, time, record.body, record.oid),
        APPROVAL_UNREADABLE,
        record,
        name.artifact,
    )
