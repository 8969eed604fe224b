"""Writes small SavedModels, and Keras files of the TensorFlow backend, into the directory that is its argument."""

import os
import sys
from importlib.metadata import version

import keras
import tensorflow as tf
from keras import layers

ROWS = tf.TensorSpec([None, 4], tf.float32, name="rows")
TEXTS = tf.TensorSpec([None], tf.string, name="texts")


class Scorer(tf.Module):
    """A model without Keras: a variable that is trained, one that counts, and two functions with signatures."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.ones([4, 3]), name="kernel")
        self.calls = tf.Variable(0, dtype=tf.int64, trainable=False, name="calls")

    @tf.function(input_signature=[ROWS])
    def score(self, rows):  # noqa: ANN001, ANN201  TensorFlow passes tensors
        """Return scores, and how many rows there were."""
        self.calls.assign_add(1)
        return {"scores": rows @ self.kernel, "count": tf.shape(rows)[0]}

    @tf.function(input_signature=[TEXTS])
    def log(self, texts):  # noqa: ANN001, ANN201  TensorFlow passes tensors
        """Write a file, as a graph may."""
        tf.io.write_file("scored.txt", texts[0])
        return {"lengths": tf.strings.length(texts)}


def main(directory: str) -> None:
    """Write a model of tf.Module, and one network as SavedModel of Keras, `.keras` and `.h5`."""
    keras.utils.set_random_seed(0)
    scorer = Scorer()
    signatures = {"score": scorer.score, "log": scorer.log}
    tf.saved_model.save(scorer, os.path.join(directory, "scorer"), signatures=signatures)
    dense = keras.Sequential([layers.Input((4,), name="rows"), layers.Dense(3, name="scores")], name="dense")
    dense.export(os.path.join(directory, "dense"), verbose=False)
    dense.compile(optimizer="sgd", loss="mse")
    dense.save(os.path.join(directory, "dense.keras"))
    dense.save(os.path.join(directory, "dense.h5"))


if __name__ == "__main__":
    main(sys.argv[1])
    print({name: version(name) for name in ("tensorflow-cpu", "keras", "protobuf", "h5py")})
