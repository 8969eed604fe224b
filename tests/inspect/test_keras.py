import io
import json
import os
import sys
import zipfile
from typing import Any

import pytest

from gto.inspect.facts import CodeOnLoad, Tensor
from tests.model_files import FILES, content, facts_of, read_bytes

METADATA = b'{"keras_version": "3.15.1"}'


def archive(config: bytes, metadata: bytes = METADATA) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for name, data in (("config.json", config), ("metadata.json", metadata), ("model.weights.npz", b"")):
            opened.writestr(name, data)
    return written.getvalue()


def model(*layers: dict[str, Any], **more: object) -> bytes:
    config = {"layers": list(layers), **more}
    return archive(json.dumps({"module": "keras", "class_name": "Sequential", "config": config}).encode())


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}, "os.system"),
        ({"module": "keras.utils", "class_name": "function", "config": "get_file"}, "keras.utils.get_file"),
        ({"module": "keras.models", "class_name": "load_model", "config": {}}, "keras.models.load_model"),
        ({"module": "builtins.x", "class_name": "Popen", "config": {}}, "builtins.x.Popen"),
        ({"module": "keras_x", "class_name": "Dense", "config": {}}, "keras_x.Dense"),
        ({"module": None, "class_name": "Dense", "registered_name": "mine>Dense", "config": {}}, "mine>Dense"),
        (
            {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": "x"}},
            "TorchModuleWrapper",
        ),
        (
            {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
            "StringLookup",
        ),
    ],
)
def test_a_class_that_is_not_of_keras_or_reads_other_files_is_named(part: dict[str, Any], name: str) -> None:
    deep: dict[str, Any] = {"module": "keras.layers", "class_name": "TimeDistributed", "config": {"layer": [part]}}
    facts = facts_of(model(deep))
    assert (facts.format, facts.code_on_load) == ("keras", CodeOnLoad.UNKNOWN)
    assert name in facts.unlisted


def test_weights_as_arrays_of_numpy_are_not_clean() -> None:
    facts = facts_of(model())
    assert (facts.code_on_load, facts.unlisted) == (CodeOnLoad.UNKNOWN, [])
    assert "older releases unpickle" in facts.notes[0]


def test_layers_of_models_within_models_are_steps() -> None:
    inner = {"class_name": "Dense", "config": {"name": "in", "units": 2}}
    facts = facts_of(model({"class_name": "Sequential", "config": {"name": "body", "layers": [inner]}}))
    assert [(one.name, one.class_name) for one in facts.steps] == [("body", "Sequential"), ("body__in", "Dense")]


def test_without_an_input_layer_the_shape_is_the_one_it_was_built_with() -> None:
    inputs = facts_of(model(build_input_shape=[None, 7])).methods["predict"].inputs
    assert inputs is not None
    assert inputs.tensors == (Tensor("input", "FP32", (-1, 7)),)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(archive(b"[" * 200_000), id="lists in lists"),
        pytest.param(archive(b"[]"), id="a list"),
        pytest.param(archive(b"{}", b"{"), id="half of the metadata"),
        pytest.param(archive(b"[" + b"{}," * 1_000_001 + b"{}]"), id="a million parts", marks=pytest.mark.soak),
    ],
)
def test_what_is_no_configuration_is_no_clean_model(data: bytes) -> None:
    facts = facts_of(data)
    assert (facts.format, facts.code_on_load) == ("keras", CodeOnLoad.UNKNOWN)
    assert len(facts.notes) == 1


def test_without_h5py_a_note_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    facts = facts_of(content(os.path.join(FILES, "keras", "dense.keras")))
    assert (facts.parameter_count, facts.code_on_load) == (None, CodeOnLoad.NONE)
    assert "pip install 'gto[hdf5]'" in facts.notes[0]
    assert "pip install 'gto[hdf5]'" in facts_of(content(os.path.join(FILES, "keras", "dense.h5"))).notes[0]


def test_h5py_works_within_the_limits_of_the_child_process() -> None:
    data = content(os.path.join(FILES, "keras", "dense.h5"))
    assert isinstance(data, bytes)
    assert read_bytes(data).parameter_count == 67


def test_hdf5_of_others_is_no_model() -> None:
    h5py = pytest.importorskip("h5py")
    written = io.BytesIO()
    with h5py.File(written, "w") as opened:
        opened["a"] = [1, 2, 3]
    facts = facts_of(written.getvalue())
    assert (facts.format, facts.code_on_load, facts.notes) == (
        "hdf5",
        CodeOnLoad.UNKNOWN,
        ["it is HDF5 without a model of Keras"],
    )
