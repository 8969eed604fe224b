"""A live model becomes a file, the facts beside it, and an annotation that names both."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from gto.annotations.edit import AnnotationEdit
from gto.core import names
from gto.delivery.model_record import record_path
from gto.exceptions import CannotSave, GTOException, UsageError
from gto.fs import atomic_write
from gto.fs.regular_file import is_within
from gto.inspect.facts import ModelFacts
from gto.inspect.side_car import side_car_path
from gto.models.dependencies import dependencies_of
from gto.models.sample_run import SampleRun, run_sample, said
from gto.models.trial import first_difference
from gto.models.writers import Writer, known_suffixes, writer_of
from gto.registry.registry import Registry
from gto.registry.write import annotate

_TOLERANCE = {"onnx": 1e-4, "torch-export": 1e-6}
"""Formats that compute anew, and how far off they may be; others give the same to the last bit."""
_OTHERS = frozenset({".pickle", ".pt", ".pth", ".ckpt", ".h5", ".hdf5", ".gguf", ".pmml"})
"""Suffixes of models that no writer writes."""


class SavedModel(NamedTuple):
    """What was written."""

    path: str
    """The model's file."""
    side_car: str
    """The file of its facts."""
    facts: ModelFacts
    notes: tuple[str, ...] = ()
    """What is worth knowing: that a better format could not be used, say, and why."""

    def __repr__(self) -> str:
        """Return it as a notebook shows it; the facts are in the side-car."""
        notes = f", notes={list(self.notes)!r}" if self.notes else ""
        return f"SavedModel(path={self.path!r}, side_car={self.side_car!r}{notes})"


class SaveRequest(NamedTuple):
    """How a model is saved."""

    sample_data: Any = None
    methods: Sequence[str] | None = None
    name: str | None = None
    labels: Iterable[str] = ()
    description: str | None = None
    kind: str = "model"
    requirements: Sequence[str] | None = None
    """What must be installed; None for what GTO finds."""
    verify: bool = False
    """Whether the model is tried in an environment that holds the requirements alone, which takes a minute."""
    python: str | None = None
    """The interpreter of that environment; None for the one that runs."""
    repo: str = "."


def save_model(model: object, path: str, request: SaveRequest) -> SavedModel:
    """Write a model and its facts; nothing is written before the file was loaded back and gave the same outputs."""
    writer = writer_of(model)
    place = os.path.abspath(path)
    methods = _methods(model, request, writer)
    _check_suffix(writer, path)
    registry = _registry_for(place, request) if request.name is not None else None
    with _predicting(model):
        run = run_sample(model, methods, request.sample_data)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with _scratch(place) as scratch:
            made = _written(writer, run, scratch, place)
            read = record_path(made.path)
            side_car = read._replace(facts=_facts(made, read.facts, run, request, writer))
            if request.verify:
                _try_out(made.path, side_car.facts, run, request.python)
            target = os.path.join(os.path.dirname(place), os.path.basename(made.path))
            os.replace(made.path, target)
    atomic_write.replace(side_car_path(target), side_car.text().encode())
    if registry is not None:
        _annotate(registry, target, request)
    return SavedModel(target, side_car_path(target), side_car.facts, tuple(made.notes))


@contextmanager
def _scratch(place: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix=".gto-save-", dir=os.path.dirname(place)) as scratch:
        with open(os.path.join(scratch, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("*\n")  # whoever adds all files now adds none of these
        yield scratch


@contextmanager
def _predicting(model: Any) -> Iterator[None]:  # noqa: ANN401  of any library
    """Have a module of PyTorch behave as for predictions, without dropout say, and give it back as it was."""
    was_training = getattr(model, "training", False) is True and hasattr(model, "eval")
    if was_training:
        model.eval()
    try:
        yield
    finally:
        if was_training:
            model.train()


class _Made(NamedTuple):
    path: str
    modules: Sequence[str]
    notes: list[str]


def _written(writer: Writer, run: SampleRun, scratch: str, place: str) -> _Made:
    """Write the model in the first format that keeps it whole."""
    notes: list[str] = []
    for suffix, file_format in _formats(writer, place).items():
        name = os.path.basename(place)
        path = os.path.join(scratch, name if name.endswith(suffix) else name + suffix)
        try:
            modules = writer.write(run.model, path, file_format, run.data)
            loaded = writer.load(path, file_format, trusted=True)
            _check_same(loaded, run, _TOLERANCE.get(file_format, 0.0))
        except GTOException:
            raise  # what is wrong is not the format
        except Exception as error:  # noqa: BLE001  whatever the model's own code raises
            notes.append(f"{file_format} does not keep this model whole: {said(error)}")
            continue
        return _Made(path, modules, notes)
    raise CannotSave(place, "; ".join(notes))


def _check_same(loaded: object, run: SampleRun, tolerance: float) -> None:
    method = first_difference(loaded, run.data, run.outputs, tolerance)
    if method:
        raise ValueError(f"loaded back, {method}() gives other outputs for the sample")


def _check_suffix(writer: Writer, path: str) -> None:
    """Refuse a name that asks for a format in which such models are not written: `model.pkl.skops` is no pickle."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _OTHERS | known_suffixes() and not path.endswith(tuple(writer.formats)):
        known = ", ".join(writer.formats)
        message = f"GTO does not save models of {writer.framework or 'functions'} as '{suffix}'"
        raise UsageError(message, f"end the name with {known}; or with none of them, for the best of these")


def _formats(writer: Writer, place: str) -> dict[str, str]:
    """Return the formats to try: the one that the name asks for, else all, the best first."""
    asked = {suffix: file_format for suffix, file_format in writer.formats.items() if place.endswith(suffix)}
    usual = {suffix: one for suffix, one in writer.formats.items() if one not in writer.on_demand}
    return asked or usual


def _methods(model: object, request: SaveRequest, writer: Writer) -> list[str]:
    wanted = request.methods if request.methods is not None else writer.methods
    missing = [name for name in request.methods or () if not callable(getattr(model, name, None))]
    if missing:
        raise UsageError(f"the model has no method '{missing[0]}'", "name methods that it has")
    return [name for name in wanted if callable(getattr(model, name, None))]


def _facts(made: _Made, read: ModelFacts, run: SampleRun, request: SaveRequest, writer: Writer) -> ModelFacts:
    model = run.model
    cls = model if hasattr(model, "__qualname__") else type(model)
    own = {"__main__"} if read.format == "cloudpickle" else set()  # which the file holds
    modules = {*made.modules, *read.imports, cls.__module__, *_modules_of(run.data)} - own
    needed = dependencies_of(modules)
    if needed.local:
        made.notes.append(f"of no installed distribution, and needed where it is loaded: {', '.join(needed.local)}")
    framework = read.framework or writer.framework
    return replace(
        read,
        class_name=f"{cls.__module__}.{cls.__qualname__}" if cls is model or not read.class_name else read.class_name,
        framework=framework,
        framework_version=read.framework_version or _version(framework, needed.requirements),
        methods=run.schemas() or read.methods,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        requirements=list(needed.requirements if request.requirements is None else request.requirements),
    )


def _try_out(path: str, facts: ModelFacts, run: SampleRun, python: str | None) -> None:
    from gto.models.fresh_environment import Trial, try_out

    if run.data is None:
        raise UsageError("a model is verified with sample data", "give sample_data")
    off = _TOLERANCE.get(facts.format, 0.0)
    try_out(Trial(path, facts.format, facts.framework, facts.requirements, run.data, run.outputs, off), python)


def _version(framework: str, requirements: Iterable[str]) -> str:
    return next((one.partition("==")[2] for one in requirements if one.startswith(f"{framework}==")), "")


def _modules_of(data: object) -> list[str]:
    """Return the modules of the sample's type: a pipeline that takes tables imports pandas only when it is called."""
    if data is None:
        return []
    dtypes = [data.dtype] if hasattr(data, "dtype") else getattr(data, "dtypes", ())
    is_arrow = any(hasattr(one, "pyarrow_dtype") for one in dtypes)  # text is kept without it, too
    return [type(data).__module__, *(["pyarrow"] if is_arrow else [])]


def _registry_for(place: str, request: SaveRequest) -> Registry:
    """Open the repository of the annotation, before anything is written that it could not name."""
    names.parse_artifact(str(request.name))
    registry = Registry.open(request.repo)
    top = registry.repo.top
    if top is None or not is_within(place, top):
        raise UsageError(f"'{place}' is not in the work tree of '{request.repo}'", "repo= names another repository")
    return registry


def _annotate(registry: Registry, target: str, request: SaveRequest) -> None:
    top = registry.repo.top or ""
    path = os.path.relpath(os.path.realpath(target), os.path.realpath(top)).replace(os.sep, "/")
    change = AnnotationEdit(
        request.kind, path, tuple(request.labels), request.description, side_car=side_car_path(path)
    )
    annotate.annotate(registry, str(request.name), change)
