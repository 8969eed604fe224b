"""What a checkout of a commit would have at a path: links followed, pointers of Git LFS resolved."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from gto.dvc.checkout import Checkout
from gto.dvc.project import read_project
from gto.exceptions import BadFile
from gto.git.commit_files import Files
from gto.lineage import values
from gto.registry import annotation_lookup
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.repo import Repo


def commit(repo: Repo, files: Mapping[str, str], links: Mapping[str, str]) -> Checkout:
    """Commit files and links."""
    for path, target in links.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).symlink_to(target)
    if links:
        repo.git("add", "--", *links)
    made = repo.commit("files", files)
    return Checkout(Files(Registry.open(repo.path).repo), made)


def keep_by_lfs(repo: Repo, text: str, *, here: bool = True) -> str:
    """Return the pointer of a file, whose object is put where git-lfs has it."""
    oid = sha256(text.encode()).hexdigest()
    if here:
        place = repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        place.parent.mkdir(parents=True)
        place.write_text(text)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(text)}\n"


def test_links_to_files_and_to_directories_are_followed(repo: Repo) -> None:
    files = {
        "conf/base.yaml": "lr: 1",
        "conf/dvc.lock": "schema: '2.0'\nstages: {s: {cmd: y, outs: [{path: m, md5: 1}]}}",
        "dvc.yaml": "metrics: [linked, deep/base.yaml]\nparams: [p.yaml]\nstages: {s: {cmd: x, outs: [m]}}",
    }
    links = {"p.yaml": "conf/base.yaml", "linked": "conf/deeper", "conf/deeper": "../conf", "deep": "linked",
             "dvc.lock": "conf/dvc.lock"}  # fmt: skip
    checkout = commit(repo, files, links)
    project = read_project(checkout, "")
    assert values.read_params(checkout, project).files == {"p.yaml": {"lr": 1}}
    assert values.read_metrics(checkout, project).files["deep/base.yaml"] == {"lr": 1}
    assert project.stages[0].locked is not None
    assert checkout.files_in("linked") == ["linked/base.yaml", "linked/deeper", "linked/dvc.lock"]


@pytest.mark.parametrize("target", ["../out", "/etc/passwd", "a.yaml"])
def test_a_link_that_leads_nowhere_in_the_tree_is_named(repo: Repo, target: str) -> None:
    checkout = commit(repo, {"dvc.yaml": "metrics: [a.yaml]"}, {"a.yaml": target})
    values.read_metrics(checkout, read_project(checkout, ""))
    (problem,) = checkout.problems
    assert problem.subject == "a.yaml"
    assert "a link" in problem.reason


def test_a_path_that_leads_out_of_the_repository_is_not_there(repo: Repo) -> None:
    checkout = commit(repo, {"etc/passwd": "1"}, {})
    for path in ("/etc/passwd", "../etc/passwd", "", "s3://etc/passwd"):
        assert not checkout.has(path)
        assert checkout.load(path) is None


def test_what_git_lfs_keeps_is_read_from_its_objects(repo: Repo) -> None:
    files = {
        "dvc.yaml": "metrics: [m.json]\nparams: [p.yaml]",
        "m.json": keep_by_lfs(repo, '{"a": 1}'),
        "p.yaml": keep_by_lfs(repo, "lr: 1\n", here=False),
    }
    checkout = commit(repo, files, {})
    project = read_project(checkout, "")
    assert values.read_metrics(checkout, project).files == {"m.json": {"a": 1}}
    assert values.read_params(checkout, project).files == {}
    (problem,) = checkout.problems
    assert (problem.subject, problem.reason) == ("p.yaml", "Git LFS keeps it, and it is not here")
    assert "git lfs" in problem.hint


def test_an_object_of_git_lfs_that_is_damaged_or_too_large_is_not_read(repo: Repo) -> None:
    pointer = keep_by_lfs(repo, "lr: 1\n")
    next((repo.path / ".git/lfs/objects").glob("*/*/*")).write_text("lr: 2\n")
    large = pointer.replace("size 6", f"size {5 << 20}")
    checkout = commit(repo, {"damaged": pointer, "large": large}, {})
    with pytest.raises(BadFile, match="not here"):
        checkout.load("damaged")
    with pytest.raises(BadFile, match="larger than 4 MiB"):
        checkout.load("large")


def test_annotations_are_read_through_links_and_from_git_lfs(repo: Repo) -> None:
    files = {
        "real.yaml": "linked: {path: x}",
        "sub/dvc.yaml": keep_by_lfs(repo, "artifacts: {kept: {path: '${where}'}}\n"),
        "sub/params.yaml": keep_by_lfs(repo, "where: y\n"),
        "gone/dvc.yaml": keep_by_lfs(repo, "artifacts: {lost: {path: z}}\n", here=False),
    }
    checkout = commit(repo, files, {"artifacts.yaml": "real.yaml"})
    registry = Registry.open(repo.path)
    assert annotation_lookup.in_tables(registry, ["sub:kept"]) == ["linked", "sub:kept"]
    found = annotation_lookup.walk(registry, checkout.commit)
    assert [(one.name, one.path) for one in found.annotations] == [("linked", "x"), ("sub:kept", "sub/y")]
    assert [(problem.subject, problem.code) for problem in found.problems] == [("gone/dvc.yaml", "annotation-file")]


def test_a_directory_with_dvc_and_no_configuration_is_a_project_of_its_own(repo: Repo) -> None:
    files = {"dvc.yaml": "metrics: [a.json]", "sub/.dvc/.gitignore": "/cache", "sub/dvc.yaml": "metrics: [b.json]"}
    checkout = commit(repo, files, {})
    assert [pipeline.file for pipeline in read_project(checkout, "").pipelines] == ["dvc.yaml"]
