"""Artifacts and versions as the objects that MLflow's own code hands around."""

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from mlflow.entities.model_registry.registered_model_alias import RegisteredModelAlias

from gto.export.mlflow.registry_bodies import Body, model_tags, model_version, registered_model, version_tags
from gto.export.mlflow.served_versions import ServedModel, ServedVersion

_OF_VERSIONS = frozenset({"user_id"})  # which MLflow's registered models do not have


def to_model(model: ServedModel) -> RegisteredModel:
    """Return a registered model."""
    told: Body = {key: value for key, value in registered_model(model).items() if key not in _OF_VERSIONS}
    aliases = told["aliases"]
    assert isinstance(aliases, list)  # noqa: S101  registered_model() makes one
    told["aliases"] = [RegisteredModelAlias(one["alias"], one["version"]) for one in aliases]
    told["latest_versions"] = [to_version(model, model.latest)] if model.latest else []
    told["tags"] = [RegisteredModelTag(key, value) for key, value in model_tags(model).items()]
    return RegisteredModel(**told)


def to_version(model: ServedModel, version: ServedVersion) -> ModelVersion:
    """Return a version of a model."""
    tags = [ModelVersionTag(key, value) for key, value in version_tags(model, version).items()]
    return ModelVersion(**{**model_version(model, version), "tags": tags})
