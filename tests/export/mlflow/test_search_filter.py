"""Filters and orders as MLflow's clients write them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gto.exceptions import UsageError
from gto.export.mlflow.search_filter import parse_filter, parse_order

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = frozenset({"name", "run_id", "version_number"})
VALUES: Mapping[str, str | int] = {
    "name": "churn_eu",
    "run_id": "r1",
    "version_number": 3,
    "tags.owner": "ada",
    "tags.a b": "it's",
    "tags.x": "",
}
PROMPT = "tag.`mlflow.prompt.is_prompt` != 'true'"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        (PROMPT, True),
        (f"name LIKE 'churn%' AND {PROMPT}", True),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", False),
        ("name='churn_eu'", True),
        ('name = "churn_eu" and run_id = "r1"', True),
        ("name != 'churn_eu'", False),
        ("name LIKE 'churn_eu'", True),
        ("name LIKE 'CHURN%'", False),
        ("name ILIKE 'CHURN%'", True),
        ("name LIKE '.%'", False),
        ("`name` LIKE '%%%%%%%%%%%%%%%%%%%%%%%%%%%%u'", True),
        ("run_id IN ('r0', 'r1')", True),
        ("run_id IN ('r0')", False),
        ("version_number > 2 AND version_number <= 3", True),
        ("version_number >= 4", False),
        ("tags.owner = 'ada'", True),
        ("tag.owner != 'eve'", True),
        ("tags.none != 'eve'", False),
        ("tags.`a b` = 'it''s'", True),
        ('tags."a b" LIKE "it%"', True),
        ("tags.x IS NOT NULL AND tags.none IS NULL", True),
        ("tags.AND = 'x'", False),
    ],
)
def test_a_filter_fits_as_mlflow_s_does(text: str, *, fits: bool) -> None:
    assert all(one.fits(VALUES) for one in parse_filter(text, KEYS)) is fits


@pytest.mark.parametrize(
    "text",
    [
        "name", "name =", "name = churn", "= 'x'", "name = 'x' OR name = 'y'", "name = 'x' AND", "AND name = 'x'",
        "x = 'y'", "name = 'x", "name IN 'x'", "name = ('x')", "version_number > 'x'", "name IS 'x'", "'" * 50,
        "name = 'x';", "\0", " AND ".join(["name = 'x'"] * 51), "name = '" + "x" * 9000 + "'",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Invalid"):
        parse_filter(text, KEYS)


def test_an_order_names_a_known_key_and_a_way() -> None:
    keys = {"name": "name", "timestamp": "updated"}
    assert parse_order(["name", "timestamp DESC", "attribute.name asc"], keys) == (
        ("name", True), ("updated", False), ("name", True)
    )  # fmt: skip
    for wrong in ("", "x", "name UP", "name; x"):
        with pytest.raises(UsageError):
            parse_order([wrong], keys)


LIKES = (
    ("%", "", True),
    ("", "", True),
    ("a", "a", True),
    ("a%", "abc", True),
    ("%c", "abc", True),
    ("%b%", "abc", True),
    ("a%%c", "ac", True),
    ("a_c", "abc", True),
    ("_%_", "a", False),
    ("ab%bc", "abc", False),
    ("%ab", "abab", True),
    ("%ab%ab", "ab", False),
    ("a%b%c", "a-b-b-cc", True),
    ("%.%", "abc", False),
    ("A%", "abc", False),
    ("_", "\n", True),
)


@pytest.mark.parametrize(("pattern", "value", "fits"), LIKES)
def test_what_is_like_a_pattern_is_what_sql_says(pattern: str, value: str, fits: bool) -> None:  # noqa: FBT001  a row
    (told,) = parse_filter(f"name LIKE '{pattern}'", frozenset({"name"}))
    assert told.fits({"name": value}) == fits


def test_no_pattern_keeps_a_server_busy() -> None:
    started = time.process_time()
    for pattern in ("%_" * 30 + "%X", "%a" * 30 + "%X", "_%" * 2000):
        (told,) = parse_filter(f"name ILIKE '{pattern}'", frozenset({"name"}))
        assert not told.fits({"name": "a" * 200 + "b"})
    assert time.process_time() - started < 1
