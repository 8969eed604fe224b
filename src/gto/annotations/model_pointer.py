"""Where an annotation says that the facts of its model stand."""

import posixpath
from collections.abc import Mapping

from gto.annotations.annotation import Annotation
from gto.inspect.side_car import side_car_path

POINTER = "model"
"""The key of the custom metadata under which an artifact names the file of its model's facts."""


def side_car_places(said: Annotation | None, path: str | None) -> list[str]:
    """Return where the side-car of an artifact may stand, from the root: where its annotation says, or beside it."""
    found = [side_car_path(path)] if path else []
    pointed = said.custom.get(POINTER) if said is not None and isinstance(said.custom, Mapping) else None
    if said is not None and isinstance(pointed, str):
        found.insert(0, posixpath.normpath(posixpath.join(posixpath.dirname(said.file), pointed)))
    return list(dict.fromkeys(found))
