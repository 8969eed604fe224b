"""Two versions side by side: what changed from the first to the second."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gto.annotations.model_facts import KnownModel
from gto.core.event import Problem
from gto.inspect.fact_changes import FactChange, fact_changes
from gto.lineage.collect import Between, CollectedFacts, between, gather
from gto.lineage.description import check_known, elsewhere_lists, problem_dict
from gto.lineage.fact_sources import FactSources, with_file_facts
from gto.lineage.values import Elsewhere, Keyed, Value, flat
from gto.registry.registry import Registry
from gto.registry.resolve import Target, find_targets


class ValueChange(NamedTuple):
    """A value that differs; None stands for none."""

    file: str
    key: str
    old: Value
    new: Value
    is_better: bool | None = None
    """None where nobody said which direction is better."""

    @property
    def delta(self) -> int | float | None:
        """The new number less the old one, where both are numbers and JSON knows the difference."""
        if not (isinstance(self.old, int | float) and isinstance(self.new, int | float)):
            return None
        try:
            found = self.new - self.old
            return found if math.isfinite(found) else None
        except OverflowError:  # an integer beyond what a float holds
            return None

    def as_dict(self) -> dict[str, object]:
        """Return it with the keys of `dvc metrics diff --json`, and `better` where that is known."""
        found: dict[str, object] = {"old": self.old, "new": self.new}
        if self.delta is not None:
            found["diff"] = self.delta
        return found if self.is_better is None else {**found, "better": self.is_better}


class Moved(NamedTuple):
    """A file or a package that differs, by a mark that says which it is; None where it is not there."""

    path: str
    old: str | None
    new: str | None

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {"path": self.path, "old": self.old, "new": self.new}


class Comparison(NamedTuple):
    """What changed from one version to another."""

    old: Target
    new: Target
    metrics: tuple[ValueChange, ...]
    params: tuple[ValueChange, ...]
    annotation: tuple[ValueChange, ...]
    data: tuple[Moved, ...]
    """The artifact, and what the stages that lead to it took: hashes."""
    requirements: tuple[Moved, ...]
    """Packages, as `file: name`, and files without a list of packages that we read."""
    code: Between
    elsewhere: tuple[Elsewhere, ...]
    problems: tuple[Problem, ...]
    model: tuple[FactChange, ...] = ()
    """Facts of the model, where both sides are known."""

    def as_dict(self) -> dict[str, object]:
        """Return it as `gto diff --json` prints it."""
        return {
            "old": self.old.as_dict(),
            "new": self.new.as_dict(),
            "metrics": _by_file(self.metrics),
            "params": _by_file(self.params),
            "annotation": {change.key: change.as_dict() for change in self.annotation},
            "data": [moved.as_dict() for moved in self.data],
            "dependencies": [moved.as_dict() for moved in self.requirements],
            "model": [change.as_dict() for change in self.model],
            "code": {
                "ahead": self.code.ahead,
                "behind": self.code.behind,
                "commits": [passed._asdict() for passed in self.code.commits],
                "files_changed": self.code.files_changed,
                "files": [changed._asdict() for changed in self.code.files],
            },
            **elsewhere_lists(self.elsewhere),
            "problems": [problem_dict(problem) for problem in self.problems],
        }


class Direction(NamedTuple):
    """Names of metrics, or ends of names, by the way in which they are better."""

    lower: tuple[str, ...] = ()
    higher: tuple[str, ...] = ()

    def is_higher_better(self, file: str, key: str) -> bool | None:
        """Tell whether a higher value of a metric is better; None where nothing is said of it."""
        if any(_is_called(file, key, name) for name in self.lower):
            return False
        return True if any(_is_called(file, key, name) for name in self.higher) else None

    def with_said(self, given: "Direction", custom: object) -> "Direction":
        """Add what the custom metadata of an annotation say; what was given for a metric counts first."""
        if not isinstance(custom, Mapping):
            return self
        lower = (name for name in _words(custom.get("lower_better")) if name not in given.higher)
        higher = (name for name in _words(custom.get("higher_better")) if name not in given.lower)
        return Direction((*self.lower, *lower), (*self.higher, *higher))


def compare(
    registry: Registry,
    old: str,
    new: str,
    name: str | None = None,
    direction: Direction | None = None,
    sources: FactSources | None = None,
) -> Comparison:
    """Compare two versions, stages or revisions; a revision is about the artifact `name`, else about the other side's.

    What the annotations' custom metadata say of directions (`lower_better`, `higher_better`) counts beside `direction`.
    """
    points = find_targets(registry, (old, new), name)
    data, model = sources or FactSources()
    before, after = (with_file_facts(one, model) for one in gather(registry, points, data))
    check_known(registry, [before, after])
    return _comparison(registry, before, after, direction)


def compare_with_each(registry: Registry, old: Target, new: Sequence[Target]) -> list[Comparison]:
    """Compare several versions with one, each as compare() does; what many share is read once."""
    before, *others = gather(registry, [old, *new])
    if all(one.annotation and one.annotation.path for one in (before, *others)):
        return [_comparison(registry, before, after) for after in others]
    pairs = [gather(registry, [old, one]) for one in new]  # one of a pair lends its path to the other, to no third
    return [_comparison(registry, before, after) for before, after in pairs]


def _comparison(
    registry: Registry, before: CollectedFacts, after: CollectedFacts, direction: Direction | None = None
) -> Comparison:
    said = given = direction or Direction()
    for one in (before, after):
        said = said.with_said(given, one.annotation.custom if one.annotation else None)
    return Comparison(
        before.point,
        after.point,
        tuple(_judged(one, said) for one in _changes(before.metrics.files, after.metrics.files)),
        tuple(_changes(before.params.files, after.params.files)),
        tuple(_changes({"": _annotated(before)}, {"": _annotated(after)})),
        tuple(_moves(_marks(before), _marks(after))),
        tuple(_moves(_needs(before), _needs(after))),
        between(registry.git, before.point.commit, after.point.commit),
        tuple(dict.fromkeys((*before.elsewhere, *after.elsewhere))),
        tuple(dict.fromkeys((*before.problems, *after.problems))),
        tuple(_model_changes(before.model, after.model)),
    )


def _changes(old: Mapping[str, Keyed], new: Mapping[str, Keyed]) -> Iterable[ValueChange]:
    for path in dict.fromkeys((*old, *new)):
        before, after = old.get(path, {}), new.get(path, {})
        for key in dict.fromkeys((*before, *after)):
            # A key with an empty value and no key are the same to DVC.
            if before.get(key) != after.get(key):
                yield ValueChange(path, key, before.get(key), after.get(key))


def _model_changes(old: KnownModel | None, new: KnownModel | None) -> Iterable[FactChange]:
    """Return what differs between two models; facts of another file than the version's say nothing of it."""
    if old is None or new is None or old.is_stale or new.is_stale:
        return ()
    return fact_changes(old.facts, new.facts)


def _annotated(known: CollectedFacts) -> Keyed:
    return dict(flat(known.annotation.as_dict())) if known.annotation else {}


def _marks(known: CollectedFacts) -> dict[str, str | None]:
    return {datum.path: datum.md5 for datum in known.data if datum.md5}


def _needs(known: CollectedFacts) -> dict[str, str | None]:
    listed = {path for path, _ in known.packages}
    packages: dict[str, str | None] = {f"{path}: {name}": wanted for (path, name), wanted in known.packages.items()}
    return packages | {path: oid for path, oid in known.requirements.items() if path not in listed}


def _moves(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> Iterable[Moved]:
    for path in dict.fromkeys((*old, *new)):
        if old.get(path) != new.get(path):
            yield Moved(path, old.get(path), new.get(path))


def _judged(change: ValueChange, said: Direction) -> ValueChange:
    """Return a change with whether it is for the better, where that is known and something moved."""
    higher = said.is_higher_better(change.file, change.key)
    if higher is None or not change.delta:
        return change
    return change._replace(is_better=(change.delta > 0) == higher)


def _words(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(word for word in listed if isinstance(word, str))


def _is_called(file: str, key: str, name: str) -> bool:
    return name in {key or file, f"{file}:{key}"} or key.endswith(f".{name}")


def _by_file(changes: Iterable[ValueChange]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for change in changes:
        found.setdefault(change.file, {})[change.key] = change.as_dict()
    return found
