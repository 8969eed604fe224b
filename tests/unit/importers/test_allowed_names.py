from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gto.core.names import is_plain
from gto.importers.mlflow.allowed_names import allowed_name, folder_of, name_models


def test_names_that_gto_allows_stay_and_others_become_the_nearest() -> None:
    assert allowed_name("team/churn_2-b") == "team/churn_2-b"
    assert allowed_name("fraud detector: v2") == "fraud-detector-v2"
    assert allowed_name("../../etc/passwd\n") == "etc/passwd"
    assert allowed_name("☃") is None


def test_two_models_are_never_called_the_same() -> None:
    named = name_models(["a b", "a-b", "a:b", "☃", "x/y", "x__y"], {}, {})
    assert named["a-b"] == "a-b"
    assert len({folder_of(name) for name in named.values()}) == len(named)
    assert all(map(is_plain, named.values()))


def test_a_name_of_before_and_a_chosen_one_outdo_what_would_be_made() -> None:
    named = name_models(["a b", "a-b", "c"], {"a b": "a-b"}, {"c": "d"})
    assert (named["a b"], named["c"]) == ("a-b", "d")
    assert named["a-b"].startswith("a-b-")


@given(st.lists(st.text(max_size=8), unique=True, max_size=6))
def test_any_texts_get_names_that_do_not_depend_on_their_order(texts: list[str]) -> None:
    named = name_models(texts, {}, {})
    assert named == name_models(reversed(texts), {}, {})
    assert all(map(is_plain, named.values()))
    assert len({folder_of(name) for name in named.values()}) == len(texts)
    assert not any(part in {"", ".", ".."} for name in named.values() for part in folder_of(name).split("/"))
