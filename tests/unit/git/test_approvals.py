"""Events and approvals are read together, each from its tag object, whatever a ref says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gto.core.approval import Approval
from gto.core.event import Event, Problem
from gto.git.approvals import read_items
from gto.registry.registry import Registry

if TYPE_CHECKING:
    from tests.repo import Repo

GIVEN = "approvals/m,v1.0.0,prod,00000000000a"


def test_each_tag_object_is_read_as_what_its_name_says_and_others_are_left_out(repo: Repo) -> None:
    oids = {name: repo.tag(name) for name in (GIVEN, "m@v1.0.0", "release-1")}
    oids["m#dev"] = repo.tag("m#dev", annotated=False)
    oids["m#prod#2"] = "1" * 40  # as if its object were lost
    git = Registry.open(str(repo.path)).git
    found = read_items(git, oids)
    kinds = {name: type(item) for name, item in found.items()}
    assert kinds == {"m@v1.0.0": Event, "m#dev": Problem, "m#prod#2": Problem, GIVEN: Approval}
    assert read_items(git, {}) == {}
