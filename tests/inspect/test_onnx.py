import os
from time import process_time

import pytest

from gto.delivery.inspection import inspect_place
from gto.inspect import formats
from gto.inspect.facts import CodeOnLoad, ModelFacts, Tensor
from gto.inspect.formats import onnx
from gto.inspect.formats._onnx_tail import read_ends
from gto.inspect.model_file import UnreadableModel
from gto.inspect.protobuf_wire import whole
from tests.inspect.wire import field, opening
from tests.model_files import FILES, WithHoles, facts_of, model_file

HEAD = field(1, 10) + field(2, "test")
WEIGHT = 8 << 20
FP32 = 1


def value(name: str, *lengths: int | str) -> bytes:
    shape = b"".join(field(1, field(1 if isinstance(one, int) else 2, one)) for one in lengths)
    return field(1, name) + field(2, field(1, field(1, FP32) + field(2, shape)))


def tensor(name: str, *lengths: int) -> bytes:
    return b"".join(field(1, one) for one in lengths) + field(2, FP32) + field(8, name)


def test_a_model_of_419_mb_is_read_within_64_kb() -> None:
    parts: list[bytes | int] = []
    for layer in range(50):
        weights = tensor(f"w{layer}", 1024, 2048) + opening(9, WEIGHT)
        parts += [opening(5, len(weights) + WEIGHT) + weights, WEIGHT]
    nodes = b"".join(field(1, field(4, "MatMul")) for _ in range(50))
    ends = field(11, value("x", "batch", 1024)) + field(12, value("y", "batch", 2048))
    size = len(nodes) + sum(one if isinstance(one, int) else len(one) for one in parts) + len(ends)
    large = WithHoles(HEAD + opening(7, size) + nodes, *parts, ends + field(8, field(2, 22)))
    facts = ModelFacts()
    formats.read_file(large.file(), facts)
    assert large.size > 419_000_000
    assert sum(large.reads) <= 65_536
    assert facts.parameter_count == 50 * 1024 * 2048
    assert facts.methods["predict"].inputs is not None
    assert facts.methods["predict"].inputs.tensors == (Tensor("x", "FP32", (-1, 1024)),)
    assert facts.details["opsets"] == {"ai.onnx": 22}


def network(*before_its_end: bytes) -> WithHoles:
    """Return a network of 12 layers as torch 2.13 exports it: as many nodes, weights and values between, as large."""
    nodes = field(2, "main_graph").join([field(1, field(4, "MatMul") + field(6, "x" * 655)) * 377, b""])
    weights: list[bytes | int] = []
    for number in range(159):
        weight = tensor(f"encoder.layers.{number}.weight", 717, 960) + opening(9, 717 * 960 * 4)
        weights += [opening(5, len(weight) + 717 * 960 * 4) + weight, 717 * 960 * 4]
    ends = field(11, value("input_ids", "batch", "seq")) + field(12, value("hidden", "batch", "seq", 768))
    between = b"".join(field(13, value(f"val_{number}", *["batch_of_rows"] * 3)) for number in range(534))
    end = ends + between + field(16, field(1, "pkg.torch.export.Graph") + field(2, "%line\n" * 1900))
    rest = [*before_its_end, end, field(8, field(2, 20))]
    size = len(nodes) + sum(one if isinstance(one, int) else len(one) for one in weights) + sum(map(len, rest[:-1]))
    return WithHoles(HEAD + opening(7, size) + nodes, *weights, *rest)


def test_inputs_and_outputs_of_a_network_as_torch_exports_it_are_known_within_64_kb() -> None:
    large, facts = network(), ModelFacts()
    assert large.size > 437_000_000
    with pytest.raises(UnreadableModel, match="65,536 bytes"):
        formats.read_file(large.file(read=65_536), facts)
    assert facts.methods["predict"] == facts_within(network(), 1 << 20).methods["predict"]
    assert facts.code_on_load is CodeOnLoad.UNKNOWN
    assert "what is before was not read" in facts.notes[0]


def test_a_network_as_torch_exports_it_is_read_wholly_with_a_jump_for_each_weight() -> None:
    large = network()
    facts = facts_within(large, 1 << 20)
    assert (facts.code_on_load, facts.notes) == (CodeOnLoad.NONE, [])
    assert facts.parameter_count == 159 * 717 * 960
    assert sum(large.reads) < 530_000
    assert len(large.reads) < 185


@pytest.mark.parametrize("more", [b"", field(12, value("out", 1))])
def test_a_weight_that_ends_with_another_graph_gives_no_wrong_inputs(more: bytes) -> None:
    file = network(field(5, tensor("blob", 1) + field(9, bytes(8000) + field(11, value("inner", 1)) + more)))
    facts = facts_within(file, 1 << 20)
    assert facts.methods["predict"].inputs is not None
    assert [one.name for one in facts.methods["predict"].inputs.tensors] == ["input_ids"]


def test_fields_in_fields_at_the_end_of_a_graph_are_not_tried_without_end() -> None:
    last = b"".join(field(1, b"Z" + longest(6 * left)) for left in range(8999, -1, -1))
    started = process_time()
    assert read_ends(whole(model_file(bytes(1 << 16) + last))) is None
    assert process_time() - started < 5


def longest(number: int) -> bytes:
    """Return a number in three bytes, as many as it takes or not."""
    return bytes([number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14])


def facts_within(large: WithHoles, read: int) -> ModelFacts:
    facts = ModelFacts()
    formats.read_file(large.file(read), facts)
    return facts


def test_of_ir_3_the_initializers_among_the_inputs_are_no_inputs() -> None:
    graph = field(5, tensor("w", 2, 2)) + field(11, value("x", 2)) + field(11, value("w", 2, 2))
    methods = facts_of(field(1, 3) + field(7, graph)).methods
    assert methods["predict"].inputs is not None
    assert [one.name for one in methods["predict"].inputs.tensors] == ["x"]


def test_graphs_in_graphs_are_read_at_any_depth() -> None:
    graph = field(1, field(4, "Relu"))
    for _ in range(3000):
        graph = field(1, field(4, "If") + field(5, field(6, graph)))
    facts = facts_of(HEAD + field(7, graph))
    assert facts.code_on_load is CodeOnLoad.NONE
    assert facts.details["operators"] == {"If": 3000, "Relu": 1}


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(opening(7, 1 << 60), id="a field longer than the file"),
        pytest.param(field(7, opening(1, 5) + b"\x0a"), id="a node longer than its graph"),
        pytest.param(b"\x80" * 11, id="a number without end"),
        pytest.param(b"\x0b", id="a group"),
        pytest.param(field(7, field(1, 3)), id="a number where a node is due"),
        pytest.param(field(7, field(11, field(2, field(1, field(2, field(1, b"") * 100))))), id="100 axes"),
    ],
)
def test_what_is_no_model_is_no_clean_model(end: bytes) -> None:
    facts = facts_of(HEAD + field(8, field(2, 22)) + end)
    assert (facts.format, facts.code_on_load) == ("onnx", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1


def test_a_type_that_holds_itself_without_end_is_refused() -> None:
    kind = field(1, field(1, FP32))
    for _ in range(50):
        kind = field(4, field(1, kind))
    facts = facts_of(HEAD + field(7, field(12, field(1, "y") + field(2, kind))))
    assert facts.notes == ["a type is nested too deeply"]


def test_lengths_without_end_make_a_number_of_64_bits() -> None:
    assert facts_of(HEAD + field(7, field(5, tensor("w", *[1 << 62] * 50)))).parameter_count == (1 << 63) - 1


def test_numbers_of_gigabytes_are_not_read_at_once() -> None:
    large = 20 << 30
    lengths = opening(1, large)
    weights = opening(5, len(lengths) + large) + lengths
    file = WithHoles(HEAD + opening(7, len(weights) + large) + weights, large)
    with pytest.raises(UnreadableModel, match="at once"):
        formats.read_file(file.file(), ModelFacts())
    assert sum(file.reads) <= 65_536


def test_other_messages_are_no_onnx() -> None:
    assert not onnx.can_read(field(1, 1) + field(2, b"\x0a\x05\x22\x03\x00\x01\x02"))
    assert not onnx.can_read(b"\x08\x01")
    assert not onnx.can_read(b"\x08\x00" * 20)


def test_is_read_in_a_process_of_its_own() -> None:
    facts = inspect_place(os.path.join(FILES, "onnx", "pipeline.onnx")).facts
    assert facts.details["no_tensors"] == {"output_probability": "sequence(map(INT64, FP32))"}


def test_weights_outside_of_the_directory_are_told_of() -> None:
    place = field(1, "location") + field(2, "../../etc/passwd")
    notes = facts_of(HEAD + field(7, field(5, tensor("w", 2) + field(13, place) + field(14, 1)))).notes
    assert notes[0] == "its weights are in other files, beside it: ../../etc/passwd"
    assert "not in its own directory" in notes[1]
