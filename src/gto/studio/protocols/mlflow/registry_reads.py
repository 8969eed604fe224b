"""What MLflow's clients read of the registry: artifacts, and versions by number, SemVer, stage or alias."""

from sqlalchemy import Connection

from gto.core import selector as selectors
from gto.core.selector import Pick
from gto.exceptions import NotFound
from gto.export.mlflow import stage_words
from gto.export.mlflow.registry_bodies import Body, model_version, registered_model
from gto.export.mlflow.served_versions import ServedModel, ServedVersion
from gto.studio.protocols.asked_version import choose_asked
from gto.studio.protocols.mlflow.mlflow_calls import Call
from gto.studio.protocols.mlflow.served_files import make_address
from gto.studio.team import audit

_MOST_STAGES = 50
_MOST_MEANT = 64  # words whose meaning is kept, of one artifact
_DIGITS = 10


def get_model(call: Call) -> Body:
    """Return an artifact, one that is deprecated too."""
    with call.studio.database.read() as connection:
        return {"registered_model": registered_model(call.model(connection))}


def get_by_alias(call: Call) -> Body:
    """Return the version that a stage shows, or that is called so."""
    alias = call.text("alias")
    with call.studio.database.read_once() as connection:
        known = call.recall(connection)
    if known is not None and (version := known.versions.by_name.get(known.versions.meant.get(alias, ""))) is not None:
        return {"model_version": model_version(known, version)}
    with call.studio.database.read() as connection:
        model = call.model(connection)
        return {"model_version": model_version(model, choose(connection, model, alias))}


def get_version(call: Call) -> Body:
    """Return a version by its number or name, also one of a deprecated artifact."""
    with call.studio.database.read() as connection:
        model = call.model(connection)
        return {"model_version": model_version(model, find_version(connection, model, call.text("version")))}


def get_latest_versions(call: Call) -> Body:
    """Return the version of each stage that is named; without any, the highest."""
    stages = list(dict.fromkeys(call.texts("stages")))[:_MOST_STAGES]
    with call.studio.database.read() as connection:
        model = call.model(connection)
        found: dict[int, ServedVersion] = {}
        for asked in stages or ["latest"]:
            try:
                version = choose(connection, model, asked)
            except NotFound:
                continue
            found[version.number] = version
    return {"model_versions": [model_version(model, one) for one in found.values()]}


def get_download_uri(call: Call) -> Body:
    """Return the address of a version's files, and note that it was given."""
    studio = call.studio
    with studio.database.read() as connection:
        model = call.model(connection)
        version = find_version(connection, model, call.text("version"))
    repo, name = model.repo, model.name
    if studio.team is not None and studio.visitor.id is not None:
        subject, origin = f"{name}@{version.name}", audit.origin_of(call.request)
        with studio.team.database.record() as connection:
            audit.note(connection, studio.visitor, origin, "link", subject, repository=repo, by="mlflow")
    return {"artifact_uri": make_address(call.request, repo, name, version.name, version.commit)}


def find_version(connection: Connection, model: ServedModel, asked: str) -> ServedVersion:
    """Return the version of a number, else what another word means; NotFound where it counts no more."""
    if asked.isascii() and asked.isdigit():
        found = model.versions.by_number.get(int(asked)) if len(asked) <= _DIGITS else None
        if found is None or not found.is_active:
            gone = f"'{found.name}' was deregistered" if found else "search_model_versions() lists those that are there"
            raise NotFound(f"Model Version (name={model.name}, version={asked}) not found", gone)
        return found
    return choose(connection, model, asked)


def choose(connection: Connection, model: ServedModel, asked: str) -> ServedVersion:
    """Return the version that a word means: `latest`, a SemVer, a stage; NotFound where there is none."""
    meant = model.versions.meant
    if asked not in meant:
        name = _choose(connection, model, asked)
        if len(meant) >= _MOST_MEANT:
            meant.clear()
        meant[asked] = name
    found = model.versions.by_name.get(meant.get(asked, ""))
    if found is None:
        hint = f"register it first: `gto register {model.name} {meant.get(asked, '')}`"
        raise NotFound(f"What '{asked}' of '{model.name}' shows is a commit without a version", hint)
    return found


def _choose(connection: Connection, model: ServedModel, asked: str) -> str:
    stages = model.versions.stages
    repo, name = model.repo, model.name
    wanted = selectors.parse_asked(name, asked)
    if model.is_active and wanted.pick is Pick.STAGE and wanted.value in stages:  # most often: nothing is read for it
        return stages[wanted.value]
    return choose_asked(connection, repo, name, asked, lambda word: stage_words.find_stage(word, stages)).chosen.version
