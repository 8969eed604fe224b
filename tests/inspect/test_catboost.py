import os
from struct import pack

import pytest

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import FILES, WithHoles, content, facts_of


def real(name: str) -> bytes:
    found = content(os.path.join(FILES, "catboost", name))
    assert isinstance(found, bytes)
    return found


def test_of_a_large_binary_only_the_description_is_read() -> None:
    data = real("classes.cbm")
    size = len(data) - 8 + (1 << 30)
    large = WithHoles(b"CBM1" + pack("<I", size) + data[8:], 1 << 30)
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.as_dict() == facts_of(data).as_dict()
    assert sum(large.reads) < 1 << 14


def test_of_a_large_json_only_the_head_is_read() -> None:
    data = real("classes.json")
    head = data[: data.index(b'"oblivious_trees"')]
    large = WithHoles(head, 1 << 30, b"}\n")
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.methods == facts_of(data).methods
    assert sum(large.reads) <= 3 << 15
    assert facts_of(head + bytes(1 << 19)).code_on_load is CodeOnLoad.UNKNOWN  # cut off


def binary(*numbers: int) -> bytes:
    """A buffer of numbers of 32 bits; the first is where the root is."""
    data = b"".join(pack("<I", one) for one in numbers)
    return b"CBM1" + pack("<I", len(data)) + data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"CBM1\xff\xff\xff\xff", id="longer than the file"),
        pytest.param(binary(1 << 31), id="a root beyond the end"),
        pytest.param(binary(4, 1 << 31), id="offsets before the beginning"),
        pytest.param(binary(4, 4, 0), id="no trees"),
        # root at 16: its offsets at 4 say that field 1, the trees, is itself, whose list of sizes has no end
        pytest.param(binary(16, 10 | 20 << 16, 4 << 16, 4 | 4 << 16, 12, 0xFFFFFFFF), id="a list without end"),
        pytest.param(b'{"model_info": {"params"', id="half of the JSON"),
        pytest.param(b'{"model_info": {"a": 1}, "features_info": {"float_features": [3]}}', id="a feature of a number"),
        pytest.param(b'{"model_info": {"a": 1}, "features_info": {"float_features": [{}]}}', id="a feature of nothing"),
    ],
)
def test_what_is_no_model_is_no_clean_model(data: bytes) -> None:
    facts = facts_of(data)
    assert (facts.framework, facts.code_on_load) == ("catboost", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1
