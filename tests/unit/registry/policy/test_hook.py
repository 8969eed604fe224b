"""What git says to a hook, read word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.registry.policy import hook
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from tests.repo import Repo

ZEROS = "0" * 40


@pytest.mark.parametrize("ref", ["m#a\u2028b", "m#a\u00a0b", "m#a\u3000b", "m#a\x85b"])
@pytest.mark.parametrize("local", ["refs/tags/m", "HEAD@{1 day ago}"])
def test_a_line_of_a_push_is_cut_at_blanks_alone(repo: Repo, ref: str, local: str) -> None:
    oid = repo.tag("other")
    (found,) = hook.before_push(Registry.open(str(repo.path)), [f"{local} {oid} refs/tags/{ref} {ZEROS}\n", "\n"])
    assert (found.ref, [reason.code for reason in found.reasons]) == (ref, ["ill-formed"])


def test_a_line_about_a_branch_is_none_about_a_tag(repo: Repo) -> None:
    registry = Registry.open(str(repo.path))
    assert hook.before_push(registry, [f"refs/heads/main {'1' * 40} refs/heads/m#x {ZEROS}\n"]) == []
