"""What a request may name."""

from gto.core import semver
from gto.exceptions import InvalidVersion, UsageError


def check_version_or_commit(version: str | None, commit: str | None) -> None:
    """Refuse both and neither, and a version that is none; a whole hash names a version without registration."""
    if version is not None and not _is_commit(version):
        check_version(version)
    if (version is None) == (commit is None):
        raise UsageError("One and only one of (version, rev) must be specified.", "name a version or a commit")


def check_version(text: str) -> None:
    """Refuse what is no SemVer with a leading `v`."""
    if semver.parse(text) is None:
        raise InvalidVersion(f"Version '{text}' is not valid. Example of valid version: 'v1.0.0'")


def _is_commit(text: str) -> bool:
    return len(text) in {40, 64} and all(digit in "0123456789abcdef" for digit in text)
