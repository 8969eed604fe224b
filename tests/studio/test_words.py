"""Values stand on a page as people write them."""

from __future__ import annotations

import pytest

from gto.studio.index.commit_table import ValueColumn
from gto.studio.pages.experiment_columns import ExperimentColumn
from gto.studio.words import number


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.852, "0.8520"), (17.5, "17.5"), (12.93812, "12.9381"), (1.00001, "1"), (1234.56, "1,234.6"), (3.0, "3")],
)
def test_a_number_from_one_on_has_no_zeros_at_its_end(value: float, text: str) -> None:
    assert number(value) == text


def test_a_column_is_called_by_its_whole_key_where_another_ends_the_same() -> None:
    one = ExperimentColumn(ValueColumn("metrics", "metrics.json", "test.auc"), "test.auc", True)  # noqa: FBT003  a goal
    assert one.label == "auc"
    assert one._replace(is_ambiguous=True).label == "test.auc"
