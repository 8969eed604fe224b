"""Which methods of a model may be called because its side-car names them."""

from gto.inspect.facts import ModelFacts
from gto.models.loading_code import would_run

_ASKING = frozenset({
    "__call__", "apply", "call", "decision_function", "embed", "encode", "forward", "inverse_transform",
    "kneighbors", "predict", "predict_joint_log_proba", "predict_log_proba", "predict_on_batch", "predict_proba", "run",
    "score_samples", "transform",
})  # fmt: skip
"""Methods of models that take data and give data, and write nothing."""


def may_be_called(name: str, facts: ModelFacts) -> bool:
    """Tell whether a method of a model of these facts may be called with a request's data.

    Where the file runs no code nobody had to trust whoever wrote it, and its side-car could name what writes files, as
    `save_model` does, or changes the model: there only methods count that answer. Whoever is trusted may name any.
    """
    return name in _ASKING or bool(would_run(facts))
