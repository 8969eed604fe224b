"""What a stranger's side-car may have installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.models.package_requirements import releases
from gto.serve.server.package_environment import new_environment

if TYPE_CHECKING:
    from pathlib import Path


def test_names_versions_extras_and_markers_are_taken_as_they_are() -> None:
    good = [
        "numpy==2.4.6",
        "scikit-learn>=1.5,<2",
        "gto[serve]",
        "x==1.0; python_version < '3.13'",
        "torch==2.13.0+cpu",
    ]
    assert releases(good) == good


@pytest.mark.parametrize(
    "text",
    ["-e .", "-rother.txt", "--index-url=https://evil.example", "x @ https://evil.example/x.tar.gz", "./x", "dir/x.whl",
     "git+https://evil.example/x", "x==1 --no-binary :all:", "x\n--pre", "x\r-e .", "x===${HOME}",
     "x\N{LINE SEPARATOR}y", "", "x" * 501],
)  # fmt: skip
def test_options_addresses_paths_and_lines_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no release of a package"):
        releases([text])


def test_the_environment_of_a_followed_version_runs_nothing_of_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GTO_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil/setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit\n")
    for evil in (f"evil @ file://{tmp_path}/evil", str(tmp_path / "evil"), f"-e{tmp_path}/evil"):
        with pytest.raises(UsageError, match="no release of a package"):
            new_environment([evil])
    assert not (tmp_path / "ran").exists(), "setup.py of a side-car's choice ran"
