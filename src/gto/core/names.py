"""What the name of an artifact, a stage, a label and a branch may look like."""

import re
from typing import NewType

from gto.exceptions import InvalidName

POLICY_FILE = ".gto.policy.yaml"
"""The file of a policy, at the top of a repository."""
RESERVED_STAGES = frozenset({"latest", "main", "HEAD"})
"""Words that mean the latest version to clients of other tools, whatever stages there are."""
ArtifactName = NewType("ArtifactName", str)
"""A valid full name: `churn`, `team/churn`, or with the directory of its `dvc.yaml`, `models/eu:churn`."""

PLAIN = r"[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?"
DIRECTORY = r"[a-zA-Z0-9-_./]+"

_FULL = f"(?:{DIRECTORY}:)?{PLAIN}"
_NEVER_IN_A_REF = r"^-|//|\.\.|(?:^|/)\.|(?:\.lock|\.|^)(?:/|:|$)"
_PLAIN_RULE = (
    "only letters, digits, '-', '_' and '/' are allowed; it starts and ends with a letter or a digit, without '//'"
)
_FULL_RULE = _PLAIN_RULE + "; a directory and ':' may stand before it, as in 'models/eu:churn'"
_NO_BRANCH = r"[\x00-\x20\x7f~^:?*\[\\]|^-|\.\.|@\{|(?:^|/)\.|(?:^|/)(?:/|$)|\.lock(?:/|$)|\.$|^(?:HEAD|@)$"
_LONGEST = 200  # characters; file systems hold 255 bytes in the name of one file, and a ref is one


def is_plain(text: str) -> bool:
    """Tell whether `text` may name a stage, a label, a type, or an artifact without its directory."""
    return bool(re.fullmatch(PLAIN, text)) and "//" not in text and len(text) <= _LONGEST


def is_artifact(text: str) -> bool:
    """Tell whether `text` is a full artifact name that git can hold in a ref."""
    return bool(re.fullmatch(_FULL, text)) and not re.search(_NEVER_IN_A_REF, text) and len(text) <= _LONGEST


def parse_artifact(text: str) -> ArtifactName:
    """Return `text` as a name, or raise InvalidName."""
    if not is_artifact(text):
        raise InvalidName(text, "artifact name", _FULL_RULE)
    return ArtifactName(text)


def parse_plain(text: str, what: str) -> str:
    """Return `text` when it is a plain name, or raise InvalidName; `what` says what it was meant to be."""
    if not is_plain(text):
        raise InvalidName(text, what, _PLAIN_RULE)
    return text


def note_reserved(stage: str) -> str:
    """Say what a reserved word costs that names a stage."""
    return f"stage '{stage}': to clients of MLflow, the Hub and OCI this word means the latest version, not the stage"


def parse_branch(text: str) -> str:
    """Return `text` when git can make a branch of that name, or raise InvalidName."""
    if re.search(_NO_BRANCH, text):  # of HEAD and @ it makes none: each name of HEAD would mean two things
        raise InvalidName(text, "branch name", "git's rules: `git help check-ref-format`")
    return text


def split_directory(name: str) -> tuple[str, str]:
    """Return the directory (empty for the root) and the plain name: `eu:churn` -> (`eu`, `churn`)."""
    directory, _, plain = name.rpartition(":")
    return directory, plain


def to_tag(name: str) -> str:
    """Write a full name as tags do, where a colon cannot stand."""
    return name.replace(":", "=")


def from_tag(text: str) -> ArtifactName:
    """Read a full name from a tag that the grammar accepted."""
    return ArtifactName(text.replace("=", ":"))
