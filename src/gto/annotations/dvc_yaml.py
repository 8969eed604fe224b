"""The `artifacts:` section of a `dvc.yaml`."""

import posixpath
from functools import partial
from typing import cast

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.annotations.entry_reader import UNRESOLVED, EntryReader, file_problem
from gto.core import names
from gto.core.event import Problem
from gto.core.names import ArtifactName
from gto.dvc import paths
from gto.dvc.interpolation import Interpolation, Unresolved, is_interpolated, to_text
from gto.dvc.known_sections import refused
from gto.dvc.parsers import Parsers
from gto.dvc.variables import Variables, load_variables, texts_in
from gto.exceptions import BadFile, InvalidName
from gto.git.object_cache import Read
from gto.yamldoc.document import Document, kind, to_json

SECTION = "artifacts"
FIELDS = ("path", "desc", "type", "labels", "meta")
_REFUSED = "DVC refuses the whole file for it"


def read_dvc_yaml(data: bytes, file: str, read: Read, parsers: Parsers | None = None) -> ReadAnnotations:
    """Return the annotations of one dvc.yaml and what had to be set aside; no bytes make it raise.

    `file` is its path from the repository's root; `read` is asked for the files that `${...}` needs.
    """
    parsers = parsers or Parsers()
    try:
        document = parsers.yaml(data, file)
        section = read_section(document)
        names.parse_artifact(full_name(file, "a"))
    except BadFile as error:
        return ReadAnnotations(problems=(file_problem(error),))
    except InvalidName:
        reason = f"the directory '{posixpath.dirname(file)}' cannot stand in the name of an artifact"
        return ReadAnnotations(
            problems=(Problem("annotation-name", file, reason, "a directory may hold letters, digits, -_."),)
        )
    found = _read(document, section, Interpolation(partial(_variables, document, read, parsers)), parsers)
    return found._replace(problems=(*refused(document.value, file), *found.problems))


def full_name(file: str, plain: str) -> str:
    """Return the name of an artifact that the annotating file at `file` calls `plain`."""
    directory = posixpath.dirname(file)
    return f"{directory}:{plain}" if directory else plain


def read_section(document: Document) -> dict[object, object]:
    """Return the entries of a dvc.yaml as they stand there, or raise BadFile."""
    top = {} if document.value is None else document.value
    if not isinstance(top, dict):
        raise BadFile(document.file, f"must be a mapping, not {kind(top)}")
    section = top.get(SECTION, {})
    if not isinstance(section, dict):
        raise BadFile(document.file, f"'{SECTION}' must be a mapping, not {kind(section)}", document.line(SECTION))
    return section


def to_custom(meta: object) -> object:
    """Return the custom metadata in `meta`: what stands under its only key `custom`, else all of it."""
    match meta:
        case dict() if set(meta) == {"custom"}:
            return meta["custom"]
        case _:
            return meta or None


def to_meta(custom: object) -> object:
    """Return the `meta` from which `to_custom` gives `custom`."""
    match custom:
        case dict() if set(custom) != {"custom"}:
            return custom
        case _:
            return {"custom": custom}


def _variables(document: Document, read: Read, parsers: Parsers) -> Variables:
    top = document.value if isinstance(document.value, dict) else {}
    return load_variables(top.get("vars", []), document.file, read, parsers)


_Plain = dict[object, tuple[object, ArtifactName, Annotation]]
"""Entries that are sound and take no variable, by their keys: what each holds, and what was read of it."""


def _read(
    document: Document, section: dict[object, object], interpolation: Interpolation, parsers: Parsers
) -> ReadAnnotations:
    before = cast("_Plain", parsers.recall(document.file) or {})  # of the same file in another commit
    plain: _Plain = {}
    annotations: dict[ArtifactName, Annotation] = {}
    problems: list[Problem] = []
    for key, fields in section.items():
        found = before.get(key)
        if found is not None and found[0] is fields and found[1] not in annotations:
            annotations[found[1]] = found[2]
            plain[key] = found
            continue
        entry = EntryReader(document, (SECTION, key))
        name = _name(entry, key, interpolation)
        if name in annotations:
            entry.set_aside(f"'{name}' stands twice", hint="the last one counts")
        if name is not None:
            annotations[name] = _annotation(entry, name, fields, interpolation)
            if not entry.problems and not any(map(is_interpolated, texts_in({key: fields}))):
                plain[key] = fields, name, annotations[name]
        problems += entry.problems
    parsers.remember(document.file, plain, len(plain))
    return ReadAnnotations(tuple(annotations.values()), tuple(problems))


def _name(entry: EntryReader, key: object, interpolation: Interpolation) -> ArtifactName | None:
    if not isinstance(key, str):
        entry.set_aside(f"the name of an artifact must be text, not {kind(key)}", hint="write it in quotes")
        return None
    try:
        plain = names.parse_plain(to_text(interpolation.resolve(key)), "artifact name")
        return entry.named(names.parse_artifact(full_name(entry.file, plain)))
    except Unresolved as error:
        entry.set_aside(str(error), code=UNRESOLVED)
    except InvalidName as error:
        entry.set_aside(error.message, hint=error.hint)
    return None


def _annotation(entry: EntryReader, name: ArtifactName, fields: object, interpolation: Interpolation) -> Annotation:
    if not isinstance(fields, dict):
        entry.set_aside(f"must be a mapping with a 'path', not {kind(fields)}", hint=_REFUSED)
        return Annotation(name, entry.file)
    for key in fields.keys() - FIELDS:
        entry.set_aside(f"unknown field '{key}'", key, hint=_REFUSED)
    if "path" not in fields:
        entry.set_aside("'path' is missing", hint=_REFUSED)
    texts = {
        key: entry.text(key, fields[key], interpolation.resolve) for key in ("path", "desc", "type") if key in fields
    }
    return Annotation(
        name,
        entry.file,
        type=texts.get("type"),
        path=_path(entry, texts.get("path")),
        labels=entry.texts("labels", fields.get("labels", []), interpolation.resolve),
        description=texts.get("desc") or "",
        custom=to_json(to_custom(_meta(entry, fields.get("meta"), interpolation))),
    )


def _path(entry: EntryReader, path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return paths.from_root(path, posixpath.dirname(entry.file))
    except ValueError as error:
        entry.set_aside(f"'path': {error}", "path")
        return None


def _meta(entry: EntryReader, meta: object, interpolation: Interpolation) -> object:
    try:
        return interpolation.resolve_all(meta)
    except Unresolved as error:
        entry.set_aside(f"'meta': {error}", "meta", code=UNRESOLVED)
        return None
