"""The table of files that frameworks wrote, and what GTO reads from each: tests/inspect/files and their golden facts.

`python -m scripts.reference` writes it into docs/models/formats.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILES = ROOT / "tests" / "inspect" / "files"
_GOLDEN = ".facts.json"
_HEAD = (
    "| file | format | written by | class | what it takes and gives | parameters | code on load |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)
# What the files do not say themselves: the releases that scripts/model_files/ printed when it wrote them.
_WRITERS = {
    "gguf": "gguf 0.19.0",
    "lightgbm": "lightgbm 4.7.0",
    "mlem": "by hand, as MLEM 0.4",
    "mlem/scores.mlem": "by hand, as MLEM 0.3",
    "mlflow": "mlflow-skinny 3.17.2",
    "onnx": "onnx 1.23.2",
    "onnx/forest.onnx": "skl2onnx 1.20.0",
    "onnx/pipeline.onnx": "skl2onnx 1.20.0",
    "onnx/outside.onnx": "torch 2.13.0",
    "onnx/torch.onnx": "torch 2.13.0",
    "pickle/dictionary.pkl": "Python 3.11",
    "pickle/function.cloudpickle": "cloudpickle 3.1.3",
    "pickle/lightgbm.pkl": "lightgbm 4.7.0",
    "pickle/object.cloudpickle": "cloudpickle 3.1.3",
    "pickle/statsmodels.pkl": "statsmodels 0.15.0",
    "safetensors": "safetensors 0.8.0",
    "skops": "skops 0.16.0",
    "torch": "torch 2.13.0",
}


def table() -> Iterator[str]:
    """Yield the lines of the table, by directory and file."""
    yield _HEAD
    for path in sorted(FILES.glob(f"*/*{_GOLDEN}")):
        name = path.relative_to(FILES).as_posix().removesuffix(_GOLDEN)
        yield _row(name, json.loads(path.read_text(encoding="utf-8")))


def _row(name: str, facts: Mapping[str, Any]) -> str:
    count = facts["parameter_count"]
    cells = (
        f"`{name}`",
        f"`{facts['format']}`",
        _writer(name, facts["framework"]),
        f"`{facts['class'].rpartition('.')[2]}`" if facts["class"] else "",
        "<br>".join(_method(key, sides) for key, sides in facts["methods"].items() if sides),
        "" if count is None else f"{count:,}",
        f"`{facts['code_on_load']}`",
    )
    return f"| {' | '.join(cells)} |\n"


def _writer(name: str, framework: Mapping[str, str]) -> str:
    listed = _WRITERS.get(name) or _WRITERS.get(name.partition("/")[0])
    return listed or f"{framework['name']} {framework['version']}".strip()


def _method(name: str, sides: Mapping[str, Any]) -> str:
    said = [_side(sides[side]) for side in ("inputs", "outputs") if side in sides]
    return f"`{name}`: {' → '.join(said)}"


def _side(schema: Mapping[str, Any]) -> str:
    if "json_schema" in schema:
        return "JSON"
    tensors = schema.get("tensors", [])
    if schema.get("content_type") == "pd":
        return f"{len(tensors)} columns"
    return ", ".join(f"{one['datatype']} {_shape(one['shape'])}".strip() for one in tensors)


def _shape(shape: list[int]) -> str:
    return " x ".join("?" if length < 0 else str(length) for length in shape)
