"""What MLflow's searches can name: the values of models and versions by which they are found and sorted."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from gto.export.mlflow.model_names import to_mlflow
from gto.export.mlflow.registry_bodies import model_tags, source, version_tags
from gto.export.mlflow.search_filter import Condition, SortKey, Values
from gto.export.mlflow.served_versions import ServedModel, ServedVersion

T = TypeVar("T")

_TIMES = {"timestamp": "updated", "last_updated_timestamp": "updated", "creation_timestamp": "created"}
MODEL_ORDER = {"name": "name", **_TIMES}
VERSION_ORDER = {"name": "name", "version_number": "version_number", **_TIMES}
MODEL_KEYS = frozenset({"name"})
VERSION_KEYS = frozenset(
    {"name", "run_id", "source_path", "version_number", "creation_timestamp", "last_updated_timestamp"}
)


def model_values(model: ServedModel) -> Values:
    """Return what an artifact is searched by."""
    tags = {f"tags.{key}": value for key, value in model_tags(model).items()}
    return {"name": to_mlflow(model.name), "updated": model.updated, "created": model.versions.created, **tags}


def version_values(model: ServedModel, version: ServedVersion) -> Values:
    """Return what a version is searched by."""
    tags = {f"tags.{key}": value for key, value in version_tags(model, version).items()}
    return {
        "name": to_mlflow(model.name),
        "version_number": version.number,
        "run_id": version.run,
        "source_path": source(version),
        "creation_timestamp": version.created * 1000,
        "last_updated_timestamp": version.updated * 1000,
        "created": version.created,
        "updated": version.updated,
        **tags,
    }


def fits(values: Values, conditions: Sequence[Condition]) -> bool:
    """Tell whether all conditions fit."""
    return all(one.fits(values) for one in conditions)


def in_order(found: list[T], order: Sequence[SortKey], values_of: Callable[[T], Values]) -> list[T]:
    """Sort by several keys, the first of which counts most."""
    for one in reversed(order):  # each sort keeps what those before did where it finds no difference
        found.sort(key=lambda each: values_of(each)[one.key], reverse=not one.is_ascending)
    return found


def versions_found(
    models: Sequence[ServedModel], conditions: Sequence[Condition], order: Sequence[SortKey]
) -> list[tuple[ServedModel, ServedVersion]]:
    """Return the active versions that fit, those that changed last first unless asked otherwise."""
    every = [(model, version) for model in models for version in model.versions.by_name.values() if version.is_active]
    valued = [(one, version_values(*one)) for one in every]
    fitting = [one for one in valued if fits(one[1], conditions)]
    usual = order or (SortKey("updated", is_ascending=False),)
    usual = (*usual, SortKey("name", is_ascending=True), SortKey("version_number", is_ascending=False))
    return [one for one, _ in in_order(fitting, usual, lambda one: one[1])]
