"""The stages of a `dvc.yaml`: the directory in which each works, and what it adds to its outputs in `dvc.lock`."""

import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from gto.annotations.document import Document
from gto.annotations.interpolation import Interpolation, Unresolved, is_interpolated, to_text
from gto.annotations.variables import Read, Variables, load_variables
from gto.delivery.output import Flags

Definition = Mapping[object, object]
_MOST = 10_000  # members of one stage of many
_SECTIONS = ("outs", "metrics", "plots")


class Stage(NamedTuple):
    """What of a stage `dvc.lock` does not say."""

    wdir: str
    outputs: Mapping[str, Flags]
    """The flags of each output, by its path as `dvc.lock` has it."""


class Stages:
    """The stages of one `dvc.yaml`; each is resolved when it is asked for."""

    def __init__(self, document: Document, read: Read) -> None:
        """`read` is asked for the files that `${...}` needs."""
        self._document = document
        self._read = read
        top = document.value if isinstance(document.value, dict) else {}
        stages = top.get("stages")
        self._vars = top.get("vars", [])
        self._stages: Definition = stages if isinstance(stages, dict) else {}
        self._variables: Variables | None = None

    def find(self, name: str) -> Stage | None:
        """Return a stage by its name in `dvc.lock`; None for one that is there no more, Unresolved for a riddle."""
        definition = self._stages.get(name)
        group, at, key = name.rpartition("@")
        if isinstance(definition, dict) and not {"foreach", "matrix"} & definition.keys():
            return self._stage(definition, {})
        many = self._stages.get(group)
        if not at or not isinstance(many, dict):
            return None
        if "matrix" in many:
            return self._member(many, self._matrix(many["matrix"]), key)
        if "foreach" in many and isinstance(many.get("do"), dict):
            return self._member(many["do"], self._foreach(many["foreach"]), key)
        return None

    def _member(self, definition: Definition, members: Iterator[tuple[str, Variables]], key: str) -> Stage | None:
        # Resolving all of them is for what needs it: most stages of many work where their file is.
        if not any(map(is_interpolated, _texts(definition))):
            return self._stage(definition, {})
        for name, variables in islice(members, _MOST):
            if name == key:
                return self._stage(definition, variables)
        return None

    def _stage(self, definition: Definition, variables: Variables) -> Stage:
        own = definition.get("vars", [])
        interpolation = Interpolation(lambda: {**self._all(own), **variables})
        written = definition.get("wdir")
        if written is not None and not isinstance(written, str):
            raise Unresolved("its 'wdir' is no text")
        wdir = to_text(interpolation.resolve(written)) if written else "."
        outputs: dict[str, Flags] = {}
        for section in _SECTIONS:
            entries = definition.get(section)
            for entry in entries if isinstance(entries, list) else ():
                for path, flags in _entry(entry):
                    outputs[posixpath.normpath(to_text(interpolation.resolve(path)))] = flags
        return Stage(wdir, outputs)

    def _all(self, own: object) -> Variables:
        """Return the variables of the file, and those that a stage adds."""
        if self._variables is None:
            self._variables = load_variables(self._vars, self._document.file, self._read)
        added: Variables = {}
        for part in own if isinstance(own, list) else ():
            if not isinstance(part, dict):
                raise Unresolved(f"its own 'vars' name the file '{part}'")
            added |= part
        if added.keys() & self._variables.keys():
            raise Unresolved("its own 'vars' add to variables of the file")
        return {**self._variables, **added}

    def _foreach(self, data: object) -> Iterator[tuple[str, Variables]]:
        """Yield the key of each member, and the variables `item` and, for those of a mapping, `key`."""
        value = Interpolation(lambda: self._all([])).resolve_all(data)
        if isinstance(value, dict):
            for key, item in value.items():
                yield to_text(key), {"item": item, "key": to_text(key)}
        elif isinstance(value, list):
            is_nested = any(isinstance(item, dict | list) for item in value)
            for place, item in enumerate(value):
                yield str(place) if is_nested else to_text(item), {"item": item}
        else:
            raise Unresolved("its 'foreach' is neither a list nor a mapping")

    def _matrix(self, data: object) -> Iterator[tuple[str, Variables]]:
        """Yield the key of each combination, and the variables `item` and `key`."""
        value = Interpolation(lambda: self._all([])).resolve_all(data)
        if not isinstance(value, dict) or not all(isinstance(axis, list) for axis in value.values()):
            raise Unresolved("its 'matrix' is no mapping of lists")
        for combination in product(*(enumerate(axis) for axis in value.values())):
            item = {name: part for name, (_, part) in zip(value, combination, strict=True)}
            words = [
                f"{name}{place}" if isinstance(part, dict | list) else to_text(part)
                for name, (place, part) in zip(value, combination, strict=True)
            ]
            key = "-".join(words)
            yield key, {"item": item, "key": key}


def _entry(entry: object) -> Iterator[tuple[str, Flags]]:
    """Yield the paths of an entry of `outs`, `metrics` or `plots`, with their flags."""
    if isinstance(entry, str):
        yield entry, Flags()
    for path, said in entry.items() if isinstance(entry, dict) else ():
        for facts in said if isinstance(said, list) else [said]:
            if isinstance(path, str):
                known = facts if isinstance(facts, dict) else {}
                remote = known.get("remote")
                yield path, Flags(known.get("cache") is not False, remote if isinstance(remote, str) else None)


def _texts(definition: Definition) -> Iterator[str]:
    """Yield the texts that say where the outputs are, and of which flags."""
    parts: list[object] = [definition.get(key) for key in ("wdir", *_SECTIONS)]
    while parts:
        part = parts.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            parts += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            parts += part
