"""An environment that holds what a version needs, hash by hash, and in which its model was loaded."""

import json
import os
from collections.abc import Sequence
from typing import NamedTuple

from gto.exceptions import NotFound, WrongData
from gto.models.fresh_environment import ask
from gto.models.installer import find_installer, install, interpreter, make_environment
from gto.serve.build.build_source import BuildSource
from gto.serve.build.locked_requirements import LockedRequirements
from gto.storage.whole_directory import check_target, put, workshop

_MARK = "pyvenv.cfg"
_NOT_TRIED = "the model was not loaded in it"
_SAMPLE = 'rows as JSON are wanted, [{"tenure": 3}], or {"rows": [...], "outputs": [...]}'
_LARGEST = 1 << 20  # bytes of a script: what is larger is a program


class EnvironmentWish(NamedTuple):
    """How an environment is built."""

    out: str
    lock: LockedRequirements
    python: str | None = None
    installer: str | None = None
    wheels: str | None = None
    """A directory of wheels that count beside the index."""
    force: bool = False
    trusted: bool = False
    tried: bool = True
    """Whether the model is loaded in it, before it gets its name."""
    sample: str | None = None
    """A file with rows that the model is asked for, as JSON; None for made-up rows."""


class BuiltEnvironment(NamedTuple):
    """What was built."""

    python: str
    """The path of its interpreter."""
    packages: Sequence[str]
    called: Sequence[str]
    """The methods that were called, and gave what they should."""
    notes: Sequence[str]


def build_environment(source: BuildSource, wish: EnvironmentWish) -> BuiltEnvironment:
    """Make an environment, fill it, and load the model in it; it appears whole or not at all."""
    target = os.path.abspath(wish.out)
    check_target(target, _MARK, "an environment", force=wish.force)
    if wish.tried:
        source.check_trusted(trusted=wish.trusted)
    sample = read_sample(wish.sample) if wish.sample else None
    with workshop(target) as place:
        made = os.path.join(place, "environment")
        python = _fill(made, wish)
        called, notes = (
            _try_out(source, python, place, sample) if wish.tried else ([], ["the model was not loaded in it"])
        )
        _move_scripts(made, target)
        put(made, target, place)
    return BuiltEnvironment(os.path.join(wish.out, "bin", "python"), wish.lock.packages, called, notes)


def _fill(root: str, wish: EnvironmentWish) -> str:
    """Make an environment at `root` that holds what is locked, and return its interpreter."""
    python = make_environment(root, interpreter(wish.python or wish.lock.python))
    given = f"{root}-requirements.txt"
    with open(given, "w", encoding="utf-8") as file:
        file.write(wish.lock.text)
    beside = ["--find-links", wish.wheels] if wish.wheels else []
    words = ["--no-deps", "--require-hashes", *beside, "--requirement", given]
    install(find_installer(f"{root}-tools", wish.installer), python, words)
    os.unlink(given)
    return python


def read_sample(path: str) -> object:
    """Return the rows in a file, as JSON has them: a list, or an object with `rows`, and with `outputs` if known."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except OSError as error:
        raise NotFound(f"'{path}' cannot be read: {error.strerror}", "name a file of rows with --sample") from error
    except ValueError as error:
        raise WrongData(f"'{path}' is no JSON: {error}", _SAMPLE) from error
    if not isinstance(found, list | dict) or (isinstance(found, dict) and "rows" not in found):
        raise WrongData(f"'{path}' holds no rows", _SAMPLE)
    return found


def _try_out(source: BuildSource, python: str, place: str, sample: object) -> tuple[Sequence[str], Sequence[str]]:
    path = source.bring(os.path.join(place, "model"))
    given = os.path.join(place, "given.json")
    with open(given, "w", encoding="utf-8") as file:
        json.dump({"path": path, "facts": source.facts.as_dict(), "sample": sample}, file)
    said = ask(python, "gto.serve.build.model_trial", given, source.label)
    return said["called"], said["notes"]


def _move_scripts(root: str, target: str) -> None:
    """Have scripts of an environment name the place that it will have, instead of that in which it was made."""
    directory = os.path.join(root, "bin")
    for path in (*(os.path.join(directory, name) for name in os.listdir(directory)), os.path.join(root, _MARK)):
        if os.path.islink(path) or os.path.getsize(path) > _LARGEST:
            continue
        with open(path, "rb") as file:
            data = file.read()
        moved = data.replace(os.fsencode(root), os.fsencode(target))
        if moved != data:
            with open(path, "wb") as file:
                file.write(moved)
