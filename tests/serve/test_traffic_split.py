from __future__ import annotations

from collections import Counter

import pytest

from gto.exceptions import UsageError
from gto.serve.server.traffic_split import TrafficSide, choose, parse_split

PROD, CANARY = TrafficSide("churn#prod", 90), TrafficSide("churn#canary", 10)
SELECTORS = ["churn#prod", "churn#canary"]


def test_each_selector_gets_its_weight_in_the_order_of_both() -> None:
    assert parse_split("90:10", SELECTORS) == (PROD, CANARY)


@pytest.mark.parametrize("text", ["", "90", "90:10:5", "a:b", "90:-1", "0:0", "9.5:1", "\u0663:1"])
def test_what_is_no_split_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_split(text, SELECTORS)
    assert "--split 90:10" in caught.value.hint


def test_a_split_is_between_versions_of_one_artifact() -> None:
    with pytest.raises(UsageError, match="churn, fraud"):
        parse_split("1:1", ["churn#prod", "fraud#prod"])


def test_without_a_key_requests_are_spread_by_weight() -> None:
    counted = Counter(choose([PROD, CANARY]) for _ in range(4000))
    assert 0.06 < counted[CANARY] / 4000 < 0.14


def test_keys_are_spread_by_weight_too_and_each_stays_on_its_side() -> None:
    first = {f"caller {number}": choose([PROD, CANARY], f"caller {number}") for number in range(4000)}
    assert 0.06 < Counter(first.values())[CANARY] / 4000 < 0.14
    assert all(choose([PROD, CANARY], key) == side for key, side in first.items())


def test_with_more_for_the_canary_only_callers_of_the_other_side_change() -> None:
    more = [TrafficSide("churn#prod", 50), TrafficSide("churn#canary", 50)]
    for number in range(500):
        before, after = choose([PROD, CANARY], str(number)), choose(more, str(number))
        assert before is not None
        assert after is not None
        assert after.selector == before.selector or before == PROD


def test_what_a_side_that_is_away_would_get_the_other_gets() -> None:
    assert {choose([CANARY], str(number)) for number in range(50)} == {CANARY}
    assert choose([]) is None


def test_a_side_of_weight_0_answers_only_where_no_other_does() -> None:
    none = TrafficSide("churn#shadow", 0)
    assert {choose([PROD, none], str(number)) for number in range(50)} == {PROD}
    assert choose([none]) == none
