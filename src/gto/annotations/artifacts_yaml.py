"""The entries of an `artifacts.yaml`, GTO's own older form."""

from gto.annotations.annotation import Annotation, ReadAnnotations
from gto.annotations.entry_reader import EntryReader, file_problem
from gto.core import names
from gto.core.names import ArtifactName
from gto.exceptions import BadFile, InvalidName
from gto.yamldoc.document import Document, kind, load, to_json

FIELDS = ("type", "path", "virtual", "labels", "description", "custom")
_TRUE = {"true", "yes", "on", "y", "t", "1"}
_FALSE = {"false", "no", "off", "n", "f", "0"}


def read_artifacts_yaml(data: bytes, file: str) -> ReadAnnotations:
    """Return the annotations of one artifacts.yaml and what had to be set aside; no bytes make it raise."""
    try:
        document = load(data, file)
        entries = read_entries(document)
    except BadFile as error:
        return ReadAnnotations(problems=(file_problem(error),))
    annotations: list[Annotation] = []
    problems = []
    for key, fields in entries.items():
        entry = EntryReader(document, (key,))
        name = _name(entry, key)
        if name is not None:
            annotations.append(_annotation(entry, name, fields))
        problems += entry.problems
    return ReadAnnotations(tuple(annotations), tuple(problems))


def read_entries(document: Document) -> dict[object, object]:
    """Return the entries as they stand in the file, or raise BadFile."""
    entries = {} if document.value is None else document.value
    if not isinstance(entries, dict):
        raise BadFile(document.file, f"must be a mapping, not {kind(entries)}")
    return entries


def _name(entry: EntryReader, key: object) -> ArtifactName | None:
    if not isinstance(key, str):
        entry.set_aside(f"the name of an artifact must be text, not {kind(key)}", hint="write it in quotes")
        return None
    try:
        return entry.named(names.parse_artifact(names.parse_plain(key, "artifact name")))
    except InvalidName as error:
        entry.set_aside(error.message, hint=error.hint)
        return None


def _annotation(entry: EntryReader, name: ArtifactName, fields: object) -> Annotation:
    if not isinstance(fields, dict):
        entry.set_aside(f"must be a mapping, not {kind(fields)}")
        return Annotation(name, entry.file)
    return Annotation(
        name,
        entry.file,
        type=_optional(entry, "type", fields),
        path=_optional(entry, "path", fields),
        labels=entry.texts("labels", fields.get("labels", [])),
        description=entry.text("description", fields["description"]) or "" if "description" in fields else "",
        custom=to_json(fields.get("custom")),
        virtual=_virtual(entry, fields.get("virtual", True)),
    )


def _optional(entry: EntryReader, key: str, fields: dict[object, object]) -> str | None:
    value = fields.get(key)
    return None if value is None else entry.text(key, value)


def _virtual(entry: EntryReader, value: object) -> bool:
    word = str(value).lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    entry.set_aside(f"'virtual' must be true or false, not {kind(value)}", "virtual")
    return True
