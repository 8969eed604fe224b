"""safetensors: a header in JSON, then the tensors (format 0.4, huggingface/safetensors)."""

import json
import math
import re
from collections import Counter
from struct import unpack

from gto.inspect.facts import CodeOnLoad, Json, ModelFacts
from gto.inspect.model_file import ModelFile, UnreadableModel

_LARGEST_HEADER = 100_000_000  # as the library has it
_HEAD_RE = re.compile(rb"(?s).{8}\{\s*\"")
_METADATA = "__metadata__"
_FRAMEWORKS = {"pt": "torch", "tf": "tensorflow", "flax": "flax", "np": "numpy"}


def can_read(head: bytes) -> bool:
    """Return whether a length of eight bytes is followed by an object of JSON that fits it."""
    return bool(_HEAD_RE.match(head)) and unpack("<Q", head[:8])[0] <= _LARGEST_HEADER


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in how many parameters there are, of which datatypes, and what the metadata say."""
    facts.format, facts.loader = "safetensors", "safetensors"
    (length,) = unpack("<Q", file.read(0, 8))
    try:
        header = json.loads(file.read(8, length))
    except (ValueError, RecursionError) as error:
        raise UnreadableModel(f"its header is no JSON: {error}") from error
    if not isinstance(header, dict):
        raise UnreadableModel("its header is no object of JSON")
    metadata = header.pop(_METADATA, None)
    metadata = metadata if isinstance(metadata, dict) else {}
    tensors = [_tensor(name, one) for name, one in header.items()]
    end = max((last for _, _, last in tensors), default=0)
    if 8 + length + end != file.size:
        raise UnreadableModel(f"its tensors end at byte {8 + length + end:,}, and the file at byte {file.size:,}")
    facts.code_on_load = CodeOnLoad.NONE
    facts.parameter_count = sum(count for _, count, _ in tensors)
    facts.details["tensors"] = len(tensors)
    facts.details["datatypes"] = _counted(tensors)
    facts.details["metadata"] = {str(key): str(value) for key, value in metadata.items()}
    facts.framework = _FRAMEWORKS.get(str(metadata.get("format")), "")


def _tensor(name: str, entry: object) -> tuple[str, int, int]:
    """Return datatype, number of elements, and where the tensor ends."""
    match entry:
        case {"dtype": str(datatype), "shape": [*shape], "data_offsets": [int(first), int(last)]}:
            if 0 <= first <= last and all(type(one) is int and one >= 0 for one in shape):
                return datatype, math.prod(shape), last
        case _:
            pass
    raise UnreadableModel(f"its header says of '{name}' what no tensor is")


def _counted(tensors: list[tuple[str, int, int]]) -> dict[str, Json]:
    """Return how many numbers of each datatype there are."""
    found: Counter[str] = Counter()
    for datatype, count, _ in tensors:
        found[datatype] += count
    return dict(found)
