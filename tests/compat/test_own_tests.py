"""GTO 1.10.1's own tests, from its source distribution, run against this checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.compat.reference import PACKAGES, VERSION
from tests.environment import PLACE, download_source, make_environment

HERE = Path(__file__).parent
GROUPS = tomllib.loads((HERE / "own_tests.toml").read_text(encoding="utf-8"))["group"]
NEEDS = [
    "freezegun",
    "funcy",
    "pydantic>=2",
    "pygit2",
    "pytest",
    "pytest-mock",
    "pytest-test-utils",
    "pytest-xdist",
    "scmrepo>=3,<4",
]
WORKERS = "6"  # the tests sleep most of their time


def names(*, reaches_network: bool) -> list[str]:
    """Return the listed tests, those that reach the network or the others."""
    groups = [group for group in GROUPS if group.get("reaches_network", False) is reaches_network]
    return [f"tests/{name}" for group in groups for name in group["tests"]]


def run_them(place: Path) -> dict[str, set[str]]:
    """Run the tests in a directory, and return the outcomes of each test's cases."""
    packages = ["--editable", str(PLACE.parent), *NEEDS]
    python = make_environment("gto-own-tests", packages, constraints=PACKAGES)
    shutil.copytree(download_source("gto", VERSION) / "tests", place / "tests")
    shutil.copy(HERE / "own_tests_plugin.py", place)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "GTO_", "PY"))}
    argv = [
        str(python),
        "-m",
        "pytest",
        "-q",
        "-n",
        WORKERS,
        "--dist",
        "worksteal",
        "-p",
        "own_tests_plugin",
        "-p",
        "no:cacheprovider",
    ]
    argv += [word for name in names(reaches_network=True) for word in ("--deselect", name)]
    outcomes = place / "outcomes.json"
    done = subprocess.run(
        [*argv, f"--rootdir={place}", f"--basetemp={place / 'work'}", "tests"],
        cwd=place,
        env={**env, "OUTCOMES": str(outcomes)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert outcomes.exists(), done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for node, outcome in json.loads(outcomes.read_text(encoding="utf-8")).items():
        found.setdefault(node.partition("[")[0], set()).add(outcome)
    return found


@pytest.mark.compat
def test_the_tests_of_gto_1_10_pass_but_for_those_that_are_listed(tmp_path: Path) -> None:
    found = run_them(tmp_path)
    failed = {name for name, outcomes in found.items() if "failed" in outcomes}
    assert failed == set(names(reaches_network=False)), "a test fails that is not listed, or one that is listed passes"
    assert len(found) - len(failed) > 50
    assert {outcome for outcomes in found.values() for outcome in outcomes} == {"passed", "failed"}


def test_no_test_of_gto_1_10_is_listed_twice() -> None:
    listed = [name for group in GROUPS for name in group["tests"]]
    assert len(listed) == len(set(listed))
