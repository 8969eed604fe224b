"""Changes to the annotation of one artifact, in the text of its file."""

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from gto.annotations import artifacts_yaml, dvc_yaml
from gto.annotations.model_pointer import POINTER
from gto.core import names
from gto.dvc import paths
from gto.dvc.interpolation import escape, escape_all
from gto.exceptions import ArtifactNotFound, BadFile, UsageError
from gto.git.objects import LARGEST_FILE
from gto.inspect.side_car import SUFFIX
from gto.yamldoc import text_edit
from gto.yamldoc.document import Document, load, load_text, to_json

DVC_YAML = "dvc.yaml"
ARTIFACTS_YAML = "artifacts.yaml"

_BOM = "\ufeff"

_Fields = dict[object, object]


@dataclass(frozen=True, slots=True)
class AnnotationEdit:
    """What an annotation shall say; where a field is empty, the old value stays."""

    type: str | None = None
    path: str | None = None
    """Relative to the repository's root, or absolute, or a URL."""
    labels: tuple[str, ...] = ()
    """United with those that are there."""
    description: str | None = None
    custom: object = None
    """Whatever JSON can hold."""
    must_exist: bool = False
    """Whether the caller vouches that `path` is there; artifacts.yaml alone records it."""
    side_car: str | None = None
    """The file of the model's facts, from the repository's root; it joins the custom metadata under `model`."""
    meta: Mapping[str, object] = field(default_factory=dict)
    """Keys that join the custom metadata; those whose value is None leave it."""


def annotate_text(text: str, file: str, plain_name: str, change: AnnotationEdit) -> str:
    """Return the text of a dvc.yaml or an artifacts.yaml with one annotation put in or brought up to date.

    `text` may be empty, and has the file's own line endings; lines that need no change stay as they are.
    Raises BadFile where the file cannot be read, or not be edited without changing more; InvalidName;
    UsageError where an artifact in dvc.yaml would have no path, or one outside of the repository.
    """
    _check_names(plain_name, change)
    body = text.removeprefix(_BOM)
    document = load_text(body, file)
    entries = _entries(document)
    old = _entry(document, entries, plain_name)
    new = _dvc_fields(old, file, change) if _is_dvc(file) else _artifacts_fields(old, file, change)
    keys = (*_section(file), plain_name)
    known = plain_name in entries
    with _breaking(file):
        body = _update(body, file, keys, old, new) if known else text_edit.put(body, file, keys, new)
    _verify(body, document, {**entries, plain_name: entries[plain_name] if known and new == old else new})
    return text[: len(text) - len(text.removeprefix(_BOM))] + body


def remove_text(text: str, file: str, plain_name: str) -> str:
    """Return the text without an artifact's annotation, or raise ArtifactNotFound or BadFile.

    When its last entry goes, so does the `artifacts:` section of a dvc.yaml.
    """
    body = text.removeprefix(_BOM)
    document = load_text(body, file)
    entries = _entries(document)
    if plain_name not in entries:
        raise ArtifactNotFound(dvc_yaml.full_name(file, plain_name))
    rest = {name: entry for name, entry in entries.items() if name != plain_name}
    section = _section(file)
    with _breaking(file):
        body = text_edit.drop(body, file, (*section, plain_name) if rest or not section else section)
        gone = load_text(body, file).root is None
    if gone and not section:
        body += "{}\r\n" if "\r\n" in text else "{}\n"  # GTO 1.10 fails on an artifacts.yaml that holds nothing
    _verify(body, document, rest)
    return text[: len(text) - len(text.removeprefix(_BOM))] + body


def _check_names(plain_name: str, change: AnnotationEdit) -> None:
    names.parse_plain(plain_name, "artifact name")
    if change.type:
        names.parse_plain(change.type, "type")
    for label in change.labels:
        names.parse_plain(label, "label")


@contextmanager
def _breaking(file: str) -> Iterator[None]:
    """Say of a file that could be read before its edit, and not after it, that the edit breaks it."""
    try:
        yield
    except BadFile as error:
        if error.hint == text_edit.BY_HAND:
            raise
        raise BadFile(file, f"this edit would break the file: {error.reason}", hint=text_edit.BY_HAND) from None


def _is_dvc(file: str) -> bool:
    return posixpath.basename(file) == DVC_YAML


def _section(file: str) -> text_edit.Keys:
    return (dvc_yaml.SECTION,) if _is_dvc(file) else ()


def _entries(document: Document) -> _Fields:
    if not _is_dvc(document.file):
        return artifacts_yaml.read_entries(document)
    top = document.value
    if isinstance(top, dict) and top.get(dvc_yaml.SECTION, "") is None:
        return {}
    return dvc_yaml.read_section(document)


def _entry(document: Document, entries: _Fields, name: str) -> _Fields:
    entry = entries.get(name)
    if entry is None:
        return {}
    if isinstance(entry, dict):
        return entry
    line = document.line(*_section(document.file), name)
    raise BadFile(document.file, f"the entry '{name}' is no mapping", line, text_edit.BY_HAND)


def _artifacts_fields(old: _Fields, file: str, change: AnnotationEdit) -> _Fields:
    wanted: dict[str, object] = {
        "type": change.type,
        "path": change.path,
        "virtual": change.must_exist,
        "labels": _labels(old, file, change.labels),
        "description": change.description,
        "custom": _custom(old.get("custom"), to_json(change.custom), file, _joining(_keys(change), file, change)),
    }
    new = _updated(old, wanted, "custom")
    if change.must_exist:
        new["virtual"] = False
    elif change.path:
        new.pop("virtual", None)  # nobody vouched for the new path
    return new


def _dvc_fields(old: _Fields, file: str, change: AnnotationEdit) -> _Fields:
    wanted: dict[str, object] = {
        "path": _written_path(file, change.path),
        "desc": escape(change.description or ""),
        "type": escape(change.type or ""),
        "labels": _labels(old, file, tuple(map(escape, change.labels))),
        "meta": _custom(old.get("meta"), _meta(change.custom), file, _joining(escape_all(_keys(change)), file, change)),
    }
    new = _updated(old, wanted, "meta")
    if not new.get("path"):
        message = f"An artifact in '{file}' must have a path"
        raise UsageError(message, "name the artifact's file or directory with --path")
    return new


def _meta(custom: object) -> object:
    return dvc_yaml.to_meta(escape_all(to_json(custom))) if custom else None


def _updated(old: _Fields, wanted: Mapping[str, object], custom: str) -> _Fields:
    new = old | {key: value for key, value in wanted.items() if value}
    if wanted[custom] == {}:
        new.pop(custom, None)
    return new


def _keys(change: AnnotationEdit) -> object:
    return to_json(dict(change.meta))


def _joining(keys: object, file: str, change: AnnotationEdit) -> _Fields:
    """Return the keys that join the custom metadata, the pointer to a side-car among them."""
    pointer: _Fields = {POINTER: _written_path(file, change.side_car)} if change.side_car else {}
    return {**(keys if isinstance(keys, dict) else {}), **pointer}


def _custom(old: object, new: object, file: str, joining: _Fields) -> object:
    """Return the custom metadata, which keys join that stand beside what is there; None where nothing changes."""
    if not joining:
        return _beside_pointer(old, new or None, file)
    said = new or old or {}
    if not isinstance(said, dict):
        reason = "the artifact's custom metadata is no mapping, and so no key can be added"
        raise BadFile(file, reason, hint=text_edit.BY_HAND)
    kept = _beside_pointer(old, new, file)
    joined = {**(kept if isinstance(kept, dict) else said), **joining}
    return {key: value for key, value in joined.items() if value is not None}


def _beside_pointer(old: object, new: object, file: str) -> object:
    """Return new custom metadata, with the pointer to the model's facts that stands in the old."""
    pointer = old.get(POINTER) if isinstance(old, dict) else None
    if not (new and isinstance(pointer, str) and pointer.endswith(SUFFIX)):
        return new
    if isinstance(new, dict):
        return {POINTER: pointer, **new}
    message = f"The custom metadata names the file of the model's facts, '{pointer}', which a text would replace"
    raise UsageError(message, f"write it into '{file}' by hand, under a key of its own")


def _written_path(file: str, path: str | None) -> str:
    if not path:
        return ""
    try:
        target = paths.from_root(path, "")
    except ValueError as error:
        message = f"Invalid path: {error}"
        raise UsageError(message, "give a path inside the repository, or a URL") from None
    return escape(paths.from_directory(target, posixpath.dirname(file)))


def _labels(old: _Fields, file: str, labels: tuple[str, ...]) -> list[str]:
    before = old.get("labels") or []
    if not isinstance(before, list) or not all(isinstance(label, str) for label in before):
        raise BadFile(file, "'labels' must be a list of texts", hint=text_edit.BY_HAND)
    return sorted({*before, *labels}) if labels else []


def _update(body: str, file: str, keys: text_edit.Keys, old: _Fields, new: _Fields) -> str:
    for key, value in new.items():
        if not isinstance(key, str) or (key in old and old[key] == value):
            continue
        before = old.get(key)
        if isinstance(value, list) and key == "labels":
            body = text_edit.put_items(body, file, (*keys, key), value)
        elif isinstance(value, dict) and isinstance(before, dict) and before.keys() <= value.keys() and before:
            body = _update(body, file, (*keys, key), before, value)
        else:
            body = text_edit.put(body, file, (*keys, key), value)
    for gone in old.keys() - new.keys():
        body = text_edit.drop(body, file, (*keys, str(gone)))
    return body


def _verify(body: str, before: Document, entries: _Fields) -> None:
    """Refuse an edit that says less than was asked, or changes more: through an anchor, say."""
    top = before.value if isinstance(before.value, dict) else {}
    expected = entries
    if _is_dvc(before.file):
        expected = {key: value for key, value in top.items() if key != dvc_yaml.SECTION}
        expected |= {dvc_yaml.SECTION: entries} if entries else {}
    with _breaking(before.file):
        if len(body.encode()) > LARGEST_FILE:
            raise BadFile(before.file, f"it is then larger than {LARGEST_FILE >> 20} MiB")
        after = load(body.encode(), before.file).value
    if (after or {}) != expected:
        raise BadFile(before.file, "this edit would change more than it should", hint=text_edit.BY_HAND)
