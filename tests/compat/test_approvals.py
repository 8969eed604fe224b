"""GTO 1.10 reads a repository with a policy, and with approvals and signatures of every form, as if none were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gto.core import beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.compat.pair import Pair

COMMANDS = [
    ["show", "--json"],
    ["show", "models/eu:churn", "--json"],
    ["show", "nn@latest", "--json"],
    ["history", "--json"],
    ["stages", "--used"],
    ["print-state"],
    ["doctor"],
]
BESIDE = [
    "approvals/nn,v0.0.1,prod,0123456789ab",
    "approvals/nn,v1.0.0-rc.1+b,prod/eu,0123456789ab",
    "approvals/models/eu=churn,v0.0.1,prod,0123456789ab",
    "signatures/nn,v0.0.1,0123456789ab",
    "signatures/models/eu=churn,v1.0.0-rc.1+b,0123456789ab",
]
POLICY = "rules:\n- {name: production, stages: prod, approvals: 1}\n"


@pytest.mark.compat
def test_gto_1_10_sees_neither_approvals_nor_signatures_nor_the_policy(make_pair: Callable[[str], Pair]) -> None:
    pair = make_pair("")
    pair.commit({"file": "1"})
    for name in ("nn@v0.0.1", "nn#dev#1", "models/eu=churn@v0.0.1"):
        pair.tag(name)

    def answers() -> list[tuple[int, str]]:
        found = (pair.reference(words, pair.theirs, pair.clock) for words in COMMANDS)
        return [(one.code, one.stdout) for one in found]

    before = answers()
    assert [code for code, _ in before] == [0] * len(COMMANDS)
    for path in (pair.ours, pair.theirs):
        (path / ".gto.policy.yaml").write_text(POLICY, encoding="utf-8")
    for name in BESIDE:
        assert beside.find(name) is not None
        pair.tag(name)
    assert answers() == before
    for name in (BESIDE[0], BESIDE[-1]):
        checked = pair.reference(["check-ref", name], pair.theirs, pair.clock)
        assert (checked.code, checked.stdout) == (0, "")
    pair.commit({"file": "2"})
    registered = pair.reference(["register", "nn", "--version", "v0.0.2"], pair.theirs, pair.clock)
    assert registered.code == 0, registered.stderr
