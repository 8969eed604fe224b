"""Which names look like a word."""

from __future__ import annotations

import pytest

from gto.core.nearness import did_you_mean, near

NAMES = ["churn", "fraud-detector", "prod", "staging", "models/eu:segment"]


@pytest.mark.parametrize(
    ("word", "found"),
    [("chrun", ["churn"]), ("CHURN", ["churn"]), ("prdo", ["prod"]), ("fraud_detector", ["fraud-detector"]), ("x", [])],
)
def test_slips_of_the_hand_are_near(word: str, found: list[str]) -> None:
    assert near(word, NAMES) == found


def test_the_question_names_the_nearest_first() -> None:
    assert did_you_mean("v1.0.1", ["v1.0.0", "v1.0.2"]) == "did you mean 'v1.0.2' or 'v1.0.0'?"
    assert did_you_mean("zzz", NAMES) == ""


def test_of_very_many_names_those_with_the_same_first_letter_are_compared() -> None:
    assert near("chrun", [f"model-{number}" for number in range(20_000)] + ["churn"]) == ["churn"]
