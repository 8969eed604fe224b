"""Plain functions, the artifact's annotation, and an environment that holds the requirements alone."""

import json
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest
from trips import trip

import gto
from gto.exceptions import NotReproduced, UsageError


def double(rows: list[int]) -> list[int]:
    return [row * 2 for row in rows]


def test_a_function(tmp_path: Path) -> None:
    facts = trip(double, tmp_path / "double", [1, 2], runs_code=True, method="__call__")
    assert facts.class_name.endswith(".double")
    inputs = facts.methods["__call__"].inputs
    assert inputs is not None
    assert inputs.json_schema == {"type": "array", "items": {"type": "integer"}}


CALLS: list[int] = []


def counted(rows: list[int]) -> list[int]:
    CALLS.append(len(rows))
    return rows


def test_a_model_and_what_is_loaded_back_are_called_once_each(tmp_path: Path) -> None:
    gto.save(counted, str(tmp_path / "counted"), [1, 2, 3])
    assert CALLS == [3, 3]
    gto.save(counted, str(tmp_path / "counted"), [1])
    assert CALLS[2:] == [1, 1, 2]  # with one row, nobody could tell which axis counts them


def test_the_annotation_names_file_and_facts(tmp_path: Path) -> None:
    def git(*args: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *args], check=True, capture_output=True)

    git("init", "--quiet")
    git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--allow-empty", "--message=first")
    gto.save(double, str(tmp_path / "models/double"), [1], name="double", labels=["toy"], repo=str(tmp_path))
    text = (tmp_path / "artifacts.yaml").read_text()
    assert "path: models/double.cloudpickle" in text
    assert "model: models/double.cloudpickle.model.yaml" in text
    command = [sys.executable, "-m", "gto", "describe", "double", "--repo", str(tmp_path), "--json"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert (said["type"], said["labels"]) == ("model", ["toy"])


def project_names(texts: list[str]) -> list[str]:
    from packaging.requirements import Requirement

    return [Requirement(text).name for text in texts]


def test_a_package_that_no_requirement_brings_is_named(tmp_path: Path) -> None:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with pytest.raises(NotReproduced, match="'packaging' is needed"):  # an import within a function is not seen
        gto.save(project_names, str(tmp_path / "names"), ["a==1"], verify=True)
    assert not list(tmp_path.iterdir())
    with pytest.raises(NotReproduced, match="'cloudpickle' is needed"):  # by what loads it
        gto.save(project_names, str(tmp_path / "names"), ["a==1"], verify=True, requirements=[])
    needed = ["cloudpickle", "packaging"]
    saved = gto.save(project_names, str(tmp_path / "names"), ["a==1"], verify=True, requirements=needed)
    assert saved.facts.requirements == needed


def test_without_a_sample_nothing_can_be_verified(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sample"):
        gto.save(double, str(tmp_path / "double"), verify=True)


def test_what_is_called_of_an_own_class_is_saved_as_a_function(tmp_path: Path) -> None:
    place = str(tmp_path / "own")
    (tmp_path / "script.py").write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, "script.py", place], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert run.stdout == "gto.save(model.predict, ...)\n", run.stderr
    assert gto.load(f"{place}.cloudpickle", trusted=True)([1, 2]) == [3, 6]


SCRIPT = """
import sys
import gto

class Own:
    factor = 3
    def predict(self, rows):
        return [row * self.factor for row in rows]

try:
    gto.save(Own(), sys.argv[1])
except gto.exceptions.UsageError as error:
    print(error.hint.rpartition(": ")[2])
saved = gto.save(Own().predict, sys.argv[1], [1])
assert saved.facts.class_name == "__main__.Own.predict", saved.facts
assert saved.notes == (), saved.notes
"""
