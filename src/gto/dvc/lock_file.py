"""The outputs that a `dvc.lock` tells of, with what its `dvc.yaml` adds."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gto.dvc.dvc_file import load, read_entry
from gto.dvc.interpolation import Unresolved
from gto.dvc.lock_stages import Stage, Stages
from gto.dvc.output import Doubt, Flags, Output, Reading
from gto.exceptions import BadFile
from gto.yamldoc.document import Document

if TYPE_CHECKING:
    from gto.dvc.variables import Read


def read_lock(data: bytes, file: str, document: Document | None, read: "Read") -> Reading:
    """Return the outputs of a `dvc.lock`, or raise BadFile; `document` is the `dvc.yaml` beside it."""
    outputs: list[Output] = []
    doubts: list[Doubt] = []
    stages = Stages(document, read) if document is not None else None
    for name, locked in _stages(load(data, file), file):
        entries = [part for part in _outs(locked) if isinstance(part, dict)]
        try:
            stage = stages.find(name) if stages is not None else None
        except (Unresolved, BadFile) as error:
            doubts += [Doubt(str(entry.get("path")), file, f"stage '{name}': {error}") for entry in entries]
            continue
        if stage is not None:  # a stage that was removed leaves its lines in the lock, and DVC does not read them
            outputs += _outputs(entries, file, stage)
    return Reading(tuple(outputs), tuple(doubts))


def _outputs(entries: list[dict[object, object]], file: str, stage: Stage) -> Iterator[Output]:
    for entry in entries:
        flags = stage.outputs.get(posixpath.normpath(str(entry.get("path"))), Flags())
        found = read_entry(entry, file, stage.wdir, flags)
        if found is not None:
            yield found


def _stages(value: object, file: str) -> Iterator[tuple[str, Mapping[object, object]]]:
    """Yield the stages of a lock: under `stages` in the form 2.0, at the top in that of before."""
    if value is None:
        return
    if not isinstance(value, dict):
        raise BadFile(file, "a mapping of stages was expected")
    schema = str(value["schema"]) if "schema" in value else "1.0"
    if schema not in {"1.0", "2.0"}:
        raise BadFile(file, f"schema {schema} is not known", hint="a newer DVC wrote it: `dvc get` reads it")
    stages = value.get("stages") if "schema" in value else value
    for name, locked in stages.items() if isinstance(stages, dict) else ():
        if isinstance(name, str) and isinstance(locked, dict):
            yield name, locked


def _outs(locked: Mapping[object, object]) -> list[object]:
    outs = locked.get("outs")
    return outs if isinstance(outs, list) else []
