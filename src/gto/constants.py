"""A door for other programs: the names and patterns that DVC and scripts import from GTO 1.x."""

import re
from enum import Enum

from gto.core import names, semver
from gto.core.tag import Action
from gto.exceptions import InvalidName

__all__ = [
    "ASSIGNMENTS_PER_VERSION",
    "SEPARATOR_IN_NAME",
    "SEPARATOR_IN_TAG",
    "VERSIONS_PER_STAGE",
    "Action",
    "VersionSort",
    "assert_fullname_is_valid",
    "assert_name_is_valid",
    "fullname_re",
    "name_re",
    "tag_re",
]

SEPARATOR_IN_NAME = ":"
SEPARATOR_IN_TAG = "="
ASSIGNMENTS_PER_VERSION = -1
VERSIONS_PER_STAGE = 1

name_re = re.compile(f"^{names.PLAIN}$")
fullname_re = re.compile(f"^(?P<dirname>{names.DIRECTORY}:)?(?P<name>{names.PLAIN})$")
tag_re = re.compile(
    f"^(?P<artifact>(?:{names.DIRECTORY}=)?{names.PLAIN})"
    rf"(?:(?:\#(?P<stage>{names.PLAIN})|@(?P<version>{semver.PATTERN}))(?P<cancel>!?)"
    r"|@(?:(?P<deprecated>deprecated)|(?P<created>created)))(?:\#(?P<counter>[0-9]+))?$"
)


class VersionSort(Enum):
    """What decides which version a stage shows first."""

    SemVer = "semver"
    Timestamp = "timestamp"


def assert_name_is_valid(value: str) -> None:
    """Raise ValidationError unless `value` is a plain name."""
    names.parse_plain(value, "value")


def assert_fullname_is_valid(value: str) -> None:
    """Raise ValidationError unless `value` is an artifact's full name."""
    if not fullname_re.fullmatch(value):
        raise InvalidName(value, "value", "a full name looks like 'churn' or 'models/eu:churn'")
