"""The stages of a `dvc.yaml`: the directory in which each works, and what it adds to its outputs in `dvc.lock`."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from gto.dvc.foreach import foreach_members, matrix_members
from gto.dvc.interpolation import Interpolation, Unresolved, is_interpolated, to_text
from gto.dvc.output import Flags
from gto.dvc.variables import Read, Variables, load_variables, texts_in
from gto.yamldoc.document import Document

Definition = Mapping[object, object]
Members = Callable[[object], Iterator[tuple[str, Variables]]]
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
            return self._member(many, matrix_members, many["matrix"], key)
        if "foreach" in many and isinstance(many.get("do"), dict):
            return self._member(many["do"], foreach_members, many["foreach"], key)
        return None

    def _member(self, definition: Definition, members: Members, data: object, key: str) -> Stage | None:
        # Listing all of them is for what needs it: most stages of many work where their file is.
        if not any(map(is_interpolated, texts_in([definition.get(name) for name in ("wdir", *_SECTIONS)]))):
            return self._stage(definition, {})
        resolved = Interpolation(lambda: self._all([])).resolve_all(data)
        for name, variables in islice(members(resolved), _MOST):
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
