"""What the side-car of an artifact's latest version says of its model, as the list shows it and is filtered by it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from gto.inspect.facts import CodeOnLoad
from gto.studio.index.schema import artifact


class ModelMark(NamedTuple):
    """What a row of the list has of the facts of a model."""

    framework: str
    framework_version: str
    code_on_load: str
    """A value of CodeOnLoad."""
    stale: bool | None
    """Whether the side-car is of another file; None where nobody can tell."""

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON, with the keys of `gto describe --all --json`."""
        framework = {"name": self.framework, "version": self.framework_version}
        return {"framework": framework, "code_on_load": self.code_on_load, "stale": self.stale}


_CODE = func.coalesce(artifact.c.model["code_on_load"].as_string(), "")

RUNS_CODE: ColumnElement[bool] = _CODE.in_([CodeOnLoad.PICKLE.value, CodeOnLoad.UNKNOWN.value])
"""As `gto inspect --fail-on code` has it."""
IS_STALE: ColumnElement[bool] = func.coalesce(artifact.c.model["stale"].as_boolean(), False)


def has_framework(value: str) -> ColumnElement[bool]:
    """Tell whether a model is of a framework, in small or capital letters."""
    return func.coalesce(artifact.c.folded_framework, "") == value.casefold()


def count_frameworks() -> Select[*tuple[str, int]]:
    """Return the query for the frameworks of active artifacts, each with how many there are; the most used first."""
    counted = func.count()
    named = artifact.c.framework
    return (
        select(named, counted).where(artifact.c.is_active, named != "").group_by(named).order_by(counted.desc(), named)
    )


def read_mark(said: Mapping[str, object] | None) -> ModelMark | None:
    """Return what the column of an artifact has; None without a side-car."""
    return ModelMark(**said) if said else None  # type: ignore[arg-type]  # JSON of our own, written by as_column()


def as_column(framework: Mapping[str, str] | None, code: str | None, stale: bool | None) -> dict[str, object] | None:  # noqa: FBT001  three values of a row
    """Return the column of an artifact; None without a side-car."""
    if framework is None or code is None:
        return None
    return ModelMark(framework["name"], framework["version"], code, stale)._asdict()


def size_of(lineage: Mapping[str, object] | None, files: Sequence[Sequence[object]], of: int) -> int | None:
    """Return how many bytes a version is, of which these `of` files are in Git; None where nobody knows."""
    if lineage is not None and lineage.get("kept_in") != "git":
        size = lineage.get("size")
        return size if isinstance(size, int) else None
    sizes = [size for _, size, _ in files]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if known and len(known) == len(sizes) == of else None
