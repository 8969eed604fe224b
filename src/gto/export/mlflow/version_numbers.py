"""Which numbers MLflow's versions get: what a tag asks for, else the next by time of registration, then SemVer."""

import re
from collections.abc import Iterable, Iterator, Mapping

from gto.core.semver import Key
from gto.core.snapshot import ArtifactState, VersionState

TRAILER = "MLflow-Version"
"""The trailer of a registration's message that says which number the version has."""

_TRAILER_RE = re.compile(rf"^{TRAILER}: *([1-9][0-9]{{0,8}}) *$", re.IGNORECASE | re.MULTILINE)
_LARGEST = 2**31 - 1  # that MLflow's own tables hold
_NONE: Mapping[str, int] = {}


def give_numbers(new: Iterable[VersionState], used: frozenset[int] = frozenset()) -> dict[str, int]:
    """Return the numbers of versions that have none: the one of the tag's trailer, where it is free, else the next.

    The next is above all that were ever given, and follows the times of registration, then SemVer.
    """
    ordered = sorted(new, key=_order)
    given: dict[str, int] = {}
    for version in ordered:
        wanted = wanted_number(version)
        if wanted is not None and wanted not in used and wanted not in given.values():
            given[version.name] = wanted
    after = max((*used, *given.values()), default=0)
    for version in ordered:
        if version.name not in given:
            after += 1
            given[version.name] = after
    return given


def wanted_number(version: VersionState) -> int | None:
    """Return the number that the first registration of a version asks for; None where it asks for none."""
    found = _TRAILER_RE.findall(version.registrations[0].message.rpartition("\n\n")[2])
    number = int(found[-1]) if found else 0
    return number if 0 < number < _LARGEST else None


def unnumbered(state: ArtifactState, known: Mapping[str, int] = _NONE) -> Iterator[VersionState]:
    """Yield the registered versions, deregistered or not, that have no number."""
    return (one for one in state.versions if one.semver is not None and one.name not in known)


def _order(version: VersionState) -> tuple[int, Key]:
    assert version.semver is not None  # noqa: S101  as unnumbered() has it
    return version.registrations[0].time, version.semver.key
