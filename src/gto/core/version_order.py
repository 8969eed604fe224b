"""The order of things that have a version and a time, dictionaries or objects."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import TypeVar

from gto.core import semver
from gto.core.view import Sort, parse_sort

Item = TypeVar("Item")


def sort_versions(
    versions: Iterable[Item],
    sort: str | Enum = "semver",
    ascending: bool = False,
    version: str = "version",
    timestamp: str = "created_at",
) -> list[Item]:
    """Return the items with the highest SemVer, or the newest, first; what has no version comes behind.

    An item is a dictionary or an object; `version` and `timestamp` name the keys or attributes to look at.
    """
    items = list(versions)
    if parse_sort(sort) is Sort.TIMESTAMP:
        return sorted(items, key=partial(_time, key=timestamp), reverse=not ascending)
    numbered = [item for item in items if semver.parse(str(_get(item, version)))]
    others = [item for item in items if not semver.parse(str(_get(item, version)))]
    numbered.sort(key=lambda item: semver.SemVer.parse(str(_get(item, version))).key, reverse=not ascending)
    others.sort(key=lambda item: str(_get(item, version) or ""), reverse=not ascending)
    return numbered + others


def _get(item: object, key: str) -> object:
    return item.get(key) if isinstance(item, dict) else getattr(item, key, None)


def _time(item: object, key: str) -> float:
    """Return a time as seconds; what has none is the oldest."""
    value = _get(item, key)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value) if isinstance(value, int | float) else float("-inf")
