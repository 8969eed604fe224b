"""The model registry of a Git repository, for MLflow's clients and servers: reads, and the writes that are tags."""

import os
from collections.abc import Iterable, Mapping, Sequence

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.utils.search_utils import SearchUtils

from gto import api
from gto.exceptions import AlreadyInStage, ArtifactNotFound, NotFound, UsageError
from gto.export.mlflow.model_names import to_mlflow
from gto.export.mlflow.refused_writes import kept_in_git, nothing_to_make
from gto.export.mlflow.registry_bodies import model_tags
from gto.export.mlflow.search_filter import parse_filter, parse_order
from gto.export.mlflow.searched_values import (
    MODEL_KEYS,
    MODEL_ORDER,
    VERSION_KEYS,
    VERSION_ORDER,
    fits,
    in_order,
    model_values,
    versions_found,
)
from gto.export.mlflow.served_versions import ServedModel, ServedVersion
from gto.export.mlflow.stage_words import find_stage
from gto.export.mlflow.version_sources import parse_source, registration_message
from mlflow_gto.entities import to_model, to_version
from mlflow_gto.errors import ModelExists, refusal, told
from mlflow_gto.models import GitModels, choose, find_version
from mlflow_gto.places import parse_place

_MODELS, _MOST_MODELS = 100, 1000
_VERSIONS, _MOST_VERSIONS = 10_000, 200_000
_SERVER = "_MLFLOW_SERVER_FILE_STORE"  # `mlflow server` hands these to its workers
_SERVED_FILES = "_MLFLOW_SERVER_ARTIFACT_DESTINATION"


class GtoStore(AbstractStore):  # type: ignore[misc]  # MLflow tells no types
    """A model registry that is kept in the tags of a Git repository."""

    def __init__(self, store_uri: str, tracking_uri: str | None = None) -> None:
        try:
            super().__init__(store_uri, tracking_uri)
        except TypeError:  # releases before 2.4 ask for nothing
            super().__init__()
        with told():
            self._place = parse_place(store_uri)
        self._models = GitModels(self._place)

    # --- reads

    @told()
    def get_registered_model(self, name: str) -> RegisteredModel:
        """Return an artifact, one that is deprecated too."""
        return to_model(self._models.find(name))

    @told()
    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        """Return the page of artifacts that fit, those aside that are deprecated."""
        most = _most(max_results, _MODELS, _MOST_MODELS)
        conditions = parse_filter(filter_string or "", MODEL_KEYS)
        order = parse_order(order_by or (), MODEL_ORDER)
        found = [one for one in self._models.find_all(conditions) if fits(model_values(one), conditions)]
        return _page([to_model(one) for one in in_order(found, order, model_values)], most, page_token)

    @told()
    def get_latest_versions(self, name: str, stages: Sequence[str] | None = None) -> list[ModelVersion]:
        """Return the version of each stage or SemVer that is named; without any, the highest."""
        model = self._models.find(name)
        found: dict[int, ServedVersion] = {}
        for asked in stages or ["latest"]:
            try:
                version = choose(model, asked)
            except NotFound:
                continue
            found[version.number] = version
        return [to_version(model, one) for one in found.values()]

    @told()
    def get_model_version(self, name: str, version: str) -> ModelVersion:
        """Return a version by its number or SemVer, or by a stage."""
        model = self._models.find(name)
        return to_version(model, find_version(model, str(version)))

    @told()
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """Return the version that a stage shows, or that is called so."""
        model = self._models.find(name)
        return to_version(model, choose(model, alias))

    @told()
    def get_model_version_download_uri(self, name: str, version: str) -> str:
        """Return where the files of a version are: behind `mlflow server` with the server, else in the repository."""
        model = self._models.find(name)
        below = f"{to_mlflow(model.name)}/{find_version(model, str(version)).name}"
        if _SERVER not in os.environ:
            return self._place.address_of(below)
        served = os.environ.get(_SERVED_FILES, "")
        if not served.startswith("gto") or parse_place(served).repo != self._place.repo:
            hint = "start it with `--artifacts-destination` at the address of `--registry-store-uri`"
            raise UsageError("This server does not serve the files of its registry in Git", hint)
        return f"mlflow-artifacts:/{below}"

    @told()
    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        """Return the page of active versions that fit, those that changed last first unless asked otherwise."""
        most = _most(max_results, _VERSIONS, _MOST_VERSIONS)
        conditions = parse_filter(filter_string or "", VERSION_KEYS)
        order = parse_order(order_by or (), VERSION_ORDER)
        found = versions_found(self._models.find_all(conditions), conditions, order)
        return _page([to_version(*one) for one in found], most, page_token)

    # --- writes that are tags

    @told()
    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Assign a stage to a version."""
        model = self._models.find(name)
        self._assign(model, find_version(model, str(version)), alias)

    @told()
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Take the version that a stage shows out of it; nothing is done where it shows none."""
        model = self._models.find(name)
        shown = model.versions.stages.get(alias)
        if shown is not None:
            self._unassign(model, shown, alias)

    @told()
    def transition_model_version_stage(
        self,
        name: str,
        version: str,
        stage: str,
        archive_existing_versions: bool,  # noqa: ARG002, FBT001  MLflow's; a stage of GTO shows one version anyway
    ) -> ModelVersion:
        """Assign a stage, whichever of its names is used; `None` takes the version out of the one that it is in."""
        registry = self._models.open()
        model = self._models.find(name, registry)
        found = find_version(model, str(version))
        if stage != "None":
            allowed = registry.config.stages
            self._assign(model, found, find_stage(stage, allowed or list(model.versions.stages)) or stage)
        elif len(found.stages) > 1:
            raise UsageError(f"'{found.name}' is in {', '.join(found.stages)}", "delete the alias of one of them")
        for one in found.stages if stage == "None" else ():
            self._unassign(model, found.name, one)
        return self._again(model, found.name)

    @told()
    def create_registered_model(
        self,
        name: str,
        tags: Iterable[RegisteredModelTag] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,  # noqa: ARG002  MLflow's newer clients hand it over
    ) -> RegisteredModel:
        """Return an artifact that is annotated and has no version: a model begins with its first."""
        try:
            model = self._models.find(name)
        except ArtifactNotFound as error:
            raise nothing_to_make(name) from error
        if model.versions.by_name:
            raise ModelExists(f"Registered Model (name={model.name}) already exists", "register a version of it")
        if (description or "") not in {"", model.description} or not _pairs(tags).items() <= model_tags(model).items():
            raise kept_in_git(model.name)
        return to_model(model)

    @told()
    def create_model_version(  # noqa: PLR0913, PLR0917  MLflow's signature
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[ModelVersionTag] | None = None,
        run_link: str | None = None,  # noqa: ARG002
        description: str | None = None,
        model_id: str | None = None,  # noqa: ARG002
    ) -> ModelVersion:
        """Register a version at the commit that the source names; the tag `gto.version` chooses how it is called."""
        rev, version = parse_source(source), _pairs(tags).get("gto.version", "").strip()
        registry = self._models.open()
        model = self._models.find(name, registry)
        there = model.versions.by_name.get(version)
        if there is not None and there.is_active and registry.commit(rev) == there.commit:
            return to_version(model, there)  # who asks again gets what was done
        message = registration_message(description or "", run_id or "") or None
        place = self._place
        done = api.register(place.repo, model.name, rev, version or None, message, push=place.push)
        return self._again(model, done.version or "")

    def _again(self, model: ServedModel, version: str) -> ModelVersion:
        """Return a version as it is now."""
        now = self._models.find(model.name)
        return to_version(now, now.versions.by_name[version])

    def _assign(self, model: ServedModel, version: ServedVersion, stage: str) -> None:
        try:
            api.assign(self._place.repo, model.name, stage, version.name, push=self._place.push)
        except AlreadyInStage:  # who sets an alias again has what they want
            return

    def _unassign(self, model: ServedModel, version: str, stage: str) -> None:
        api.unassign(self._place.repo, model.name, version=version, stage=stage, push=self._place.push)

    # --- what is not here

    def list_webhooks(self, max_results: int | None = None, page_token: str | None = None) -> PagedList:  # noqa: ARG002  MLflow's
        """Return none: `gto watch` and Studio post webhooks, MLflow does not."""
        return PagedList([], None)

    def list_webhooks_by_event(self, *_: object, **__: object) -> PagedList:
        """Return none, which MLflow's server asks for at each write."""
        return PagedList([], None)

    # --- what is kept in Git otherwise

    update_registered_model = refusal("registered-models/update")
    rename_registered_model = refusal("registered-models/rename")
    delete_registered_model = refusal("registered-models/delete")
    set_registered_model_tag = refusal("registered-models/set-tag")
    delete_registered_model_tag = refusal("registered-models/delete-tag")
    update_model_version = refusal("model-versions/update")
    delete_model_version = refusal("model-versions/delete")
    set_model_version_tag = refusal("model-versions/set-tag")
    delete_model_version_tag = refusal("model-versions/delete-tag")


def _pairs(tags: Iterable[RegisteredModelTag | ModelVersionTag] | None) -> Mapping[str, str]:
    return {one.key: one.value for one in tags or ()}


def _most(asked: int | None, usual: int, most: int) -> int:
    """Return how many a page has at most."""
    if asked is None:
        return usual
    if not 0 < asked <= most:
        raise UsageError(f"Invalid value {asked} for parameter 'max_results'", f"it is from 1 to {most}")
    return asked


def _page(found: Sequence[object], most: int, token: str | None) -> PagedList:
    start = SearchUtils.parse_start_offset_from_page_token(token)
    after = start + most
    more = SearchUtils.create_page_token(after) if len(found) > after else None
    return PagedList(found[start:after], more.decode() if isinstance(more, bytes) else more)
