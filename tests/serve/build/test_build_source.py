"""A version's files as they are brought, held to the verdict on what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.delivery import get
from gto.exceptions import Untrusted, UsageError
from gto.inspect.facts import ModelFacts
from gto.registry.registry import Registry
from gto.serve.build.build_source import read_source
from tests.serve.build.small_index import PICKLE
from tests.stories.healthy import done

if TYPE_CHECKING:
    from pathlib import Path

    from tests.repo import Repo


def test_a_store_that_gives_other_files_than_were_read_has_no_code_run(repo: Repo, tmp_path: Path) -> None:
    said = "safe: {path: a.safetensors}\nevil: {path: a.pkl}\n"
    repo.commit("models", {"artifacts.yaml": said, "a.safetensors": "\2\0\0\0\0\0\0\0{}", "a.pkl": PICKLE.decode()})
    for name in ("safe", "evil"):
        done(repo.gto("register", name, "--version", "v1.0.0"))
    registry = Registry.open(repo.path)
    source = read_source(registry, *get.find(registry, "safe"))
    assert source.would_run == ""
    assert source.bring(str(tmp_path / "safe")).endswith("a.safetensors")
    swapped = source._replace(located=get.find(registry, "evil")[1])
    with pytest.raises(Untrusted, match=r"builtins\.len"):
        swapped.bring(str(tmp_path / "evil"))
    with pytest.raises(UsageError, match="no release of a package"):
        source._replace(facts=ModelFacts(requirements=["x @ https://evil.example/x.tar.gz"])).requirements()
