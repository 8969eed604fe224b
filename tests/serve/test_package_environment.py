from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import ModelNotReady, UsageError
from gto.serve.server.environment_maker import EnvironmentMaker
from gto.serve.server.package_environment import installed_packages, lacking, strangers

if TYPE_CHECKING:
    from pathlib import Path

HERE = {"numpy": "2.4.6", "torch": "2.13.0+cpu", "scikit-learn": "1.9.1"}


@pytest.mark.parametrize(
    "text", ["numpy==2.4.6", "NumPy>=2", "torch==2.13.0", "scikit_learn==1.9.1", "x; python_version<'3'"]
)
def test_a_requirement_is_met_by_the_version_that_it_names(text: str) -> None:
    assert lacking([text], HERE) == []


@pytest.mark.parametrize(
    "text", ["numpy==2.4.5", "torch==2.12.0", "xgboost==3.2.0", "no requirement", "x; os_name ~= 'a'"]
)
def test_another_version_a_missing_package_and_nonsense_are_lacking(text: str) -> None:
    assert lacking([text, "numpy>=2"], HERE) == [text]


def test_without_trust_no_package_is_installed_of_which_nobody_here_knows() -> None:
    maker = EnvironmentMaker(lambda: None)
    found = maker.find(["numpy==0.0.1", "Some_Evil.Package==1.0"])
    assert isinstance(found, ModelNotReady)
    assert "some-evil-package, of which nothing is known here" in str(found)
    assert strangers(["numpy==0.0.1", "pytest==0.1", "xgboost"], {"pytest": "9"}) == []
    assert isinstance(maker.find(["x @ https://evil.example/x.tar.gz"]), UsageError), "it is returned, not raised"
    assert strangers(["b", "a"], {}) == ["a", "b"]


def test_the_packages_of_this_process_are_those_that_it_imports() -> None:
    assert installed_packages()["pytest"] == version("pytest")


def test_the_packages_of_directories_are_those_that_the_first_of_them_has(tmp_path: Path) -> None:
    for place, number in (("one", "1.0"), ("two", "2.0")):
        info = tmp_path / place / f"Tiny_Thing-{number}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: Tiny_Thing\nVersion: {number}\n", encoding="utf-8"
        )
    assert installed_packages([str(tmp_path / "one"), str(tmp_path / "two")]) == {"tiny-thing": "1.0"}
