"""The numbers and words in files of metrics and of parameters, key by key."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from gto.dvc.checkout import TOO_MANY, UNREADABLE, Checkout
from gto.dvc.output import Datum, ReadFrom
from gto.dvc.pipeline import Pipeline
from gto.dvc.project import Project
from gto.exceptions import BadFile
from gto.yamldoc.document import to_json

Value = str | int | float | bool | None
Keyed = Mapping[str, Value]
"""Values by key; the keys of mappings within mappings are joined by dots. A file that is one value has an empty key."""

_DEFAULT = "params.yaml"
_MOST_VALUES = 10_000
_LONGEST_KEY = 4096  # characters, of what holds others
Whole: tuple[str, ...] = ()


class Elsewhere(NamedTuple):
    """A file that is declared and that Git does not hold: DVC keeps it, or nobody does."""

    path: str
    kind: str
    """`metrics`, `params` or `plots`."""
    datum: Datum | None
    """What DVC recorded of it; None where it keeps nothing of it."""
    reason: str = "it is not in the commit"
    """Why it is not read."""
    hint: str = ""
    place: ReadFrom | None = None
    """Where it was read from; None where it was not."""


class Values(NamedTuple):
    """What files say, by path, in the order in which they are declared."""

    files: Mapping[str, Keyed]
    elsewhere: tuple[Elsewhere, ...] = ()
    """Files that Git does not hold, whether they were read or not."""


def metric_files(project: Project, checkout: Checkout) -> list[str]:
    """Return the files of metrics: those of stages, then those that stand at the top of a `dvc.yaml`."""
    declared = [output.path for ran in project.stages for output in ran.stage.metrics]
    declared += [path for pipeline in project.pipelines for path in pipeline.metrics]
    return list(expanded(checkout, declared))


def param_files(project: Project, checkout: Checkout) -> dict[str, tuple[str, ...]]:
    """Return the files of parameters, and of each the keys that stages take; none stand for all, as DVC shows them."""
    asked = [one for ran in project.stages for one in ran.stage.params]
    whole = {one.path for one in asked if not one.keys}
    whole.update(path for pipeline in project.pipelines for path in pipeline.params)
    default = f"{project.root}/{_DEFAULT}" if project.root else _DEFAULT
    if checkout.has(default) or checkout.has(f"{default}.dvc"):
        whole.add(default)
    found: dict[str, tuple[str, ...]] = {}
    for path in [*(one.path for one in asked), *sorted(whole)]:
        found[path] = Whole
    for one in asked:
        if one.path not in whole:
            found[one.path] = tuple(dict.fromkeys((*found[one.path], *one.keys)))
    return {path: keys for declared, keys in found.items() for path in expanded(checkout, [declared])}


def variable_files(
    checkout: Checkout, pipelines: Sequence[Pipeline], shown: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    """Return the files of `vars` that are not shown otherwise, and of each the keys that stages take by `${...}`."""
    found: dict[str, tuple[str, ...]] = {}
    for pipeline in pipelines:
        for path, keys in pipeline.used.items():
            if path not in shown and keys and checkout.has(path):
                found[path] = tuple(dict.fromkeys((*found.get(path, ()), *keys)))
    return found


def expanded(checkout: Checkout, paths: Sequence[str]) -> Iterator[str]:
    """Yield each path once, and in the place of a directory its files: those in Git, and those that DVC keeps."""
    for path in dict.fromkeys(paths):
        yield from checkout.all_files_in(path) or [path]


def read_metrics(checkout: Checkout, project: Project) -> Values:
    """Read the metrics of a commit; what is neither a number nor text is no metric."""
    return _read(checkout, dict.fromkeys(metric_files(project, checkout), Whole), "metrics")


def read_params(checkout: Checkout, project: Project) -> Values:
    """Read the parameters of a commit, as `dvc params diff` takes them."""
    declared = param_files(project, checkout)
    shown = _read(checkout, declared, "params")
    used = _read(checkout, variable_files(checkout, project.pipelines, declared), "params")
    kept = {path: values for path, values in used.files.items() if values}
    return Values({**shown.files, **kept}, shown.elsewhere)


def _read(checkout: Checkout, wanted: Mapping[str, tuple[str, ...]], kind: str) -> Values:
    checkout.fetch(wanted)
    found: dict[str, Keyed] = {}
    outside = [path for path in wanted if not checkout.has(path)]
    elsewhere = find_elsewhere(checkout, outside, kind)
    for path, keys in wanted.items():
        data = checkout.read(path)
        if data is None:
            continue
        try:
            value = checkout.parsers.values(data, path)
        except BadFile as error:
            checkout.set_aside(UNREADABLE, path, error.reason)
            continue
        chosen = value if keys == Whole else _choose(value, keys)
        found[path] = _keyed(checkout, path, chosen, of_metrics=kind == "metrics")
    return Values(found, elsewhere)


def find_elsewhere(checkout: Checkout, paths: Sequence[str], kind: str) -> tuple[Elsewhere, ...]:
    """Have declared files read that Git does not hold, and return what became of each."""
    kept = checkout.outside
    if kept is None:
        return tuple(Elsewhere(path, kind, None) for path in paths)
    kept.prepare(paths)
    found = []
    for path in paths:
        lack = kept.lack(path)
        found.append(Elsewhere(path, kind, kept.datum(path), lack.reason, lack.hint, kept.place(path)))
    return tuple(found)


def _choose(value: object, keys: Sequence[str]) -> dict[str, object]:
    """Return those parts of a value that keys with dots lead to, nested as they were."""
    found: dict[str, object] = {}
    for key in keys:
        part, steps = value, key.replace("[", ".").replace("]", "").split(".")
        for step in steps:
            part = _step(part, step)
        if part is not _MISSING:
            here = found
            for step in steps[:-1]:
                inner = here.setdefault(step, {})
                here = inner if isinstance(inner, dict) else {}
            here[steps[-1]] = part
    return found


_MISSING = object()
_INDEX_RE = re.compile("[0-9]{1,9}")


def _step(value: object, step: str) -> object:
    match value:
        case dict():
            return next((part for key, part in value.items() if str(key) == step), _MISSING)
        case list() if _INDEX_RE.fullmatch(step) and int(step) < len(value):
            return value[int(step)]
        case _:
            return _MISSING


def _keyed(checkout: Checkout, path: str, value: object, *, of_metrics: bool) -> Keyed:
    found: dict[str, Value] = {}
    for key, part in flat(value, of_metrics=of_metrics):
        if len(found) == _MOST_VALUES:
            checkout.set_aside(TOO_MANY, path, f"it holds more than {_MOST_VALUES} values: the others are left out")
            break
        found[key] = part
    return found


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether a value is a number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def flat(value: object, key: str = "", *, of_metrics: bool = False) -> Iterator[tuple[str, Value]]:
    """Yield key and value of all that a value holds; a list is one value, as text, and no metric.

    What is below a key that no person wrote is left out: one long word would stand in the key of each value below it.
    """
    match value:
        case dict() if len(key) <= _LONGEST_KEY:
            for word, part in value.items():
                yield from flat(part, f"{key}.{word}" if key else str(word), of_metrics=of_metrics)
        case dict():
            return
        case list():
            if not of_metrics:
                yield key, str(value)
        case None if of_metrics:
            return
        case None | bool() | int() | str():
            yield key, value
        case float():
            yield key, value if math.isfinite(value) else str(to_json(value))
        case _:
            if not of_metrics:
                yield key, str(to_json(value))
