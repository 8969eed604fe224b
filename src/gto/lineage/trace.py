"""What made an artifact: the stages that lead to its path, the data and the code that they took, the parameters."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gto.dvc import paths
from gto.dvc.checkout import TOO_MANY, Checkout
from gto.dvc.dvc_file import Pointer
from gto.dvc.lock_file import LockedStage
from gto.dvc.output import Datum
from gto.dvc.project import Home, Project, Ran, Tracked, find_pointers, home_of, tracked_by

_MOST_STEPS = 1000


class Input(NamedTuple):
    """A file or directory that a stage took."""

    datum: Datum
    home: Home
    """Where it is kept: code is usually in Git, data in DVC."""
    stage: str | None = None
    """The stage that made it."""
    origin: str | None = None
    """Where it was imported from."""


class StageRun(NamedTuple):
    """A stage that leads to the artifact, as it last ran."""

    stage: str
    command: str
    inputs: tuple[Input, ...]
    outs: tuple[Datum, ...]
    params: Mapping[str, Mapping[str, object]]
    is_recorded: bool
    """Whether `dvc.lock` knows the stage; if not, its inputs have no hashes."""


class Lineage(NamedTuple):
    """How an artifact came to be."""

    home: Home
    datum: Datum
    """The artifact itself."""
    steps: tuple[StageRun, ...] = ()
    """The stage that made it first, then the stages before that."""
    origin: str | None = None
    """Where it was imported from."""

    @property
    def tracked(self) -> Tracked:
        """What keeps the artifact."""
        return Tracked(self.home, self.datum, self.origin)

    @property
    def data(self) -> Iterator[Datum]:
        """The artifact and all that led to it, each once."""
        every = [self.datum, *(one.datum for step in self.steps for one in step.inputs)]
        yield from {datum.path: datum for datum in reversed(every)}.values()


def trace(checkout: Checkout, project: Project, path: str) -> Lineage:
    """Walk back from a path; each stage counts once, so that no circle goes on for ever."""
    if paths.is_elsewhere(path):
        return Lineage("elsewhere", Datum(path))
    path = paths.tidy(path)
    makers = _Makers(project)
    reached = _walk(makers, path, checkout)
    inputs = [dep for ran in reached for dep in _deps(ran)]
    pointers = find_pointers(checkout, [path, *(datum.path for datum in inputs)])
    steps = tuple(_step(checkout, makers, ran, pointers) for ran in reached)
    itself = tracked_by(checkout, project, path, pointers.get(path))
    return Lineage(itself.home, itself.datum, steps, itself.origin)


def _walk(makers: "_Makers", path: str, checkout: Checkout) -> list[Ran]:
    found: dict[str, Ran] = {}
    waiting = deque([path])
    while waiting:
        for ran in makers.of(waiting.popleft()):
            if ran.stage.address in found:
                continue
            if len(found) == _MOST_STEPS:
                checkout.set_aside(TOO_MANY, path, f"more than {_MOST_STEPS} stages lead to it")
                return list(found.values())
            found[ran.stage.address] = ran
            waiting.extend(ran.stage.deps)
    return list(found.values())


class _Makers:
    """Which stages make a path, or something above or below it."""

    def __init__(self, project: Project) -> None:
        self._by_path: dict[str, list[Ran]] = {}
        self._below: dict[str, list[Ran]] = {}
        for ran in project.stages:
            for output in ran.stage.made:
                self._by_path.setdefault(output.path, []).append(ran)
                for above in _above(output.path):
                    self._below.setdefault(above, []).append(ran)

    def of(self, path: str) -> Iterator[Ran]:
        yield from self._by_path.get(path, ())
        for above in _above(path):
            yield from self._by_path.get(above, ())
        yield from self._below.get(path, ())


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _deps(ran: Ran) -> Sequence[Datum]:
    return ran.locked.deps if ran.locked else tuple(map(Datum, ran.stage.deps))


def _step(checkout: Checkout, makers: _Makers, ran: Ran, pointers: Mapping[str, Pointer]) -> StageRun:
    inputs = []
    for datum in _deps(ran):
        maker = next(makers.of(datum.path), None)
        pointer = pointers.get(datum.path)
        inputs.append(
            Input(
                datum,
                "dvc" if maker else home_of(checkout, datum, pointer),
                maker.stage.address if maker else None,
                pointer.origin if pointer else None,
            )
        )
    locked = ran.locked or LockedStage("", (), (), {})
    outs = locked.outs or tuple(Datum(output.path) for output in ran.stage.made)
    command = ran.locked.command if ran.locked else ran.stage.command
    return StageRun(ran.stage.address, command, tuple(inputs), outs, locked.params, ran.locked is not None)
