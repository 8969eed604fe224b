"""Keras' models: `.keras`, whose loader refuses code."""

import json
import os
import zipfile
from collections.abc import Sequence
from typing import Any

from gto.models.extras import imported
from gto.models.zip_file import write_members

FORMATS = {".keras": "keras"}
ON_DEMAND: frozenset[str] = frozenset()
FRAMEWORK = "keras"
METHODS = ("predict",)

_METADATA = "metadata.json"


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is one of Keras'; with PyTorch below it is one of that, too."""
    return "keras" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG001  see Writer
    """Write a model, without the date of saving."""
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members[_METADATA])
    metadata.pop("date_saved", None)
    members[_METADATA] = json.dumps(metadata).encode()
    os.unlink(path)
    write_members(path, members, zipfile.ZIP_STORED)
    return ("keras", imported("keras").backend.backend())


def load(path: str, file_format: str) -> Any:  # noqa: ANN401, ARG001  see Writer
    """Return the model."""
    return imported("keras").saving.load_model(path, safe_mode=True)
