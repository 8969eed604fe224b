"""Writes small ONNX models into the directory that is its argument: `python -P scripts/model_files/onnx.py DIR`."""

import os
import sys
from importlib.metadata import version

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def scikit_learn(directory: str) -> None:
    """Write a pipeline with probabilities as a table, and a forest with probabilities as an array."""
    rows, labels = load_iris(return_X_y=True)
    rows = rows.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
    onnx.save(to_onnx(pipeline, rows[:1]), os.path.join(directory, "pipeline.onnx"))
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(rows, labels)
    options = {id(forest): {"zipmap": False}}
    onnx.save(to_onnx(forest, rows[:1], options=options), os.path.join(directory, "forest.onnx"))


def of_torch(directory: str) -> None:
    """Write a network with a free batch axis, as one file and with its weights in a second."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    batch = ({0: torch.export.Dim("batch")},)
    program = torch.onnx.export(
        network, (torch.zeros(2, 4),), input_names=["x"], output_names=["y"], dynamic_shapes=batch
    )
    model = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # stack traces with the paths of this machine
    onnx.save(model, os.path.join(directory, "torch.onnx"))
    path = os.path.join(directory, "outside.onnx")
    onnx.save(model, path, save_as_external_data=True, location="outside.bin", size_threshold=0)


def by_hand(directory: str) -> None:
    """Write a model with a branch, an operator of somebody's own, and half precision."""
    weights = numpy_helper.from_array(np.ones((4, 2), np.float16), "weights")
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT16, None)
    then = helper.make_graph([helper.make_node("Relu", ["p"], ["r"])], "then", [], [result])
    other = helper.make_graph([helper.make_node("Neg", ["p"], ["r"])], "else", [], [result])
    nodes = [
        helper.make_node("MatMul", ["x", "weights"], ["p"]),
        helper.make_node("If", ["flag"], ["q"], then_branch=then, else_branch=other),
        helper.make_node("Twist", ["q"], ["y"], domain="com.example"),
    ]
    graph = helper.make_graph(
        nodes,
        "branches",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT16, ["rows", 4]),
            helper.make_tensor_value_info("flag", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT16, ["rows", 2])],
        [weights],
    )
    opsets = [helper.make_opsetid("", 22), helper.make_opsetid("com.example", 1)]
    model = helper.make_model(graph, producer_name="by hand", opset_imports=opsets, ir_version=10)
    helper.set_model_props(model, {"owner": "fraud team"})
    onnx.save(model, os.path.join(directory, "branches.onnx"))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for write in (scikit_learn, of_torch, by_hand):
        write(sys.argv[1])
    print({name: version(name) for name in ("onnx", "skl2onnx", "scikit-learn", "torch", "onnxscript")})
