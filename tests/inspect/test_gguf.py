from struct import pack

import pytest

from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts
from tests.model_files import WithHoles, facts_of


def text(value: str) -> bytes:
    return pack("<Q", len(value)) + value.encode()


def head(tensors: int, values: int, version: int = 3) -> bytes:
    return b"GGUF" + pack("<IQQ", version, tensors, values)


def value(key: str, kind: int, data: bytes) -> bytes:
    return text(key) + pack("<I", kind) + data


TENSOR = text("w") + pack("<IQQIQ", 2, 1 << 15, 1 << 15, 2, 0)


def test_of_a_large_file_tokens_and_weights_are_not_kept() -> None:
    tokens = value("tokenizer.ggml.tokens", 9, pack("<IQ", 8, 100_000) + text("token") * 100_000)
    scores = value("tokenizer.ggml.scores", 9, pack("<IQ", 6, 8 << 20))
    large = WithHoles(
        head(1, 3) + value("general.architecture", 8, text("llama")) + tokens + scores, 32 << 20, TENSOR, 1 << 30
    )
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert facts.code_on_load is CodeOnLoad.NONE
    assert facts.parameter_count == 1 << 30
    assert facts.details["tokens"] == 100_000
    assert sum(large.reads) < 2 << 20


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(head(1 << 60, 0), id="tensors without end"),
        pytest.param(head(0, 1 << 60), id="values without end"),
        pytest.param(head(0, 0, 1), id="version 1"),
        pytest.param(b"GGUF\3", id="half"),
        pytest.param(head(0, 1) + value("a", 99, bytes(8)), id="a value of no type"),
        pytest.param(head(0, 1) + value("a", 8, pack("<Q", 1 << 62)), id="a text without end"),
        pytest.param(head(0, 1) + value("a", 9, pack("<IQ", 4, 1 << 62)), id="numbers without end"),
        pytest.param(head(0, 1) + value("a", 9, pack("<IQ", 8, 1 << 62)), id="texts without end"),
        pytest.param(head(0, 1) + value("a", 9, pack("<IQ", 9, 1) * 1000), id="lists in lists"),
        pytest.param(head(1, 0) + text("w") + pack("<I", 1 << 31) + bytes(24), id="axes without end"),
        pytest.param(head(1, 0) + text("w") + pack("<IQIQ", 1, 2, 0, 1 << 62), id="a tensor beyond the end"),
        pytest.param(head(1, 0) + text("w") + pack("<IQIQ", 1, 256, 0, 0) + bytes(1023), id="numbers cut off"),
        pytest.param(head(1, 0) + text("w") + pack("<IQIQ", 1, 256, 12, 0) + bytes(143), id="few bits cut off"),
    ],
)
def test_what_is_no_model_is_no_clean_model(data: bytes) -> None:
    facts = facts_of(data)
    assert (facts.format, facts.code_on_load) == ("gguf", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1


def test_one_of_several_parts_says_so() -> None:
    data = head(0, 1) + value("split.count", 2, pack("<H", 3))
    assert facts_of(data).notes == ["it is one of 3 parts, and the facts are of this one"]
