"""Models of the sample catalogue: real files of the tests, and the side-cars that GTO writes of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gto.inspect.facts import Method, ModelFacts, Schema, Tensor
from gto.inspect.side_car import FileIdentity, SideCar, side_car_path

_FILES = Path(__file__).resolve().parent.parent / "tests" / "inspect" / "files"

_PAYMENT = (Tensor("amount", "FP64"), Tensor("country", "BYTES", kind="category"), Tensor("hour", "INT64"))
_NEEDS = ("numpy==2.5.5", "pandas==3.1.1", "scikit-learn==1.9.1", "skops==0.16.0")


class SampleModel(NamedTuple):
    """A model's file and what is known of it."""

    data: bytes
    facts: ModelFacts

    def beside(self, path: str) -> dict[str, str]:
        """Return the side-car of the file at a path, by where it stands."""
        return {side_car_path(path): SideCar(_identity(Path(path).name, self.data), self.facts).text()}


def read(name: str) -> SampleModel:
    """Return a file of the tests, and its facts, which a test holds true."""
    told = json.loads((_FILES / f"{name}.facts.json").read_text(encoding="utf-8"))
    return SampleModel((_FILES / name).read_bytes(), ModelFacts.from_dict(told))


def saved(name: str, *more: Tensor) -> SampleModel:
    """Return a pipeline with what `gto.save` adds: requirements, Python, and the schema of a table of payments."""
    model = read(name)
    given = Schema((*_PAYMENT, *more), "pd")
    methods = {
        "predict": Method(given, Schema((Tensor("output", "INT64"),), "np")),
        "predict_proba": Method(given, Schema((Tensor("output", "FP64", (-1, 2)),), "np")),
    }
    facts = replace(model.facts, methods=methods, python="3.12", requirements=list(_NEEDS))
    return model._replace(facts=facts)


def _identity(name: str, data: bytes) -> FileIdentity:
    return FileIdentity(
        name,
        len(data),
        hashlib.md5(data, usedforsecurity=False).hexdigest(),
        hashlib.sha256(data).hexdigest(),
        hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest(),
    )
