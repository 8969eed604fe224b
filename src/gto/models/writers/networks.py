"""Neural networks: Keras, and PyTorch."""

import os
import zipfile
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from gto.exceptions import UsageError
from gto.models.canonical import keras_members, sort_header, write_members
from gto.models.dependencies import imported

CLASS = "class"
"""The key of the metadata of safetensors that names the class of the weights."""


class Keras:
    """Keras: `.keras`, whose loader refuses code."""

    formats = {".keras": "keras"}  # noqa: RUF012  nobody changes it
    on_demand: frozenset[str] = frozenset()
    framework = "keras"
    methods = ("predict",)

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is one of Keras'; with PyTorch below it is one of that, too."""
        return "keras" in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401, ARG002  see Writer
        """Write a model, without the date of saving and addresses in memory."""
        model.save(path)
        with open(path, "rb") as file:
            members = keras_members(file.read())
        os.unlink(path)
        write_members(path, members, zipfile.ZIP_STORED)
        return ("keras", imported("keras").backend.backend())

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401, ARG002  see Writer
        """Return the model; a Lambda, which is code, only where it is trusted.

        Keras goes by the end of the name: the same bytes may be another model as `.h5`, and code that nobody asked for.
        """
        if not path.endswith(".keras") and not os.path.isdir(path):
            raise UsageError("Keras would read the file as another format than .keras", "give it a name that ends so")
        return imported("keras").saving.load_model(path, safe_mode=not trusted)


class Torch:
    """PyTorch: safetensors with the weights and the name of the class, or `.pt2`, the whole program."""

    formats = {".safetensors": "safetensors", ".pt2": "torch-export"}  # noqa: RUF012  nobody changes it
    on_demand: frozenset[str] = frozenset()
    framework = "torch"
    methods = ("__call__",)

    def can_save(self, model: object, modules: frozenset[str]) -> bool:  # noqa: ARG002  see Writer
        """Return whether a class is one of PyTorch's."""
        return "torch" in modules

    def write(self, model: Any, path: str, file_format: str, sample: Any) -> Sequence[str]:  # noqa: ANN401  see Writer
        """Write the weights of a module whose class needs no arguments, or the program that the sample takes."""
        torch = imported("torch")
        if file_format == "torch-export":
            if sample is None:
                raise ValueError("sample_data are needed, to follow what the module does with them")
            rows = {0: torch.export.Dim.AUTO}
            torch.export.save(torch.export.export(model, (sample,), dynamic_shapes=(rows,)), path)
            return ("torch",)
        name = f"{type(model).__module__}:{type(model).__qualname__}"
        imported("safetensors.torch").save_model(model, path, {"format": "pt", CLASS: name})
        sort_header(path)
        return ("torch", "safetensors", type(model).__module__)

    def load(self, path: str, file_format: str, *, trusted: bool) -> Any:  # noqa: ANN401  see Writer
        """Return the module; of safetensors the tensors by name, where no class is named or it is not trusted."""
        if file_format == "torch-export":
            return imported("torch").export.load(path).module()
        with imported("safetensors").safe_open(path, framework="pt") as opened:
            name = (opened.metadata() or {}).get(CLASS)
            if name is None or not trusted:
                return {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118  it is no mapping
        module, _, qualified = name.partition(":")
        found: Any = import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
        model = found()
        imported("safetensors.torch").load_model(model, path)
        return model.eval()
