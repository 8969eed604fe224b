"""`gto.save` and `gto.load`, as scripts and notebooks call them."""

from collections.abc import Iterable, Sequence
from typing import Any

from gto.models.load_model import load_model
from gto.models.save import SavedModel, SaveRequest, save_model


def save(  # noqa: PLR0913  all but the first two by name
    model: object,
    path: str,
    sample_data: Any = None,  # noqa: ANN401  whatever the model takes
    *,
    name: str | None = None,
    labels: Iterable[str] = (),
    description: str | None = None,
    type: str = "model",  # noqa: A002  as the annotation calls it
    methods: Sequence[str] | None = None,
    requirements: Sequence[str] | None = None,
    verify: bool = False,
    python: str | None = None,
    repo: str = ".",
) -> SavedModel:
    """Write a model, and beside it `PATH.model.yaml`: what it is, what it takes and gives, and what it needs.

    Where `path` ends with the suffix of a format (`.skops`, `.joblib`, `.safetensors`, ...), the model is written in
    that; else in the best that keeps it whole, and the suffix is added. Before anything is in place the file is loaded
    back, and must give the same outputs for `sample_data`, whose columns, datatypes and shapes become the schema of the
    inputs. `methods` are those that are called with it. With `name`, the artifact's annotation is written too, in the
    work tree of `repo`. With `verify`, the model is tried in an environment of `python` (by default the interpreter
    that runs) that holds the `requirements` alone, by default those that GTO found.

    UsageError for a model of a library that GTO does not know, CannotSave where no format keeps it whole, NotReproduced
    where the requirements do not suffice.
    """
    asked = SaveRequest(
        sample_data, methods, name, tuple(labels), description, type, requirements, verify, python, repo
    )
    return save_model(model, path, asked)


def load(target: str, *, trusted: bool = False, repo: str = ".", rev: str | None = None) -> Any:  # noqa: ANN401  a model
    """Return the model of a file, or of a version: `churn#prod`, `churn@v1.0.0`, `churn`; or of a name at `rev`.

    Formats that run no code load as they are; skops where all types are among those that GTO knows. For others
    `trusted` must say that you trust whoever wrote the file: loading it may do whatever you may. Untrusted names what
    would be imported.
    """
    return load_model(target, repo, rev, trusted=trusted).model
