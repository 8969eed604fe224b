"""The searches of MLflow's clients: artifacts and versions that fit a filter, in an order, a page at a time."""

from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from gto.exceptions import UsageError
from gto.export.mlflow.model_names import to_mlflow
from gto.export.mlflow.registry_bodies import (
    Body,
    model_version,
    registered_model,
)
from gto.export.mlflow.search_filter import Values, parse_filter, parse_order
from gto.export.mlflow.searched_values import (
    MODEL_KEYS,
    MODEL_ORDER,
    VERSION_KEYS,
    VERSION_ORDER,
    fits,
    in_order,
    versions_found,
)
from gto.studio.index.database import kept
from gto.studio.index.schema import artifact, event, repository
from gto.studio.protocols.artifact_names import ArtifactKey
from gto.studio.protocols.mlflow.mlflow_calls import Call
from gto.studio.rest import answers

T = TypeVar("T")

_MODELS, _MOST_MODELS = 100, 1000
_VERSIONS, _MOST_VERSIONS = 10_000, 200_000


class ListedModel(NamedTuple):
    """An artifact of the whole list, and what it is searched by."""

    key: ArtifactKey
    values: Values


def search_models(call: Call) -> Body:
    """Return the page of artifacts that fit, those aside that are deprecated."""
    most = call.number("max_results", _MODELS, _MOST_MODELS)
    conditions = parse_filter(call.find_text("filter"), MODEL_KEYS)
    order = parse_order(call.texts("order_by"), MODEL_ORDER)
    start = _start(call)
    with call.studio.database.read() as connection:
        listed = kept(connection, _list)
        if any(one.key == "created" for one in order):
            times = kept(connection, _first_times)
            listed = [one._replace(values={**one.values, "created": times.get(one.key, 0)}) for one in listed]
        ours = (one for one in listed if not call.repo or one.key.repo == call.repo)
        fitting = (one for one in ours if fits(one.values, conditions))
        ordered = fitting if not order else iter(in_order(list(fitting), order, lambda one: one.values))
        page = list(islice(ordered, start, start + most + 1))
        models = call.memory.load(call.studio, connection, [one.key for one in page[:most]])
    return _page("registered_models", [registered_model(one) for one in models], start + most, more=len(page) > most)


def search_versions(call: Call) -> Body:
    """Return the page of active versions that fit, those that changed last first unless asked otherwise."""
    most = call.number("max_results", _VERSIONS, _MOST_VERSIONS)
    conditions = parse_filter(call.find_text("filter"), VERSION_KEYS)
    order = parse_order(call.texts("order_by"), VERSION_ORDER)
    start = _start(call)
    names = [one for one in conditions if one.key == "name"]
    with call.studio.database.read() as connection:
        listed = [one for one in kept(connection, _list) if not call.repo or one.key.repo == call.repo]
        keys = [one.key for one in listed if fits(one.values, names)]
        models = call.memory.load(call.studio, connection, keys)
    found = versions_found(models, conditions, order)
    bodies = [model_version(*one) for one in found[start : start + most]]
    return _page("model_versions", bodies, start + most, more=len(found) > start + most)


def _list(connection: Connection) -> list[ListedModel]:
    """Return all artifacts that are not deprecated, by name."""
    columns = (repository.c.name, artifact.c.name, artifact.c.changed_at, artifact.c.labels, artifact.c.type)
    query = select(*columns).join_from(artifact, repository).where(artifact.c.is_active).order_by(repository.c.position)
    found = []
    for repo, name, changed_at, labels, kind in connection.execute(query):
        tags = {f"tags.{label}": "" for label in labels or ()}
        told = {"tags.gto.repo": repo, **({"tags.gto.type": kind} if kind else {})}
        found.append(
            ListedModel(ArtifactKey(repo, name), {"name": to_mlflow(name), "updated": changed_at or 0, **told, **tags})
        )
    return sorted(found, key=lambda one: str(one.values["name"]))


def _first_times(connection: Connection) -> dict[ArtifactKey, int]:
    query = select(repository.c.name, event.c.artifact, func.min(event.c.time)).join_from(event, repository)
    found = connection.execute(query.group_by(repository.c.name, event.c.artifact))
    return {ArtifactKey(repo, name): time for repo, name, time in found}


def _start(call: Call) -> int:
    """Return how many were on the pages before."""
    try:
        values = answers.decode_cursor(call.find_text("page_token"), (int,))
    except UsageError as error:
        raise UsageError("Invalid page token", "it is the next_page_token of the answer before") from error
    start = int(values[0]) if values else 0
    if not 0 <= start < 2**31:
        raise UsageError("Invalid page token", "it is the next_page_token of the answer before")
    return start


def _page(key: str, bodies: list[Body], end: int, *, more: bool) -> Body:
    return {key: bodies, **({"next_page_token": answers.encode_cursor([end])} if more else {})}
