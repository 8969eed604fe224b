"""Tags that are attached to versions, beside the events: what they have in common, and how their objects are read."""

import re
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from gto.core import names, semver
from gto.core.event import Problem, TagRecord, read_body, tagger
from gto.core.names import ArtifactName

Name = TypeVar("Name")
Made = TypeVar("Made")
ID = "([0-9a-f]{12})"
"""A regular expression of what sets apart the tags that several people attach to one version."""

APPROVAL_UNREADABLE = "approval-unreadable"
SIGNATURE_UNREADABLE = "files-signature-unreadable"


class Attached(NamedTuple, Generic[Name]):
    """What somebody said of a version, read from an annotated tag."""

    name: Name
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


def match_name(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the match of a tag's name whose first groups are an artifact and a version; None where they are not."""
    match = pattern.fullmatch(text)
    if match is None or not names.is_artifact(names.from_tag(match[1])) or semver.parse(match[2]) is None:
        return None
    return match


def read_as(make: Callable[[str, int], Made], code: str, record: TagRecord, artifact: ArtifactName) -> Made | Problem:
    """Return what `make` makes of the commit and the time of a tag, or the problem that it is; `code` if unreadable."""
    if record.type != "tag":
        what = (
            f"git cannot read it: it is {record.type}" if record.type in {"missing", "corrupt"} else "it is lightweight"
        )
        return Problem(code, record.name, what, f"`git tag -d '{record.name}'`", artifact)
    found = read_body(record, artifact)
    return found if isinstance(found, Problem) else make(*found)
