"""Models of real libraries, saved, inspected and loaded, in an environment that has those libraries."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.environment import models_python
from tests.measured import measured

pytestmark = pytest.mark.models
INSIDE = Path(__file__).parent / "inside"
SECONDS = 600


@pytest.fixture(scope="session")
def python() -> Path:
    return models_python()


DAILY = sorted(path.name for path in INSIDE.glob("check_*.py"))
LONG = [pytest.param(path.name, marks=pytest.mark.soak) for path in sorted(INSIDE.glob("long_*.py"))]


@pytest.mark.parametrize("name", [*DAILY, *LONG])
def test_in_the_environment_of_the_libraries(python: Path, name: str, tmp_path: Path) -> None:
    alone = ["-c", os.devnull, "--noconftest", "-p", "no:cacheprovider"]
    options = [*alone, "-q", "--rootdir", str(INSIDE), "--basetemp", str(tmp_path / "t")]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "COV_", "PYTEST_"))}
    env |= {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(INSIDE)}
    done = subprocess.run(
        [str(python), *measured(env), "-m", "pytest", *options, str(INSIDE / name)],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=env,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
