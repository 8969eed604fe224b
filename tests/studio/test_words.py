"""Values stand on a page as people write them."""

from __future__ import annotations

from math import nan

import pytest

from gto.studio.goals import is_gain, is_higher_better, read_goals
from gto.studio.index.commit_table import CommitTable, FoundCommit, ProjectPlace, ValueColumn
from gto.studio.index.commit_versions import VersionMark
from gto.studio.pages.experiment_baseline import find_baseline
from gto.studio.pages.experiment_columns import ExperimentColumn
from gto.studio.words import number, plain


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


def test_a_parameter_is_written_as_in_its_file() -> None:
    assert [plain(value) for value in (True, 0.1, [1, "a"], "True")] == ["true", "0.1", '[1, "a"]', "True"]


def test_experiments_are_measured_by_what_is_in_prod_whatever_stage_comes_after_it() -> None:
    commits = {oid: FoundCommit(oid, None, "Ada", "", 1, "", is_hidden=False) for oid in ("a" * 40, "b" * 40)}
    versions = {
        oid: (VersionMark("churn", "v1.0.0", (stage,)),) for oid, stage in zip(commits, ("prod", "shadow"), strict=True)
    }
    table = CommitTable((), {}, commits, {}, {}, {}, versions, 0)
    found = find_baseline(table, ("dev", "prod", "shadow"), "", ProjectPlace("", ""))
    assert found
    assert (found.oid, found.why) == ("a" * 40, "prod")


def test_pages_take_what_annotations_say_of_a_metric_as_the_command_line_does() -> None:
    goals = read_goals({"custom": {"lower_better": "auc", "higher_better": ["m.json:loss"]}}, None)
    asked = (("m.json", "test.auc"), ("m.json", "loss"), ("n.json", "loss"), ("auc", ""), ("m.json", "f1"))
    assert [is_higher_better(file, key, goals) for file, key in asked] == [False, True, False, False, True]
    changes = ((1, False), (0, True), (nan, True), (None, True), (1, None))
    assert [is_gain(change, higher=higher) for change, higher in changes] == [False, None, None, None, None]
