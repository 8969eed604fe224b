import json
import os

import pytest

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import FILES, WithHoles, content, facts_of

HEAD = b"{L\0\0\0\0\0\0\0\7learner{"


def real(name: str) -> bytes:
    found = content(os.path.join(FILES, "xgboost", name))
    assert isinstance(found, bytes)
    return found


def key(name: str) -> bytes:
    return b"L" + len(name).to_bytes(8, "big") + name.encode()


def large_json() -> WithHoles:
    whole = real("table.json")
    at = whole.index(b'"trees":[') + len(b'"trees":[')
    tree = json.dumps(json.loads(whole)["learner"]["gradient_booster"]["model"]["trees"][0]).encode() + b","
    return WithHoles(whole[:at], tree * 1000, 100 << 20, whole[at:])


def large_ubjson() -> WithHoles:
    whole = real("table.ubj")
    tree = whole.index(key("categories"), whole.index(key("trees")))
    return WithHoles(whole[:tree], 100 << 20, whole[whole.index(b"}L" + bytes(7) + b"\4name") :])


@pytest.mark.parametrize(("large", "small"), [(large_json(), "table.json"), (large_ubjson(), "table.ubj")])
def test_of_a_large_file_the_beginning_and_the_end_say_the_same(large: WithHoles, small: str) -> None:
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.as_dict() == facts_of(real(small)).as_dict()
    assert sum(large.reads) <= 3 << 15


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(HEAD + key("a") + b"[$d#L" + b"\x7f" * 8, id="more numbers than bytes"),
        pytest.param(HEAD + key("a") + b"[$Z#L" + b"\x7f" * 8, id="numbers without bytes"),
        pytest.param(HEAD + key("a") + b"[#L" + b"\xff" * 8, id="a negative count"),
        pytest.param(HEAD + key("a") + b"[$d" + b"\0" * 8, id="a type without a count"),
        pytest.param(HEAD + (key("a") + b"{") * 100, id="a hundred objects in each other"),
        pytest.param(HEAD + key("a") + b"[" * 100_000, id="arrays in each other"),
        pytest.param(HEAD + key("a") + b"S" + key("x")[:-1] + b"\x7f" * 4, id="no end"),
        pytest.param(HEAD + key("a") + b"?", id="no marker"),
        pytest.param(b'{"learner": ' + b"[" * 100_000, id="JSON in itself"),
        pytest.param(b'{"learner": []}', id="no learner"),
        pytest.param(b'{"learner": {', id="half"),
        pytest.param(b'{"learner": ' + b"[" * (1 << 19), id="large JSON in itself"),
        pytest.param(b'{"learner": {"gradient_booster": "' + b" " * (1 << 19), id="half of a large file"),
    ],
)
def test_what_is_no_model_is_no_clean_model(data: bytes) -> None:
    facts = facts_of(data)
    assert (facts.framework, facts.code_on_load) == ("xgboost", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1


def test_a_million_columns_are_not_all_repeated() -> None:
    model = json.loads(real("table.json"))
    model["learner"]["feature_names"] = [f"column {number}" for number in range(10_000)]
    facts = facts_of(json.dumps(model).encode())
    assert facts.notes == ["it has 10,000 columns, of which the first 2,000 are listed"]
    assert len(json.dumps(facts.as_dict())) < 500_000
