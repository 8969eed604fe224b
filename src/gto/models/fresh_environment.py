"""A saved model tried in an environment that holds only what its facts say: does it load, and say the same."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, Any, NamedTuple

from gto import version
from gto.exceptions import NotReproduced
from gto.models.dependencies import imported

_SECONDS = 1800  # large frameworks take minutes to install


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
    """Build an environment with `python`, by default this one, install the requirements as pip is configured, and try.

    NotReproduced names the package that is missing, or the method that gives something else.
    """
    with tempfile.TemporaryDirectory(prefix="gto-verify-") as place:
        fresh = _environment(place, trial, python or sys.executable)
        given = os.path.join(place, "given.pickle")
        with open(given, "wb") as file:
            # This process writes it, and the one that reads it has the libraries of the sample.
            dump(trial._replace(path=os.path.abspath(trial.path))._asdict(), file)
        said = _run([fresh, "-P", "-m", "gto.models.trial", given], trial, place)
        answer: dict[str, str] = json.loads(said.rsplit("\n", 1)[-1] or "{}")
        if answer.get("error"):
            raise NotReproduced(os.path.basename(trial.path), answer["error"], answer.get("hint", ""))


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


def _environment(place: str, trial: Trial, python: str) -> str:
    """Return the interpreter of a new environment; of GTO it has the code alone, and nothing that GTO needs."""
    root = os.path.join(place, "environment")
    _run([python, "-m", "venv", root], trial, place)
    fresh = os.path.join(root, "bin", "python")
    if trial.requirements:
        _run([fresh, "-m", "pip", "install", "--quiet", *trial.requirements], trial, place)
    os.mkdir(os.path.join(place, "code"))
    os.symlink(os.path.dirname(os.path.abspath(version.__file__)), os.path.join(place, "code", "gto"))
    return fresh


def _run(argv: Sequence[str], trial: Trial, place: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    env["PYTHONPATH"] = os.path.join(place, "code")
    run = partial(subprocess.run, check=False, capture_output=True, text=True, timeout=_SECONDS)
    try:
        done = run(argv, env=env, cwd=place)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotReproduced(os.path.basename(trial.path), f"`{argv[0]}` does not run: {error}") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).rsplit("\n", 1)[-1]
        raise NotReproduced(
            os.path.basename(trial.path), f"`{' '.join(argv[1:4])}` ended with {done.returncode}: {last[:300]}"
        )
    return done.stdout.strip()
