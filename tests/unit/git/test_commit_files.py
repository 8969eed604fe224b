"""Files of commits and of the work tree: what is there, what is not, and what is too large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import BadFile
from gto.git.commit_files import Files
from gto.git.objects import LARGEST_FILE
from gto.git.repo import open_repo

if TYPE_CHECKING:
    from tests.repo import Repo


@pytest.mark.parametrize("in_work_tree", [True, False])
def test_a_file_that_is_too_large_is_there_and_is_named(in_work_tree: bool, repo: Repo) -> None:  # noqa: FBT001  a case
    made = repo.commit("files", {"large": "x" * (LARGEST_FILE + 1), "limit": "x" * LARGEST_FILE, "empty": ""})
    files, where = Files(open_repo(str(repo.path))), None if in_work_tree else made
    assert [len(files.read(where, path) or b"") for path in ("limit", "empty", "none")] == [LARGEST_FILE, 0, 0]
    assert files.read(where, "none") is None
    for _ in range(2):  # once read, it is known
        with pytest.raises(BadFile, match="large: it is larger than 4 MiB"):
            files.read(where, "large")
    assert [files.has(where, path) for path in ("limit", "large", "empty", "none")] == [True, True, True, False]
