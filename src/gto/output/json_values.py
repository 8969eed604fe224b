"""Values as JSON has them: times in ISO form, members of enumerations by their values."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum


def plain(value: object) -> object:
    """Return what stands in JSON for a value that JSON does not know; for `json.dumps(default=...)`."""
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case _:
            return str(value)
