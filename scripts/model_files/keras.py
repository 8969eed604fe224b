"""Writes small Keras models into the directory that is its argument: `KERAS_BACKEND=torch python -P ... DIR`."""

import os
import sys
from importlib.metadata import version

import keras
from keras import layers


@keras.saving.register_keras_serializable(package="fraud")
class Scale(layers.Layer):
    """A layer of somebody's own."""

    def call(self, rows):  # noqa: ANN001, ANN201  Keras passes tensors of its backend
        """Return the rows, doubled."""
        return rows * 2


def main(directory: str) -> None:
    """Write a sequence in both forms, a graph with two inputs, a Lambda, and a layer of somebody's own."""
    keras.utils.set_random_seed(0)
    dense = keras.Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.1), layers.Dense(3)], name="dense"
    )
    dense.compile(optimizer="adam", loss="mse")
    dense.save(os.path.join(directory, "dense.keras"))
    dense.save(os.path.join(directory, "dense.h5"))
    words, amount = layers.Input((10,), dtype="int32", name="words"), layers.Input((1,), name="amount")
    joined = layers.Concatenate()([layers.Flatten()(layers.Embedding(20, 2)(words)), amount])
    normal = layers.BatchNormalization()(joined)
    graph = keras.Model([words, amount], [layers.Dense(1, activation="sigmoid", name="risk")(normal)], name="graph")
    graph.save(os.path.join(directory, "graph.keras"))
    twice = keras.Sequential([layers.Input((2,)), layers.Lambda(lambda rows: rows * 2, output_shape=(2,))])
    twice.save(os.path.join(directory, "lambda.keras"))
    twice.save(os.path.join(directory, "lambda.h5"))
    keras.Sequential([layers.Input((2,)), Scale()]).save(os.path.join(directory, "own_layer.keras"))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
    print({name: version(name) for name in ("keras", "torch", "h5py")})
