"""The tags that GTO writes beside the events, of either kind: approvals, and signatures of files."""

from gto.core import approval, files_signature
from gto.core.approval import Approval, ApprovalName
from gto.core.event import Problem, TagRecord
from gto.core.files_signature import FilesSignature, FilesSignatureName

Beside = Approval | FilesSignature
BesideName = ApprovalName | FilesSignatureName
PREFIXES = (approval.PREFIX, files_signature.PREFIX)


def find(text: str) -> BesideName | None:
    """Return the parts of such a tag's name, or None where the text is none."""
    return approval.find(text) or files_signature.find(text)


def read(record: TagRecord) -> Beside | Problem | None:
    """Return what such a tag says, the problem that it is, or None where its name is that of none."""
    return approval.read(record) or files_signature.read(record)


def noun(name: BesideName) -> str:
    """Return the word for such a tag."""
    return "approval" if isinstance(name, ApprovalName) else "signature of files"
