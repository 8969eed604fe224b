from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import Conflict
from gto.importers.commit_texts import CommitTexts
from gto.importers.file_keeping import SMALL, FileStorage, choose_storage
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from tests.repo import Repo

LFS = "*.bin filter=lfs diff=lfs merge=lfs -text\n"


def texts(repo: Repo, files: dict[str, str]) -> CommitTexts:
    """The files of a commit that has these."""
    commit = repo.commit("files", files)
    return CommitTexts(Registry.open(str(repo.path)), commit)


@pytest.mark.parametrize(
    ("files", "size", "expected"),
    [
        ({}, SMALL, FileStorage.GIT),
        ({".dvc/config": "", ".gitattributes": LFS}, SMALL, FileStorage.GIT),
        ({".dvc/config": "", ".gitattributes": LFS}, SMALL + 1, FileStorage.DVC),
        ({".gitattributes": LFS}, SMALL + 1, FileStorage.LFS),
        ({"models/churn.dvc": "outs: []\n"}, 1, FileStorage.DVC),
        ({"models/.gitattributes": LFS.replace("*.bin", "/churn/**")}, 1, FileStorage.LFS),
    ],
)
def test_files_are_kept_by_what_kept_them_or_is_in_use(
    repo: Repo, files: dict[str, str], size: int, expected: FileStorage
) -> None:
    assert choose_storage(texts(repo, files), "models/churn", size, None) is expected


def test_large_files_are_not_put_into_git_unasked(repo: Repo) -> None:
    here = texts(repo, {})
    with pytest.raises(Conflict, match="uses neither DVC nor Git LFS"):
        choose_storage(here, "models/churn", SMALL + 1, None)
    assert choose_storage(here, "models/churn", SMALL + 1, FileStorage.GIT) is FileStorage.GIT
