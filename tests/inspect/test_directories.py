import json
import os

import pytest

from gto.delivery.inspection import inspect_place
from gto.inspect.facts import CodeOnLoad
from tests.inspect.wire import field, opening
from tests.model_files import FILES, content, facts_of


def real(name: str) -> dict[str, bytes]:
    found = content(os.path.join(FILES, name))
    assert isinstance(found, dict)
    return found


def test_a_directory_is_read_in_a_process_of_its_own() -> None:
    facts = inspect_place(os.path.join(FILES, "huggingface", "sharded")).facts
    assert (facts.parameter_count, facts.code_on_load) == (1170, CodeOnLoad.NONE)


@pytest.mark.parametrize("path", ["config.json", "tokenizer_config.json", "processor_config.json"])
@pytest.mark.parametrize("value", ["own.Model", ["own.Slow", None], {"AutoModel": "own.Model"}])
def test_code_of_the_repository_is_named_wherever_it_is_mapped(path: str, value: object) -> None:
    files = real("huggingface/bert")
    config = json.loads(files.get(path, b"{}"))
    facts = facts_of({**files, path: json.dumps({**config, "auto_map": value}).encode()})
    assert facts.code_on_load is CodeOnLoad.UNKNOWN
    assert facts.unlisted[0].startswith("own.")


def test_pickles_beside_safetensors_are_told_of() -> None:
    facts = facts_of({**real("huggingface/bert"), "pytorch_model.bin": b"\x80"})
    assert facts.code_on_load is CodeOnLoad.NONE
    assert facts.notes == ["it holds pickles too, which were not read: pytorch_model.bin"]


def test_weights_of_torch_give_their_imports_and_their_verdict() -> None:
    pickled = content(os.path.join(FILES, "torch", "state.pt"))
    assert isinstance(pickled, bytes)
    facts = facts_of({"config.json": real("huggingface/bert")["config.json"], "pytorch_model.bin": pickled})
    assert (facts.details["weights"], facts.code_on_load) == ("torch", CodeOnLoad.PICKLE)
    assert "torch._utils._rebuild_tensor_v2" in facts.imports


@pytest.mark.parametrize("decoy", ["other.safetensors", "adapter_model.safetensors", "model.gguf"])
def test_weights_that_the_loader_does_not_know_do_not_hide_pickles(decoy: str) -> None:
    files = real("huggingface/bert")
    pickle = b"cos\nsystem\n(S'true'\ntR."
    facts = facts_of(
        {"config.json": files["config.json"], decoy: files["model.safetensors"], "pytorch_model.bin": pickle}
    )
    assert (facts.code_on_load, facts.unlisted) == (CodeOnLoad.UNKNOWN, ["os.system"])


@pytest.mark.parametrize("config", [b'{"auto_map": {"AutoModel": "own.Model"', b"{" + b" " * (4 << 20) + b"}", b"[]"])
def test_a_configuration_that_cannot_be_read_proves_nothing(config: bytes) -> None:
    facts = facts_of({**real("huggingface/bert"), "config.json": config})
    assert (facts.format, facts.code_on_load) == ("huggingface", CodeOnLoad.UNKNOWN)
    assert "config.json" in facts.notes[0]


def test_without_weights_nothing_is_proved() -> None:
    facts = facts_of({"config.json": real("huggingface/bert")["config.json"]})
    assert (facts.format, facts.code_on_load) == ("huggingface", CodeOnLoad.UNKNOWN)
    assert facts.notes == ["it has no weights that GTO reads"]


@pytest.mark.parametrize(("module", "verdict"), [("own", CodeOnLoad.UNKNOWN), ("transformers.x", CodeOnLoad.NONE)])
def test_a_module_that_peft_would_import_for_an_adapter_is_named(module: str, verdict: CodeOnLoad) -> None:
    adapter = json.dumps({"auto_mapping": {"base_model_class": "Model", "parent_library": module}}).encode()
    weights = real("huggingface/bert")["model.safetensors"]
    facts = facts_of({"adapter_config.json": adapter, "adapter_model.safetensors": weights})
    assert (facts.code_on_load, facts.unlisted) == (verdict, [module] if verdict is CodeOnLoad.UNKNOWN else [])


def test_an_adapter_says_what_it_adapts() -> None:
    adapter = json.dumps({"peft_type": "LORA", "base_model_name_or_path": "llama", "r": 8}).encode()
    facts = facts_of({"adapter_config.json": adapter, "a.safetensors": real("huggingface/bert")["model.safetensors"]})
    assert (facts.framework, facts.params, facts.details["peft_type"]) == ("peft", {"r": 8}, "LORA")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (b"loader_module: mlflow.xgboost", b"loader_module: own_code", "own_code"),
        (b"loader_module: mlflow.xgboost", b"loader_module: mlflow.xgboost.evil", "mlflow.xgboost.evil"),
        (b"    code: null", b"    code: code", "code"),
        (b"    loader_module", b"    model_code_path: model.py\n    loader_module", "model.py"),
        (b"model_class: xgboost.sklearn.XGBClassifier", b"model_class: own.Model", "own.Model"),
        (b"flavors:\n", b"flavors:\n  own: {}\n", "own"),
        (b"flavors:\n", b"flavors:\n  lightgbm: {}\n", "lightgbm"),
    ],
)
def test_code_that_mlflow_would_import_is_named(old: bytes, new: bytes, name: str) -> None:
    files = real("mlflow/xgboost")
    facts = facts_of({**files, "MLmodel": files["MLmodel"].replace(old, new)})
    assert (facts.code_on_load, facts.unlisted) == (CodeOnLoad.UNKNOWN, [name])
    assert facts.class_name == "xgboost.sklearn.XGBClassifier"


def test_a_model_in_a_directory_of_its_own_is_found() -> None:
    files = real("mlflow/onnx")
    model = files["MLmodel"].replace(b"data: model.onnx", b"data: data/")
    facts = facts_of({"MLmodel": model, "data/conda.yaml": b"", "data/model.onnx": files["model.onnx"]})
    assert (facts.framework, facts.code_on_load) == ("onnx", CodeOnLoad.UNKNOWN)


@pytest.mark.parametrize(
    ("model", "note"),
    [
        (b"a: [", "'MLmodel' is no YAML"),
        (b"flavors: {}", "its flavors name no file of a model that GTO reads"),
        (b"flavors: {a: {data: .}}", ".: it is not here"),
        (b"flavors: {a: {data: ../x}}", "../x: it is not here"),
        (b"flavors: {a: {data: a, model_path: b, pickled_model: c, model_data: d, model_file: e}}", "name 5 files"),
        (b"flavors: {}\nsignature: {inputs: '['}", "its signature is no JSON"),
    ],
)
def test_what_mlflow_did_not_write_is_no_clean_model(model: bytes, note: str) -> None:
    facts = facts_of({"MLmodel": model})
    assert (facts.format, facts.code_on_load) == ("mlflow", CodeOnLoad.UNKNOWN)
    assert any(note in one for one in facts.notes)


def test_a_file_that_its_flavor_would_read_as_another_format_has_no_good_verdict() -> None:
    files = real("mlflow/xgboost")
    model = files["MLmodel"].replace(b"xgboost:", b"sklearn:").replace(b"mlflow.xgboost", b"mlflow.sklearn")
    facts = facts_of({**files, "MLmodel": model})
    assert facts.code_on_load is CodeOnLoad.UNKNOWN
    assert facts.notes == ["model.ubj is xgboost-ubj, not of sklearn"]


def test_a_directory_of_mlflow_in_itself_is_read_as_deep_as_it_is() -> None:
    facts = facts_of({"a/" * depth + "MLmodel": b"flavors: {x: {data: a}}" for depth in range(200)})
    assert (facts.format, facts.code_on_load) == ("mlflow", CodeOnLoad.UNKNOWN)


@pytest.mark.parametrize("data", [b"", field(1, 1), field(1, 1) + opening(2, 99), field(2, field(2, b"\xff"))])
def test_what_is_no_graph_of_tensorflow_is_not_proved(data: bytes) -> None:
    facts = facts_of({"saved_model.pb": data})
    assert (facts.format, facts.code_on_load) == ("tensorflow-savedmodel", CodeOnLoad.UNKNOWN)
    assert facts.notes
