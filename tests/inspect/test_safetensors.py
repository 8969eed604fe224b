import json
from struct import pack
from typing import Any

import pytest

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import WithHoles, facts_of


def tensor(datatype: str, shape: list[int], first: int, last: int) -> dict[str, Any]:
    return {"dtype": datatype, "shape": shape, "data_offsets": [first, last]}


def head(header: object) -> bytes:
    data = json.dumps(header).encode()
    return pack("<Q", len(data)) + data


TWO = tensor("F32", [2], 0, 8)


def test_of_a_gigabyte_only_the_header_is_read() -> None:
    size = 1 << 20
    layers = {f"model.layers.{n}.weight": tensor("BF16", [512, 1024], n * size, (n + 1) * size) for n in range(1000)}
    large = WithHoles(head(layers), 1000 * size)
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.parameter_count == 1000 * size // 2
    assert sum(large.reads) <= 128 << 10
    assert len(large.reads) <= 3


# What safetensors 0.8.0 says of the same files.
@pytest.mark.parametrize(
    ("header", "data", "notes"),
    [
        pytest.param({"a": TWO}, 8, 0, id="one tensor"),
        pytest.param({"a": TWO, "__metadata__": None}, 8, 0, id="no metadata"),
        pytest.param({"a": {**TWO, "more": 1}}, 8, 0, id="more than a tensor has"),
        pytest.param({"b": TWO, "a": tensor("F32", [0], 0, 0)}, 8, 0, id="a tensor without numbers"),
        pytest.param({"a": tensor("F4", [8], 0, 4)}, 4, 0, id="four bits"),
        pytest.param({"a": tensor("F6_E2M3", [4], 0, 3)}, 3, 0, id="six bits"),
        pytest.param({"a": tensor("F4", [3], 0, 2)}, 2, 1, id="half a byte"),
        pytest.param({"a": tensor("F32", [1], 4, 8)}, 8, 1, id="a hole"),
        pytest.param({"a": TWO, "b": tensor("F32", [1], 4, 8)}, 8, 1, id="bytes of two tensors"),
        pytest.param({"a": tensor("F32", [1], 0, 8)}, 8, 1, id="more bytes than numbers"),
        pytest.param({"a": TWO}, 9, 1, id="more bytes than tensors"),
        pytest.param({"a": TWO}, 7, 1, id="cut"),
        pytest.param({"a": tensor("I4", [16], 0, 8)}, 8, 1, id="a datatype that there is not"),
        pytest.param({"a": tensor("F32", [-2], 0, 8)}, 8, 1, id="a negative length"),
        pytest.param({"a": TWO, "__metadata__": {"a": 1}}, 8, 1, id="metadata that are no text"),
        pytest.param({"a": 1}, 8, 1, id="a number for a tensor"),
    ],
)
def test_what_the_library_refuses_is_refused(header: object, data: int, notes: int) -> None:
    facts = facts_of(head(header) + bytes(data))
    assert facts.format == "safetensors"
    assert facts.code_on_load is (CodeOnLoad.UNKNOWN if notes else CodeOnLoad.NONE)
    assert len(facts.notes) == notes


def test_a_header_that_is_nested_without_end_is_refused() -> None:
    data = b'{"a":' + b"[" * 200_000
    assert facts_of(pack("<Q", len(data)) + data).code_on_load is CodeOnLoad.UNKNOWN
    assert facts_of(pack("<Q", 1 << 62) + data).format == ""


def shards(*names: str, **more: object) -> bytes:
    return json.dumps({"metadata": {}, "weight_map": {f"w{n}": name for n, name in enumerate(names)}, **more}).encode()


def test_an_index_alone_says_nothing_of_its_shards() -> None:
    facts = facts_of(shards("a.safetensors", "b.safetensors", metadata={"total_parameters": 7}))
    assert (facts.parameter_count, facts.code_on_load) == (7, CodeOnLoad.UNKNOWN)
    assert facts.notes == ["its 2 shards were not read"]
    assert facts_of(shards("a.bin")).notes == ["its shards are no safetensors"]
    assert facts_of(b'{"weight_map": {"a": 1}}').notes == ["the index has no weight_map"]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("b.safetensors", "shards that are not here: b.safetensors"),
        ("../../etc/passwd", "shards that are not here: ../../etc/passwd"),
    ],
)
def test_a_shard_that_is_not_there_is_named(name: str, note: str) -> None:
    whole = head({"a": TWO}) + bytes(8)
    facts = facts_of({"model.safetensors.index.json": shards("a.safetensors", name), "a.safetensors": whole})
    assert (facts.format, facts.parameter_count, facts.code_on_load) == ("safetensors-index", 2, CodeOnLoad.UNKNOWN)
    assert note in facts.notes


def test_a_directory_of_one_file_is_that_file() -> None:
    facts = facts_of({"model.safetensors": head({"a": TWO}) + bytes(8), "README.md": b"#"})
    assert (facts.parameter_count, facts.code_on_load) == (2, CodeOnLoad.NONE)


def test_the_worst_shard_gives_the_verdict() -> None:
    good, bad = head({"a": TWO}) + bytes(8), head({"a": TWO}) + bytes(9)
    facts = facts_of({"a.safetensors": bad, "b.safetensors": good})
    assert facts.code_on_load is CodeOnLoad.UNKNOWN
    assert facts.notes == ["a.safetensors: its tensors have 8 bytes, and the file has 9 for them"]
