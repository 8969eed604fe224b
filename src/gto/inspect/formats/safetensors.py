"""safetensors: a header in JSON, then the tensors (format 0.4, huggingface/safetensors)."""

import math
import re
from collections import Counter
from struct import unpack
from typing import NamedTuple

from gto.inspect.bounded import number, short, words
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.json_parts import parse_object
from gto.inspect.model_file import ModelFile, UnreadableModel

_LARGEST_HEADER = 100_000_000  # as the library has it
_HEAD_RE = re.compile(rb'(?s).{8}\s*\{\s*["}]')
_METADATA = "__metadata__"
_FRAMEWORKS = {"pt": "torch", "tf": "tensorflow", "flax": "flax", "np": "numpy", "mlx": "mlx"}
_DATATYPES = {  # name in the file: name in the Open Inference Protocol, where it has one, and bits
    "BOOL": ("BOOL", 8), "U8": ("UINT8", 8), "I8": ("INT8", 8), "U16": ("UINT16", 16), "I16": ("INT16", 16),
    "U32": ("UINT32", 32), "I32": ("INT32", 32), "U64": ("UINT64", 64), "I64": ("INT64", 64), "F16": ("FP16", 16),
    "BF16": ("BF16", 16), "F32": ("FP32", 32), "F64": ("FP64", 64), "C64": ("C64", 64), "F4": ("F4", 4),
    "F6_E2M3": ("F6_E2M3", 6), "F6_E3M2": ("F6_E3M2", 6), "F8_E4M3": ("F8_E4M3", 8), "F8_E5M2": ("F8_E5M2", 8),
    "F8_E8M0": ("F8_E8M0", 8), "F8_E4M3FNUZ": ("F8_E4M3FNUZ", 8), "F8_E5M2FNUZ": ("F8_E5M2FNUZ", 8),
}  # fmt: skip


class _Extent(NamedTuple):
    first: int
    last: int
    name: str
    datatype: str
    numbers: int


def can_read(head: bytes) -> bool:
    """Return whether a length of eight bytes is followed by an object of JSON that fits it."""
    return bool(_HEAD_RE.match(head)) and unpack("<Q", head[:8])[0] <= _LARGEST_HEADER


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in how many parameters there are, of which datatypes, and what the metadata say."""
    facts.format, facts.loader = "safetensors", "safetensors"
    (length,) = unpack("<Q", file.read(0, 8))
    header = parse_object(file.read(8, length), "its header")
    metadata = header.pop(_METADATA, None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(one, str) for one in metadata.values()):
        raise UnreadableModel("its metadata are no texts")
    tensors = sorted(_extent(name, one) for name, one in header.items())
    _check_extents(tensors, file.size - 8 - length)
    counts: Counter[str] = Counter()
    for tensor in tensors:
        counts[tensor.datatype] += tensor.numbers
    facts.code_on_load = CodeOnLoad.NONE
    facts.parameter_count = number(counts.total())
    facts.details["tensors"] = len(tensors)
    facts.details["datatypes"] = {name: number(count) for name, count in counts.items()}
    facts.details["metadata"] = words(metadata)
    facts.framework = _FRAMEWORKS.get(metadata.get("format", ""), "")


def _extent(name: str, entry: object) -> _Extent:
    """Return where a tensor lies; its bytes must be as many as its shape and its datatype take."""
    match entry:
        case {"dtype": str(datatype), "shape": [*shape], "data_offsets": [int(first), int(last)]}:
            oip, bits = _DATATYPES.get(datatype, ("", 0))
            if oip and first >= 0 and len(shape) <= 64 and all(type(one) is int and one >= 0 for one in shape):
                count = math.prod(shape)
                if count * bits == 8 * (last - first):
                    return _Extent(first, last, name, oip, count)
        case _:
            pass
    raise UnreadableModel(f"its header says of '{short(name)}' what no tensor is")


def _check_extents(tensors: list[_Extent], size: int) -> None:
    """Refuse what the library refuses: bytes of no tensor, or of two."""
    at = 0
    for tensor in tensors:
        if tensor.first != at:
            raise UnreadableModel(
                f"'{short(tensor.name)}' begins at byte {tensor.first:,} of the data, and not at {at:,}"
            )
        at = tensor.last
    if at != size:
        raise UnreadableModel(f"its tensors have {at:,} bytes, and the file has {size:,} for them")
