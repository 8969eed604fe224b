"""What an import did, and what had no place: for people, and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from gto.importers.mlflow.import_plan import StageMove, Unplaced


class ImportedVersion(NamedTuple):
    """A version that was brought, or in a dry run would be."""

    model: str
    number: int
    artifact: str
    version: str
    when: int
    commit: str | None = None
    ref: str | None = None
    storage: str | None = None
    """What keeps its files; None where an import before made the commit."""
    files: int | None = None
    bytes: int | None = None

    def dict_state(self) -> dict[str, object]:
        """Return it for JSON."""
        shown = datetime.fromtimestamp(self.when, UTC).isoformat()
        return {**self._asdict(), "when": shown}


@dataclass(slots=True)
class ImportReport:
    """The whole of an import."""

    branch: str
    dry_run: bool = False
    names: dict[str, str] = field(default_factory=dict)
    """The artifacts of those models that are called otherwise here."""
    known: int = 0
    """How many versions an import before brought."""
    versions: list[ImportedVersion] = field(default_factory=list)
    moves: list[tuple[StageMove, str | None]] = field(default_factory=list)
    """Each with its tag."""
    unplaced: list[Unplaced] = field(default_factory=list)
    failed: list[Unplaced] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)

    def dict_state(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "branch": self.branch,
            "dry_run": self.dry_run,
            "names": self.names,
            "known": self.known,
            "versions": [one.dict_state() for one in self.versions],
            "stages": [_move(move, ref) for move, ref in self.moves],
            "unplaced": [one._asdict() for one in self.unplaced],
            "failed": [one._asdict() for one in self.failed],
            "pushed": self.pushed,
        }

    def lines(self) -> Iterator[str]:
        """Yield what is said of it on stdout."""
        would = "would be " if self.dry_run else ""
        for model, artifact in self.names.items():
            yield f"Model '{model}' is called '{artifact}' here"
        for one in self.versions:
            day = datetime.fromtimestamp(one.when, UTC).date()
            where = "" if one.files is None else f": {one.files} file(s) in {one.storage}, {one.bytes} bytes"
            yield f"{one.artifact}@{one.version} {would}imported: version {one.number} of {day}{where}"
        for move, _ in self.moves:
            done = "assigned to" if move.is_on else "taken off"
            yield f"{move.artifact}#{move.stage} {would}{done} {move.version}"
        if not (self.versions or self.moves or self.failed):
            yield "Nothing new to import"
        if self.known:
            yield f"{self.known} version(s) were imported before"
        if self.pushed:
            yield f"Pushed the branch '{self.branch}' and {len(self.pushed)} tag(s)"

    def notes(self) -> Iterator[str]:
        """Yield what had no place, and what failed."""
        yield from _listed("no place for", self.unplaced)
        yield from _listed("not imported:", self.failed)


def _listed(word: str, things: Sequence[Unplaced]) -> Iterator[str]:
    for one in things:
        is_note = one.reason.startswith("note: ")
        yield f"{'' if is_note else f'{word} '}{one.what} of '{one.model}': {one.reason.removeprefix('note: ')}"


def _move(move: StageMove, ref: str | None) -> dict[str, object]:
    return {
        "artifact": move.artifact,
        "version": move.version,
        "stage": move.stage,
        "event": "assignment" if move.is_on else "unassignment",
        "source": move.source,
        "ref": ref,
    }
