"""What a command imports: nothing that its output does not need."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.repo import run

if TYPE_CHECKING:
    from tests.repo import Repo

QUIET = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}
PROGRAM = """\
import atexit, json, os, sys
before = set(sys.modules)
def tell(code):
    names = sorted(set(sys.modules) - before)
    print(json.dumps(names), file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    real(code)
real, os._exit = os._exit, tell
from gto.cli.main import run
run(sys.argv[1:])
"""
HEAVY = {
    "yaml",
    "ruamel",
    "json",
    "hashlib",
    "tempfile",
    "pathlib",
    "logging",
    "importlib.metadata",
    "rich",
    "tabulate",
}


def imported(repo: Repo, *words: str) -> set[str]:
    """Return the modules that a command imports, beyond those that bare Python has."""
    done = run(sys.executable, "-P", "-c", PROGRAM, *words, cwd=repo.path, env={**repo.dated(), **QUIET})
    assert done.code == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def outside(modules: set[str]) -> set[str]:
    """Return the packages among them that are neither Python's nor ours."""
    tops = {name.partition(".")[0] for name in modules}
    return {
        top
        for top in tops
        if top not in sys.stdlib_module_names and top not in {"gto", "cython_runtime"} and not top.startswith("_")
    }


@pytest.mark.parametrize("words", [["--version"], ["show"], ["history"], ["check-ref", "churn@v0.0.1"], ["stages"]])
def test_reading_imports_click_and_nothing_heavy(repo: Repo, words: list[str]) -> None:
    assert repo.gto("register", "churn").code == 0
    modules = imported(repo, *words)
    assert outside(modules) == {"click"}
    assert not modules & HEAVY


def test_the_version_is_told_without_the_registry(repo: Repo) -> None:
    modules = imported(repo, "--version")
    rooms = ("gto.core", "gto.git", "gto.registry", "gto.annotations", "gto.output")
    found = {name for name in modules if name.startswith(rooms)}
    assert found == {"gto.output", "gto.output.escape"}  # by which everything is printed


def test_showing_the_registry_decides_and_writes_nothing(repo: Repo) -> None:
    assert repo.gto("register", "churn").code == 0
    modules = imported(repo, "show")
    assert not {
        name for name in modules if name.startswith(("gto.core.plan", "gto.git.tag_writer", "gto.registry.write.verbs"))
    }
    assert not {name for name in modules if name.startswith("gto.catalog")}
    assert "gto.output.published" not in modules
    errors = {name.rpartition(".")[2] for name in modules if name.startswith("gto.exceptions.")}
    assert errors == {"error_kinds", "lookup_errors", "repository_errors", "policy_errors"}


def test_yaml_is_imported_where_a_file_of_it_is_read(repo: Repo) -> None:
    repo.commit("annotate", {"dvc.yaml": "artifacts: {churn: {path: x}}\n"})
    modules = imported(repo, "show")
    assert "yaml" in modules
    assert outside(modules) == {"click", "yaml"}


def test_registering_imports_no_yaml(repo: Repo) -> None:
    assert outside(imported(repo, "register", "churn")) == {"click"}


def test_the_package_imports_nothing_until_it_is_asked(repo: Repo) -> None:
    code = "import sys, gto; print(gto.__version__, 'gto.api' in sys.modules, gto.api.parse_tag('a@v1.0.0')['name'])"
    assert run(sys.executable, "-P", "-c", code, cwd=repo.path, env=QUIET).stdout.split() == ["1.11.0", "False", "a"]


def test_a_package_that_gives_the_names_of_gto_1_imports_nothing_for_them(repo: Repo) -> None:
    code = "import sys, gto, gto.registry, gto.cli, gto.config; print(*(m for m in sys.modules if m.startswith('gto')))"
    found = set(run(sys.executable, "-P", "-c", code, cwd=repo.path, env=QUIET).stdout.split())
    expected = {"gto", "gto.version", "gto.registry", "gto.cli", "gto.config", "gto.registry_config", "gto.exceptions"}
    errors = ("error_kinds", "lookup_errors", "repository_errors", "policy_errors")
    expected |= {f"gto.exceptions.{one}" for one in errors}
    assert found == {*expected, "gto.core", "gto.core.names", "gto.yamldoc"}


def test_no_command_but_studio_imports_anything_of_studio(repo: Repo) -> None:
    parts = ("gto.studio", "fastapi", "starlette", "sqlalchemy", "jinja2", "uvicorn", "pydantic", "nh3", "markdown_it")
    assert not {name for name in imported(repo, "show") if name.startswith(parts)}
    code = "import sys, gto.cli, gto.cli.main, gto.api; gto.api.show; print(*sys.modules)"
    found = run(sys.executable, "-P", "-c", code, cwd=repo.path, env=QUIET).stdout.split()
    assert "gto.cli.main" in found
    assert not {name for name in found if name.startswith(parts)}
    helped = imported(repo, "studio", "--help")
    allowed = {
        f"gto.studio.team.{one}" for one in ("serve_options", "repository_sources", "trusted_proxy", "vouched_person")
    }
    found_there = {name for name in helped if name.startswith(parts)}
    assert found_there <= {"gto.studio", "gto.studio.team", *allowed}  # options and their defaults
