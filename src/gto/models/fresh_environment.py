"""A saved model tried in an environment that holds only what its facts say: does it load, and say the same."""

import json
import os
import pickle
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple

from gto import version
from gto.exceptions import InstallFailed, NotReproduced
from gto.models.dependencies import imported
from gto.models.installer import find_installer, install, interpreter, make_environment, run_program


class Trial(NamedTuple):
    """What is tried."""

    path: str
    file_format: str
    framework: str
    requirements: Sequence[str]
    sample: Any
    outputs: Mapping[str, Any]
    """By method: what the model gave for the sample, here."""
    tolerance: float = 0.0
    """How far off outputs may be, where the format computes anew."""


def try_out(trial: Trial, python: str | None = None) -> None:
    """Build an environment with `python`, by default this one, install the requirements, and try.

    NotReproduced names the package that is missing, or the method that gives something else.
    """
    with tempfile.TemporaryDirectory(prefix="gto-verify-") as place:
        try:
            fresh = make_environment(os.path.join(place, "environment"), interpreter(python))
            if trial.requirements:
                install(find_installer(place), fresh, trial.requirements)
        except InstallFailed as error:
            raise NotReproduced(os.path.basename(trial.path), error.message, error.hint) from error
        given = os.path.join(place, "given.pickle")
        with open(given, "wb") as file:
            # This process writes it, and the one that reads it has the libraries of the sample.
            dump(trial._replace(path=os.path.abspath(trial.path))._asdict(), file)
        ask(fresh, "gto.models.trial", given, trial.path)


def ask(python: str, module: str, given: str, path: str) -> Mapping[str, Any]:
    """Run a trial of the model at `path` in an environment that has of GTO the code alone, and nothing that it needs.

    NotReproduced where the trial says that something is wrong, or does not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="gto-code-") as place:
        link_code(place)
        try:
            said = run_program([python, "-P", "-m", module, given], {"PYTHONPATH": place}, place)
        except InstallFailed as error:
            raise NotReproduced(os.path.basename(path), error.message) from error
    answer: dict[str, Any] = json.loads(said.rsplit("\n", 1)[-1] or "{}")
    if answer.get("error"):
        raise NotReproduced(os.path.basename(path), answer["error"], answer.get("hint", ""))
    return answer


def link_code(place: str) -> None:
    """Make a directory one that holds the code of GTO, and of its neighbours nothing: a path for PYTHONPATH."""
    os.symlink(os.path.dirname(os.path.abspath(version.__file__)), os.path.join(place, "gto"))


def dump(data: object, file: IO[bytes]) -> None:
    """Pickle data so that text of pandas, which is in Arrow's memory where pyarrow is installed, is loaded without."""
    _TextPickler(file, protocol=5).dump(data)


class _TextPickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401  pickle's
        """Return how text of pandas is made anew, by whatever means are there; of all else, that pickle knows how."""
        kind = type(obj)
        if kind.__module__.partition(".")[0] != "pandas":
            return NotImplemented
        if kind.__name__ == "StringDtype" and obj.storage == "pyarrow":
            return imported("pandas").api.types.pandas_dtype, (obj.name,)
        if kind.__name__.startswith("ArrowStringArray"):
            return imported("pandas").array, (obj.tolist(), obj.dtype.name)
        return NotImplemented
