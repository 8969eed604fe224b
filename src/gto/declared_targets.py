"""`deploy.yaml`: which targets a repository declares, and what is to run on each, as far as every reader needs it."""

from typing import NamedTuple

from gto.core import selector as selectors
from gto.core.selector import Pick, Selector
from gto.exceptions import BadFile, GTOException
from gto.yamldoc.document import Document, load

DEPLOY_FILE = "deploy.yaml"
"""Its name, at the root of the repository."""
MOST_TARGETS = 500


class DeclaredTarget(NamedTuple):
    """A target as every reader knows it; what its kind of platform is told stands with `gto deploy`."""

    name: str
    kind: str
    selector: Selector
    """What runs there: a stage, a version, or the latest."""
    line: int | None


class TargetEntry(NamedTuple):
    """What stands in the file for a target, not read yet."""

    key: str | int
    """Its name where `targets` is a mapping, else its place in the list."""
    value: object
    line: int | None

    @property
    def name(self) -> str | None:
        """The target's name; None where the entry has none."""
        if isinstance(self.key, str):
            return self.key
        name = self.value.get("name") if isinstance(self.value, dict) else None
        return name if isinstance(name, str) else None


def read_declared(data: bytes) -> tuple[DeclaredTarget, ...]:
    """Return the targets of a file, in its order; BadFile where one has no name, or names no version."""
    return tuple(_target(one) for one in read_entries(load(data, DEPLOY_FILE)))


def read_entries(document: Document) -> tuple[TargetEntry, ...]:
    """Return what the list or mapping `targets` holds; BadFile for neither, too many, and two of one name."""
    pairs: list[tuple[str | int, object]]
    match document.value:
        case {"targets": list(entries)}:
            pairs = list(enumerate(entries))
        case {"targets": dict(entries)}:
            pairs = [(str(key), value) for key, value in entries.items()]
        case _:
            raise BadFile(document.file, "a list or a mapping `targets` was expected", document.line("targets"))
    if len(pairs) > MOST_TARGETS:
        reason = f"{len(pairs)} targets, more than {MOST_TARGETS}"
        raise BadFile(document.file, reason, document.line("targets"))
    found: dict[object, TargetEntry] = {}
    for key, value in pairs:
        one = TargetEntry(key, value, document.line("targets", key))
        if one.name in found:
            raise BadFile(document.file, f"there is a target '{one.name}' already", one.line, "give it another name")
        found[key if one.name is None else one.name] = one
    return tuple(found.values())


def _target(entry: TargetEntry) -> DeclaredTarget:
    name, line = entry.name, entry.line
    match entry.value:
        case {"kind": str(kind), "selector": str(text)} if name is not None:
            return DeclaredTarget(name, kind, _selector(name, text, line), line)
        case _:
            raise BadFile(DEPLOY_FILE, "each target has the texts `name`, `kind` and `selector`", line)


def _selector(name: str, text: str, line: int | None) -> Selector:
    try:
        found = selectors.parse(text)
    except GTOException as error:
        raise BadFile(DEPLOY_FILE, f"target '{name}': {error}", line) from error
    if found.pick is Pick.ALL:
        raise BadFile(DEPLOY_FILE, f"target '{name}': '{text}' names no version", line, "as in churn#prod")
    return found
