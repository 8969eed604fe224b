"""What a `dvc.lock` records of its stages: how each last ran, and the outputs that DVC keeps for it."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gto.dvc.dvc_file import read_data, read_entry
from gto.dvc.interpolation import Unresolved
from gto.dvc.output import Datum, Doubt, Flags, Output, Reading
from gto.dvc.paths import joined
from gto.dvc.pipeline import PipelineFile
from gto.dvc.stage import Stage, command_text
from gto.exceptions import BadFile
from gto.yamldoc.document import load, to_json

_SCHEMAS = {"1.0", "2.0"}


class LockedStage(NamedTuple):
    """A stage as it last ran."""

    command: str
    deps: tuple[Datum, ...]
    outs: tuple[Datum, ...]
    params: Mapping[str, Mapping[str, object]]
    """By file, and in it by key."""


def read_locked(data: bytes, file: str, directories: Mapping[str, str]) -> dict[str, LockedStage]:
    """Return the stages of a lock, or raise BadFile; `directories` says in which each runs."""
    here = posixpath.dirname(file)
    return {name: _locked(fields, directories.get(name, here)) for name, fields in _stages(data, file)}


def read_outputs(data: bytes, file: str, pipeline: PipelineFile | None) -> Reading:
    """Return the outputs that a lock tells of, or raise BadFile; `pipeline` is the `dvc.yaml` beside it."""
    outputs: list[Output] = []
    doubts: list[Doubt] = []
    for name, locked in _stages(data, file):
        outs = locked.get("outs")
        entries = [part for part in (outs if isinstance(outs, list) else []) if isinstance(part, dict)]
        try:
            stage = pipeline.find(name) if pipeline is not None else None
        except (Unresolved, BadFile) as error:
            doubts += [Doubt(str(entry.get("path")), file, f"stage '{name}': {error}") for entry in entries]
            continue
        if stage is not None:  # a stage that was removed leaves its lines in the lock, and DVC does not read them
            outputs += _outputs(entries, file, stage)
    return Reading(tuple(outputs), tuple(doubts))


def _outputs(entries: list[dict[object, object]], file: str, stage: Stage) -> Iterator[Output]:
    flags = {output.path: output.flags for output in stage.made}
    for entry in entries:
        found = read_entry(entry, file, stage.directory, Flags())
        if found is not None:
            is_cached, remote = flags.get(found.path, Flags())
            yield found._replace(is_cached=is_cached, remote=remote)


def _stages(data: bytes, file: str) -> Iterator[tuple[str, Mapping[object, object]]]:
    """Yield the stages of a lock: under `stages` in the form 2.0, at the top in that of before."""
    value = load(data, file).value
    if value is None:
        return
    if not isinstance(value, dict):
        raise BadFile(file, "a mapping of stages was expected")
    schema = str(value["schema"]) if "schema" in value else "1.0"
    if schema not in _SCHEMAS:
        raise BadFile(file, f"schema {schema} is not known", hint="a newer DVC wrote it: `dvc get` reads it")
    stages = value.get("stages") if "schema" in value else value
    for name, locked in stages.items() if isinstance(stages, dict) else ():
        if isinstance(name, str) and isinstance(locked, dict):
            yield name, locked


def _locked(fields: Mapping[object, object], directory: str) -> LockedStage:
    params = fields.get("params")
    read = {
        joined(directory, str(path)): {str(key): to_json(value) for key, value in values.items()}
        for path, values in (params.items() if isinstance(params, dict) else ())
        if isinstance(values, dict)
    }
    data = read_data(fields.get("deps"), directory), read_data(fields.get("outs"), directory)
    return LockedStage(command_text(fields.get("cmd")), *data, read)
