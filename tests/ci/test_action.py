from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.ci import programs
from tests.ci.runner import GTO, ROOT, Run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.origin import Origin

# Python stands for itself: it makes the environment, whose pip writes its call down and brings a `gto`.
PYTHON = """[ "$1" = -I ] || exit 9
[ "$2" = -c ] || {
    mkdir -p "$4/bin"
    cp "${0%/*}/pip" "$4/bin/python"
    printf '#!/bin/sh\necho ours' >"$4/bin/gto"
    chmod +x "$4"/bin/*
}"""
PIP = ["pip", "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
SCRIPT = ["bash", str(ROOT / "integrations/github/run.sh")]
SWITCHES = ("SHOW", "HISTORY", "PULL", "EXIT_CODE", "SUMMARY", "REQUIRE_SIGNED", "REQUIRE_POLICY")
TEXTS = ("REF", "OUT", "ALLOWED_SIGNERS", "SOURCE")


def inputs(**given: str) -> dict[str, str]:
    """The variables by which the script gets inputs; those that are not given are off."""
    words = {**dict.fromkeys(SWITCHES, "false"), **dict.fromkeys(TEXTS, ""), "PRINT_OUTPUTS": "true", **given}
    return {f"INPUT_{key}": value for key, value in words.items()}


def act(place: Path, stubs: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """The action's script where no gto is on PATH but the one that it has installed."""
    (place / "action").mkdir(exist_ok=True)
    (place / "action/constraints.txt").write_text("click==8.1\n", encoding="utf-8")
    env = inputs(**given) | {
        "GITHUB_ACTION_PATH": str(place / "action"),
        "GITHUB_PATH": str(place / "path"),
        "PATH": f"{place}/gto/bin:{stubs}:/usr/bin:/bin",
        "RUNNER_TEMP": str(place),
    }
    return subprocess.run(SCRIPT, env=env, capture_output=True, text=True, check=False)


def without_gto(place: Path, **scripts: str) -> Path:
    """Programs among which there is no gto."""
    stubs = programs.make(place / "stubs", "pip", **{"python3": PYTHON, **scripts})
    (stubs / "gto").unlink()
    return stubs


def installed(stubs: Path) -> list[str]:
    """What pip was asked for."""
    return [call[-1] for call in programs.calls(stubs) if call[0] == "pip"]


@pytest.mark.parametrize(
    ("source", "asked", "limits"), [("", "{}/action", "click==8.1\n"), ("gto==1.11.0", "gto==1.11.0", "")]
)
def test_without_gto_on_path_the_action_installs_its_own_revision(
    source: str, asked: str, limits: str, tmp_path: Path
) -> None:
    """With the versions that this revision was tested with."""
    stubs = without_gto(tmp_path)
    done = act(tmp_path, stubs, SOURCE=source)
    assert (done.stdout, done.stderr, done.returncode) == ("ours\n", "", 0)
    limited = ["--constraint", f"{tmp_path}/gto/constraints.txt"]
    assert programs.calls(stubs)[-1] == [*PIP, *limited, asked.format(tmp_path)]
    assert (tmp_path / "gto/constraints.txt").read_text(encoding="utf-8") == limits
    assert (tmp_path / "path").read_text(encoding="utf-8") == f"{tmp_path}/gto/bin\n"


def test_the_action_installs_what_its_inputs_need_also_in_a_later_step(tmp_path: Path) -> None:
    stubs = without_gto(tmp_path)
    for given in ({}, {"PULL": "true"}, {"REQUIRE_POLICY": "true"}, {"PULL": "true", "REQUIRE_SIGNED": "true"}, {}):
        assert act(tmp_path, stubs, **given).stdout == "ours\n"
    assert installed(stubs) == [f"{tmp_path}/action", "gto[storage]", "gto[verify]", "gto[storage,verify]"]


def test_the_action_leaves_a_gto_alone_that_it_has_not_installed(tmp_path: Path) -> None:
    stubs = programs.make(tmp_path / "stubs", "pip", "gto", python3=PYTHON)
    assert act(tmp_path, stubs, PULL="true", ALLOWED_SIGNERS="team keys").returncode == 0
    assert programs.calls(stubs)[-1] == ["gto", "ci", "--pull", "--allowed-signers=team keys"]
    assert installed(stubs) == []


NO_VENV = 'case "$3" in *ensurepip*) exit 1 ;; esac\n' + PYTHON


def test_a_python_that_makes_no_environments_is_passed_over(tmp_path: Path) -> None:
    """As Debian has it without python3-venv."""
    stubs = without_gto(tmp_path, python3=NO_VENV, python=PYTHON)
    assert act(tmp_path, stubs).stdout == "ours\n"
    assert [call[0] for call in programs.calls(stubs) if call[2:3] == ["-m"]] == ["python", "pip"]
    (tmp_path / "none").mkdir()
    none = without_gto(tmp_path / "none", python3=NO_VENV, python=NO_VENV)
    done = act(tmp_path / "none", none)
    assert (done.stdout, done.returncode) == ("", 1)
    assert "put a step with actions/setup-python before this one" in done.stderr


def test_on_windows_each_path_is_written_as_its_reader_has_it(tmp_path: Path) -> None:
    seen = programs.make(tmp_path / "seen", gto="echo as bash writes it")
    cygpath = f"if [ $1 = --windows ]; then printf '%s\\n' 'D:\\a\\gto'; else echo {seen}; fi"
    stubs = without_gto(tmp_path, cygpath=cygpath)
    assert act(tmp_path, stubs).stdout == "as bash writes it\n"
    assert ["cygpath", "--unix", f"{tmp_path}/gto/bin"] in programs.calls(stubs)
    assert (tmp_path / "path").read_text(encoding="utf-8") == "D:\\a\\gto\n"
    done = act(tmp_path, stubs, PULL="true")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == "The input 'pull' is for runners with Linux or macOS: GTO brings no files on Windows\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files to another user")
def test_the_checkout_of_another_user_is_safe_for_the_action_alone(remote: Origin, tmp_path: Path) -> None:
    """As in a job with `container:`."""
    run = Run(remote, "refs/tags/churn#prod#2", tmp_path, programs.make(tmp_path / "bin"))
    run.job({"steps": [{"uses": "actions/checkout@v4"}]})
    for place in (run.checkout, *run.checkout.rglob("*")):
        os.chown(place, 65534, 65534)
    run.job({"steps": [{"id": "gto", "uses": GTO}]})
    assert run.outputs["gto"]["event"] == "assignment"
    with pytest.raises(AssertionError, match="dubious ownership"):
        run.job({"steps": [{"run": "git status"}]})


def test_the_action_installs_for_real_and_runs_no_module_of_the_checkout(remote: Origin, tmp_path: Path) -> None:
    checkout = remote.checkout(tmp_path / "checkout", "refs/tags/churn#prod#2")
    for name in ("venv.py", "types.py", "click.py", "pip/__main__.py", "logging/__init__.py"):
        (checkout.path / name).parent.mkdir(exist_ok=True)
        (checkout.path / name).write_text("raise SystemExit('a module of the checkout ran')\n", encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to(os.path.realpath(sys.executable))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE_", "PYTHON", "GTO_"))}
    env = kept | inputs(REF="churn#prod#2", PULL="true", OUT="model.bin", REQUIRE_POLICY="true") | {
        "GITHUB_ACTION_PATH": str(ROOT),
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path / "temp"),
    }  # fmt: skip
    done = subprocess.run(SCRIPT, cwd=checkout.path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "assignment" in done.stdout
    assert (checkout.path / "model.bin").read_text(encoding="utf-8") == "weights\n"
    python = tmp_path / "temp/gto/bin/python"
    subprocess.run([str(python), "-I", "-c", "import cryptography, obstore"], check=True)
