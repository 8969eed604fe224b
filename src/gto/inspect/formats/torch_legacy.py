"""PyTorch's format before 1.6: pickles in a row (magic number, protocol, system, model, keys), then the numbers."""

from gto.inspect.facts import ModelFacts
from gto.inspect.formats._torch_pickle import describe_torch
from gto.inspect.model_file import ModelFile, UnreadableModel
from gto.inspect.opcodes.machine import Machine
from gto.inspect.opcodes.pickle_imports import Imports
from gto.inspect.opcodes.steps import follow
from gto.inspect.opcodes.stream import FileStream
from gto.inspect.opcodes.torch_tensors import StorageKeys

_MAGIC = 0x1950A86A20F9469CFC6C
_PICKLED_MAGIC = b"\x8a\x0a" + _MAGIC.to_bytes(10, "little")  # LONG1
_PROTOCOL = 1001


def can_read(head: bytes) -> bool:
    """Return whether a file begins with PyTorch's magic number in a pickle."""
    return head[:1] == b"\x80" and head[2:].startswith(_PICKLED_MAGIC)


def read(file: ModelFile, facts: ModelFacts) -> None:
    """Fill in class, keys, shapes, datatypes, parameters and imports."""
    facts.format, facts.loader = "torch-legacy", "torch.load"
    imports = Imports()
    with imports.telling(facts):
        stream = FileStream(file)
        keys = StorageKeys(imports)
        magic, protocol, _, root, _ = (follow(Machine(stream, imports, lookup=keys)) for _ in range(5))
        if (magic, protocol) != (_MAGIC, _PROTOCOL):
            raise UnreadableModel("its magic number or protocol is not PyTorch's")
    describe_torch(root, imports, facts)
