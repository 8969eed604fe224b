"""How many processes of git a command starts, whatever the size of the registry."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

COUNTING = """\
#!/bin/sh
echo "$*" >> "{log}"
exec "{git}" "$@"
"""

DVC_YAML = "artifacts:\n  churn: {path: churn.pkl, type: model}\n"


@pytest.fixture
def counted(repo: Repo, tmp_path: Path) -> dict[str, str]:
    """A PATH on which `git` writes down each call, and a repository with events and an annotation."""
    repo.commit("annotate", {"dvc.yaml": DVC_YAML, ".gto": "stages: [dev, prod]\n"})
    for version in range(3):
        assert repo.gto("register", "churn").code == 0
        repo.commit(f"work {version}")
    assert repo.gto("assign", "churn", "--version", "v0.0.1", "--stage", "prod").code == 0
    assert repo.gto("assign", "churn", "--version", "v0.0.2", "--stage", "prod").code == 0
    place = tmp_path / "counting"
    place.mkdir()
    found = shutil.which("git")
    assert found is not None
    script = place / "git"
    script.write_text(COUNTING.format(log=tmp_path / "log", git=found))
    script.chmod(0o755)
    return {"PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("words", "processes"),
    [
        (["--version"], 0),
        (["parse-tag", "churn@v0.0.1"], 0),
        (["completion", "bash"], 0),
        (["show"], 4),  # where is it, list tags, read tags, read HEAD's annotations
        (["show", "--json"], 4),
        (["show", "--type", "model"], 5),  # and annotations at the versions
        (["show", "churn"], 3),
        (["show", "churn", "--json"], 4),  # and the commits of the versions
        (["show", "churn#prod", "--ref"], 3),
        (["show", "--at", "2022-01-01"], 3),
        (["history"], 3),
        (["history", "churn"], 2),
        (["stages"], 1),  # .gto lists them
        (["stages", "--used"], 3),
        (["check-ref", "churn@v0.0.1"], 2),
        (["check-ref", "churn@v0.0.1", "--verify"], 3),  # and whom git's configuration trusts
        (["show", "--verify"], 6),  # and the tags again: what is kept of a large registry says nothing of signatures
        (["history", "--require-signed"], 4),
        (["tags", "--other"], 3),
        (["describe", "churn"], 1),
        (["describe", "churn@latest"], 3),
        (["doctor"], 9),  # and files left behind, commits that are gone, what branches reach, facts beside models
        (["register", "churn"], 6),  # where and which commit, its tags, who, the object, the refs, what has changed
        (["assign", "churn", "--stage", "dev"], 6),
        (["assign", "churn", "--version", "v0.0.2", "--stage", "dev"], 5),
        (["rollback", "churn", "--stage", "prod"], 5),
        (["deprecate", "churn", "v0.0.3"], 5),
        (["deprecate", "churn", "v0.0.2", "prod", "--delete"], 4),
        (["deprecate", "churn"], 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_starts_so_many_processes(
    repo: Repo, counted: dict[str, str], tmp_path: Path, words: list[str], processes: int
) -> None:
    (tmp_path / "log").unlink(missing_ok=True)
    done = repo.gto(*words, env=counted)
    assert done.code == 0, done.stderr
    log = tmp_path / "log"
    calls = log.read_text().splitlines() if log.exists() else []
    assert len(calls) == processes, "\n".join(calls)


def test_an_unchanged_large_registry_is_shown_with_two(repo: Repo, counted: dict[str, str], tmp_path: Path) -> None:
    commit = repo.git("rev-parse", "HEAD")
    lines = []
    for number in range(1100):
        tag = f"model-{number}@v0.0.1"
        lines.append(f"tag {tag}\nfrom {commit}\ntagger A <a@b.c> {1600000000 + number} +0000\ndata 1\nx\n")
    from tests.repo import run

    assert run("git", "fast-import", "--quiet", cwd=repo.path, text="".join(lines)).code == 0
    first = repo.gto("show", env=counted)
    (tmp_path / "log").unlink()
    again = repo.gto("show", env=counted)
    assert first.stdout == again.stdout
    assert "model-1099" in again.stdout
    assert len((tmp_path / "log").read_text().splitlines()) == 2  # where is it, list tags


@pytest.mark.parametrize(
    ("words", "processes"),
    [
        (["show", "--all"], 2 * 2),  # where is it, list tags
        (["show", "--all", "repo"], 2),
        (["show", "--all", "repo/churn"], 3),  # one artifact's tags, HEAD's annotation
        (["history", "--all"], 2 * 3),
        (["search", "churn", "--all"], 2 * 3),  # and the annotations
        (["repos", "list"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_unchanged_repositories_of_a_catalogue_take_so_many_processes(
    repo: Repo, counted: dict[str, str], tmp_path: Path, words: list[str], processes: int
) -> None:
    shutil.copytree(repo.path, tmp_path / "other")
    assert repo.gto("repos", "add", str(repo.path), str(tmp_path / "other")).code == 0
    first = repo.gto(*words)
    (tmp_path / "log").unlink(missing_ok=True)
    assert repo.gto(*words, env=counted) == first
    log = tmp_path / "log"
    calls = log.read_text().splitlines() if log.exists() else []
    assert len(calls) == processes, "\n".join(calls)


@pytest.mark.parametrize(
    ("words", "processes"),
    [
        (["status"], 3),  # where is it, list tags, ask the remote
        (["status", "churn", "--json"], 3),
        (["push"], 9),  # and ask for push URLs, read the tags, push twice, whether commits are on a branch
        (["push", "--tags-per-push", "0"], 8),
        (["push", "churn@v0.0.1", "--json"], 8),
        (["fetch"], 5),  # as status, then fetch, and the refs
        (["fetch", "other"], 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_about_a_remote_starts_so_many_processes(
    repo: Repo, counted: dict[str, str], tmp_path: Path, words: list[str], processes: int
) -> None:
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.git("fetch", "--quiet", "--no-tags", "origin")
    origin = Repo(tmp_path / "origin.git")
    for ref in origin.refs("refs/tags"):
        origin.git("update-ref", "-d", ref)
    origin.tag("other@v0.0.1", "main")
    (tmp_path / "log").unlink(missing_ok=True)
    done = repo.gto(*words, env=counted)
    assert done.code == 0, done.stderr
    calls = (tmp_path / "log").read_text().splitlines()
    assert len(calls) == processes, "\n".join(calls)
