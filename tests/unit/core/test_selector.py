from __future__ import annotations

import pytest

from gto.core.selector import Pick, Selector, check, parse, select
from gto.core.view import Choice, versions
from gto.exceptions import InvalidSelector
from tests.factories import oid, tags

READ = [
    ("m", Selector("m")),
    ("m@latest", Selector("m", Pick.LATEST)),
    ("m@greatest", Selector("m", Pick.LATEST)),
    ("m@v1.0.0", Selector("m", Pick.VERSION, "v1.0.0")),
    ("m@v1.0.0-rc.1+b", Selector("m", Pick.VERSION, "v1.0.0-rc.1+b")),
    ("m#prod", Selector("m", Pick.STAGE, "prod")),
    ("models/eu:m#prod/eu", Selector("models/eu:m", Pick.STAGE, "prod/eu")),
]
NAMES = ["", "m@", "m#", "m@Latest", "m@1.0.0", "m#prod#1", "m@v1.0.0#1", "m@v1.0.0!", "models=eu@v1.0.0", "@v1.0.0"]


@pytest.mark.parametrize(("text", "selector"), READ)
def test_a_selector_names_an_artifact_and_what_to_pick_of_it(text: str, selector: Selector) -> None:
    assert parse(text) == selector


@pytest.mark.parametrize("text", NAMES)
def test_what_has_not_the_form_of_a_selector_is_a_name_whole(text: str) -> None:
    assert parse(text) == Selector(text)


@pytest.mark.parametrize("text", ["m", "m@latest", "m@v1.0.0", "m#prod"])
def test_a_selector_is_written_as_it_was_read(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("m", ["v2.0.0", "v1.0.0", oid(3)]),
        ("m@latest", ["v2.0.0"]),
        ("m@greatest", ["v2.0.0"]),
        ("m@v1.0.0", ["v1.0.0"]),
        ("m@v9.9.9", []),
        ("m#prod", ["v1.0.0"]),
        ("m#dev", [oid(3)]),
        ("m#PROD", []),
    ],
)
def test_a_selector_selects_rows(text: str, names: list[str]) -> None:
    state = tags("m@v1.0.0 1", "m@v2.0.0 2", "m#prod#1 2", "m#prod#2 1", "m#dev#3 3").state()
    assert [row.version.name for row in select(versions(state, Choice()), parse(text))] == names


def test_the_latest_of_nothing_is_nothing() -> None:
    assert select([], parse("m@latest")) == []


def test_where_nothing_is_registered_the_latest_is_the_first_hash() -> None:
    rows = versions(tags("m#prod#1 2", "m#prod#2 1").state(), Choice())
    assert [row.version.name for row in select(rows, parse("m@latest"))] == [oid(2)]


@pytest.mark.parametrize(
    ("text", "rest"), [("churn@v7", "v7"), ("models/eu:churn@1.0.0", "1.0.0"), ("churn#", ""), ("churn@", "")]
)
def test_what_names_an_artifact_and_then_nothing_of_it_is_said_to_be_wrong_there(text: str, rest: str) -> None:
    with pytest.raises(InvalidSelector, match=f"In '{text}', '{rest}' is not "):
        check(text)


@pytest.mark.parametrize("text", ["churn", "churn@v1.0.0", "churn#prod", "a b@v7", "models/churn.pkl", "churn@latest"])
def test_selectors_and_what_names_no_artifact_at_all_are_left_to_others(text: str) -> None:
    check(text)
