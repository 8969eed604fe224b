from __future__ import annotations

import pytest

from gto.lineage.diff import ValueChange
from gto.lineage.sections import signed


@pytest.mark.parametrize(
    ("old", "new", "delta"),
    [
        (1, 3, 2),
        (0.5, 0.25, -0.25),
        ("a", 1, None),
        (None, 1, None),
        (1.5, 10**400, None),
        (1, 10**400, None),
        (-1.7e308, 1.7e308, None),
    ],
)
def test_a_difference_is_told_where_json_knows_it(old: object, new: object, delta: object) -> None:
    change = ValueChange("metrics.json", "x", old, new)  # type: ignore[arg-type]  # values of a stranger's file
    assert change.delta == delta
    assert change.as_dict().get("diff") == delta
    assert (signed(change.delta) is None) is (delta is None)
