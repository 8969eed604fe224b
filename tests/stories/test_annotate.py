"""`gto annotate`, `describe`, `remove`: the files beside the tags, edited and committed alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories.healthy import done, said

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def text(repo: Repo, name: str = "artifacts.yaml") -> str:
    return (repo.path / name).read_text(encoding="utf-8")


def test_an_annotation_is_written_described_and_removed(repo: Repo) -> None:
    args = ("--type", "model", "--path", "m.pkl", "--label", "b", "--label", "a", "-d", "It says", "-c", "anything")
    assert done(repo.gto("annotate", "nn", *args)) == "Updated `artifacts.yaml`\n"
    assert json.loads(done(repo.gto("describe", "nn"))) == {
        "type": "model",
        "path": "m.pkl",
        "labels": ["a", "b"],
        "description": "It says",
        "custom": "anything",
    }
    for field, value in (("--type", "model"), ("--path", "m.pkl"), ("--description", "It says")):
        assert done(repo.gto("describe", "nn", field)) == f"{value}\n"
    assert done(repo.gto("remove", "nn")) == "Updated `artifacts.yaml`\n"
    said(repo.gto("describe", "nn"), "No annotation of 'nn' in the work tree", "gto annotate nn")


def test_a_dvc_project_has_it_in_dvc_yaml(repo: Repo) -> None:
    repo.commit("dvc", {"dvc.yaml": "# stages\nstages: {}\n", "sub/dvc.yaml": "stages: {}\n"})
    value = json.loads(done(repo.gto("annotate", "nn", "--path", "m.pkl", "--json")))
    assert value == {"file": "dvc.yaml", "committed": False, "pushed": False}
    assert text(repo, "dvc.yaml").startswith("# stages\nstages: {}\n")
    assert done(repo.gto("annotate", "sub:m", "--type", "model", "--path", "sub/m.pkl")) == "Updated `sub/dvc.yaml`\n"
    assert done(repo.gto("describe", "sub:m", "--type")) == "model\n"
    assert (
        done(repo.gto("annotate", "old", "--type", "model", "--file", "artifacts.yaml")) == "Updated `artifacts.yaml`\n"
    )
    said(repo.gto("annotate", "zz", "--type", "model"), "must have a path", "--path")
    said(repo.gto("annotate", "old", "--file", "sub/dvc.yaml"), "'sub:old'")
    said(repo.gto("annotate", "old", "--file", "../dvc.yaml"))
    said(repo.gto("annotate", "old", "--file", "README.md"), "'README.md' is no annotation file")


def test_describe_reads_the_work_tree_a_revision_or_a_version(repo: Repo) -> None:
    for place in ("one", "two"):
        repo.commit(place, {"artifacts.yaml": f"nn:\n  description: {place}\n"})
        done(repo.gto("register", "nn"))
    done(repo.gto("assign", "nn", "--version", "v0.0.1", "--stage", "prod"))
    (repo.path / "artifacts.yaml").write_text("nn:\n  description: three\n", encoding="utf-8")
    for args, said_ in (
        (("nn",), "three"),
        (("nn", "--rev", "HEAD"), "two"),
        (("nn", "--rev", "HEAD~1"), "one"),
        (("nn@latest",), "two"),
        (("nn@greatest",), "two"),
        (("nn@v0.0.1",), "one"),
        (("nn#prod",), "one"),
    ):
        assert done(repo.gto("describe", *args, "--description")) == f"{said_}\n", args
    assert done(repo.gto("describe", "nn", "--path")) == ""
    said(repo.gto("describe", "nn@v9.9.9"), "'nn' has no version 'v9.9.9'")
    said(repo.gto("describe", "nn@latest", "--rev", "HEAD"), "Either specify revision or use naming shortcut.")
    said(repo.gto("describe", "nn", "--rev", "nope"), "Ref 'nope' was not found")
    said(repo.gto("describe", "zz", "--rev", "HEAD"), "No annotation of 'zz' in 'HEAD'")
    assert repo.gto("describe", "nn", "--type", "--path").code == 2


def test_comments_and_order_of_the_file_stay(repo: Repo) -> None:
    repo.commit("yaml", {"artifacts.yaml": "# top\nzz:   # last\n  type: 'data'\n\nnn:\n  type: model  # mine\n"})
    done(repo.gto("annotate", "nn", "--path", "m.pkl"))
    assert text(repo) == "# top\nzz:   # last\n  type: 'data'\n\nnn:\n  type: model  # mine\n  path: m.pkl\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("n n", "--type", "model"), ("Invalid artifact name",)),
        (("nn", "--type", "mo del"), ("Invalid type 'mo del'",)),
        (("nn", "--label", "la bel"), ("Invalid label 'la bel'",)),
        (("nn", "--must-exist"), ("`path` is required when `must_exist` is set to True",)),
        (("nn", "--must-exist", "--path", "nope"), ("Nothing found in 'nope' for checked out commit",)),
        (("nn", "--path", "models"), ("conflicts with 'models/a.pkl' of artifact 'aa'", "--allow-same-path")),
        (("nn", "--path", "models/a.pkl"), ("conflicts with 'models/a.pkl'",)),
        (("nn", "--path", "models/a.pkl/x"), ("conflicts with 'models/a.pkl'",)),
    ],
)
def test_a_wrong_wish_is_refused_in_one_line(args: tuple[str, ...], words: tuple[str, ...], repo: Repo) -> None:
    repo.commit("aa", {"artifacts.yaml": "aa:\n  path: models/a.pkl\n"})
    before = text(repo)
    said(repo.gto("annotate", *args), *words)
    assert text(repo) == before


def test_must_exist_and_allow_same_path_pass_where_they_may(repo: Repo) -> None:
    done(repo.gto("annotate", "aa", "--path", "README.md", "--must-exist"))
    assert "virtual: false" in text(repo)
    done(repo.gto("annotate", "bb", "--path", "README.md", "--allow-same-path"))


def test_the_configuration_bounds_the_types(repo: Repo) -> None:
    repo.commit("types", {".gto": "types: [model]\n"})
    said(repo.gto("annotate", "nn", "--type", "data"), "Allowed types are: '['model']'")
    done(repo.gto("annotate", "nn", "--type", "model"))


def test_what_is_not_there_cannot_be_removed(repo: Repo) -> None:
    said(repo.gto("remove", "nn"), "Cannot find artifact 'nn'")
    said(repo.gto("remove", "n n"), "Invalid artifact name")
    assert json.loads(done(repo.gto("annotate", "nn", "--type", "model", "--json")))["file"] == "artifacts.yaml"
    assert json.loads(done(repo.gto("remove", "nn", "--json"))) == {
        "file": "artifacts.yaml",
        "committed": False,
        "pushed": False,
    }


def test_a_file_that_is_no_yaml_is_named_with_its_line(repo: Repo) -> None:
    (repo.path / "artifacts.yaml").write_text("aa:\n  type: [\n", encoding="utf-8")
    said(repo.gto("annotate", "nn", "--type", "model"), "artifacts.yaml, line")
    assert text(repo) == "aa:\n  type: [\n"


# --- committed alone


def status(repo: Repo) -> str:
    return repo.git("status", "--porcelain", "--untracked-files=all")


@pytest.fixture
def busy(repo: Repo) -> Repo:
    """Staged, changed, deleted, untracked and half staged files beside artifacts.yaml."""
    repo.commit("files", dict.fromkeys(("staged", "dirty", "gone", "half"), "1\n") | {"artifacts.yaml": "aa: {}\n"})
    for name, first, second in (("staged", "2", None), ("half", "2", "3"), ("new", "1", None)):
        (repo.path / name).write_text(f"{first}\n", encoding="utf-8")
        repo.git("add", name)
        if second:
            (repo.path / name).write_text(f"{second}\n", encoding="utf-8")
    (repo.path / "dirty").write_text("2\n", encoding="utf-8")
    (repo.path / "untracked").write_text("1\n", encoding="utf-8")
    repo.git("rm", "--quiet", "gone")
    return repo


def test_only_the_file_is_committed_whatever_else_is_staged_or_dirty(busy: Repo) -> None:
    before = status(busy)
    out = done(busy.gto("annotate", "nn", "--type", "model", "--path", "m.pkl", "--commit"))
    assert out == "Updated `artifacts.yaml`\nRunning `git commit`\n"
    assert busy.git("show", "--name-only", "--format=%s", "HEAD").splitlines() == [
        "Annotate artifact `nn` of type `model` with path `m.pkl`",
        "",
        "artifacts.yaml",
    ]
    assert status(busy) == before
    done(busy.gto("remove", "nn", "--commit"))
    assert busy.git("show", "--name-only", "--format=%s", "HEAD").splitlines()[::2] == [
        "Remove annotation for artifact `nn`",
        "artifacts.yaml",
    ]
    assert status(busy) == before


def test_a_message_that_begins_with_the_sign_of_comments_is_committed(repo: Repo) -> None:
    repo.git("config", "core.commentChar", "A")
    repo.git("config", "commit.cleanup", "strip")
    done(repo.gto("annotate", "nn", "--type", "model", "--commit"))
    assert repo.git("log", "-1", "--format=%s") == "Annotate artifact `nn` of type `model`"


def test_a_new_file_is_committed_too(repo: Repo) -> None:
    done(repo.gto("annotate", "sub/dir:nn", "--path", "m.pkl", "--commit"))
    assert repo.git("show", "--name-only", "--format=", "HEAD") == "sub/dir/dvc.yaml"
    assert status(repo) == ""


@pytest.mark.parametrize("stage", [False, True], ids=["dirty", "staged"])
def test_a_file_with_other_changes_is_not_committed(stage: bool, busy: Repo) -> None:  # noqa: FBT001  a case
    (busy.path / "artifacts.yaml").write_text("aa: {type: data}\n", encoding="utf-8")
    if stage:
        busy.git("add", "artifacts.yaml")
    before, head = status(busy), busy.git("rev-parse", "HEAD")
    for args in (("annotate", "nn", "--type", "model"), ("remove", "aa")):
        said(busy.gto(*args, "--commit"), "'artifacts.yaml' has changes that are not committed")
    assert (status(busy), busy.git("rev-parse", "HEAD")) == (before, head)
    assert text(busy) == "aa: {type: data}\n"


def test_an_untracked_file_is_not_committed(repo: Repo) -> None:
    (repo.path / "artifacts.yaml").write_text("aa: {}\n", encoding="utf-8")
    said(repo.gto("annotate", "nn", "--type", "model", "--commit"), "has changes that are not committed")
    assert status(repo) == "?? artifacts.yaml"


def test_a_link_in_the_repository_is_edited_where_it_leads(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "artifacts.yaml").symlink_to("conf/all.yaml")
    repo.git("add", "artifacts.yaml")
    repo.commit("a link", {"conf/all.yaml": "nn: {path: m, type: model}\n"})
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "remote"))
    url = (tmp_path / "remote").as_uri()
    for place in ((), ("--repo", url)):
        done(repo.gto("annotate", "nn", "--type", "dataset", "--commit", *place))
    for remote in ((), ("--git-dir", str(tmp_path / "remote"))):
        assert repo.git(*remote, "show", "HEAD:conf/all.yaml") == "nn: {path: m, type: dataset}"
        assert repo.git(*remote, "show", "HEAD:artifacts.yaml") == "conf/all.yaml"
    (repo.path / "conf/all.yaml").write_text("nn: {path: m}\n", encoding="utf-8")
    said(
        repo.gto("annotate", "nn", "--type", "model", "--commit"), "'conf/all.yaml' has changes that are not committed"
    )


@pytest.mark.parametrize("hook", ["pre-commit", "commit-msg", "prepare-commit-msg"])
@pytest.mark.parametrize("name", ["nn", "sub:nn"], ids=["changed-file", "new-file"])
def test_where_a_hook_refuses_the_index_and_the_file_are_as_they_were(name: str, hook: str, busy: Repo) -> None:
    path = busy.path / ".git/hooks" / hook
    path.write_text("#!/bin/sh\necho 'no commits today' >&2; exit 1\n", encoding="utf-8")
    path.chmod(0o755)
    before, index = status(busy), busy.git("ls-files", "--stage")
    result = busy.gto("annotate", name, "--path", "m.pkl", "--commit")
    assert result.code == 1
    assert "no commits today" in result.stderr
    assert "Traceback" not in result.stderr
    assert (status(busy), busy.git("ls-files", "--stage")) == (before, index)
    assert text(busy) == "aa: {}\n"


def test_a_change_of_nothing_commits_nothing(repo: Repo) -> None:
    repo.commit("aa", {"artifacts.yaml": "aa:\n  type: model\n"})
    head = repo.git("rev-parse", "HEAD")
    assert done(repo.gto("annotate", "aa", "--type", "model", "--commit")) == "Updated `artifacts.yaml`\n"
    assert repo.git("rev-parse", "HEAD") == head


def test_during_a_merge_nothing_is_lost(repo: Repo) -> None:
    repo.commit("base", {"a": "1\n", "artifacts.yaml": "aa: {}\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit("side", {"a": "2\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit("main", {"b": "2\n"})
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "side")
    before = status(repo)
    result = repo.gto("annotate", "nn", "--type", "model", "--commit")
    assert result.code == 1
    assert "merge" in result.stderr
    assert (status(repo), text(repo)) == (before, "aa: {}\n")


def test_a_branch_that_is_not_checked_out_gets_the_commit_alone(repo: Repo) -> None:
    repo.commit("first", {"a.txt": "a"})
    repo.git("branch", "trial")
    done(repo.gto("annotate", "churn", "--path", "a.txt", "--branch", "trial"))
    say = done(repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "fresh", "--label", "x"))
    assert "The commit is on branch `fresh`" in say
    assert "labels" not in repo.git("show", "trial:artifacts.yaml")
    assert "labels" in repo.git("show", "fresh:artifacts.yaml")
    assert repo.git("rev-list", "--count", "main..fresh") == "1"
    assert repo.git("status", "--porcelain") == ""
    assert not (repo.path / "artifacts.yaml").exists()
    done(repo.gto("remove", "churn", "--branch", "trial", "--new-branch", "gone"))
    assert repo.git("show", "gone:artifacts.yaml") == "{}"


def test_a_new_branch_needs_a_name_that_is_free(repo: Repo) -> None:
    repo.commit("first", {"a.txt": "a"})
    said(repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "main"), "There is a branch 'main' already")
    said(repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "a..b"), "Invalid branch name 'a..b'")
    said(repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "@{-1}"), "Invalid branch name '@{-1}'")
    said(repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "HEAD"), "Invalid branch name 'HEAD'")
    said(
        repo.gto("annotate", "churn", "--path", "a.txt", "--new-branch", "main/x"), "cannot create 'refs/heads/main/x'"
    )


def test_one_key_is_added_to_the_custom_metadata_and_taken_out(repo: Repo) -> None:
    repo.commit("annotated", {"artifacts.yaml": "churn:\n  path: m\n  custom:\n    owner: ada # of the team\n"})
    done(repo.gto("annotate", "churn", "--meta", "lower_better=[loss]", "--meta", "note=a=b"))
    assert "owner: ada # of the team\n    lower_better:\n    - loss\n    note: 'a=b'\n" in (
        (repo.path / "artifacts.yaml").read_text()
    )
    done(repo.gto("annotate", "churn", "--meta", "owner="))
    assert "ada" not in (repo.path / "artifacts.yaml").read_text()
    assert "'owner' is not KEY=VALUE" in repo.gto("annotate", "churn", "--meta", "owner").stderr
