"""Values among the facts of a version: its metrics and params, by file and key."""

from collections.abc import Mapping
from typing import cast

Facts = Mapping[str, object]
"""What a commit tells, as `gto describe --all --json` prints it."""


def mapping_of(facts: Facts | None, key: str) -> Mapping[str, object]:
    """Return what facts hold under a key; nothing where they hold no such thing."""
    found = facts.get(key) if facts else None
    return cast("Mapping[str, object]", found) if isinstance(found, Mapping) else {}


def values_of(facts: Facts | None, kind: str) -> dict[tuple[str, str], object]:
    """Return the metrics or params of a version, by file and key."""
    return {
        (file, key): value
        for file, keyed in mapping_of(facts, kind).items()
        for key, value in (keyed.items() if isinstance(keyed, Mapping) else ())
    }


def flat_metrics(facts: Facts | None) -> dict[str, float | str]:
    """Return the metrics of a version by key, the first file's where two have one key."""
    found: dict[str, float | str] = {}
    for (file, key), value in values_of(facts, "metrics").items():
        found.setdefault(key or file, cast("float | str", value))
    return found
