"""Versions: Semantic Versioning 2.0.0 (semver.org) with a leading `v`."""

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from gto.exceptions import InvalidVersion

_NUMBER = r"0|[1-9][0-9]*"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
PATTERN = (
    rf"v(?:{_NUMBER})\.(?:{_NUMBER})\.(?:{_NUMBER})"
    rf"(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
_VERSION_RE = re.compile(
    rf"v({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
_LONGEST = 200  # characters: far over any version in use, and under the digits that Python turns into a number

Key = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...], str]


class Bump(Enum):
    """Which part of a version grows."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


class SemVer(NamedTuple):
    """One version, ordered as SemVer orders it; versions that differ in build metadata alone order by its text."""

    key: Key
    """What precedence (SemVer 2.0.0, item 11) compares."""
    text: str

    @classmethod
    def parse(cls, text: str) -> "SemVer":
        """Read `v1.2.3-rc.1+build`, or raise InvalidVersion."""
        version = parse(text)
        if version is None:
            hint = f"did you mean 'v{text}'?" if parse(f"v{text}") else "a version looks like 'v1.2.3'"
            raise InvalidVersion(f"Supplied version '{text}' cannot be parsed", hint)
        return version

    @property
    def is_prerelease(self) -> bool:
        """Whether a pre-release part follows the three numbers."""
        return not self.key[3]

    def __str__(self) -> str:
        """Return the version as it was written."""
        return self.text

    def bump(self, bump: Bump) -> "SemVer":
        """Return the next version; of a pre-release, the release that it leads to, where the bump asks for no more."""
        major, minor, patch = self.key[:3]
        settled = self.is_prerelease
        next_ = {
            Bump.MAJOR: f"v{major if settled and not minor and not patch else major + 1}.0.0",
            Bump.MINOR: f"v{major}.{minor if settled and not patch else minor + 1}.0",
            Bump.PATCH: f"v{major}.{minor}.{patch if settled else patch + 1}",
        }
        return SemVer.parse(next_[bump])


FIRST = "v0.0.1"


@lru_cache(maxsize=1 << 14)  # an artifact may have 10,000 versions
def parse(text: str) -> SemVer | None:
    """Return the version that `text` writes, or None."""
    match = _VERSION_RE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    major, minor, patch, prerelease, build = match.groups()
    identifiers = tuple(
        (False, int(part), "") if part.isdigit() else (True, 0, part) for part in (prerelease or "").split(".") if part
    )
    key = (int(major), int(minor), int(patch), not prerelease, identifiers, build or "")
    return SemVer(key, text)
