"""What was recorded of a model, beside its file or in a version's commit; it counts where it is of this very file."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from gto.delivery.file_identity import identity_of_path
from gto.exceptions import BadFile
from gto.fs.regular_file import read_file
from gto.inspect.facts import ModelFacts
from gto.inspect.side_car import LARGEST, FileIdentity, parse_side_car, side_car_path
from gto.registry.model_lookup import read_side_cars
from gto.registry.registry import Registry
from gto.registry.resolve import AnnotatedTarget


class RecordedFacts(NamedTuple):
    """What a side-car says."""

    fresh: ModelFacts | None = None
    """The facts, where they are of this very file."""
    note: str = ""
    """Why what is there does not count."""


def recorded_beside(path: str, identity: Callable[[], FileIdentity] | None = None) -> RecordedFacts:
    """Return what the side-car beside a file or directory says; nothing where there is none.

    `identity` tells which bytes are there, where they need not be read.
    """
    place = side_car_path(path)
    data = read_file(place, LARGEST + 1)
    if data is None:
        return RecordedFacts()
    if len(data) > LARGEST:
        return _left_out(place, f"the file is larger than {LARGEST >> 20} MiB")
    try:
        found = parse_side_car(data.decode(), place)
    except UnicodeDecodeError:
        return _left_out(place, "the file is not UTF-8")
    except BadFile as error:
        return _left_out(place, error.reason)
    mine = identity() if identity is not None else identity_of_path(path)
    same = found.file.is_of(mine.size, mine.hashes)
    return RecordedFacts(found.facts) if same else _not_of_this(place, "NAME", is_known=same is not None)


def recorded_with(registry: Registry, chosen: AnnotatedTarget) -> RecordedFacts:
    """Return what the side-car in a version's commit says; nothing where there is none."""
    place = chosen.name, chosen.commit
    reading = read_side_cars(registry, [place])[place]
    if reading.problems:
        return _left_out(reading.problems[0].subject, reading.problems[0].reason)
    if reading.model is None:
        return RecordedFacts()
    if reading.fresh is not None:
        return RecordedFacts(reading.fresh.facts)
    return _not_of_this(reading.model.source or "", chosen.name, is_known=reading.model.is_stale is not None)


def _not_of_this(place: str, name: str, *, is_known: bool) -> RecordedFacts:
    why = "they are of another file" if is_known else "nothing tells whether they are of this file"
    return _left_out(place, f"{why}; `gto annotate {name} --inspect` writes them anew")


def _left_out(place: str, why: str) -> RecordedFacts:
    return RecordedFacts(note=f"the facts in '{place}' do not count: {why}")


def completed(read: ModelFacts, recorded: ModelFacts | None) -> ModelFacts:
    """Return what a file says, and beside it what only its writer knew, who recorded it of this very file."""
    if recorded is None:
        return read
    return replace(
        read,
        class_name=recorded.class_name or read.class_name,
        framework=read.framework or recorded.framework,
        framework_version=read.framework_version or recorded.framework_version,
        methods={**read.methods, **recorded.methods},
        python=read.python or recorded.python,
        requirements=read.requirements or recorded.requirements,
        notes=list(dict.fromkeys((*read.notes, *recorded.notes))),
    )
