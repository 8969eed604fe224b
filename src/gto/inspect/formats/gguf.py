"""GGUF (versions 2 and 3): keys and values, then names, shapes and types of tensors; weights and tokens are skipped."""

import math
from collections import Counter
from collections.abc import Mapping
from struct import unpack

from gto.inspect.bounded import LONGEST, number, simple, text
from gto.inspect.byte_cursor import ByteCursor
from gto.inspect.facts import CodeOnLoad, Json, ModelFacts
from gto.inspect.model_file import ModelFile, UnreadableModel

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_SMALLEST_VALUE, _SMALLEST_TENSOR = 8 + 4 + 1, 8 + 4 + 4 + 8
_MOST_AXES = 8
_DEEPEST = 4
_MOST_VALUES = 1000
_MOST_PARAMS = 64
_ALIGNMENT = 32
# fmt: off
# By their number: the name, and how many bytes 256 elements take.
_TENSOR_TYPES = {
    0: ("FP32", 1024), 1: ("FP16", 512), 2: ("Q4_0", 144), 3: ("Q4_1", 160), 6: ("Q5_0", 176), 7: ("Q5_1", 192),
    8: ("Q8_0", 272), 9: ("Q8_1", 288), 10: ("Q2_K", 84), 11: ("Q3_K", 110), 12: ("Q4_K", 144), 13: ("Q5_K", 176),
    14: ("Q6_K", 210), 15: ("Q8_K", 292), 16: ("IQ2_XXS", 66), 17: ("IQ2_XS", 74), 18: ("IQ3_XXS", 98),
    19: ("IQ1_S", 50), 20: ("IQ4_NL", 144), 21: ("IQ3_S", 110), 22: ("IQ2_S", 82), 23: ("IQ4_XS", 136),
    24: ("INT8", 256), 25: ("INT16", 512), 26: ("INT32", 1024), 27: ("INT64", 2048), 28: ("FP64", 2048),
    29: ("IQ1_M", 56), 30: ("BF16", 512), 34: ("TQ1_0", 54), 35: ("TQ2_0", 66), 39: ("MXFP4", 136), 40: ("NVFP4", 144),
    41: ("Q1_0", 36),
}
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4",
    40: "Q1_0",
}
# fmt: on


def can_read(head: bytes) -> bool:
    """Return whether a file begins with the four letters."""
    return head.startswith(_MAGIC)


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in architecture, quantization, hyper-parameters, tensors and parameters."""
    facts.format, facts.loader, facts.framework = "gguf", "llama.cpp", "gguf"
    cursor = _GgufCursor(file)
    values: dict[str, Json] = {}
    try:
        for _ in range(cursor.values):
            key, value = cursor.next_value()
            if len(values) < _MOST_VALUES:
                values[key] = value
    finally:
        _fill_in(values, facts)
    _read_tensors(cursor, values, facts)
    facts.details["version"] = cursor.version
    facts.code_on_load = CodeOnLoad.NONE


class _GgufCursor(ByteCursor):
    """The values of a file, in its own order of bytes."""

    def __init__(self, file: ModelFile) -> None:
        super().__init__(file, len(_MAGIC))
        version = self.take(4)
        self.order = "<" if version[:2] != b"\0\0" else ">"
        self.version: int = unpack(self.order + "I", version)[0]
        if self.version not in _VERSIONS:
            raise UnreadableModel(f"it is GGUF of version {self.version}, and GTO reads 2 and 3")
        self.tensors = self._count(_SMALLEST_TENSOR)
        self.values = self._count(_SMALLEST_VALUE)

    def of(self, form: str) -> int:
        """Return the next number, of a form without an order."""
        return self.number(self.order + form)

    def text(self) -> str:
        """Return the next text, or its beginning."""
        length = self.of("Q")
        data = self.take(min(length, 4 * LONGEST))
        self.skip(length - len(data))
        return text(data)

    def next_value(self) -> tuple[str, Json]:
        """Return the next key and its value; of an array, how many elements it has."""
        key = self.text()
        kind = self.of("I")
        if kind == _STRING:
            return key, self.text()
        return key, self._array(0) if kind == _ARRAY else simple(self.of(self._form(kind)))

    def _array(self, depth: int) -> int:
        kind, count = self.of("I"), self.of("Q")
        if kind in _WIDTHS:
            self.skip(count * _WIDTHS[kind])
        elif kind == _STRING:
            for _ in range(self._checked(count, 8)):
                self.skip(self.of("Q"))
        elif kind == _ARRAY and depth < _DEEPEST:
            for _ in range(self._checked(count, 12)):
                self._array(depth + 1)
        else:
            raise UnreadableModel(f"it has an array of type {kind}")
        return count

    def _form(self, kind: int) -> str:
        if kind not in _NUMBERS:
            raise UnreadableModel(f"it has a value of type {kind}")
        return _NUMBERS[kind]

    def _count(self, smallest: int) -> int:
        return self._checked(self.of("Q"), smallest)

    def _checked(self, count: int, smallest: int) -> int:
        if count * smallest > self.left:
            raise UnreadableModel(f"it says that it has {count:,} entries, and has {self.left:,} bytes")
        return count


def _fill_in(values: Mapping[str, Json], facts: ModelFacts) -> None:
    architecture = values.get("general.architecture", "")
    own = [(key, value) for key, value in values.items() if key.startswith(f"{architecture}.")]
    facts.params = {key.removeprefix(f"{architecture}."): value for key, value in own[:_MOST_PARAMS]}
    for key in ("architecture", "name", "license", "quantized_by"):
        if f"general.{key}" in values:
            facts.details[key] = values[f"general.{key}"]
    file_type = values.get("general.file_type")
    if isinstance(file_type, int):
        facts.details["quantization"] = _file_type_name(file_type)
    if "tokenizer.ggml.tokens" in values:
        facts.details["tokens"] = values["tokenizer.ggml.tokens"]
    if "tokenizer.chat_template" in values:
        facts.notes.append("it has a chat template, which is a program in Jinja: render it in a sandbox")
    if isinstance(parts := values.get("split.count"), int) and parts > 1:
        facts.notes.append(f"it is one of {parts:,} parts, and the facts are of this one")


def _read_tensors(cursor: _GgufCursor, values: Mapping[str, Json], facts: ModelFacts) -> None:
    """Count the tensors' numbers, and check that each lies within the file."""
    counts: Counter[str] = Counter()
    end = 0
    for _ in range(cursor.tensors):
        cursor.text()
        axes = cursor.of("I")
        if axes > _MOST_AXES:
            raise UnreadableModel(f"a tensor has {axes:,} axes")
        size = math.prod(cursor.of("Q") for _ in range(axes))
        name, bytes_of_256 = _tensor_type(cursor.of("I"))
        counts[name] += size
        end = max(end, cursor.of("Q") + size * bytes_of_256 // 256)
    alignment = values.get("general.alignment", _ALIGNMENT)
    alignment = alignment if isinstance(alignment, int) and alignment > 0 else _ALIGNMENT
    start = -(-cursor.at // alignment) * alignment
    if cursor.tensors and start + end > cursor.file.size:
        raise UnreadableModel(f"a tensor ends at byte {start + end:,}, and the file at {cursor.file.size:,}")
    facts.parameter_count = number(counts.total())
    facts.details["tensors"] = cursor.tensors
    facts.details["datatypes"] = {name: number(count) for name, count in counts.items()}


def _tensor_type(code: int) -> tuple[str, int]:
    """Return the name of a tensor's type, of plain numbers the Open Inference Protocol's, and bytes of 256 elements."""
    return _TENSOR_TYPES.get(code, (f"TYPE{code}", 0))


def _file_type_name(code: int) -> str:
    """Return the name of what most of a file's tensors are."""
    return _FILE_TYPES.get(code, f"type {code}")
