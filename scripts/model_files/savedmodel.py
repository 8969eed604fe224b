"""Writes a SavedModel into the directory that is its argument, by the messages that tensorboard brings: no TensorFlow.

The file around the graph has two fields and no message in tensorboard, so they are written by hand.
"""

import os
import sys
from importlib.metadata import version

from tensorboard.compat.proto import meta_graph_pb2, types_pb2


def main(directory: str) -> None:
    """Write a graph that multiplies, with a function, a signature, and a variable that was trained."""
    graph = meta_graph_pb2.MetaGraphDef()
    graph.meta_info_def.tags.append("serve")
    graph.meta_info_def.tensorflow_version = "2.21.0"
    graph.graph_def.node.add(name="x", op="Placeholder")
    graph.graph_def.node.add(name="call", op="StatefulPartitionedCall", input=["x"])
    function = graph.graph_def.library.function.add()
    function.signature.name = "dense"
    function.node_def.add(name="read", op="ReadVariableOp")
    function.node_def.add(name="mul", op="MatMul", input=["x", "read"])
    function.node_def.add(name="note", op="WriteFile")
    signature = graph.signature_def["serving_default"]
    signature.method_name = "tensorflow/serving/predict"
    for side, name, sizes in ((signature.inputs, "x", (-1, 4)), (signature.outputs, "y", (-1, 3))):
        side[name].dtype = types_pb2.DT_FLOAT
        for size in sizes:
            side[name].tensor_shape.dim.add(size=size)
    graph.signature_def["__saved_model_init_op"].method_name = ""
    kernel = graph.object_graph_def.nodes.add().variable
    kernel.dtype, kernel.trainable = types_pb2.DT_FLOAT, True
    for size in (4, 3):
        kernel.shape.dim.add(size=size)
    steps = graph.object_graph_def.nodes.add().variable
    steps.dtype = types_pb2.DT_INT64
    steps.shape.SetInParent()
    data = graph.SerializeToString(deterministic=True)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "saved_model.pb"), "wb") as opened:
        # saved_model_schema_version = 1, meta_graphs = 2 of a length of up to two bytes of seven bits
        opened.write(b"\x08\x01\x12" + bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data)


if __name__ == "__main__":
    main(os.path.join(sys.argv[1], "dense"))
    print({name: version(name) for name in ("tensorboard", "protobuf")})
