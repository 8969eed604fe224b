"""PyTorch and Keras."""

from pathlib import Path

import keras
import numpy as np
import pytest
import torch
from own_net import Net
from trips import trip

import gto
from gto.exceptions import Untrusted, UsageError
from gto.inspect.facts import CodeOnLoad, Tensor

SAMPLE = torch.zeros(4, 3)


def test_weights_with_the_name_of_their_class(tmp_path: Path) -> None:
    facts = trip(Net().eval(), tmp_path / "net", SAMPLE, runs_code=True, method="__call__")
    assert (facts.format, facts.class_name, facts.parameter_count) == ("safetensors", "own_net.Net", 8)
    inputs = facts.methods["__call__"].inputs
    assert inputs is not None
    assert inputs.tensors == (Tensor("input", "FP32", (-1, 3)),)


def test_the_class_of_weights_is_imported_only_where_they_are_trusted(tmp_path: Path) -> None:
    saved = gto.save(Net().eval(), str(tmp_path / "net"), SAMPLE)
    with pytest.raises(Untrusted, match="own_net:Net"):
        gto.load(saved.path)


def test_a_module_that_needs_arguments_is_saved_as_a_program(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU()).eval()
    saved = gto.save(model, str(tmp_path / "sequence"), SAMPLE)
    assert (saved.facts.format, Path(saved.path).suffix) == ("torch-export", ".pt2")
    loaded = gto.load(saved.path, trusted=True)
    assert torch.allclose(loaded(torch.ones(7, 3)), model(torch.ones(7, 3)))


def test_keras(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    facts = trip(model, tmp_path / "dense", np.zeros((5, 4), "float32"), runs_code=False)
    assert (facts.format, facts.framework, facts.code_on_load) == ("keras", "keras", CodeOnLoad.NONE)
    outputs = facts.methods["predict"].outputs
    assert outputs is not None
    assert outputs.tensors == (Tensor("output", "FP32", (-1, 3)),)


def test_a_keras_model_that_lies_elsewhere_in_memory_has_the_same_bytes(tmp_path: Path) -> None:
    models, found = [], set()
    for _ in range(2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        models.append(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]))
        found.add(Path(gto.save(models[-1], str(tmp_path / "dense")).path).read_bytes())
    assert len(found) == 1


def test_a_module_in_training_is_saved_as_it_predicts_and_given_back_as_it_was(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Dropout(0.9)).train()
    saved = gto.save(model, str(tmp_path / "dropout"), SAMPLE + 1)
    assert model.training
    loaded = gto.load(saved.path, trusted=True)
    assert torch.allclose(loaded(SAMPLE + 1), model.eval()(SAMPLE + 1))


def test_keras_is_not_asked_to_read_the_file_as_another_format(tmp_path: Path) -> None:
    saved = gto.save(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), str(tmp_path / "dense"))
    other = Path(saved.path).rename(tmp_path / "dense.h5")
    with pytest.raises(UsageError, match="another format"):
        gto.load(str(other))
