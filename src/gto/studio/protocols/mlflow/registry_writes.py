"""What MLflow's clients write: aliases and stages are assignments, new versions of models are registrations."""

from collections.abc import Callable

from fastapi import HTTPException
from starlette.responses import Response

from gto.exceptions import AlreadyInStage, NotFound, UsageError
from gto.export.mlflow import stage_words
from gto.export.mlflow.refused_writes import kept_in_git, nothing_to_make
from gto.export.mlflow.registry_bodies import Body, model_tags, model_version, registered_model
from gto.export.mlflow.served_versions import ServedModel, ServedVersion
from gto.export.mlflow.version_sources import parse_source, registration_message
from gto.studio.actions.action import ASSIGN, REGISTER, UNASSIGN
from gto.studio.actions.wish import Wish
from gto.studio.index import lookup
from gto.studio.protocols.mlflow.mlflow_calls import Call, ModelExists
from gto.studio.protocols.mlflow.registry_reads import find_version
from gto.studio.protocols.program_writes import check_role, write_tags
from gto.studio.respond import json_response
from gto.studio.team import idempotency
from gto.studio.visitor import Role


def once(call: Call, act: Callable[[Call], Body]) -> Response:
    """Answer what `act` does; with an idempotency key it is done once."""
    studio, request = call.studio, call.request
    if studio.settings.read_only:
        raise HTTPException(403, "This Studio was started with --read-only: it writes nothing.")
    key = request.headers.get("idempotency-key")
    if key is None or studio.team is None or studio.visitor.id is None:
        return json_response(act(call))
    keyed = idempotency.keyed(request, key, studio.visitor.id, call.body)
    return idempotency.once(studio.team.database, keyed, lambda: (json_response(act(call)), True))


def set_alias(call: Call) -> Body:
    """Assign a stage to a version."""
    model, version = _named(call)
    _assign(call, model, version, call.text("alias"))
    return {}


def delete_alias(call: Call) -> Body:
    """Take the version that a stage shows out of it; nothing is done where it shows none."""
    model, stage = _model(call), call.text("alias")
    name = model.versions.stages.get(stage)
    if name is not None:
        write_tags(
            call.studio,
            model.repo,
            UNASSIGN,
            Wish(UNASSIGN.word, model.name, version=name, stage=stage),
            Role.MAINTAINER,
        )
    return {}


def transition_stage(call: Call) -> Body:
    """Assign a stage, whichever of its names the client has; `None` takes the version out of the one that it is in."""
    model, version = _named(call)
    stage = call.text("stage")
    if stage != "None":
        _assign(call, model, version, _stage(call, model, stage))
    elif len(version.stages) > 1:
        raise UsageError(f"'{version.name}' is in {', '.join(version.stages)}", "delete the alias of one of them")
    for one in version.stages if stage == "None" else ():
        wish = Wish(UNASSIGN.word, model.name, version=version.name, stage=one)
        write_tags(call.studio, model.repo, UNASSIGN, wish, Role.MAINTAINER)
    return _answer(call, version.name)


def create_model(call: Call) -> Body:
    """Return an artifact that is annotated and has no version: a model begins with its first."""
    try:
        model = _model(call)
    except NotFound as error:
        raise nothing_to_make(call.text("name")) from error
    check_role(call.studio, model.repo, Role.CONTRIBUTOR)
    name = model.name
    if model.versions.by_name:
        raise ModelExists(f"Registered Model (name={name}) already exists", "register a version of it")
    if (
        call.find_text("description") not in {"", model.description}
        or not call.tags().items() <= model_tags(model).items()
    ):
        raise kept_in_git(name)
    return {"registered_model": registered_model(model)}


def create_version(call: Call) -> Body:
    """Register a version at the commit that the source names; the tag `gto.version` chooses how it is called."""
    rev, version = parse_source(call.text("source")), call.tags().get("gto.version", "").strip()
    model, run = _model(call), call.find_text("run_id")
    check_role(call.studio, model.repo, Role.CONTRIBUTOR)
    there = model.versions.by_name.get(version)
    if there is not None and there.is_active and rev == there.commit:  # the client asks again
        return {"model_version": model_version(model, there)}
    message = registration_message(call.find_text("description"), run)
    wish = Wish(REGISTER.word, model.name, rev, version, message=message)
    action = REGISTER if version else REGISTER._replace(fields=("commit",))
    written = write_tags(call.studio, model.repo, action, wish, Role.CONTRIBUTOR)
    with call.studio.database.read() as connection:
        model = call.model(connection)
        found = [one for one in model.versions.by_name.values() if one.ref in written.refs]
    if not found:
        raise NotFound(f"Written: {', '.join(written.refs)}. The index does not have it yet", "ask for it in a moment")
    return {"model_version": model_version(model, found[0])}


def _stage(call: Call, model: ServedModel, word: str) -> str:
    """Return the stage that is meant: one of the configuration, or that the artifact has, else the word."""
    with call.studio.database.read() as connection:
        allowed = lookup.find_repository(connection, model.repo).stages
    return stage_words.find_stage(word, allowed if allowed is not None else list(model.versions.stages)) or word


def _assign(call: Call, model: ServedModel, version: ServedVersion, stage: str) -> None:
    wish = Wish(ASSIGN.word, model.name, version=version.name, stage=stage)
    try:
        write_tags(call.studio, model.repo, ASSIGN, wish, Role.MAINTAINER)
    except AlreadyInStage:  # who sets an alias again has what they want
        return


def _model(call: Call) -> ServedModel:
    with call.studio.database.read() as connection:
        return call.model(connection)


def _named(call: Call) -> tuple[ServedModel, ServedVersion]:
    with call.studio.database.read() as connection:
        model = call.model(connection)
        return model, find_version(connection, model, call.text("version"))


def _answer(call: Call, version: str) -> Body:
    """Return a version as it is now."""
    model = _model(call)
    return {"model_version": model_version(model, model.versions.by_name[version])}
