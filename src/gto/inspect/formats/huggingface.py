"""Directories of Hugging Face: `config.json` of transformers or `adapter_config.json` of peft, and the weights."""

from collections.abc import Mapping
from typing import Any

from gto.inspect.bounded import names, short, simple
from gto.inspect.facts import CodeOnLoad, ModelFacts
from gto.inspect.file_tree import FileTree
from gto.inspect.formats._weights import read_weights
from gto.inspect.json_parts import parse_object
from gto.inspect.model_file import UnreadableModel

_CONFIG, _ADAPTER = "config.json", "adapter_config.json"
_KEYS = frozenset({"model_type", "architectures", "transformers_version", "auto_map"})
_NO_PARAMS = frozenset({"model_type", "transformers_version", "dtype", "torch_dtype", "_name_or_path"})
# Files in which `auto_map` names classes of the repository's own modules.
_MAPPED = (
    _CONFIG,
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "generation_config.json",
)
_MODULES = "modules.json"
_LIBRARY = "transformers."  # whose modules adapters are of
# What the loaders take rather than pickles; of files with other names they know nothing.
_MODEL_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_ADAPTER_WEIGHTS = ("adapter_model.safetensors",)
_LARGEST = 4 << 20
_MOST_PARAMS = 64


def can_read_tree(tree: FileTree) -> bool:
    """Return whether a directory has a configuration of transformers or of peft."""
    if _ADAPTER in tree.paths:
        return True
    if _CONFIG not in tree.paths:
        return False
    try:
        return bool(_KEYS & parse_object(tree.read(_CONFIG, _LARGEST), _CONFIG).keys())
    except UnreadableModel:  # which may be why its code is not seen
        return True


def read_tree(tree: FileTree, facts: ModelFacts) -> None:
    """Fill in architecture, version, hyper-parameters, the weights' facts, and what code of its own it names."""
    facts.format, facts.code_on_load = "huggingface", CodeOnLoad.NONE
    if _ADAPTER in tree.paths:
        _read_adapter(_object(tree, _ADAPTER), facts)
    else:
        _read_config(_object(tree, _CONFIG), facts)
    read_weights(tree, facts, _ADAPTER_WEIGHTS if _ADAPTER in tree.paths else _MODEL_WEIGHTS)
    for path in _MAPPED:
        if path in tree.paths:
            _judge_map(_object(tree, path).get("auto_map"), path, facts)
    if _MODULES in tree.paths:
        facts.notes.append("it is a model of sentence-transformers, which imports the modules that modules.json names")
        facts.code_on_load = CodeOnLoad.UNKNOWN


def _object(tree: FileTree, path: str) -> dict[str, Any]:
    return parse_object(tree.read(path, _LARGEST), f"'{path}'")


def _read_config(config: Mapping[str, Any], facts: ModelFacts) -> None:
    facts.framework, facts.loader = "transformers", "transformers.AutoModel.from_pretrained"
    facts.framework_version = short(config.get("transformers_version", ""))
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures:
        facts.class_name = short(f"transformers.{architectures[0]}")
        facts.details["architectures"] = names(architectures)
    for key in ("model_type", "dtype", "torch_dtype"):
        if isinstance(config.get(key), str):
            facts.details[key] = short(config[key])
    quantization = config.get("quantization_config")
    if isinstance(quantization, dict):
        facts.details["quantization"] = short(quantization.get("quant_method", "unknown"))
    _fill_in_params(config, facts)


def _read_adapter(config: Mapping[str, Any], facts: ModelFacts) -> None:
    facts.framework, facts.loader = "peft", "peft.PeftModel.from_pretrained"
    facts.framework_version = short(config.get("peft_version", ""))
    for key in ("peft_type", "task_type", "base_model_name_or_path"):
        if isinstance(config.get(key), str):
            facts.details[key] = short(config[key])
    _fill_in_params(config, facts)
    mapping = config.get("auto_mapping")
    module = mapping.get("parent_library") if isinstance(mapping, dict) else None
    if module and not str(module).startswith(_LIBRARY):
        facts.code_on_load = CodeOnLoad.UNKNOWN
        facts.imports, facts.unlisted = [short(module)], [short(module)]
        facts.notes.append(f"peft.AutoPeftModel would import {short(module)}")


def _fill_in_params(config: Mapping[str, Any], facts: ModelFacts) -> None:
    plain = {
        short(key): simple(value)
        for key, value in config.items()
        if isinstance(value, bool | int | float | str) and key not in _NO_PARAMS and key not in facts.details
    }
    facts.params = dict(list(plain.items())[:_MOST_PARAMS])


def _judge_map(found: object, path: str, facts: ModelFacts) -> None:
    """Note the code of the repository that a map from automatic classes to its own names."""
    if not found:
        return
    values = found.values() if isinstance(found, dict) else [found]
    code = names(one for value in values for one in (value if isinstance(value, list) else [value]) if one)
    facts.code_on_load = CodeOnLoad.UNKNOWN
    facts.imports = sorted({*facts.imports, *map(str, code)})
    facts.unlisted = sorted({*facts.unlisted, *map(str, code)})
    facts.notes.append(f"{path} names code of the repository, which transformers runs with trust_remote_code=True")
