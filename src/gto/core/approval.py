"""The grammar of approvals: tags beside the events, which name artifact, version and stage, and lie on the commit."""

import re
from typing import NamedTuple

from gto.core import names, semver
from gto.core.event import Problem, TagRecord, read_body, tagger
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
    body: bytes
    """The tag object's text."""
    oid: str
    """The tag object's id."""

    @property
    def author(self) -> str:
        """The tagger's name."""
        return tagger(self.body).name

    @property
    def author_email(self) -> str:
        """The tagger's e-mail address."""
        return tagger(self.body).email


def find(text: str) -> ApprovalName | None:
    """Return the parts of an approval's name, or None where the text is none."""
    match = _RE.fullmatch(text)
    if match is None or not names.is_artifact(names.from_tag(match[1])) or semver.parse(match[2]) is None:
        return None
    return ApprovalName(names.from_tag(match[1]), match[2], match[3], match[4])


def read(record: TagRecord) -> Approval | Problem | None:
    """Return the approval that a tag records, the problem that it is, or None where its name is that of no approval."""
    name = find(record.name)
    if name is None:
        return None
    if record.type != "tag":
        what = (
            f"git cannot read it: it is {record.type}" if record.type in {"missing", "corrupt"} else "it is lightweight"
        )
        return Problem("approval-unreadable", record.name, what, f"`git tag -d '{record.name}'`", name.artifact)
    found = read_body(record, name.artifact)
    if isinstance(found, Problem):
        return found
    return Approval(name, record.name, *found, record.body, record.oid)
