"""PyTorch's modules: safetensors with the weights and the name of the class, or `.pt2`, the whole program."""

import json
import os
import struct
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from gto.models.extras import imported

FORMATS = {".safetensors": "safetensors", ".pt2": "torch-export"}
ON_DEMAND: frozenset[str] = frozenset()
FRAMEWORK = "torch"
METHODS = ("__call__",)

CLASS = "class"
"""The key of the metadata that names the class of the weights."""


def can_save(model: object, modules: frozenset[str]) -> bool:  # noqa: ARG001  see Writer
    """Return whether a class is one of PyTorch's."""
    return "torch" in modules


def write(model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  see Writer
    """Write the weights of a module whose class can be made without arguments, or the program that the sample takes."""
    torch = imported("torch")
    if file_format == "torch-export":
        if sample is None:
            raise ValueError("sample_data are needed, to follow what the module does with them")
        rows = {0: torch.export.Dim.AUTO}
        torch.export.save(torch.export.export(model.eval(), (sample,), dynamic_shapes=(rows,)), path)
        return ("torch",)
    name = f"{type(model).__module__}:{type(model).__qualname__}"
    imported("safetensors.torch", "models").save_model(model.eval(), path, {"format": "pt", CLASS: name})
    _sort_header(path)
    return ("torch", "safetensors", type(model).__module__)


def load(path: str, file_format: str) -> Any:  # noqa: ANN401  see Writer
    """Return the module; of safetensors without a class the tensors by name."""
    torch = imported("torch")
    if file_format == "torch-export":
        return torch.export.load(path).module()
    safetensors = imported("safetensors", "models")
    with safetensors.safe_open(path, framework="pt") as opened:
        name = (opened.metadata() or {}).get(CLASS)
        if name is None:
            return {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118  it is no mapping
    module, _, qualified = name.partition(":")
    found: Any = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    model = found()
    imported("safetensors.torch", "models").load_model(model, path)
    return model.eval()


def _sort_header(path: str) -> None:
    """Write the header with its keys in order: the library writes those of the metadata as they come."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: Mapping[str, Any] = json.loads(file.read(length))
        text = json.dumps(_sorted(header), separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (length - len(text))
        if len(text) != length:
            raise ValueError("the header of safetensors cannot be written anew")
    with open(path, "r+b") as file:
        file.seek(8)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sorted(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return the header with the metadata in order; the tensors stand in the order of their bytes already."""
    metadata = header.get("__metadata__")
    return {**header, **({"__metadata__": dict(sorted(metadata.items()))} if metadata else {})}
