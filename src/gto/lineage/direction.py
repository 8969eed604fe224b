"""Which metrics are better when they are lower, and which when they are higher, as somebody said."""

from collections.abc import Mapping
from typing import NamedTuple


class Direction(NamedTuple):
    """Names of metrics, or ends of names, by the way in which they are better."""

    lower: tuple[str, ...] = ()
    higher: tuple[str, ...] = ()

    def is_higher_better(self, file: str, key: str) -> bool | None:
        """Tell whether a higher value of a metric is better; None where nothing is said of it."""
        if any(_is_called(file, key, name) for name in self.lower):
            return False
        return True if any(_is_called(file, key, name) for name in self.higher) else None

    def with_said(self, given: "Direction", custom: object) -> "Direction":
        """Add what the custom metadata of an annotation say; what was given for a metric counts first."""
        if not isinstance(custom, Mapping):
            return self
        lower = (name for name in _words(custom.get("lower_better")) if name not in given.higher)
        higher = (name for name in _words(custom.get("higher_better")) if name not in given.lower)
        return Direction((*self.lower, *lower), (*self.higher, *higher))


def _words(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(word for word in listed if isinstance(word, str))


def _is_called(file: str, key: str, name: str) -> bool:
    return name in {key or file, f"{file}:{key}"} or key.endswith(f".{name}")
