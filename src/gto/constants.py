"""A door for other programs: the names and patterns that DVC and scripts import from GTO 1.x."""

import re
from enum import Enum
from typing import NamedTuple

from gto.core import names as _names
from gto.core import selector as _selector
from gto.core.selector import Pick
from gto.core.tag import Action
from gto.exceptions import InvalidName

__all__ = [
    "ACTION",
    "ARTIFACT",
    "ASSIGNMENTS_PER_VERSION",
    "COMMIT",
    "COUNTER",
    "NAME",
    "PATH",
    "REF",
    "SEPARATOR_IN_NAME",
    "SEPARATOR_IN_TAG",
    "STAGE",
    "TAG",
    "TYPE",
    "VERSION",
    "VERSIONS_PER_STAGE",
    "Action",
    "Shortcut",
    "VersionSort",
    "assert_fullname_is_valid",
    "assert_name_is_valid",
    "check_string_is_valid",
    "counter",
    "dirname",
    "fullname",
    "fullname_in_tag",
    "fullname_in_tag_re",
    "fullname_re",
    "git_hexsha_re",
    "is_hexsha",
    "mark_artifact_unregistered",
    "name",
    "name_re",
    "name_to_tag",
    "parse_shortcut",
    "semver",
    "shortcut_re",
    "tag_re",
    "tag_to_name",
]

ACTION, ARTIFACT, COMMIT, COUNTER, NAME = "action", "artifact", "commit", "counter", "name"
PATH, REF, STAGE, TAG, TYPE, VERSION = "path", "ref", "stage", "tag", "type", "version"

SEPARATOR_IN_NAME = ":"
SEPARATOR_IN_TAG = "="
ASSIGNMENTS_PER_VERSION = -1
VERSIONS_PER_STAGE = 1


def name_to_tag(value: str) -> str:
    """Write a full name as tags do: `models/eu:churn` as `models/eu=churn`."""
    return _names.to_tag(value)


def tag_to_name(value: str) -> str:
    """Write a full name as people do: `models/eu=churn` as `models/eu:churn`."""
    return _names.from_tag(value)


dirname = _names.DIRECTORY
name = _names.PLAIN
_identifier = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
semver = (
    r"(?P<major>0|[1-9]\d*)\.(?P<minor>0|[1-9]\d*)\.(?P<patch>0|[1-9]\d*)"
    rf"(?:-(?P<prerelease>{_identifier}(?:\.{_identifier})*))?"
    r"(?:\+(?P<buildmetadata>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
"""Semantic Versioning 2.0.0, without the leading `v`."""
counter = "?P<counter>[0-9]+"
fullname = f"(?P<dirname>{dirname}{SEPARATOR_IN_NAME})?(?P<name>{name})"
fullname_in_tag = f"(?P<dirname>{dirname}{SEPARATOR_IN_TAG})?(?P<name>{name})"
name_re = re.compile(f"^{name}$")
fullname_re = re.compile(f"^{fullname}$")
fullname_in_tag_re = re.compile(f"^{fullname_in_tag}$")
tag_re = re.compile(
    f"^(?P<artifact>{fullname_in_tag})"
    rf"(?:(?:\#(?P<stage>{name})|@(?P<version>v{semver}))(?P<cancel>!?)"
    rf"|@(?:(?P<deprecated>deprecated)|(?P<created>created)))(?:\#({counter}))?$"
)
shortcut_re = re.compile(rf"^(?P<artifact>{fullname})(?:\#(?P<stage>{name})|@(?P<version>latest|greatest|v{semver}))$")
git_hexsha_re = re.compile(r"^[0-9a-fA-F]{40}$")


class VersionSort(Enum):
    """What decides which version a stage shows first."""

    SemVer = "semver"
    Timestamp = "timestamp"


class Shortcut(NamedTuple):
    """A selector taken apart; `shortcut` is false for a plain name."""

    name: str
    stage: str | None = None
    version: str | None = None
    latest: bool = False
    shortcut: bool = False


def parse_shortcut(value: str) -> Shortcut:
    """Take `churn@latest`, `churn@v1.0.0` or `churn#prod` apart; anything else is a name, whole."""
    found = _selector.parse(value)
    return Shortcut(
        found.name,
        found.value if found.pick is Pick.STAGE else None,
        found.value if found.pick is Pick.VERSION else None,
        found.pick is Pick.LATEST,
        found.pick is not Pick.ALL,
    )


def is_hexsha(value: str) -> bool:
    """Tell whether this is a whole commit hash."""
    return git_hexsha_re.search(value) is not None


def check_string_is_valid(value: str, regex: re.Pattern[str] = name_re) -> bool:
    """Tell whether a pattern is found in a text; without one, whether it is a plain name."""
    return regex.search(value) is not None


def mark_artifact_unregistered(artifact_name: str) -> str:
    """Write the name of an artifact without events as tables do."""
    return f"*{artifact_name}"


def assert_name_is_valid(value: str) -> None:
    """Raise ValidationError unless `value` is a plain name."""
    _names.parse_plain(value, "value")


def assert_fullname_is_valid(value: str) -> None:
    """Raise ValidationError unless `value` is an artifact's full name."""
    if not fullname_re.fullmatch(value):
        raise InvalidName(value, "value", "a full name looks like 'churn' or 'models/eu:churn'")
