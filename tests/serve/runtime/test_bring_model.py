"""Which version a word of `gto serve` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.exceptions import CannotLoad, GTOException
from gto.serve.runtime.bring_model import bring_model
from tests.stories.healthy import done

if TYPE_CHECKING:
    from tests.repo import Repo


def test_a_version_is_one_of_the_registry_unless_a_file_is_told_behind_it(repo: Repo) -> None:
    said = "safe: {path: a.gguf}\n"
    repo.commit("model", {"artifacts.yaml": said, "a.gguf": "GGUF"})
    done(repo.gto("register", "safe", "--version", "v1.0.0"))
    with pytest.raises(CannotLoad, match=r"safe@v1\.0\.0"):
        bring_model("safe@v1.0.0", repo.path, trusted=True)
    with pytest.raises(GTOException, match="nowhere"):
        bring_model("safe@v1.0.0=nowhere/x", repo.path)
