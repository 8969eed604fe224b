"""The variables of a `dvc.yaml`: its `vars`, `params.yaml`, and the files that `vars` names."""

import posixpath
from collections.abc import Iterator, Mapping

from gto.dvc.interpolation import is_interpolated
from gto.dvc.params_file import to_mapping
from gto.dvc.parsers import Parsers
from gto.exceptions import BadFile
from gto.git.object_cache import Read

_DEFAULT = "params.yaml"
_MOST_FILES = 100

Variables = dict[str, object]


def load_variables(section: object, file: str, read: Read, parsers: Parsers | None = None) -> Variables:
    """Return the variables of the dvc.yaml at `file`, whose `vars` are `section`, or raise BadFile."""
    if not isinstance(section, list):
        raise BadFile(file, "'vars' must be a list")
    if any(is_interpolated(text) for text in texts_in(section)):
        raise BadFile(file, "interpolation inside 'vars' is not allowed")
    loader = _Loader(file, read, parsers or Parsers())
    loader.add_default()
    for item in section:
        match item:
            case str():
                loader.add_file(item)
            case dict():
                loader.add(item, file)
            case _:
                raise BadFile(file, "'vars' takes mappings and names of files")
    return loader.variables


class _Loader:
    def __init__(self, file: str, read: Read, parsers: Parsers) -> None:
        self.file = file
        self._parsers = parsers
        self.variables: Variables = {}
        self._read = read
        self._files: dict[str, Mapping[object, object]] = {}
        self._loaded: dict[str, set[str]] = {}
        """The keys taken from each file; an empty set stands for all."""

    def add_default(self) -> None:
        data = self._read(posixpath.join(posixpath.dirname(self.file), _DEFAULT))
        if data is not None:
            self.add_file(_DEFAULT)

    def add_file(self, item: str) -> None:
        """Add a file, or after a colon some of its keys: `params.yaml:model,train`."""
        name, _, listed = item.partition(":")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.file), name))
        keys = {key for key in listed.split(",") if key}
        before = self._loaded.get(path)
        if before is not None:
            if not before and not keys:
                return
            if not before or not keys or before & keys:
                raise BadFile(self.file, f"'vars' takes '{item}', but has loaded all or a part of it before")
        values = self._values(path)
        missing = sorted(keys - values.keys())
        if missing:
            raise BadFile(self.file, f"'vars' takes '{missing[0]}' from '{path}', which does not have it")
        self.add({key: values[key] for key in keys} if keys else values, path)
        self._loaded[path] = (before or set()) | keys

    def add(self, values: Mapping[object, object], source: str) -> None:
        """Add values beside those that are there; none may be defined twice, not even alike."""
        self.variables = self._merge(self.variables, values, source)

    def _values(self, path: str) -> Mapping[object, object]:
        if path not in self._files:
            self._files[path] = to_mapping(self._parsers.values(self._bytes(path), path), path)
        return self._files[path]

    def _bytes(self, path: str) -> bytes:
        if path.startswith("/") or path.split("/", 1)[0] == "..":
            raise BadFile(self.file, f"'vars' names '{path}', outside of the repository")
        if len(self._files) >= _MOST_FILES:
            raise BadFile(self.file, f"'vars' names more than {_MOST_FILES} files")
        data = None if "\0" in path else self._read(path)
        if data is None:
            raise BadFile(self.file, f"'vars' names '{path}', which does not exist")
        return data

    def _merge(self, old: Mapping[str, object], new: Mapping[object, object], source: str) -> Variables:
        merged = dict(old)
        for key, value in new.items():
            if not isinstance(key, str):  # DVC cannot name such a key
                continue
            here = merged.get(key)
            if isinstance(here, dict) and isinstance(value, dict):
                merged[key] = self._merge(here, value, source)
            elif key in merged:
                raise BadFile(self.file, f"variable '{key}' of '{source}' is defined before")
            else:
                merged[key] = value
        return merged


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in a value of YAML, keys as well."""
    match value:
        case str():
            yield value
        case list():
            for part in value:
                yield from texts_in(part)
        case dict():
            for key, part in value.items():
                yield from texts_in(key)
                yield from texts_in(part)
        case _:
            return
