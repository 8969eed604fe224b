"""RegisteredModel and ModelVersion, as MLflow's clients read them."""

from gto.export.mlflow.model_names import to_mlflow
from gto.export.mlflow.served_versions import ServedModel, ServedVersion

Body = dict[str, object]


def registered_model(model: ServedModel) -> Body:
    """Return the body of an artifact; its aliases are its stages."""
    latest = model.latest
    by_name = model.versions.by_name
    stages = [(stage, by_name[name]) for stage, name in sorted(model.versions.stages.items()) if name in by_name]
    aliases = [{"alias": stage, "version": str(one.number)} for stage, one in stages] if model.is_active else []
    return {
        "name": to_mlflow(model.name),
        "creation_timestamp": model.versions.created * 1000,
        "last_updated_timestamp": model.updated * 1000,
        "user_id": latest.author if latest else "",
        "description": model.description,
        "latest_versions": [model_version(model, latest)] if latest else [],
        "tags": _pairs(model_tags(model)),
        "aliases": aliases,
    }


def model_version(model: ServedModel, version: ServedVersion) -> Body:
    """Return the body of a version; its aliases are its stages, and what it is called."""
    stages = version.stages if model.is_active else ()
    return {
        "name": to_mlflow(model.name),
        "version": str(version.number),
        "creation_timestamp": version.created * 1000,
        "last_updated_timestamp": version.updated * 1000,
        "user_id": version.author,
        "current_stage": stages[0] if stages else "None",
        "description": version.message,
        "source": source(version),
        "run_id": version.run,
        "status": "READY",
        "tags": _pairs(version_tags(model, version)),
        "aliases": [*stages, version.name],
    }


def source(version: ServedVersion) -> str:
    """Return where a version comes from."""
    return f"git@{version.commit}"


def model_tags(model: ServedModel) -> dict[str, str]:
    """Return the tags of an artifact: where it is, its type, and its labels."""
    told = {"gto.repo": model.repo, "gto.type": model.type}
    return {**{key: value for key, value in told.items() if value}, **dict.fromkeys(model.labels, "")}


def version_tags(model: ServedModel, version: ServedVersion) -> dict[str, str]:
    """Return the tags of a version: what Git says of it."""
    return {
        "gto.version": version.name,
        "gto.commit": version.commit,
        "gto.ref": version.ref,
        "gto.repo": model.repo,
        "gto.author_email": version.author_email,
        "gto.signed": "true" if version.is_signed else "false",
    }


def _pairs(tags: dict[str, str]) -> list[Body]:
    return [{"key": key, "value": value} for key, value in tags.items()]
