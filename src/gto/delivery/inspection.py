"""The facts of a model that a user names: by a path, a URL, or a selector."""

import os
from dataclasses import replace
from typing import NamedTuple

from gto.delivery.get import about, hash_of
from gto.delivery.locate import locate_address
from gto.delivery.recorded_facts import RecordedFacts, completed, recorded_beside, recorded_with
from gto.exceptions import ContentMissing, InvalidName, NotFound
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.reading import inspect_located
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget
from gto.storage.location import Located, StoreAddress


class Inspected(NamedTuple):
    """A model's facts, and whose they are."""

    target: str
    """As the user named it."""
    located: Located
    facts: ModelFacts
    chosen: AnnotatedTarget | None = None
    """The version; None for a path or a URL."""

    def as_dict(self) -> dict[str, object]:
        """Return what `gto inspect --json` prints; the hash is None where nobody promised one."""
        contents = self.located.contents
        sizes = [one.size for one in contents]
        version = {} if self.chosen is None else about(self.chosen)
        return {
            "target": self.target,
            **version,
            "size": None if None in sizes else sum(size or 0 for size in sizes),
            "hash": hash_of(contents[0]) if len(contents) == 1 else None,
            **self.facts.as_dict(),
        }


def is_place(target: str) -> bool:
    """Tell whether a word names a file, a directory or a URL, and not an artifact."""
    return "://" in target or os.path.exists(target)


def no_place(target: str, error: InvalidName) -> NotFound:
    """Return what to say of a word that names no file, and cannot name an artifact: `models/churn.skops`."""
    return NotFound(f"there is no file '{target}', and no artifact can have that name", error.hint)


def inspect_place(target: str) -> Inspected:
    """Return the facts of the model at a path, or at a URL of the user's, who may use their credentials for it."""
    address = StoreAddress(target if "://" in target else os.path.abspath(target), trusted=True)
    try:
        located = locate_address(address, is_directory=target.endswith("/"))
    except ContentMissing as error:
        raise NotFound(f"there is no model at '{target}'", error.hint) from error
    recorded = RecordedFacts() if "://" in target else recorded_beside(target)
    return Inspected(target, located, _told(inspect_located(located), recorded))


def inspect_version(target: str, registry: Registry, chosen: AnnotatedTarget, located: Located) -> Inspected:
    """Return the facts of a version's model, read from where its files are kept."""
    facts = _told(inspect_located(located, registry.repo), recorded_with(registry, chosen))
    return Inspected(target, located, facts, chosen)


def _told(read: ModelFacts, recorded: RecordedFacts) -> ModelFacts:
    """Return what a file says and what was recorded of it, or why that does not count."""
    found = completed(read, recorded.fresh)
    return replace(found, notes=[*found.notes, recorded.note]) if recorded.note else found


def exceeds(facts: ModelFacts, limit: str) -> bool:
    """Tell whether a limit forbids the verdict: `code` what runs code, `unknown` only what may run anything."""
    forbidden = {CodeOnLoad.UNKNOWN} if limit == "unknown" else {CodeOnLoad.UNKNOWN, CodeOnLoad.PICKLE}
    return facts.code_on_load in forbidden
